"""The floor: one bare `requests` call, and one bare commit on the same database."""

import sqlite3
import time
from typing import Any

import requests

FORM = {
    "grant_type": "refresh_token",
    "client_id": "client-1",
    "client_secret": "secret-secret-secret",
    "redirect_uri": "https://app.example.org/callback",
    "refresh_token": "rt-000000000000000000000000",
}
TABLE = "CREATE TABLE IF NOT EXISTS benchmark_floor (number bigint NOT NULL)"
WRITE = "INSERT INTO benchmark_floor VALUES (1)"


class Floor:
    """Does the unavoidable, and keeps how long it took, in milliseconds."""

    def __init__(self, *, provider: str, database: str) -> None:
        """Open a session and a connection; `database` is a path or a postgresql:// URL."""
        self.calls: list[float] = []
        self.commits: list[float] = []
        self._url = f"{provider}/oauth/token"
        self._session = requests.Session()
        self._session.trust_env = False
        self._rows = _connect(database)
        self._rows.execute(TABLE)
        for _ in range(20):
            self.measure()
        self.calls.clear()
        self.commits.clear()

    def measure(self) -> None:
        """Call once and commit once."""
        start = time.perf_counter()
        answer = self._session.post(self._url, data=FORM, timeout=10)
        answer.raise_for_status()
        called = time.perf_counter()
        # Outside of a transaction block: each statement is its own commit.
        self._rows.execute(WRITE)
        committed = time.perf_counter()
        self.calls.append((called - start) * 1000)
        self.commits.append((committed - called) * 1000)

    @property
    def sums(self) -> list[float]:
        """Return what a call and a commit took together, each time."""
        return [call + commit for call, commit in zip(self.calls, self.commits, strict=True)]

    def close(self) -> None:
        """Close both."""
        self._session.close()
        self._rows.close()


def _connect(database: str) -> Any:
    if not database.startswith("postgresql:"):
        rows = sqlite3.connect(database, isolation_level=None, timeout=20)
        rows.execute("PRAGMA journal_mode=WAL")
        rows.execute("PRAGMA synchronous=FULL")
        return rows
    import psycopg

    return psycopg.connect(database, autocommit=True)
