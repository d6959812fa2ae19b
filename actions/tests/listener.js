// A real listener of auth0-elastic on this machine, and what it has kept.

const { execFileSync, spawn } = require('node:child_process');
const fs = require('node:fs');
const net = require('node:net');
const os = require('node:os');
const path = require('node:path');

const ROOT = path.join(__dirname, '..', '..');
const PYTHON = process.env.PYTHON ?? path.join(ROOT, '.venv', 'bin', 'python');
const TOKEN = 'tok-0123456789-0123456789';
const KEPT = `
import glob, json, sqlite3, sys
for path in sorted(glob.glob(sys.argv[1] + '/actions/*.db')):
    if not path.endswith('ledger.db'):
        for (raw,) in sqlite3.connect(path).execute('SELECT raw FROM event ORDER BY seq'):
            print(raw.decode())
`;

const freePort = () => new Promise((resolve) => {
  const server = net.createServer().listen(0, '127.0.0.1', () => {
    const { port } = server.address();
    server.close(() => resolve(port));
  });
});

const environment = () => Object.fromEntries(
  Object.entries(process.env).filter(([name]) => !name.startsWith('AUTH0_ELASTIC_')),
);

async function start() {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'auth0-elastic-actions-'));
  const config = path.join(folder, 'auth0-elastic.yml');
  const settings = {
    listener: { listen_address: '127.0.0.1', listen_port: await freePort(), workers: 1, authorization_token: TOKEN },
    elasticsearch: { hosts: ['http://127.0.0.1:9'] },
    spool: { path: path.join(folder, 'spool') },
  };
  fs.writeFileSync(config, JSON.stringify(settings));
  const command = ['-m', 'auth0_elastic', 'serve', '--only', 'listen', '--config', config];
  const log = fs.openSync(path.join(folder, 'log'), 'a');
  // detached: a process group of its own, which can be stopped as a whole.
  const server = spawn(PYTHON, command, { cwd: ROOT, env: environment(), stdio: ['ignore', log, log], detached: true });
  const ended = new Promise((resolve) => server.once('exit', resolve));
  const url = `http://127.0.0.1:${settings.listener.listen_port}/collect`;
  await answers(url, server, path.join(folder, 'log'));
  return {
    url,
    token: TOKEN,
    kept: () => execFileSync(PYTHON, ['-c', KEPT, settings.spool.path], { encoding: 'utf8' })
      .split('\n').filter(Boolean).map((line) => JSON.parse(line)),
    pause: () => process.kill(-server.pid, 'SIGSTOP'),
    resume: () => process.kill(-server.pid, 'SIGCONT'),
    stop: async () => {
      if (server.exitCode === null) server.kill('SIGTERM');
      await ended;
      fs.rmSync(folder, { recursive: true });
    },
  };
}

async function answers(url, server, log) {
  const deadline = Date.now() + 20_000;
  while (server.exitCode === null && Date.now() < deadline) {
    if (await fetch(url).catch(() => null)) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`the listener does not answer\n${fs.readFileSync(log, 'utf8')}`);
}

module.exports = { start, freePort };
