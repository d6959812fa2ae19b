const { after, afterEach, before, beforeEach, describe, it, mock } = require('node:test');
const assert = require('node:assert/strict');
const fs = require('node:fs');
const http = require('node:http');
const path = require('node:path');
const events = require('./events');
const { freePort, start } = require('./listener');

const FOLDER = path.join(__dirname, '..');
const FILES = fs.readdirSync(FOLDER).filter((name) => name.endsWith('.js'));
const HANDLERS = {
  'post-login': 'onExecutePostLogin',
  'post-user-registration': 'onExecutePostUserRegistration',
  'post-change-password': 'onExecutePostChangePassword',
  'send-phone-message': 'onExecuteSendPhoneMessage',
  'credentials-exchange': 'onExecuteCredentialsExchange',
};
const TYPES = {
  'post-login': 'auth.login_success',
  'post-user-registration': 'auth.signup_success',
  'post-change-password': 'auth.password_reset',
  'send-phone-message': 'auth.mfa_challenge',
  'credentials-exchange': 'auth.token_exchange',
};
const TRIGGERS = Object.keys(HANDLERS);
const LOGIN = events['post-login'];

let listener;
let log;

const secrets = (more) => ({ AUTH0_ELASTIC_URL: listener.url, AUTH0_ELASTIC_TOKEN: listener.token, ...more });
const handler = (trigger) => require(path.join(FOLDER, `${trigger}.js`))[HANDLERS[trigger]];
const said = () => log.mock.calls.map(({ arguments: words }) => words.join(' '));

/** Runs an Action; the milliseconds it took. */
async function run(trigger, { event = events[trigger], ...more } = {}) {
  const began = performance.now();
  await handler(trigger)({ ...event, secrets: secrets(more) });
  return performance.now() - began;
}

/** Runs an Action; the one event that the listener has kept of it. */
async function sent(trigger, event) {
  const known = listener.kept().length;
  await run(trigger, { event });
  assert.deepEqual(said(), []);
  const kept = listener.kept().slice(known);
  assert.equal(kept.length, 1);
  return kept[0];
}

/** Runs `work` with a server of ours in the listener's place. */
async function withServer(answer, work) {
  const server = http.createServer(answer);
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  try {
    return await work(`http://127.0.0.1:${server.address().port}/collect`);
  } finally {
    server.closeAllConnections();
    server.close();
  }
}

before(async () => { listener = await start(); });
after(() => listener.stop());
beforeEach(() => { log = mock.method(console, 'log', () => {}); });
afterEach(() => log.mock.restore());

describe('the files', () => {
  it('are one for each trigger', () => {
    assert.deepEqual(FILES.sort(), TRIGGERS.map((trigger) => `${trigger}.js`).sort());
  });

  it('have the same common part', () => {
    const parts = FILES.map((name) => fs.readFileSync(path.join(FOLDER, name), 'utf8').split(/^\/\/ ---- From here on.*$/m));
    assert.deepEqual([...new Set(parts.map((each) => each.length))], [2]);
    assert.equal(new Set(parts.map(([, common]) => common)).size, 1);
  });

  for (const trigger of TRIGGERS) {
    it(`${trigger} needs nothing but Node and exports its handler alone`, () => {
      const source = fs.readFileSync(path.join(FOLDER, `${trigger}.js`), 'utf8');
      assert.deepEqual(source.match(/require\(.*?\)/g), ["require('crypto')"]);
      assert.deepEqual(Object.keys(require(path.join(FOLDER, `${trigger}.js`))), [HANDLERS[trigger]]);
    });
  }
});

