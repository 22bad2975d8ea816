"""Group commit: on SQLite one COMMIT, one wait for the disk, stores what all ready threads write.

The first thread that wants to write leads: once it is the turn of its process it does what waits by
then, each in a savepoint, and commits. Whoever comes meanwhile waits for the next COMMIT, and the
first of them leads it. A thread that is alone hands nothing over.
"""

import os
import threading
from collections.abc import Callable, Sequence
from copy import copy
from datetime import tzinfo
from functools import partial
from typing import Any, Generic, TypeVar

from django.conf import settings
from django.db import (
    DEFAULT_DB_ALIAS,
    IntegrityError,
    InterfaceError,
    InternalError,
    OperationalError,
    connections,
    transaction,
)
from django.utils import timezone, translation

from kianda.lib.db.prepared_statements import Write, run_all

T = TypeVar("T")
AWAY = (OperationalError, InterfaceError, InternalError)


def commit_together(work: Callable[[], T], *, is_one_statement: bool = False) -> T:
    """Do `work` in a transaction; return what it returns once the disk has it.

    What it raises takes back what it wrote, and nobody else's writes. On SQLite it may run in
    another thread, with that thread's connection, this one's zone and language, and again when
    the transaction broke before its COMMIT: it writes, and changes in memory only what it sets anew
    each time. Hooks of `transaction.on_commit` run in this thread. Within a transaction it is a
    part of that one, in a savepoint. An error of the COMMIT itself leaves open whether it was
    stored. Elsewhere what `is_one_statement` needs no transaction around it. With KIANDA_PLAIN_ORM
    each has a transaction of its own, in its own thread.
    """
    if not settings.KIANDA_PLAIN_ORM:
        connection: Any = connections[DEFAULT_DB_ALIAS]
        group = _group_of(connection)
        if group is not None:
            return group.commit(work, connection)
        if is_one_statement and not connection.in_atomic_block:
            return work()
    with transaction.atomic():
        return work()


def write_all(writes: Sequence[Write | Callable[[], object]]) -> None:
    """Do all of it, or nothing; each is one statement, or in a transaction of its own."""
    commit_together(partial(run_all, writes), is_one_statement=len(writes) == 1)


class _BrokenTransactionError(Exception):
    """The transaction cannot go on; nothing of it was stored."""


class _Job(Generic[T]):
    """What one thread wants to have written, and what came of it."""

    def __init__(self, work: Callable[[], T]) -> None:
        self.work = work
        # The zone and language of its thread, where another one may do it.
        self.surroundings: tuple[tzinfo, str] | None = None
        self.values: list[T] = []
        self.error: BaseException | None = None
        self.hooks: list[Any] = []
        self.leads = self.again = False
        # Released when the job is over, or its thread is to lead.
        self.turn = threading.Lock()
        self.turn.acquire()

    def expects_another_thread(self) -> None:
        """Note the zone and language that are this thread's."""
        language = translation.get_language() or settings.LANGUAGE_CODE
        self.surroundings = timezone.get_current_timezone(), language

    def _do(self) -> T:
        if self.surroundings is None:
            return self.work()
        zone, language = self.surroundings
        with timezone.override(zone), translation.override(language):
            return self.work()

    def run(self, connection: Any, *, apart: bool) -> None:
        """Do the work in the leader's transaction, `apart` from other work in a savepoint."""
        hooks = len(connection.run_on_commit)
        try:
            if apart:
                with transaction.atomic():
                    value = self._do()
            else:
                value = self._do()
        except Exception as error:  # noqa: BLE001 - its own thread raises it
            self.error = error
            if not apart:
                raise _BrokenTransactionError from None
        else:
            self.values = [value]
        if apart and _is_broken(connection):
            raise _BrokenTransactionError
        self.hooks = connection.run_on_commit[hooks:]
        del connection.run_on_commit[hooks:]

    def fail(self, error: BaseException) -> None:
        """Have its thread raise this, unless its work has failed by itself.

        Each thread raises an object of its own.
        """
        if self.error is None:
            self.error = copy(error)
            self.error.__cause__ = error.__cause__

    def result(self) -> T:
        """Return or raise what came of it, in its own thread."""
        if self.error is not None:
            raise self.error
        if self.again:
            with transaction.atomic():
                return self.work()
        for _savepoints, hook, _robust in self.hooks:
            hook()
        return self.values[0]


