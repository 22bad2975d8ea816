"""`python -m benchmarks`, or `make bench`: all parts, on SQLite and on PostgreSQL."""

import argparse
import shutil
import signal
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from benchmarks import machine, servers
from benchmarks.connections import connections
from benchmarks.designer import designer
from benchmarks.figures import Report
from benchmarks.hosts import hosts
from benchmarks.imports import imports
from benchmarks.lists import lists, records
from benchmarks.parts import api, in_process, loops, start
from benchmarks.processes import provider
from benchmarks.product import Ground
from benchmarks.scale import scale
from benchmarks.scheduled import scheduler

PARTS: dict[str, Callable[[Ground, Report], None]] = {
    "inprocess": in_process, "loops": loops, "api": api, "scheduler": scheduler, "start": start,
    "designer": designer, "lists": lists, "records": records, "imports": imports,
    "connections": connections, "scale": scale, "hosts": hosts,
}  # fmt: skip
# They take an hour, or make hosts: only when they are asked for.
BY_NAME = ("scale", "hosts")
DATABASES = ("sqlite", "postgresql")


def main() -> int:
    """Measure what is asked for."""
    words = _words()
    # A kill from outside ends the blocks too, and with them every process.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    about, report = machine.describe(), Report(quick=words.quick)
    print(f"Machine: {machine.in_words(about)}")
    load = machine.busy_share()
    if load is not None and load > 0.2:
        print(f"The machine is busy ({load:.0%} per core in the last minute): figures will suffer.")
    with _folder() as folder, provider(folder) as url:
        for database in words.database or DATABASES:
            if database == "postgresql" and servers.missing():
                print(f"\nPostgreSQL is left out: {servers.missing()} is not on this machine.")
                continue
            with _ground(database, folder, url) as ground:
                for part in words.only or [name for name in PARTS if name not in BY_NAME]:
                    PARTS[part](ground, report)
    missed = report.summary()
    if words.json:
        report.write(words.json, about)
    return 1 if missed and words.strict else 0


def _words() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="short: a look, not a measurement")
    parser.add_argument("--only", nargs="+", choices=list(PARTS), help="these parts alone")
    parser.add_argument("--database", nargs="+", choices=DATABASES, help="these databases alone")
    parser.add_argument("--json", type=Path, help="write the figures to this file too")
    parser.add_argument("--strict", action="store_true", help="end with 1 when a goal is missed")
    return parser.parse_args()


@contextmanager
def _folder() -> Iterator[Path]:
    """Give a folder with a short name: the path of a socket may have about 100 bytes."""
    folder = Path(tempfile.mkdtemp(prefix="kb-"))
    # PostgreSQL runs as another user, who has to find its own folder in here.
    folder.chmod(0o755)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _ground(database: str, folder: Path, url: str) -> Iterator[Ground]:
    with ExitStack() as stack:
        ground = Ground(folder, url, "SQLite")
        if database == "postgresql":
            ground.name = "PostgreSQL"
            ground.postgres = stack.enter_context(servers.postgres(folder / "pg"))
            ground.broker = stack.enter_context(servers.redis(folder / "redis"))
        ground.prepare()
        yield ground


if __name__ == "__main__":
    sys.exit(main())
