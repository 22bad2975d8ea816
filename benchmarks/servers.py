"""Real PostgreSQL and Redis, as installed: nothing is turned off for a figure.

On sockets, and at an address of this machine where others of its network are to reach them.
"""

import os
import shutil
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import quote

from benchmarks.processes import BenchmarkError, free_port, started, wait_for


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

    def __init__(self, host: str, port: int = 5432) -> None:
        """Take the folder of its socket, or its address."""
        self.host, self.port = host, port

    def connect(self, database: str = "postgres") -> Any:
        """Return a connection that commits each statement."""
        import psycopg

        return psycopg.connect(
            host=self.host, port=self.port, user="kianda", dbname=database, autocommit=True
        )

    def url(self, database: str) -> str:
        """Return a DATABASE_URL."""
        return f"postgresql://kianda@{quote(self.host, safe='')}:{self.port}/{database}"

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
def postgres(folder: Path, address: str = "") -> Iterator[Postgres]:
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
             "--locale=C.UTF-8", "--locale-provider=icu", "--icu-locale=en-US"],
            check=True, stdout=out, stderr=out, cwd=folder, **user,
        )  # fmt: skip
    server = Postgres(address, free_port(address)) if address else Postgres(str(folder))
    if address:
        with (data / "pg_hba.conf").open("a") as rules:
            rules.write(f"host all all {address}/24 trust\n")
    command = [
        programs / "postgres", "-D", data, "-k", folder, "-p", str(server.port),
        "-c", f"listen_addresses={address}", "-c", "max_connections=300",
    ]  # fmt: skip
    log = folder / "postgres.log"
    # SIGINT is its fast stop: whoever is connected is sent away.
    with started(command, log=log, cwd=folder, ending=signal.SIGINT, **user):
        wait_for(server.answers, seconds=20, saying="PostgreSQL does not answer")
        yield server


@contextmanager
def redis(folder: Path, address: str = "") -> Iterator[str]:
    """Run a Redis for the length of a block; yields its URL."""
    folder.mkdir()
    settings: dict[str, str | Path] = {"dir": folder, "save": ""}
    if address:
        port = str(free_port(address))
        settings |= {"bind": address, "port": port, "protected-mode": "no"}
        url = f"redis://{address}:{port}/0"
    else:
        settings |= {"port": "0", "unixsocket": folder / "redis.sock"}
        url = f"redis+socket://{folder / 'redis.sock'}"
    words = [word for name, value in settings.items() for word in (f"--{name}", value)]
    with started(["redis-server", *words], log=folder / "redis.log"):
        wait_for(partial(_connects, url), seconds=10, saying="Redis does not answer")
        yield url


def _connects(url: str) -> bool:
    import redis as client

    try:
        with client.Redis.from_url(url.replace("redis+socket", "unix")) as connection:
            return bool(connection.ping())
    except client.ConnectionError:
        return False
