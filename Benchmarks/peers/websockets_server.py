"""A broadcast server on Python's `websockets`: python websockets_server.py PORT text|none on|off (envelope, compression)."""
import asyncio
import itertools
import sys

from websockets.asyncio.server import broadcast, serve

PORT, ENVELOPE, COMPRESSION = int(sys.argv[1]), sys.argv[2] == "text", sys.argv[3] == "on"
members = set()
ids = itertools.count(1)


async def take_part(connection):
    prefix = f"Client {next(ids)}: "
    members.add(connection)
    try:
        async for message in connection:
            if ENVELOPE and isinstance(message, str):
                message = prefix + message
            broadcast(members - {connection}, message)
    finally:
        members.remove(connection)


async def main():
    compression = "deflate" if COMPRESSION else None
    async with serve(take_part, "127.0.0.1", PORT, compression=compression, backlog=4096) as server:
        await server.serve_forever()


asyncio.run(main())
