"""The lock of an instance as those take it who are no run: a person's save, another's write."""

import time
from collections.abc import Callable
from typing import TypeVar

from django.conf import settings
from django.contrib.auth.models import User
from django.db import transaction

from kianda.lib.db.waiting import waiting
from kianda.lib.errors import Busy
from processes.definition.document import Document
from processes.instances.claim import busy, read_instance
from processes.models import ProcessInstance, Run

LOOK_EVERY_S = 0.05
T = TypeVar("T")


def locked(
    process_id: str, user: User | None, *, even_if_busy: bool = False
) -> tuple[ProcessInstance, Document]:
    """Return an instance under its row lock, inside a transaction; raises Missing, Busy."""
    instance, document = read_instance(process_id, user, lock=True)
    if not even_if_busy:
        found = run_on(process_id)
        if found is not None:
            raise busy(process_id, found)
    return instance, document


def run_on(process_id: str) -> Run | None:
    """Return the run that works on an instance, if one does."""
    return Run.objects.filter(instance__key=process_id.lower(), status=Run.Status.RUNNING).first()


def when_free(process_id: str, act: Callable[[], T]) -> T:
    """Do something with an instance while no run works on it, and return what came of it.

    `act` is one transaction that takes the lock by `locked`. Waits at most KIANDA_BUSY_WAIT_S,
    holding no transaction; also when another run was faster than the act. Raises Busy.
    """
    give_up = time.monotonic() + settings.KIANDA_BUSY_WAIT_S
    while True:
        _wait_until_free(process_id, give_up)
        try:
            with transaction.atomic():
                return act()
        except Busy:
            if time.monotonic() >= give_up:
                raise


def _wait_until_free(process_id: str, give_up: float) -> None:
    while True:
        found = run_on(process_id)
        if found is None:
            return
        if time.monotonic() >= give_up:
            raise busy(process_id, found)
        with waiting():
            time.sleep(LOOK_EVERY_S)
