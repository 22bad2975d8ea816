"""A database connection that is given back while its thread waits for something else."""

from django.db import connection


def give_back_connection() -> None:
    """Return this thread's connection to the pool of the process; the next query takes one again.

    Without a pool, and within a transaction, nothing happens.
    """
    if getattr(connection, "pool", None) and not connection.in_atomic_block:
        connection.close()