describe('the listener up', () => {
  for (const trigger of TRIGGERS) {
    it(`${trigger} arrives, with nothing in it that nobody may see`, async () => {
      const event = await sent(trigger);
      assert.equal(event.event_type, TYPES[trigger]);
      assert.match(event.event_id, /^[0-9a-f]{64}$/);
      assert.ok(Math.abs(Date.parse(event.event_time) - Date.now()) < 10_000);
      assert.equal(event.actor.id, events[trigger].user?.user_id);
      assert.equal(event.context.ip_address, '81.2.69.143');
      assert.equal(event.context.geo.cityName, 'Abingdon');
      assert.deepEqual([event.metadata.auth0_tenant, event.metadata.trigger], ['example', trigger]);
      assert.doesNotMatch(JSON.stringify(event), /do-not-send|hunter2|tok-0123|AUTH0_ELASTIC|secrets|configuration/);
    });
  }

  it('a login says how and how sure', async () => {
    const { context, metadata } = await sent('post-login');
    assert.deepEqual(metadata, {
      auth0_tenant: 'example', trigger: 'post-login', mfa_used: true, authentication_methods: ['pwd', 'mfa'],
      roles_count: 2, logins_count: 42, audience: 'https://api.example.com/',
    });
    assert.deepEqual([context.session_id, context.transaction_id], [LOGIN.session.id, LOGIN.transaction.id]);
    assert.deepEqual([context.risk_score, context.risk_assessment.new_device, context.asn], ['medium', 'no_match', '20712']);
  });

  for (const [name, transaction, type] of [
    ['a silent login', { ...LOGIN.transaction, prompt: ['none'] }, 'auth.silent_auth'],
    ['a refresh token', { protocol: 'oauth2-refresh-token' }, 'auth.token_exchange'],
    ['a login without a transaction', undefined, 'auth.login_success'],
  ]) {
    it(`${name} is ${type}`, async () => {
      assert.equal((await sent('post-login', { ...LOGIN, transaction })).event_type, type);
    });
  }

  it('settings of an integration count like secrets, which go before them', async () => {
    const known = listener.kept().length;
    await handler('post-login')({
      ...LOGIN, configuration: { ...secrets(), AUTH0_ELASTIC_TOKEN: 'wrong' }, secrets: { AUTH0_ELASTIC_TOKEN: listener.token },
    });
    assert.equal(listener.kept().length, known + 1);
  });
});

describe('the id', () => {
  const id = async (trigger, event) => (await sent(trigger, event)).event_id;

  for (const trigger of ['post-login', 'post-user-registration', 'post-change-password']) {
    it(`of ${trigger} is the same when it is sent again`, async () => {
      assert.equal(await id(trigger), await id(trigger));
    });
  }

  for (const [trigger, event] of [
    ['post-login', { ...LOGIN, transaction: { ...LOGIN.transaction, id: 'txn_another' } }],
    ['post-login', { ...LOGIN, user: { ...LOGIN.user, user_id: 'auth0|another' } }],
    ['post-change-password', { ...events['post-change-password'], user: { ...LOGIN.user, last_password_reset: '2026-11-21T00:00:00Z' } }],
  ]) {
    it(`of ${trigger} is another for another one`, async () => {
      assert.notEqual(await id(trigger), await id(trigger, event));
    });
  }

  for (const [name, trigger, event] of [
    ['a login that no transaction names', 'post-login', { ...LOGIN, transaction: undefined }],
    ['a refresh', 'post-login', { ...LOGIN, transaction: { ...LOGIN.transaction, protocol: 'oauth2-refresh-token' } }],
    ['a message', 'send-phone-message'],
    ['a token of an application', 'credentials-exchange'],
    ['a change of which Auth0 gives no time', 'post-change-password', { ...events['post-change-password'], user: { user_id: 'u' } }],
  ]) {
    it(`of ${name} is its own in each run, so that none is taken for another`, async () => {
      assert.notEqual(await id(trigger, event), await id(trigger, event));
    });
  }
});

