"""A stop signal that comes in the middle of something: the process ends in order all the same."""

import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest

from tests.integration.parts import ROOT, Product, Redis, clean_environment, free_port, wait_for

pytestmark = pytest.mark.integration
# Longer than Python takes to run the handler of a signal.
HELD_S = 0.3


class Line:
    """A line to Redis that calls `on_message` before it passes the n-th message on."""

    def __init__(self, redis: Redis, number: int, on_message: Callable[[], None]) -> None:
        self.redis, self.number, self.on_message = redis, number, on_message
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"redis://127.0.0.1:{self.listener.getsockname()[1]}/0"
        self.sockets: list[socket.socket] = []
        self.messages = 0
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self.listener.accept()
                server = socket.socket(socket.AF_UNIX)
                server.connect(str(self.redis.address))
                self.sockets += [client, server]
                for pair in ((client, server, True), (server, client, False)):
                    threading.Thread(target=self._pass_on, args=pair, daemon=True).start()

    def _pass_on(self, source: socket.socket, target: socket.socket, asks: bool) -> None:
        with suppress(OSError):
            while data := source.recv(65_536):
                if asks:
                    self.messages += 1
                    if self.messages == self.number:
                        self.on_message()
                        time.sleep(HELD_S)
                target.sendall(data)
        with suppress(OSError):
            target.shutdown(socket.SHUT_WR)

    def close(self) -> None:
        """Hang up."""
        for each in (self.listener, *self.sockets):
            each.close()


# The first one greets the broker; the others are in the middle of sending a task.
@pytest.mark.needs("redis-server", "postgres")
@pytest.mark.parametrize("number", [1, 8, 12])
def test_beat_that_is_told_to_stop_while_it_talks_to_the_broker_ends_in_order(
    number: int, redis_server: Redis, new_product: Callable[..., Product]
) -> None:
    told: list[float] = []

    def tell() -> None:
        told.append(time.monotonic())
        product.parts["beat"].process.send_signal(signal.SIGTERM)

    line = Line(redis_server, number, tell)
    product = new_product("production", broker=line.url)
    try:
        product.start_part("beat")
        beat = product.parts["beat"]
        wait_for(lambda: told, seconds=60, saying="Beat does not talk to the broker")
        wait_for(lambda: not beat.runs, seconds=30, saying="Beat does not stop")
    finally:
        product.stop()
        line.close()
    assert beat.process.returncode == 0
    assert "Traceback" not in product.said()


@pytest.mark.needs("redis-server", "postgres")
def test_beat_that_waits_for_a_broker_ends_when_it_is_told_to(
    new_product: Callable[..., Product],
) -> None:
    product = new_product("production", broker=f"redis://127.0.0.1:{free_port()}/0")
    try:
        product.start_part("beat")
        beat = product.parts["beat"]
        # The second wait is of four seconds: it is in one, whenever the signal comes.
        wait_for(
            lambda: product.said().count("The broker is away") > 1,
            seconds=60, saying="Beat does not miss the broker",
        )  # fmt: skip
        assert beat.end() == 0
    finally:
        product.stop()
    assert "Traceback" not in product.said()


def test_ctrl_c_before_anything_runs_leaves_no_traceback(tmp_path: Path) -> None:
    (tmp_path / "interrupted.py").write_text(
        "import os, signal\nos.kill(os.getpid(), signal.SIGINT)\nfrom kianda.settings import *\n"
    )
    done = subprocess.run(
        [sys.executable, "manage.py", "serve"],
        cwd=ROOT, capture_output=True, text=True, timeout=60, check=False,
        env=clean_environment() | {
            "PYTHONPATH": str(tmp_path),
            "DJANGO_SETTINGS_MODULE": "interrupted",
            "KIANDA_DATA_DIR": str(tmp_path),
        },
    )  # fmt: skip
    assert (done.returncode, done.stdout, done.stderr) == (-signal.SIGINT, "", "")
