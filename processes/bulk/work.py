"""Bulk presses as workers carry them out: slice by slice, one instance after the other.

What keeps an instance from being pressed twice stands in the database: a row is claimed by a
conditional UPDATE, and tied to its run in the very commit that begins the run. A row that was
claimed and is tied to no run has begun nothing, so whoever takes over presses it; one that is tied
ends as its run does.
"""

import logging
import time
from collections.abc import Callable
from datetime import datetime, timedelta

from django.contrib.auth.models import User
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from kianda.lib.db import outages
from kianda.lib.errors import ApplicationError, Missing
from kianda.lib.process_names import gone, new_name
from processes.bulk.closing import close_if_done
from processes.document_cache import document_of
from processes.models import BulkPress, BulkPressRow, ProcessInstance, Run
from processes.rights.instance_rights import InstanceRights
from processes.rights.seen import seen_error
from processes.running import runs
from processes.selectors import document_of_run, visible_instance

logger = logging.getLogger(__name__)

# Another worker takes over when this one has not begun a row for so long. A run may take longer:
# then both go on, each with rows of its own.
LEASE = timedelta(seconds=60)
# How long one message keeps a worker; then others have their turn.
SLICE_S = 10.0
SENT_AGAIN_AFTER = timedelta(seconds=30)
LOOKED_AT_AGAIN_AFTER = timedelta(seconds=5)
_MOST_SENT = 100

_Outcome = BulkPressRow.Outcome
_OVER = (Run.Status.SUCCEEDED, Run.Status.FAILED, Run.Status.INTERRUPTED, Run.Status.REFUSED)


class _Lost(Exception):
    """Somebody else has the row by now: this process must not begin the run."""


def carry_on(pk: int, *, for_s: float = SLICE_S) -> bool:
    """Press instances of a bulk press for some seconds; tells whether to send it again at once."""
    name = new_name()
    press = _taken(pk, name)
    if press is None:
        return False
    ends = time.monotonic() + for_s
    left_over = _settle(press)
    while row := press.rows.filter(outcome=_Outcome.WAITING).first():
        if not _renewed(press, name):
            break
        _press(press, row, name)
        if time.monotonic() >= ends:
            break
    if close_if_done(pk):
        return False
    waiting = press.rows.filter(outcome=_Outcome.WAITING).exists()
    after = SENT_AGAIN_AFTER if waiting and not left_over else LOOKED_AT_AGAIN_AFTER
    mine = BulkPress.objects.filter(pk=pk, holder=name)
    return bool(
        mine.update(holder="", lease_until=None, send_after=timezone.now() + after) and waiting
    )


def presses_to_send(moment: datetime) -> list[int]:
    """Return the bulk presses on which no one works and whose message may be lost.

    Each is returned once in SENT_AGAIN_AFTER, whoever asks.
    """
    rows = BulkPress.objects.filter(finished=None)
    # A clock that was put back must not make them wait.
    due = Q(send_after__lte=moment) | Q(send_after__gt=moment + 2 * SENT_AGAIN_AFTER)
    found = _free(rows.filter(due), moment).order_by("send_after").values_list("pk", flat=True)
    return [
        pk
        for pk in found[:_MOST_SENT]
        if rows.filter(due, pk=pk).update(send_after=moment + SENT_AGAIN_AFTER)
    ]


def _free(rows: QuerySet[BulkPress], moment: datetime) -> QuerySet[BulkPress]:
    names = rows.exclude(holder="").values_list("holder", flat=True)
    past = Q(lease_until__lt=moment) | Q(lease_until__gt=moment + 2 * LEASE)
    return rows.filter(Q(holder="") | past | Q(holder__in=gone(names)))


def _taken(pk: int, name: str) -> BulkPress | None:
    """Take the lease of a bulk press; None when it is over, or another worker has it."""
    moment, one = timezone.now(), BulkPress.objects.filter(pk=pk, finished=None)
    if not _free(one, moment).update(holder=name, lease_until=moment + LEASE):
        return None
    one.filter(started=None).update(started=moment)
    return one.select_related("user").get()