describe('a login is never held up', () => {
  it('by a listener that is down', async () => {
    const took = await run('post-login', { AUTH0_ELASTIC_URL: `http://127.0.0.1:${await freePort()}/collect` });
    assert.ok(took < 1000, `${took} ms`);
    assert.deepEqual(said(), ['auth0-elastic: the event was not sent: ECONNREFUSED']);
  });

  it('by a listener that does not answer', async () => {
    listener.pause();
    try {
      const took = await run('post-login', { AUTH0_ELASTIC_TIMEOUT: '300' });
      assert.ok(took > 250 && took < 1300, `${took} ms`);
      assert.deepEqual(said(), ['auth0-elastic: the event was not sent: TimeoutError']);
    } finally {
      listener.resume();
    }
  });

  for (const [given, wait] of [[undefined, 2000], ['nonsense', 2000], ['300', 300], ['60000', 5000]]) {
    it(`longer than ${wait} ms where AUTH0_ELASTIC_TIMEOUT is ${given}`, async () => {
      const timeout = mock.method(AbortSignal, 'timeout');
      await run('post-login', { AUTH0_ELASTIC_TIMEOUT: given });
      timeout.mock.restore();
      assert.deepEqual(timeout.mock.calls.map(({ arguments: [milliseconds] }) => milliseconds), [wait]);
    });
  }

  it('by an answer that does not end', async () => {
    const drip = (request, response) => { response.writeHead(200); response.write('{'); };
    const took = await withServer(drip, (url) => run('post-login', { AUTH0_ELASTIC_URL: url }));
    assert.ok(took < 1000, `${took} ms`);
  });

  it('by a listener that refuses', async () => {
    await run('post-login', { AUTH0_ELASTIC_TOKEN: 'wrong' });
    assert.deepEqual(said(), ['auth0-elastic: the event was not sent: the server answered 401']);
  });

  it('by a server that sends it elsewhere, where the token must not go', async () => {
    const asked = [];
    const redirect = (request, response) => {
      asked.push(request.url);
      response.writeHead(307, { Location: '/elsewhere' }).end();
    };
    await withServer(redirect, (url) => run('post-login', { AUTH0_ELASTIC_URL: url }));
    assert.deepEqual(asked, ['/collect']);
    assert.deepEqual(said(), ['auth0-elastic: the event was not sent: the server answered 307']);
  });

  for (const [name, more, why] of [
    ['no address', { AUTH0_ELASTIC_URL: undefined }, /set the secrets/],
    ['no token', { AUTH0_ELASTIC_TOKEN: undefined }, /set the secrets/],
    ['an unencrypted address', { AUTH0_ELASTIC_URL: 'http://example.com/collect' }, /must begin with https/],
    ['another machine that looks like this one', { AUTH0_ELASTIC_URL: 'http://127.0.0.1.example.com/' }, /must begin with https/],
    ['no URL', { AUTH0_ELASTIC_URL: 'https://' }, /ERR_INVALID_URL/],
    ['a token that is no header', { AUTH0_ELASTIC_TOKEN: 'tok-secret\nx' }, /TypeError/],
    ['a time-out that is none', { AUTH0_ELASTIC_TIMEOUT: '-1' }, /RangeError|ERR_OUT_OF_RANGE/],
  ]) {
    it(`by ${name}`, async () => {
      await run('post-login', more);
      assert.equal(said().length, 1);
      assert.match(said()[0], why);
      assert.doesNotMatch(said()[0], /tok-|example/);
    });
  }

  const cycle = {};
  cycle.cycle = cycle;
  for (const [name, event] of [
    ['empty', {}],
    ['full of null', Object.fromEntries(Object.keys(LOGIN).map((key) => [key, null]))],
    ['full of texts', Object.fromEntries(Object.keys(LOGIN).map((key) => [key, 'text']))],
    ['endless', { ...LOGIN, request: { ...LOGIN.request, geoip: cycle } }],
    ['not JSON', { ...LOGIN, stats: { logins_count: 1n } }],
    ['unreadable', { get user() { throw new Error('no'); } }],
  ]) {
    for (const trigger of TRIGGERS) {
      it(`by an event that is ${name} (${trigger})`, async () => {
        const given = Object.defineProperties({}, Object.getOwnPropertyDescriptors(event));
        given.secrets = secrets();
        await handler(trigger)(given);
      });
    }
  }

  it('by a trigger that gives nothing at all', async () => {
    await handler('post-login')(undefined);
    assert.equal(said().length, 1);
  });
});
