"""Turns: one thread of a process at a time looks after a connection."""

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from kianda.lib.db.waiting import waiting


class Turns:
    """The turns of this process, by connection; whoever waits for one does no work."""

    def __init__(self) -> None:
        """Know of no connection."""
        self.renew()

    def renew(self) -> None:
        """Know of no connection, as after a fork."""
        self._guard = threading.Lock()
        self._locks: dict[int, threading.Lock] = {}

    @contextmanager
    def of(self, pk: int, *, seconds: float) -> Iterator[bool]:
        """Wait for the turn; False when it did not come in time."""
        with self._guard:
            lock = self._locks.setdefault(pk, threading.Lock())
        got = lock.acquire(blocking=False)
        if not got:
            with waiting():
                got = lock.acquire(timeout=max(seconds, 0))
        try:
            yield got
        finally:
            if got:
                lock.release()


turns = Turns()
os.register_at_fork(after_in_child=turns.renew)
