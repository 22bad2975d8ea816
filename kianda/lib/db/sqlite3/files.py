"""The files of an SQLite database: made for one user alone, one alone at rest."""

import logging
import os
import sqlite3
from contextlib import closing, suppress
from pathlib import Path

logger = logging.getLogger("kianda.database")

# Whoever is still at it after that has it open for long: its own end brings the log in.
PATIENCE_S = 5


def make_private(database: Path | str) -> None:
    """Make the file, if it is not there, for this user alone; the log beside it gets its mode."""
    # Where it cannot be made, to open it tells why.
    with suppress(OSError):
        os.close(os.open(database, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))


def bring_in_log(database: Path) -> bool:
    """Write what stands in the log beside a database into it, so that a copy of it has all.

    False where that cannot be: another process is at work with it, or the disk is full. Nothing is
    lost then, for the log stays, and whoever opens the database next reads both.
    """
    if not database.is_file():
        return True
    try:
        address = f"{database.resolve().as_uri()}?mode=rw"
        with closing(sqlite3.connect(address, uri=True, timeout=PATIENCE_S)) as file:
            busy, _, _ = file.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    except sqlite3.Error as error:
        logger.warning("The log of %s stays beside it: %s. Copy both.", database, error)
        return False
    return not busy
