"""The database: SQLite in the data folder, or the PostgreSQL that DATABASE_URL names."""

from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured

from kianda.data_directory import DATABASE


def database_of(url: str, *, data_dir: Path) -> dict[str, Any]:
    """Return Django's settings of the database; raises ImproperlyConfigured."""
    return _postgresql(url) if url else _sqlite(data_dir)


def _sqlite(data_dir: Path) -> dict[str, Any]:
    return {
        "ENGINE": "kianda.lib.db.sqlite3",
        "NAME": data_dir / DATABASE,
        "CONN_MAX_AGE": None,
        # FULL, because a rotated token that was answered must survive a power cut.
        "OPTIONS": {
            "transaction_mode": "IMMEDIATE",
            "timeout": 20,
            "init_command": "PRAGMA journal_mode=WAL;PRAGMA synchronous=FULL;",
        },
    }


def _postgresql(url: str) -> dict[str, Any]:
    parts = urlsplit(url)
    if parts.scheme not in {"postgres", "postgresql"}:
        raise ImproperlyConfigured("DATABASE_URL must start with postgresql://.")
    # A socket folder may stand in the host part, percent-encoded.
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": unquote(parts.path.lstrip("/")),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": unquote(parts.netloc.rsplit("@", 1)[-1].split(":")[0]),
        "PORT": str(parts.port or ""),
        # The rest is what libpq takes, such as sslmode=verify-full. A pool for each process: many
        # threads wait for providers, few need the database at one moment, and a server as it is
        # installed takes 100 connections in all.
        "OPTIONS": {
            # The lists' questions are long and short-lived: to compile one takes longer than it.
            # And disks of today jump nearly as quickly as they read on: indexes are worth it.
            # What `IN` names is hashed where it fits memory, here two million rows. Beside `OR`, it
            # is else read for each row that is asked about, and such a list would never end.
            # The server lets go of the locks of a host whose cable is cut within 20 s, as other
            # hosts wait for them, and not within hours; the host gives up on it as soon.
            "options": "-c jit=off -c random_page_cost=1.1 -c work_mem=32MB "
            "-c tcp_keepalives_idle=5 -c tcp_keepalives_interval=5 -c tcp_keepalives_count=3 "
            "-c tcp_user_timeout=20000",
            "keepalives_idle": 5,
            "keepalives_interval": 5,
            "keepalives_count": 3,
            "tcp_user_timeout": 20_000,
            # What each run asks is planned once for each connection. A pooler in front of the
            # server that hands out another one for each transaction needs prepare_threshold=none.
            "prepare_threshold": 3,
            **_asked_for(parts.query),
            # A server that is away is tried anew soon, not after ever longer pauses.
            "pool": {
                "min_size": 1,
                "max_size": 12,
                "timeout": 10,
                "max_idle": 300,
                "reconnect_timeout": 3,
            },
        },
        "CONN_MAX_AGE": 0,
        "CONN_HEALTH_CHECKS": True,
    }


def _asked_for(query: str) -> dict[str, Any]:
    asked: dict[str, Any] = dict(parse_qsl(query))
    if "prepare_threshold" in asked:
        number = asked["prepare_threshold"]
        asked["prepare_threshold"] = int(number) if number.isdecimal() else None
    return asked
