"""The token server: `python -m benchmarks.provider ADDRESS` prints its port and serves.

As cheap as it can be in Python, for it shares the cores with what is measured. It still reads the
whole request, wants its parameters, and gives another token each time.
"""

import asyncio
import itertools
import json
import sys
import time
from urllib.parse import parse_qs

PARAMETERS = ("grant_type", "client_id", "client_secret", "refresh_token")
_count = itertools.count(1)


class Connection(asyncio.Protocol):
    """One connection; requests on it come one after the other."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the way back."""
        self.transport = transport
        self.received = b""

    def data_received(self, data: bytes) -> None:
        """Answer as soon as a request is whole."""
        self.received += data
        head, end, rest = self.received.partition(b"\r\n\r\n")
        if not end:
            return
        length = _length(head)
        if len(rest) < length:
            return
        self.received = rest[length:]
        self.transport.write(_answer(head, rest[:length]))


def _length(head: bytes) -> int:
    for line in head.split(b"\r\n")[1:]:
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length":
            return int(value)
    return 0


def _answer(head: bytes, body: bytes) -> bytes:
    sent = parse_qs(body.decode())
    if not head.startswith(b"POST /oauth/token ") or any(name not in sent for name in PARAMETERS):
        return _response(b"400 Bad Request", b'{"error":"invalid_request"}')
    number = next(_count)
    granted = {
        "access_token": f"at-{number:024d}", "token_type": "Bearer", "expires_in": 3600,
        "refresh_token": f"rt-{number:024d}", "created_at": int(time.time()),
    }  # fmt: skip
    return _response(b"200 OK", json.dumps(granted).encode())


def _response(status: bytes, body: bytes) -> bytes:
    head = b"HTTP/1.1 %s\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n"
    return head % (status, len(body)) + body


async def serve(address: str) -> None:
    """Listen on a free port of an address, say which, and serve."""
    loop = asyncio.get_running_loop()
    server = await loop.create_server(Connection, address, 0, backlog=1024)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(serve(sys.argv[1]))
