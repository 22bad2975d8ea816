"""The product as it runs for its users: `manage.py serve` on a data directory of its own."""

import http.client
import json
import secrets
import shutil
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from benchmarks import machine
from benchmarks.processes import (
    ROOT,
    BenchmarkError,
    clean_environment,
    free_port,
    run_module,
    started,
    wait_for,
)
from benchmarks.servers import Postgres

SQLITE = "kianda.sqlite3"


@dataclass
class Ground:
    """Where products are made: a folder, the provider, a migrated database to copy."""

    folder: Path
    provider: str
    name: str
    broker: str = ""
    postgres: Postgres | None = None
    keys: dict[str, str] = field(default_factory=dict)
    made: int = 0

    def prepare(self) -> None:
        """Migrate the database of which each product gets a copy."""
        from cryptography.fernet import Fernet

        self.keys = {
            "KIANDA_SECRET_KEY": secrets.token_urlsafe(50),
            "KIANDA_SECRET_KEYS": Fernet.generate_key().decode(),
        }
        if self.postgres:
            self.postgres.create("seed")
        product = self._at(self.folder / f"{self.name}-seed", database="seed")
        product.manage("migrate", "--verbosity", "0")
        product.manage("ensure_admin")

    def product(self) -> "Product":
        """Return a product on a fresh copy."""
        self.made += 1
        database = f"product{self.made}"
        folder = self.folder / f"{self.name}-{self.made}"
        product = self._at(folder, database=database)
        if self.postgres:
            self.postgres.create(database, template="seed")
        else:
            shutil.copy(self.folder / f"{self.name}-seed" / SQLITE, folder / SQLITE)
        return product

    def _at(self, folder: Path, *, database: str) -> "Product":
        folder.mkdir()
        settings = dict(self.keys)
        if self.postgres:
            settings["DATABASE_URL"] = self.postgres.url(database)
        if self.broker:
            settings["CELERY_BROKER_URL"] = self.broker
        return Product(folder, self.provider, settings)


class Product:
    """One product: its settings, its processes, its rows."""

    def __init__(self, folder: Path, provider: str, settings: dict[str, str]) -> None:
        """Choose a port."""
        self.folder, self.provider = folder, provider
        self.host, self.port = "127.0.0.1", free_port()
        self.token = ""
        self.pid = 0
        self.environment = clean_environment(
            KIANDA_DATA_DIR=str(folder), KIANDA_PORT=str(self.port), KIANDA_DEMO="0",
            KIANDA_EGRESS_ALLOW=urlsplit(provider).netloc, KIANDA_LOG_LEVEL="warning", **settings,
        )  # fmt: skip

    @property
    def database(self) -> str:
        """Return the database as `floor.Floor` takes it."""
        return self.environment.get("DATABASE_URL") or str(self.folder / SQLITE)

    def manage(self, *words: str) -> None:
        """Run a command of manage.py."""
        done = subprocess.run(
            [sys.executable, "manage.py", *words], cwd=ROOT, env=self.environment,
            capture_output=True, text=True, timeout=300, check=False,
        )  # fmt: skip
        if done.returncode:
            raise BenchmarkError(
                f"manage.py {words[0]}: {done.stdout[-1000:]}{done.stderr[-3000:]}"
            )

    def fill(
        self,
        *,
        instances: int,
        tasks: dict[str, Any] | None = None,
        apart_s: float = 0,
        design: bool = False,
    ) -> dict[str, Any]:
        """Make the rows of a measurement; see benchmarks.workspace."""
        order = {
            "provider": self.provider, "instances": instances, "tasks": tasks,
            "apart_s": apart_s, "design": design,
        }  # fmt: skip
        printed = run_module(
            "benchmarks.workspace", environment=self.environment, seconds=300,
            feed=json.dumps(order),
        )  # fmt: skip
        made: dict[str, Any] = json.loads(printed)
        self.token = made["token"]
        return made

    def settle(self) -> None:
        """Let PostgreSQL count and write what was stored, as it does by itself after a while."""
        if "DATABASE_URL" in self.environment:
            import psycopg

            with psycopg.connect(self.database, autocommit=True) as rows:
                rows.execute("VACUUM ANALYZE")
                rows.execute("CHECKPOINT")

    @contextmanager
    def running(self, *, well: bool = True) -> Iterator[None]:
        """Serve for the length of a block; with `well` only once everything is well."""
        log = self.folder / "serve.log"
        command = [sys.executable, "manage.py", "serve"]
        with started(command, log=log, patience_s=40, cwd=ROOT, env=self.environment) as process:
            self.pid = process.pid
            if well:
                wait_for(
                    lambda: process.poll() is not None or self.answers("/healthz/full"),
                    seconds=60, saying="The product is not well",
                )  # fmt: skip
            if process.poll() is not None:
                raise BenchmarkError(f"The product ended: {log.read_text()[-2000:]}")
            yield

    def answers(self, path: str) -> bool:
        """Tell whether an address answers 200."""
        return self.get(path)[0] == 200

    def get(self, path: str) -> tuple[int, Any, float]:
        """GET an address: status (0 when nobody listens), JSON, seconds."""
        start = time.perf_counter()
        connection = http.client.HTTPConnection(self.host, self.port, timeout=30)
        try:
            connection.request("GET", path, headers={"Authorization": f"Bearer {self.token}"})
            answer = connection.getresponse()
            body = answer.read()
        except OSError:
            return 0, None, time.perf_counter() - start
        finally:
            connection.close()
        return answer.status, _json(body), time.perf_counter() - start

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        """Read rows of its database."""
        if "DATABASE_URL" in self.environment:
            import psycopg

            with psycopg.connect(self.database, autocommit=True) as rows:
                return rows.execute(query).fetchall()
        rows = sqlite3.connect(f"file:{self.folder / SQLITE}?mode=ro", uri=True, timeout=20)
        try:
            return rows.execute(query).fetchall()
        finally:
            rows.close()

    def processes(self) -> list[int]:
        """Return the ids of all its processes."""
        return machine.family(self.pid)


def _json(body: bytes) -> Any:
    try:
        return json.loads(body)
    except ValueError:
        return None