def _renewed(press: BulkPress, name: str) -> bool:
    mine = BulkPress.objects.filter(pk=press.pk, holder=name, stopped_by="")
    return bool(mine.update(lease_until=timezone.now() + LEASE))


def _settle(press: BulkPress) -> bool:
    """Bring rows of a worker that is gone to their end; tells whether a run of one goes on."""
    goes_on = False
    for row in press.rows.filter(outcome=_Outcome.RUNNING).select_related("run"):
        mine = press.rows.filter(pk=row.pk, outcome=_Outcome.RUNNING, run=row.run_id)
        if row.run is None:
            # Nothing has begun, and the one that claimed it can begin nothing any more.
            outcome = _Outcome.STOPPED if press.stopped_by else _Outcome.WAITING
            mine.update(outcome=outcome, holder="")
        elif row.run.status in _OVER:
            ended, reason = _ended(row.run, press.user)
            mine.update(outcome=ended, reason=reason)
        else:
            goes_on = True
    return goes_on


def _press(press: BulkPress, row: BulkPressRow, name: str) -> None:
    """Press the button on one instance, unless another worker was first."""
    claimed = press.rows.filter(pk=row.pk, outcome=_Outcome.WAITING)
    if not claimed.update(outcome=_Outcome.RUNNING, holder=name):
        return
    try:
        outcome, reason = _pressed(press, row, name)
    except _Lost:
        return
    mine = press.rows.filter(pk=row.pk, outcome=_Outcome.RUNNING, holder=name)
    mine.update(outcome=outcome, reason=reason)


def _pressed(press: BulkPress, row: BulkPressRow, name: str) -> tuple[str, str]:
    """Return how it went, and why not; what its person may is asked anew for each instance."""
    user = User.objects.filter(pk=press.user_id or 0, is_active=True).first()
    if user is None:
        words = _("The account of %(name)s is no longer active.")
        return _Outcome.REFUSED, words % {"name": press.user_name}
    try:
        run = runs.trigger(
            process_id=row.process_id, target=press.target, user=user, trigger="button",
            data=press.data, time_zone=press.time_zone, on_start=_tie(row, name),
            from_menu=_by_menu(press, row, user),
        )  # fmt: skip
    except ApplicationError as refusal:
        told = " ".join(dict.fromkeys(flaw.detail for flaw in refusal.errors)) or refusal.detail
        return _Outcome.REFUSED, told
    except _Lost:
        raise
    except Exception as error:
        if outages.noticed(error):
            # The row stays as it is; whoever takes over finds what has become of it.
            raise
        logger.exception("Bulk press %s failed on %s", press.pk, row.process_id)
        return _Outcome.FAILED, _("Kianda failed. The log of the server says why.")
    return _ended(run, user)


def _tie(row: BulkPressRow, name: str) -> Callable[[Run], None]:
    """Return what ties a row to its run, inside the transaction that begins the run."""

    def tie(run: Run) -> None:
        mine = BulkPressRow.objects.filter(
            pk=row.pk, outcome=_Outcome.RUNNING, holder=name, run=None
        )
        if not mine.update(run=run):
            raise _Lost

    return tie


def _by_menu(press: BulkPress, row: BulkPressRow, user: User) -> bool:
    """Tell whether the button is pressed as a quick action: only so may the person press it.

    Raises Missing for an instance that they do not see, or of another process.
    """
    instance: ProcessInstance | None = visible_instance(row.process_id, user, lock=False)
    if instance is None or instance.design.name != press.process:
        words = _("There is no record %(process_id)s.")
        raise Missing(words % {"process_id": row.process_id})
    rights = InstanceRights(user, instance, document_of(instance.version))
    return bool(rights.finds_in_menu(press.target)) and not rights.presses(press.target)


def _ended(run: Run, user: User | None) -> tuple[str, str]:
    """Return how a row ends whose run has ended, with as much of the error as its person sees."""
    if run.status == Run.Status.SUCCEEDED:
        return _Outcome.SUCCEEDED, ""
    error = seen_error(run, user, document_of_run) if user is not None else None
    return _Outcome.FAILED, str((error or {}).get("message", ""))
