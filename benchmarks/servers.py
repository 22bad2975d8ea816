"""Real PostgreSQL and Redis on sockets, as installed: nothing is turned off for a figure."""

import os
import shutil
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote

from benchmarks.processes import BenchmarkError, started, wait_for


def postgres_programs() -> Path | None:
    """Return the folder of the newest PostgreSQL's programs, None when there is none."""
    found = [path.parent for path in Path("/usr/lib/postgresql").glob("*/bin/initdb")]
    if found:
        return max(found, key=lambda folder: float(folder.parent.name))
    initdb = shutil.which("initdb")
    return Path(initdb).resolve().parent if initdb else None


def missing() -> str:
    """Return what the part with servers lacks here, empty when it can run."""
    lacks = [
        name
        for name, found in (("redis-server", shutil.which("redis-server")),
                            ("PostgreSQL", postgres_programs()))
        if not found
    ]  # fmt: skip
    return " and ".join(lacks)


class Postgres:
    """A running PostgreSQL."""

    def __init__(self, folder: Path) -> None:
        """Take the folder of its socket."""
        self.folder = folder

    def connect(self, database: str = "postgres") -> Any:
        """Return a connection that commits each statement."""
        import psycopg

        return psycopg.connect(
            host=str(self.folder), user="kianda", dbname=database, autocommit=True
        )

    def url(self, database: str) -> str:
        """Return a DATABASE_URL."""
        return f"postgresql://kianda@{quote(str(self.folder), safe='')}/{database}"

    def create(self, name: str, *, template: str = "template1") -> str:
        """Make a database, a copy of another one, and return its URL."""
        with self.connect() as connection:
            connection.execute(f"CREATE DATABASE {name} TEMPLATE {template}")
        return self.url(name)

    def answers(self) -> bool:
        """Tell whether it takes connections."""
        import psycopg

        try:
            self.connect().close()
        except psycopg.OperationalError:
            return False
        return True


@contextmanager
def postgres(folder: Path) -> Iterator[Postgres]:
    """Run a PostgreSQL for the length of a block, as the user postgres when we are root."""
    programs = postgres_programs()
    if programs is None:
        raise BenchmarkError("There is no PostgreSQL here.")
    folder.mkdir(mode=0o755)
    user = {"user": "postgres", "group": "postgres"} if os.geteuid() == 0 else {}
    if user:
        shutil.chown(folder, "postgres", "postgres")
    data = folder / "data"
    with (folder / "initdb.log").open("wb") as out:
        subprocess.run(
            [programs / "initdb", "-D", data, "-U", "kianda", "-A", "trust", "-E", "UTF8",
             "--locale=C"],
            check=True, stdout=out, stderr=out, cwd=folder, **user,
        )  # fmt: skip
    command = [
        programs / "postgres", "-D", data, "-k", folder, "-c", "listen_addresses=",
        "-c", "max_connections=300",
    ]  # fmt: skip
    log = folder / "postgres.log"
    # SIGINT is its fast stop: whoever is connected is sent away.
    with started(command, log=log, cwd=folder, ending=signal.SIGINT, **user):
        server = Postgres(folder)
        wait_for(server.answers, seconds=20, saying="PostgreSQL does not answer")
        yield server


@contextmanager
def redis(folder: Path) -> Iterator[str]:
    """Run a Redis on a socket for the length of a block; yields its URL."""
    folder.mkdir()
    address = folder / "redis.sock"
    settings = {"port": "0", "unixsocket": address, "dir": folder, "save": ""}
    words = [word for name, value in settings.items() for word in (f"--{name}", value)]
    with started(["redis-server", *words], log=folder / "redis.log"):
        wait_for(address.exists, seconds=10, saying="Redis does not answer")
        yield f"redis+socket://{address}"
