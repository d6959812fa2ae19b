"""Dead letters are replayed while the server and the command are killed: each is indexed once, and none is left."""

import json
import secrets
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from auth0_elastic.config.load import load
from auth0_elastic.engine.client import Engine, connect
from auth0_elastic.engine.embedded import RunningEngine
from auth0_elastic.package_files import load_assets
from auth0_elastic.setup.apply import install

Eventually = Callable[..., Any]
COUNT = 400
KILLS = 3


def events(count: int) -> str:
    now = time.strftime("%Y%m%d%H%M%S", time.gmtime())
    logs = [{"log_id": f"900{now}{n:042d}", "data": {"type": "s", "user_id": "auth0|1"}} for n in range(count)]
    return "\n".join(map(json.dumps, logs))


def break_pipeline(engine: Engine, stream: str) -> str:
    """From now on the engine refuses every event; returns the pipeline that mends it."""
    engine.call("PUT", f"/_ingest/pipeline/{stream}", {"processors": [{"set": {"field": "source.ip", "value": "?"}}]})
    engine.call("PUT", f"/_data_stream/{stream}")
    (index,) = engine.call("GET", f"/{stream}/_settings").values()
    engine.call("PUT", f"/{stream}/_settings", {"index": {"default_pipeline": stream}})
    return str(index["settings"]["index"]["default_pipeline"])


def test_each_is_indexed_once_and_every_ending_is_counted(
    serve: Any, opensearch: RunningEngine, eventually: Eventually
) -> None:
    engine = connect(load(Path("/dev/null"), {"AUTH0_ELASTIC_ELASTICSEARCH_HOSTS": opensearch.url}).elasticsearch)
    for name in ("logs", "actions"):
        install(engine, load_assets(name))
    namespace = f"replay{secrets.token_hex(4)}"
    stream = f"logs-auth0.logs-{namespace}"
    server = serve(elasticsearch={"hosts": [opensearch.url]}, data_stream={"namespace": namespace})
    eventually(lambda: of_logs(server)["engine"] == "ok", "what is installed is confirmed")
    pipeline = break_pipeline(engine, stream)
    assert server.post(events(COUNT)).json["accepted"] == COUNT
    eventually(lambda: counted(server).get("dead") == COUNT, "all are dead letters")
    engine.call("PUT", f"/{stream}/_settings", {"index": {"default_pipeline": pipeline}})
    for number in range(KILLS):
        replaying = subprocess.Popen(command(server))
        time.sleep(0.4 + 0.2 * number)  # in the midst of it
        replaying.kill()
        replaying.wait()
        server.stop(signal.SIGKILL)
        server.start()
    subprocess.run(command(server), check=True)
    eventually(lambda: counted(server).get("replayed") == COUNT, "all have come to another end")
    engine.call("POST", f"/{stream}/_refresh")
    assert engine.call("GET", f"/{stream}/_count")["count"] == COUNT
    found = counted(server)
    assert found["indexed"] + found.get("duplicate", 0) == COUNT
    assert (found["accepted"], found["dead"]) == (COUNT, COUNT)
    assert "Traceback" not in server.log()
    engine.request("DELETE", f"/_data_stream/{stream}")


def command(server: Any) -> list[str]:
    config = Path(server.settings["spool"]["path"]).parent / "auth0-elastic.yml"
    return [sys.executable, "-m", "auth0_elastic", "dead-letters", "replay", "--all", "--config", str(config)]


def counted(server: Any) -> dict[str, int]:
    return dict(of_logs(server)["events"])


def of_logs(server: Any) -> dict[str, Any]:
    return dict(server.health("/readyz").json["data_streams"]["logs"])
