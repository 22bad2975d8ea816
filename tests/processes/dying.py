"""A process that dies at a chosen statement of the database."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from django.db import connection, transaction

from processes.models import Run


class Died(BaseException):
    """The process ended here."""


@contextmanager
def dying(at: Callable[[str], bool], *, done: bool = False) -> Iterator[None]:
    """Let this process die at the first statement that `at(sql)` holds for.

    It dies before the statement; with `done`, after the commit that stores it.
    """

    def die() -> None:
        raise Died

    def run(execute: Any, sql: str, params: Any, many: Any, context: Any) -> Any:
        if not at(sql):
            return execute(sql, params, many, context)
        if not done:
            raise Died
        made = execute(sql, params, many, context)
        transaction.on_commit(die)
        return made

    with connection.execute_wrapper(run):
        yield
    raise AssertionError("It did not die.")


def nth_write_of_a_run(number: int) -> Callable[[str], bool]:
    """Return what holds for the statement that writes the row of a run for the n-th time."""
    written: list[str] = []

    def at(sql: str) -> bool:
        if sql.startswith('UPDATE "processes_run"'):
            written.append(sql)
        return len(written) == number

    return at


def nobody_holds_the_runs() -> None:
    """Let the runs of the dead process look as they do to another one, when its leases are over."""
    Run.objects.update(holder="another", lease_until=None)
