"""`python -m bench.delay PORT TARGET_PORT MILLISECONDS`: a TCP proxy on 127.0.0.1 that prolongs round trips."""

import asyncio
import contextlib
import sys
from functools import partial

from auth0_elastic.engine.embedded.ports import HOST

_CHUNK = 256 * 1024


async def serve(port: int, target: int, round_trip: float) -> None:
    """Until it is killed; each direction takes half of `round_trip` seconds, whatever the bandwidth."""
    server = await asyncio.start_server(partial(_connect, target, round_trip / 2), HOST, port)
    async with server:
        await server.serve_forever()


async def _connect(target: int, delay: float, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    far_reader, far_writer = await asyncio.open_connection(HOST, target)
    await asyncio.gather(_pipe(reader, far_writer, delay), _pipe(far_reader, writer, delay))


async def _pipe(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, delay: float) -> None:
    """What is read is written `delay` seconds later, however much is on its way by then."""
    on_its_way: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue()
    arriving = asyncio.create_task(_arrive(on_its_way, writer))
    now = asyncio.get_running_loop().time
    chunk = b"?"
    with contextlib.suppress(OSError):
        while chunk:
            chunk = await reader.read(_CHUNK)
            on_its_way.put_nowait((now() + delay, chunk))
    if chunk:  # broken off
        on_its_way.put_nowait((0.0, b""))
    await arriving


async def _arrive(on_its_way: "asyncio.Queue[tuple[float, bytes]]", writer: asyncio.StreamWriter) -> None:
    now = asyncio.get_running_loop().time
    with contextlib.suppress(OSError):
        while True:
            due, chunk = await on_its_way.get()
            await asyncio.sleep(max(0.0, due - now()))
            if not chunk:
                break
            writer.write(chunk)
            await writer.drain()
    writer.close()


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3]) / 1000))
