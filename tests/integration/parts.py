"""Real parts for the tests: Redis, PostgreSQL, and the product's own processes."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import psycopg
import redis
import requests

from kianda.environment import DEVELOPERS
from tests.integration.api import Api
from tests.integration.needs import postgres_folder

ROOT = Path(__file__).resolve().parents[2]
PARTS = ("sandbox", "web", "worker", "beat")
STOP_ORDER = ("serve", "beat", "web", "worker", "sandbox")


class TookTooLong(AssertionError):
    """What was waited for did not come."""


def wait_for(what: Callable[[], Any], *, seconds: float, saying: str, every: float = 0.05) -> Any:
    """Return the first true answer of `what`; raises TookTooLong with the sentence."""
    until = time.monotonic() + seconds
    while True:
        found = what()
        if found:
            return found
        if time.monotonic() > until:
            raise TookTooLong(f"{saying} (waited {seconds:g} s)")
        time.sleep(every)


def ended(alive: Callable[[], Iterable[int]], pid: int) -> Callable[[], bool]:
    """Return what tells whether a process is no longer there."""
    return lambda: pid not in alive()


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


class Process:
    """One program that runs; what it says goes to a file."""

    def __init__(self, command: Sequence[str | Path], *, log: Path, **more: Any) -> None:
        """Start it in a group of its own."""
        self.log = log
        with log.open("ab") as out:
            self.process = subprocess.Popen(
                [str(word) for word in command],
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                **more,
            )

    @property
    def pid(self) -> int:
        """Return its process id."""
        return self.process.pid

    @property
    def runs(self) -> bool:
        """Tell whether it runs."""
        return self.process.poll() is None

    def end(self, number: int = signal.SIGTERM, *, seconds: float = 20) -> int:
        """Send a signal, wait for the end, and return the exit status."""
        if self.runs:
            self.process.send_signal(number)
        try:
            return self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait(seconds)
            raise

    def children(self) -> list[int]:
        """Return the ids of its own children."""
        with suppress(FileNotFoundError, ProcessLookupError):
            listed = Path(f"/proc/{self.pid}/task/{self.pid}/children").read_text()
            return [int(pid) for pid in listed.split()]
        return []


class Redis:
    """A real Redis on a socket; nothing of it is kept on disk."""

    def __init__(self, folder: Path) -> None:
        """Start it."""
        self.folder = folder
        self.address = folder / "redis.sock"
        self.url = f"redis+socket://{self.address}"
        self.start()

    def start(self) -> None:
        """Start it and wait until it answers."""
        settings: dict[str, Any] = {
            "port": "0",
            "unixsocket": self.address,
            "dir": self.folder,
            "save": "",
        }
        words = [word for name, value in settings.items() for word in (f"--{name}", value)]
        self.process = Process(["redis-server", *words], log=self.folder / "redis.log")
        wait_for(self._answers, seconds=60, saying="Redis does not answer", every=0.02)

    def client(self) -> "redis.Redis":
        """Return a client."""
        return redis.Redis(unix_socket_path=str(self.address), socket_timeout=5)

    def _answers(self) -> bool:
        try:
            with self.client() as client:
                return bool(client.ping())
        except redis.ConnectionError:
            return False

    def end(self, number: int = signal.SIGTERM) -> None:
        """End it."""
        self.process.end(number)


class Postgres:
    """A real PostgreSQL on a socket, run as the user postgres when we are root."""

    def __init__(self, folder: Path) -> None:
        """Make a cluster and start it."""
        programs = postgres_folder()
        assert programs is not None
        self.folder, self.programs = folder, programs
        data = folder / "data"
        self._user: dict[str, Any] = (
            {"user": "postgres", "group": "postgres"} if os.geteuid() == 0 else {}
        )
        if self._user:
            shutil.chown(folder, "postgres", "postgres")
        # A captured pipe would stay open in what initdb leaves behind: a file does not.
        with (folder / "initdb.log").open("wb") as out:
            subprocess.run(
                [programs / "initdb", "-D", data, "-U", "kianda", "-A", "trust", "--no-sync",
                 "-E", "UTF8", "--locale=C"],
                check=True, stdout=out, stderr=out, cwd=folder, **self._user,
            )  # fmt: skip
        self.start()

    def start(self) -> None:
        """Start it and wait until it answers."""
        folder, data = self.folder, self.folder / "data"
        self.process = Process(
            [self.programs / "postgres", "-D", data, "-k", folder, "-c", "listen_addresses=",
             "-c", "fsync=off"],
            log=folder / "postgres.log", cwd=folder, **self._user,
        )  # fmt: skip
        wait_for(self._answers, seconds=60, saying="PostgreSQL does not answer")

    def _answers(self) -> bool:
        try:
            with self.connect():
                return True
        except psycopg.OperationalError:
            return False

    def connect(self, database: str = "postgres") -> "psycopg.Connection[Any]":
        """Return a connection that commits each statement."""
        return psycopg.connect(
            host=str(self.folder), user="kianda", dbname=database, autocommit=True
        )

    def create(self, name: str, *, template: str = "template1") -> str:
        """Make a database, a copy of another one, and return its URL."""
        with self.connect() as connection:
            connection.execute(f"CREATE DATABASE {name} TEMPLATE {template}")
        return f"postgresql://kianda@{str(self.folder).replace('/', '%2F')}/{name}"

    def dump(self, name: str, file: Path) -> None:
        """Write a database into a file."""
        self._run("pg_dump", "--format=custom", "--file", file, name)

    def load(self, name: str, file: Path) -> str:
        """Make a database of what a file holds, and return its URL."""
        url = self.create(name)
        self._run("pg_restore", "--dbname", name, file)
        return url

    def _run(self, program: str, *words: str | Path) -> None:
        command = [self.programs / program, "-h", self.folder, "-U", "kianda", *words]
        subprocess.run(command, check=True)

    def end(self) -> None:
        """End it, fast: whoever is connected is sent away."""
        self.process.end(signal.SIGINT)


class Product:
    """The product as real processes, on one set of parts."""

    def __init__(
        self, folder: Path, environment: Mapping[str, str], *, apart: bool, token: str = ""
    ) -> None:
        """Take a data directory and settings; `apart` runs one `serve --only` for each part."""
        self.folder, self.apart, self.token = folder, apart, token
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.environment = clean_environment() | {
            "KIANDA_DATA_DIR": str(folder),
            "KIANDA_PORT": str(self.port),
            "KIANDA_DEMO": "1",
            "KIANDA_EGRESS_ALLOW": "127.0.0.1",
            "KIANDA_BUSY_WAIT_S": "0.5",
            **environment,
        }
        self.parts: dict[str, Process] = {}

    def manage(self, command: str, *words: str) -> str:
        """Run a command of manage.py and return what it prints."""
        done = subprocess.run(
            [sys.executable, "manage.py", command, *words],
            cwd=ROOT, env=self.environment,
            capture_output=True, text=True, timeout=120, check=False,
        )  # fmt: skip
        assert done.returncode == 0, f"manage.py {command}: {done.stdout}{done.stderr}"
        return done.stdout

    def start(self) -> None:
        """Start all of it and wait until it is well."""
        for part in PARTS if self.apart else ("serve",):
            self.start_part(part)
        wait_for(
            self.is_well, seconds=60, saying=f"The product is not well.\n{self.said()[-3000:]}"
        )

    def start_part(self, part: str, *, name: str = "") -> None:
        """Start one part, under a name of its own; `serve` is all of them under one parent."""
        only = [] if part == "serve" else ["--only", part]
        self.parts[name or part] = Process(
            [sys.executable, "manage.py", "serve", *only],
            log=self.folder / f"{name or part}.log", cwd=ROOT, env=self.environment,
        )  # fmt: skip

    def is_well(self) -> bool:
        """Tell whether everything works, as /healthz/full says."""
        for part, process in self.parts.items():
            assert process.runs, f"{part} ended.\n{process.log.read_text()[-3000:]}"
        try:
            return requests.get(f"{self.url}/healthz/full", timeout=5).status_code == 200
        except (requests.ConnectionError, requests.Timeout):
            return False

    def said(self) -> str:
        """Return everything that the processes have printed."""
        return "".join(log.read_text(errors="replace") for log in sorted(self.folder.glob("*.log")))

    def kill(self, part: str) -> None:
        """Kill one part that runs by itself, with all of its group."""
        process = self.parts.pop(part)
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.process.wait(10)

    def stop(self) -> None:
        """End all of it, whoever asks for work first."""
        for part in STOP_ORDER:
            for name in [name for name in self.parts if name.startswith(part)]:
                self.parts.pop(name).end()

    def api(self, token: str) -> Api:
        """Return a client of its API."""
        return Api(self.url, token)

    def api_token(self) -> str:
        """Return the API token of the administrator that is known, or make one as people do."""
        # The checks import every view, which takes longer than the command itself.
        words = ("--skip-checks", "create", "integration", "--user", "admin")
        self.token = self.token or self.manage("api_token", *words).strip()
        return self.token


def clean_environment() -> dict[str, str]:
    """Return this environment without the settings of operators or of the tests."""
    ours = ("KIANDA_", "DJANGO_", "DATABASE_URL", "CELERY_", "PYTEST_")
    kept = {
        name: value
        for name, value in os.environ.items()
        if name in DEVELOPERS or not name.startswith(ours)
    }
    return kept | {
        "DJANGO_SETTINGS_MODULE": "kianda.settings",
        "PYTHONUNBUFFERED": "1",
    }
