"""Output that cannot be written: nobody ends of it, and the log says what is missing."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from tests.integration.parts import ROOT, Product, ended, wait_for

pytestmark = [pytest.mark.integration, pytest.mark.timeout(400)]
# Each way to lose both streams; `make chaos` tries them all.
LOSSES = ("full", *(pytest.param(loss, marks=pytest.mark.chaos) for loss in ("unread", "closed")))
FORK = """
import os, sys
from kianda.serve.output import lost, make_steady, tell_losses
make_steady()
print("lost", "x" * 100_000)
print("lost", file=sys.stderr)
assert lost() > 100_000
if os.fork() == 0:
    os.read(int(sys.argv[1]), 1)
    print("child")
    os._exit(0)
os.read(int(sys.argv[1]), 1)
os.wait()
assert tell_losses()
print("parent")
print("parent", file=sys.stderr)
"""


def open_loss(loss: str) -> int | None:
    """Return a descriptor that takes nothing; None is one that is not even open."""
    if loss == "full":
        return os.open("/dev/full", os.O_WRONLY)
    if loss == "unread":
        reader, writer = os.pipe()
        os.close(reader)
        return writer
    return None


class Silent:
    """The product as `make run` starts it, in an empty folder and with no way to say anything."""

    def __init__(self, product: Product, loss: str) -> None:
        self.product = product
        end = open_loss(loss)

        def close_both() -> None:
            if end is None:
                os.close(1)
                os.close(2)

        self.process = subprocess.Popen(
            [sys.executable, "manage.py", "serve", "--set-up"],
            cwd=ROOT, env=product.environment, stdin=subprocess.DEVNULL, stdout=end, stderr=end,
            start_new_session=True, preexec_fn=close_both,
        )  # fmt: skip
        if end is not None:
            os.close(end)

    def children(self) -> list[int]:
        pid = self.process.pid
        with suppress(FileNotFoundError, ProcessLookupError):
            return [int(n) for n in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
        return []

    def is_well(self) -> bool:
        assert self.process.poll() is None, f"it ended with {self.process.returncode}"
        return self.product.is_well()


@pytest.fixture(params=LOSSES)
def silent(
    request: pytest.FixtureRequest, new_folder: Callable[[str], Path], keys: dict[str, str]
) -> Iterator[Silent]:
    made = Silent(Product(new_folder("silent"), keys, apart=False), request.param)
    yield made
    with suppress(ProcessLookupError):
        os.killpg(made.process.pid, signal.SIGKILL)
    made.process.wait(20)


def test_a_product_that_can_say_nothing_starts_brings_back_what_dies_and_stops(
    silent: Silent,
) -> None:
    wait_for(silent.is_well, seconds=100, saying="It is not well")
    wait_for(lambda: len(silent.children()) >= 5, seconds=60, saying="Not all parts run")
    for pid in silent.children():
        os.kill(pid, signal.SIGKILL)
        wait_for(ended(silent.children, pid), seconds=50, saying="It lives on")
    wait_for(lambda: len(silent.children()) >= 5, seconds=60, saying="They do not come back")
    wait_for(silent.is_well, seconds=100, saying="It is not well again")
    silent.process.send_signal(signal.SIGINT)
    assert silent.process.wait(100) == 0
    # A file that is opened where no output was is not written to in its place.
    assert (silent.product.folder / "kianda.sqlite3").read_bytes()[:6] == b"SQLite"


@pytest.mark.chaos
def test_a_password_that_could_not_be_written_is_told_by_the_next_start(
    new_folder: Callable[[str], Path], keys: dict[str, str]
) -> None:
    product = Product(new_folder("untold"), keys, apart=False)
    silent = Silent(product, "full")
    try:
        wait_for(silent.is_well, seconds=100, saying="It is not well")
    finally:
        silent.process.send_signal(signal.SIGINT)
        silent.process.wait(100)
    log = product.folder / "again.log"
    with log.open("wb") as out:
        again = subprocess.Popen(
            [sys.executable, "manage.py", "serve", "--set-up"],
            cwd=ROOT, env=product.environment, stdout=out, stderr=out, start_new_session=True,
        )  # fmt: skip
    try:
        wait_for(lambda: "Kianda runs" in log.read_text(), seconds=100, saying="It does not run")
    finally:
        again.send_signal(signal.SIGINT)
        again.wait(100)
    assert "the password is" in log.read_text()
    assert "Demo loaded" not in log.read_text(), "it was loaded by the first start"


def test_the_log_says_what_is_missing_as_soon_as_it_can_be_written_again() -> None:
    reader, writer = os.pipe()
    os.set_blocking(writer, False)
    with suppress(BlockingIOError):
        while True:
            os.write(writer, b"." * 4096)
    wakes, wake = os.pipe()
    process = subprocess.Popen(
        [sys.executable, "-c", FORK, str(wakes)],
        cwd=ROOT, stdout=writer, stderr=writer, pass_fds=(wakes,),
    )  # fmt: skip
    os.close(writer)
    os.set_blocking(reader, False)
    said = b""

    def read() -> bytes:
        nonlocal said
        with suppress(BlockingIOError):
            said += os.read(reader, 1_000_000)
        return said

    try:
        # Only when both have lost what they said is there room again.
        wait_for(lambda: process_waits(process.pid), seconds=60, saying="It does not come so far")
        read()
        os.write(wake, b"12")
        assert process.wait(60) == 0
        while b"parent" not in said.rpartition(b"parent")[0]:
            read()
    finally:
        for descriptor in (reader, wakes, wake):
            with suppress(OSError):
                os.close(descriptor)
    lines = said.lstrip(b".").decode().splitlines()
    told = [line for line in lines if "are lost" in line]
    assert len(told) == 2, "one line for each stream, told by the one who lost it"
    assert all("could not be written since" in line and "level=warning" in line for line in told)
    assert sorted(line for line in lines if line not in told) == ["child", "parent", "parent"]


def process_waits(pid: int) -> bool:
    """Tell whether a process has a child, which it gets after it has lost its output."""
    return bool(Path(f"/proc/{pid}/task/{pid}/children").read_text().strip())
