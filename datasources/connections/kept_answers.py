"""Answers of token endpoints that the database has not taken yet: on the disk, and in memory.

A provider that rotates refresh tokens gives each pair once. So an answer is written to a file
before anything else, sealed with the key ring; whoever is next to look at the connection stores it
first, in this process or in another one, after an outage or a crash.
"""

import logging
import os
import threading
from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import Error, connection

from datasources.connections.outcomes import store
from kianda.lib.db import outages
from kianda.lib.secrets import WrongKeyRing, decrypt, encrypt

logger = logging.getLogger(__name__)

_PURPOSE = "tokens of a connection"
SUFFIX, PART, UNCLAIMED = ".token", ".token-part", ".token-unclaimed"


# Who restores a backup that knows the connection finds them until then.
UNCLAIMED_FOR = timedelta(days=30)


class _Memory:
    """The answers of this process that wait for the database, and the thread that stores them."""

    def __init__(self) -> None:
        self.renew()

    def renew(self) -> None:
        """Hold nothing, as after a fork: what the parent holds is the parent's."""
        self.guard = threading.Lock()
        self.answers: dict[str, Mapping[str, Any]] = {}
        self.thread: threading.Thread | None = None


_memory = _Memory()
os.register_at_fork(after_in_child=_memory.renew)


def settle(content: Mapping[str, Any]) -> bool:
    """Store an answer, or keep it until it can be; tell whether the database has it."""
    name = _name(content)
    _write(name, content)
    with _memory.guard:
        _memory.answers[name] = content
    try:
        _store(name, content)
    except Error as error:
        if not outages.noticed(error):
            raise
        logger.warning("The tokens of connection %s wait for the database", content["connection"])
        _store_when_possible()
        return False
    return True


def store_kept(pk: int | None = None) -> None:
    """Store what is kept of a connection, or of all: in this process, and on its disk."""
    with _memory.guard:
        held = dict(_memory.answers)
    for name, content in held.items():
        if pk in (None, content["connection"]):
            _store(name, content)
    try:
        paths = sorted(_folder().glob(f"{'*' if pk is None else pk}-*{SUFFIX}"))
    except OSError as error:
        logger.warning("The folder of kept tokens cannot be read: %s", error)
        return
    for path in paths:
        if (found := _read(path)) is not None:
            _store(path.stem, found)


def prune_unclaimed(moment: datetime) -> None:
    """Remove answers of connections that are long gone: nobody will ask for them."""
    oldest = (moment - UNCLAIMED_FOR).timestamp()
    try:
        for path in [*_folder().glob(f"*{UNCLAIMED}"), *_folder().glob(f"*{PART}")]:
            if path.stat().st_mtime < oldest:
                path.unlink(missing_ok=True)
    except OSError as error:
        logger.warning("Kept tokens that nobody claims could not be removed: %s", error)


def _store(name: str, content: Mapping[str, Any]) -> None:
    there = store(content)
    with _memory.guard:
        _memory.answers.pop(name, None)
    path = _folder() / f"{name}{SUFFIX}"
    try:
        if there:
            path.unlink(missing_ok=True)
        elif path.exists():
            path.rename(path.with_suffix(UNCLAIMED))
            logger.error("The kept tokens %s belong to no connection; they stay on disk", path)
    except OSError as error:
        # Whoever reads it finds that it is stored.
        logger.warning("%s could not be removed: %s", path, error)


def _store_when_possible() -> None:
    """Have a thread store what is kept as soon as the database is back."""
    with _memory.guard:
        if _memory.thread is None or not _memory.thread.is_alive():
            _memory.thread = threading.Thread(target=_work, name="kept tokens", daemon=True)
            _memory.thread.start()


def _work() -> None:
    for seconds in outages.pauses():
        try:
            store_kept()
        except Error as error:
            if not outages.noticed(error):
                raise
        else:
            break
        outages.pause(seconds)
    connection.close()


def _name(content: Mapping[str, Any]) -> str:
    return f"{content['connection']}-{content['fence']}"


def _folder() -> Path:
    return Path(settings.KIANDA_SPOOL_DIR)


def _write(name: str, content: Mapping[str, Any]) -> None:
    """Write a file that is whole or not there. A disk that takes nothing leaves the memory."""
    folder = _folder()
    part = folder / f"{name}{PART}"
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        file = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
        with os.fdopen(file, "w") as out:
            out.write(encrypt(content, purpose=_PURPOSE))
            out.flush()
            os.fsync(out.fileno())
        part.rename(folder / f"{name}{SUFFIX}")
        _sync(folder)
    except OSError as error:
        logger.warning("The tokens %s are held in memory alone: %s", name, error)


def _sync(folder: Path) -> None:
    opened = os.open(folder, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)


def _read(path: Path) -> Mapping[str, Any] | None:
    try:
        found: Mapping[str, Any] = decrypt(path.read_text(), purpose=_PURPOSE, also_unbound=True)
    except FileNotFoundError:
        return None
    except (OSError, WrongKeyRing, ValueError) as error:
        logger.error("The kept tokens %s cannot be read: %s", path, error)
        return None
    return found
