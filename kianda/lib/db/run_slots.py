"""Run slots: how many threads of a process may compute for runs at one moment."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection


def give_back_connection() -> None:
    """Return this thread's connection to the pool of the process; the next query takes one again.

    Without a pool, and within a transaction, nothing happens.
    """
    if getattr(connection, "pool", None) and not connection.in_atomic_block:
        connection.close()


SLOTS = 2


class RunSlots:
    """The slots of this process. A thread may enter twice; it takes one slot all the same."""

    def __init__(self, count: int = SLOTS) -> None:
        """Open so many slots."""
        self._free = threading.Semaphore(count)
        self._mine = threading.local()

    @contextmanager
    def inside(self) -> Iterator[None]:
        """Compute in a slot; wait for a free one first."""
        if getattr(self._mine, "taken", False):
            yield
            return
        self._take()
        try:
            yield
        finally:
            self._leave()

    @contextmanager
    def left(self) -> Iterator[None]:
        """Wait for something outside: the slot, if this thread has one, is free meanwhile."""
        if not getattr(self._mine, "taken", False):
            yield
            return
        self._leave()
        try:
            yield
        finally:
            self._take()

    def _take(self) -> None:
        """Enter; whoever must wait for a slot holds no connection that those inside may need."""
        if not self._free.acquire(blocking=False):
            give_back_connection()
            self._free.acquire()
        self._mine.taken = True

    def _leave(self) -> None:
        self._mine.taken = False
        self._free.release()


run_slots = RunSlots()


@contextmanager
def waiting() -> Iterator[None]:
    """Wait for a provider or another run: without a slot and without a database connection."""
    give_back_connection()
    with run_slots.left():
        yield
