"""Waiting without what others need: a pooled connection to the database."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection


def give_back_connection() -> None:
    """Return this thread's connection to the pool of the process; the next query takes one again.

    Without a pool, and within a transaction, nothing happens.
    """
    if getattr(connection, "pool", None) and not connection.in_atomic_block:
        connection.close()


@contextmanager
def waiting() -> Iterator[None]:
    """Wait for a provider or another run: without a database connection."""
    give_back_connection()
    yield
