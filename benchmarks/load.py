"""The load generator, a process of its own: `python -m benchmarks.load`.

Reads `{"host", "port", "token", "process_ids", "seconds", "most"}` on standard input. One client
for each Process ID sends a trigger, waits for the finished run, and sends the next. The requests
are made once; an answer is only looked at for its length and its outcome.
"""

import asyncio
import json
import sys
import time
from typing import Any

SUCCEEDED = b'"status":"succeeded"'


class Client(asyncio.Protocol):
    """One client on one kept connection."""

    def __init__(self, request: bytes, load: "Load") -> None:
        """Take its request, which never changes."""
        self.request, self.load = request, load
        self.received = bytearray()
        self.needed = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Send the first one."""
        self.transport: Any = transport
        self._send()

    def _send(self) -> None:
        self.received.clear()
        self.needed = 0
        self.sent = time.perf_counter()
        self.transport.write(self.request)

    def data_received(self, data: bytes) -> None:
        """Count a whole answer, then send again."""
        self.received += data
        if not self.needed:
            end = self.received.find(b"\r\n\r\n")
            if end < 0:
                return
            self.needed = end + 4 + _length(bytes(self.received[:end]))
        if len(self.received) < self.needed:
            return
        now = time.perf_counter()
        good = self.received.startswith(b"HTTP/1.1 200") and SUCCEEDED in self.received
        self.load.count(now - self.sent, error=None if good else bytes(self.received[-600:]))
        if self.load.goes_on(now):
            self._send()
        else:
            self.transport.close()

    def connection_lost(self, error: Exception | None) -> None:
        """Note a connection that broke, and leave."""
        if self.load.goes_on(time.perf_counter()):
            self.load.count(0.0, error=f"connection lost: {error}".encode())
        self.load.leave()


def _length(head: bytes) -> int:
    for line in head.split(b"\r\n")[1:]:
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length":
            return int(value)
    raise SystemExit(f"An answer without a length: {head!r}")


class Load:
    """What the clients have seen."""

    def __init__(self, *, clients: int, seconds: float, most: int) -> None:
        """Begin now."""
        self.took: list[float] = []
        self.errors: list[str] = []
        self.clients, self.most = clients, most
        self.ends = time.perf_counter() + seconds
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def goes_on(self, now: float) -> bool:
        """Tell whether there is time left, and something left to do."""
        return now < self.ends and len(self.took) < self.most and len(self.errors) < 50

    def count(self, took: float, *, error: bytes | None) -> None:
        """Count one answer."""
        if error is None:
            self.took.append(took * 1000)
        else:
            self.errors.append(error.decode(errors="replace"))

    def leave(self) -> None:
        """Note that one client is through."""
        self.clients -= 1
        if not self.clients and not self.done.done():
            self.done.set_result(None)


def request_for(order: dict[str, Any], process_id: str) -> bytes:
    """Return the bytes of a trigger."""
    body = b'{"target":"refresh"}'
    head = (
        f"POST /api/v1/instances/{process_id}/trigger/ HTTP/1.1\r\n"
        f"Host: {order['host']}:{order['port']}\r\n"
        f"Authorization: Bearer {order['token']}\r\n"
        "Content-Type: application/json\r\n"
        f"Content-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


async def drive(order: dict[str, Any]) -> dict[str, Any]:
    """Run all clients to the end."""
    loop = asyncio.get_running_loop()
    process_ids = order["process_ids"]
    load = Load(clients=len(process_ids), seconds=order["seconds"], most=order["most"])
    start = time.perf_counter()
    for process_id in process_ids:
        request = request_for(order, process_id)
        await loop.create_connection(
            lambda request=request: Client(request, load), order["host"], order["port"]
        )
    await load.done
    return {
        "took": load.took, "errors": load.errors, "seconds": time.perf_counter() - start,
    }  # fmt: skip


if __name__ == "__main__":
    json.dump(asyncio.run(drive(json.load(sys.stdin))), sys.stdout)
