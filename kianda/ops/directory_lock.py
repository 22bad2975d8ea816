"""Who works on a data directory: a product, parts of one, or a restore, which wants to be alone.

Real locks of the operating system, held by the processes themselves: when these are gone, however
they ended, so are the locks. A lock file that is left behind says nothing.
"""

import fcntl
import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TextIO

from kianda import data_directory
from kianda.ops.backup_files import BackupError

# The whole product holds the first one alone; parts that are started singly share the second.
SERVE_LOCK, PARTS_LOCK = "serve.lock", "parts.lock"


class RestoreUnderWayError(Exception):
    """The product cannot start: its database is being replaced."""


def open_lock(data_dir: Path, name: str) -> TextIO:
    """Open a lock file, which the processes started from here are to inherit."""
    data_directory.make(data_dir)
    file = os.open(data_dir / name, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
    os.set_inheritable(file, True)  # noqa: FBT003
    return os.fdopen(file, "a+")


def share_directory(data_dir: Path) -> TextIO:
    """Hold a directory for a part of the product, beside other parts."""
    lock = open_lock(data_dir, PARTS_LOCK)
    try:
        fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        lock.seek(0)
        what = lock.read().partition(", ")[2].strip() or "a restore"
        lock.close()
        raise RestoreUnderWayError(
            f"{what[:1].upper()}{what[1:]} is in progress in the data directory {data_dir}. Wait "
            "until it is done."
        ) from None
    return lock


@contextmanager
def directory_alone(
    data_dir: Path, what: str = "a restore", *, before: str = "restore, also with --force"
) -> Iterator[None]:
    """Hold a directory alone; raises BackupError where a product runs on it.

    `what` is told to whoever comes meanwhile, `before` says what the product is stopped for.
    """
    with ExitStack() as held:
        for name in (SERVE_LOCK, PARTS_LOCK):
            lock = held.enter_context(open_lock(data_dir, name))
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise BackupError(
                    f"Kianda is running on the data directory {data_dir}. Stop it before you "
                    f"{before}."
                ) from None
            lock.truncate(0)
            lock.write(f"{os.getpid()}, {what}\n")
            lock.flush()
        yield