def _is_broken(connection: Any) -> bool:
    """Tell whether a transaction is over before its time: SQLite ends one when the disk fails."""
    lost = connection.needs_rollback or connection.closed_in_transaction
    return lost or not connection.connection.in_transaction


class Group:
    """The threads of this process that write to one database file."""

    def __init__(self) -> None:
        """Begin with nobody; so does a forked child, whose threads are not its parent's."""
        self._renew()
        os.register_at_fork(after_in_child=self._renew)

    def _renew(self) -> None:
        self._guard = threading.Lock()
        self._waiting: list[_Job[Any]] = []
        self._is_led = False

    def commit(self, work: Callable[[], T], connection: Any) -> T:
        """Have it written with whatever else is ready; see `commit_together`."""
        job = _Job(work)
        with self._guard:
            if self._is_led:
                job.expects_another_thread()
            job.leads, self._is_led = not self._is_led, True
            self._waiting.append(job)
        if not job.leads:
            self._wait(job)
        if job.leads:
            self._lead(job, connection)
        return job.result()

    def _wait(self, job: _Job[Any]) -> None:
        try:
            job.turn.acquire()
        except BaseException:
            # The main thread is told to end: the others must not wait for it to lead them.
            with self._guard:
                if job in self._waiting:
                    self._waiting.remove(job)
            if job.leads:
                self._hand_over()
            raise

    def _hand_over(self) -> None:
        """Let the first of those who wait lead."""
        with self._guard:
            if not self._waiting:
                self._is_led = False
                return
            following = self._waiting[0]
            following.leads = True
        following.turn.release()

    def _take(self) -> list[_Job[Any]]:
        with self._guard:
            jobs, self._waiting = self._waiting, []
        return jobs

    def _lead(self, own: _Job[Any], connection: Any) -> None:
        """Write what waits, the own job with it; then wake its threads, and the next leader."""
        jobs: list[_Job[Any]] = []
        broken = committing = False
        try:
            with transaction.atomic():
                jobs = self._take()
                for job in jobs:
                    job.run(connection, apart=len(jobs) > 1)
                committing = True
        except _BrokenTransactionError:
            broken = len(jobs) > 1
            for job in jobs:
                job.again = job.error is None
        except BaseException as error:  # noqa: BLE001 - its own thread raises it
            broken = True
            jobs = self._cut_off(own, jobs, error, committing=committing)
        finally:
            if broken or any(isinstance(job.error, AWAY) for job in jobs):
                # What broke is not used again.
                connection.close()
            self._hand_over()
            for job in jobs:
                job.turn.release()

    def _cut_off(
        self, own: _Job[Any], jobs: list[_Job[Any]], error: BaseException, *, committing: bool
    ) -> list[_Job[Any]]:
        """Tell what becomes of those whom an error of no single job has hit; return them."""
        told_to_end = not isinstance(error, Exception)
        # A row that somebody's write refers to is not there: SQLite looks at its COMMIT, stores
        # nothing, and does not say whose it was. Each finds out by itself.
        refused = committing and isinstance(error, IntegrityError) and len(jobs) > 1
        if not refused:
            own.error = own.error or error
        if jobs and (refused or not committing):
            for job in jobs:
                job.again = job.error is None
            return jobs
        if not jobs and told_to_end:
            with self._guard:
                self._waiting.remove(own)
            return []
        # Either nobody could begin, after all the patience there is, or the COMMIT failed.
        jobs = jobs or self._take()
        for job in jobs:
            job.fail(OperationalError("The commit was cut off.") if told_to_end else error)
        return jobs


_groups: dict[str, Group] = {}
_guard = threading.Lock()


def _group_of(connection: Any) -> Group | None:
    """Return the group of a thread's database; None where a transaction stands alone."""
    if connection.in_atomic_block or connection.vendor != "sqlite" or connection.is_in_memory_db():
        return None
    name = str(connection.settings_dict["NAME"])
    group = _groups.get(name)
    if group is None:
        with _guard:
            group = _groups.setdefault(name, Group())
    return group
