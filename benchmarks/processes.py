"""Processes that the benchmark starts: always ended, always by their ids."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
LOOPBACK = "127.0.0.1"


class BenchmarkError(Exception):
    """Something that the benchmark needs does not work; the message says what."""


def clean_environment(**settings: str) -> dict[str, str]:
    """Return this environment without the settings of a product that may run here."""
    ours = ("KIANDA_", "DJANGO_", "DATABASE_URL", "CELERY_")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
    return kept | {"DJANGO_SETTINGS_MODULE": "kianda.settings", "PYTHONUNBUFFERED": "1"} | settings


@contextmanager
def started(
    command: Sequence[str | Path],
    *,
    log: Path,
    patience_s: float = 20,
    ending: int = signal.SIGTERM,
    **more: Any,
) -> Iterator["subprocess.Popen[bytes]"]:
    """Run a program for the length of a block; what it says goes to a file."""
    with log.open("ab") as out:
        process = subprocess.Popen(
            [str(word) for word in command],
            stdin=subprocess.DEVNULL, stdout=more.pop("stdout", out), stderr=out,
            start_new_session=True, **more,
        )  # fmt: skip
    try:
        yield process
    finally:
        _end(process, ending, patience_s)


def _end(process: "subprocess.Popen[bytes]", number: int, patience_s: float) -> None:
    if process.poll() is None:
        process.send_signal(number)
    try:
        process.wait(patience_s)
    except subprocess.TimeoutExpired:
        # It has a group of its own: nobody else is in it.
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait(10)


@contextmanager
def provider(folder: Path, address: str = LOOPBACK) -> Iterator[str]:
    """Run the token server; yields its URL."""
    command = [sys.executable, "-m", "benchmarks.provider", address]
    with started(
        command, log=folder / "provider.log", cwd=ROOT, stdout=subprocess.PIPE,
        env=clean_environment(),
    ) as process:  # fmt: skip
        assert process.stdout is not None
        with process.stdout:
            port = process.stdout.readline().decode().strip()
            if not port:
                raise BenchmarkError("The token server does not start.")
            yield f"http://{address}:{port}"


def run_module(
    module: str, *words: str, environment: Mapping[str, str], seconds: float, feed: str = ""
) -> str:
    """Run a module of the benchmark to its end and return what it prints."""
    done = subprocess.run(
        [sys.executable, "-m", module, *words], cwd=ROOT, env=dict(environment), input=feed,
        capture_output=True, text=True, timeout=seconds, check=False,
    )  # fmt: skip
    if done.returncode:
        raise BenchmarkError(f"{module} failed:\n{done.stdout[-2000:]}{done.stderr[-4000:]}")
    return done.stdout


def free_port(address: str = LOOPBACK) -> int:
    """Return a port that nobody listens on."""
    with socket.create_server((address, 0)) as probe:
        return int(probe.getsockname()[1])


def wait_for(what: Callable[[], Any], *, seconds: float, saying: str, every: float = 0.02) -> None:
    """Return when `what` is true; raises BenchmarkError with the sentence."""
    until = time.monotonic() + seconds
    while not what():
        if time.monotonic() > until:
            raise BenchmarkError(f"{saying} (waited {seconds:g} s)")
        time.sleep(every)
