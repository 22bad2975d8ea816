"""The lock of an instance as those take it who are no run: a person's save, another's write."""

import time

from django.conf import settings
from django.contrib.auth.models import User

from kianda.lib.errors import Busy
from kianda.lib.lanes import waiting
from processes.document import Document
from processes.models import ProcessInstance, Run
from processes.services.starting import read_instance

LOOK_EVERY_S = 0.05


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


def busy(process_id: str, run: Run) -> Busy:
    """Return the refusal that names the run which holds an instance."""
    return Busy(
        f"Run {run.pk} ({run.target or run.trigger}) is working on {process_id}. "
        "Try again when it has ended.",
        run=str(run.pk),
        used_by=[{"kind": "run", "name": str(run.pk), "url": f"/api/v1/runs/{run.pk}/"}],
    )


def wait_until_free(process_id: str) -> None:
    """Wait at most KIANDA_BUSY_WAIT_S, holding no transaction, for a run to end."""
    give_up = time.monotonic() + settings.KIANDA_BUSY_WAIT_S
    while True:
        found = run_on(process_id)
        if found is None:
            return
        if time.monotonic() >= give_up:
            raise busy(process_id, found)
        with waiting():
            time.sleep(LOOK_EVERY_S)
