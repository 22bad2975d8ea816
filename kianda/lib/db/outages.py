"""Outages of the database: told apart from bugs, remembered, and bridged when they are short."""

import os
import sqlite3
import time
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta

from django.db import Error, InterfaceError, OperationalError, connection
from django.utils import timezone

from kianda.lib.db.waiting import waiting

# What SQLite says when it cannot get at its file or its lock; "no such table" is a bug.
_SQLITE_AWAY = frozenset(
    {
        sqlite3.SQLITE_PERM, sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_NOMEM,
        sqlite3.SQLITE_READONLY, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_FULL,
        sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PROTOCOL, sqlite3.SQLITE_NOTADB,
    }
)  # fmt: skip
# PostgreSQL after a switch to a copy of it that only reads.
_READ_ONLY = "25006"

ASK_AGAIN_AFTER_S = 5
# So long after an outage holders of leases may need to renew them; they try each second.
_LATELY = timedelta(seconds=20)
_SHORT = (0.0, 0.1, 0.4)
_LONGEST_PAUSE_S = 1.0

_seen: datetime | None = None


def noticed(error: BaseException | None) -> bool:
    """Tell whether an error says that the database is away, and remember that it was."""
    global _seen
    if not _is_away(error):
        return False
    _seen = timezone.now()
    return True


def _is_away(error: BaseException | None) -> bool:
    if not isinstance(error, Error):
        return False
    cause = error.__cause__
    if isinstance(cause, sqlite3.Error):
        # The lower byte is the kind, the others say more of it.
        return getattr(cause, "sqlite_errorcode", 0) & 0xFF in _SQLITE_AWAY
    read_only = getattr(cause, "sqlstate", None) == _READ_ONLY
    return read_only or isinstance(error, (OperationalError, InterfaceError))


def lately(moment: datetime) -> bool:
    """Tell whether this process has seen the database away shortly before a moment."""
    return _seen is not None and timedelta(0) <= moment - _seen < _LATELY


def forget() -> None:
    """Forget the outage that was seen: a forked process begins anew."""
    global _seen
    _seen = None


os.register_at_fork(after_in_child=forget)


def pauses() -> Iterator[float]:
    """Yield how long to wait before each next try: soon, then once a second, for ever."""
    pause = 0.05
    while True:
        yield pause
        pause = min(pause * 2, _LONGEST_PAUSE_S)


def pause(seconds: float) -> None:
    """Wait without the connection, which may be broken."""
    if not connection.in_atomic_block:
        connection.close()
    with waiting():
        time.sleep(seconds)


def bridged(
    attempt: Callable[[], None],
    *,
    before_again: Callable[[], None] = lambda: None,
    arrived: Callable[[], bool] = lambda: False,
) -> None:
    """Carry out a transaction, again when the database is away for a moment, as at its restart.

    It may be cut in the middle of a commit: `arrived` tells before each further try whether it was
    stored all the same. `before_again` takes back what the failed one has changed in memory.
    """
    failed = False
    for seconds in _SHORT:
        try:
            if not (failed and arrived()):
                attempt()
        except Error as error:
            if not noticed(error):
                raise
            failed = True
            before_again()
            pause(seconds)
        else:
            return
    if not arrived():
        attempt()
