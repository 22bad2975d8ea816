"""What the sandbox remembers: clients, refresh tokens, access tokens, switches. One SQLite file."""

import hashlib
import hmac
import json
import secrets
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from kianda.sandbox.switches import Switches, WrongSwitch

TABLES = """
CREATE TABLE IF NOT EXISTS client (id TEXT PRIMARY KEY, secret TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS refresh (
  digest TEXT PRIMARY KEY, client TEXT NOT NULL, family TEXT NOT NULL, parent TEXT,
  used INTEGER NOT NULL DEFAULT 0, dead INTEGER NOT NULL DEFAULT 0, created INTEGER NOT NULL);
CREATE INDEX IF NOT EXISTS refresh_family ON refresh (family);
CREATE INDEX IF NOT EXISTS refresh_dead ON refresh (created) WHERE dead;
CREATE TABLE IF NOT EXISTS access (
  digest TEXT PRIMARY KEY, client TEXT NOT NULL, family TEXT NOT NULL, expires INTEGER NOT NULL);
CREATE INDEX IF NOT EXISTS access_family ON access (family);
CREATE INDEX IF NOT EXISTS access_expires ON access (expires);
CREATE TABLE IF NOT EXISTS setting (name TEXT PRIMARY KEY, value TEXT NOT NULL);
"""
# FULL: a rotated token that was sent must be known again after a power cut.
PRAGMAS = "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;"
KEEP_DEAD_S = 86_400


class Credentials(NamedTuple):
    """What a new client is told once."""

    client_id: str
    client_secret: str
    refresh_token: str


class Access(NamedTuple):
    """A valid access token's rights."""

    client: str
    expires: int


class Refresh(NamedTuple):
    """A stored refresh token."""

    digest: str
    client: str
    family: str
    parent: str | None
    used: bool
    dead: bool


def digest(text: str) -> str:
    """Return what is stored in a secret's place. Tokens are long and random: no salt is needed."""
    return hashlib.sha256(text.encode()).hexdigest()


class Store:
    """The sandbox's database. One connection behind a lock: each step is a short transaction."""

    def __init__(self, path: Path) -> None:
        """Open the file, made if it is not there."""
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch(mode=0o600)
        self._lock = threading.Lock()
        self._rows = sqlite3.connect(
            path, timeout=20, isolation_level=None, check_same_thread=False
        )
        self._rows.executescript(PRAGMAS + TABLES)

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._rows.close()

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """Hold the store for a few reads and writes that belong together."""
        with self._lock:
            self._rows.execute("BEGIN IMMEDIATE")
            try:
                yield self._rows
            except BaseException:
                self._rows.execute("ROLLBACK")
                raise
            self._rows.execute("COMMIT")

    def read(self, query: str, *values: object) -> tuple[object, ...] | None:
        """Return one row or None."""
        with self._lock:
            row: tuple[object, ...] | None = self._rows.execute(query, values).fetchone()
        return row

    # Clients

    def register(self, client_id: str, *, now: int) -> Credentials:
        """Make a client, or give a known one a new secret and a new token family."""
        secret, token = secrets.token_urlsafe(24), "rt_" + secrets.token_urlsafe(32)
        with self.transaction() as rows:
            rows.execute("INSERT OR REPLACE INTO client VALUES (?, ?)", (client_id, digest(secret)))
            rows.execute(
                "INSERT INTO refresh (digest, client, family, created) VALUES (?, ?, ?, ?)",
                (digest(token), client_id, secrets.token_hex(8), now),
            )
        return Credentials(client_id, secret, token)

    def knows(self, client_id: str, secret: str) -> bool:
        """Tell whether these are a client's credentials."""
        row = self.read("SELECT secret FROM client WHERE id = ?", client_id)
        stored = str(row[0]) if row else ""
        return hmac.compare_digest(stored, digest(secret)) and row is not None

    # Access tokens

    def access(self, token: str, *, now: int) -> Access | None:
        """Return the rights of an access token that is known and not expired."""
        row = self.read("SELECT client, expires FROM access WHERE digest = ?", digest(token))
        if row is None or int(str(row[1])) <= now:
            return None
        return Access(str(row[0]), int(str(row[1])))

    # Switches

    def switches(self) -> Switches:
        """Return the switches that hold for everybody."""
        row = self.read("SELECT value FROM setting WHERE name = 'switches'")
        try:
            return Switches().changed(json.loads(str(row[0]))) if row else Switches()
        except WrongSwitch:
            # Written by another version: its faults are not worth a sandbox that does not start.
            return Switches()

    def set_switches(self, switches: Switches) -> None:
        """Keep the switches over restarts."""
        with self.transaction() as rows:
            rows.execute(
                "INSERT OR REPLACE INTO setting VALUES ('switches', ?)",
                (switches.model_dump_json(),),
            )


def find_refresh(rows: sqlite3.Connection, token: str) -> Refresh | None:
    """Return a stored refresh token, dead ones included."""
    row = rows.execute(
        "SELECT digest, client, family, parent, used, dead FROM refresh WHERE digest = ?",
        (digest(token),),
    ).fetchone()
    return Refresh(row[0], row[1], row[2], row[3], bool(row[4]), bool(row[5])) if row else None


def revoke_family(rows: sqlite3.Connection, family: str) -> None:
    """End every token that came from one grant."""
    rows.execute("UPDATE refresh SET dead = 1 WHERE family = ?", (family,))
    rows.execute("DELETE FROM access WHERE family = ?", (family,))


def rotate(rows: sqlite3.Connection, old: Refresh, *, now: int) -> str:
    """Issue the next refresh token.

    The old one stays good until the new one is used, so that an answer that got lost on its way
    locks nobody out; the one before it ends here.
    """
    token = "rt_" + secrets.token_urlsafe(32)
    rows.execute("UPDATE refresh SET used = 1 WHERE digest = ?", (old.digest,))
    if old.parent:
        rows.execute("UPDATE refresh SET dead = 1 WHERE digest = ?", (old.parent,))
    rows.execute(
        "INSERT INTO refresh (digest, client, family, parent, created) VALUES (?, ?, ?, ?, ?)",
        (digest(token), old.client, old.family, old.digest, now),
    )
    rows.execute("DELETE FROM refresh WHERE dead AND created < ?", (now - KEEP_DEAD_S,))
    return token


def issue_access(
    rows: sqlite3.Connection, *, client: str, family: str, now: int, lifetime: int
) -> str:
    """Issue an access token and forget those that expired an hour ago."""
    token = "at_" + secrets.token_urlsafe(32)
    rows.execute("DELETE FROM access WHERE expires < ?", (now - 3600,))
    rows.execute(
        "INSERT INTO access VALUES (?, ?, ?, ?)", (digest(token), client, family, now + lifetime)
    )
    return token
