"""The end of a bulk press: when no row of it is left, its person is notified once."""

from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from kianda.messages.kinds import BulkPressDone
from kianda.messages.services import notify
from processes.models import BulkPress, BulkPressRow, ProcessDesign

OPEN = (BulkPressRow.Outcome.WAITING, BulkPressRow.Outcome.RUNNING)
_PRUNED = 50


def close_if_done(pk: int) -> bool:
    """Close a bulk press that has no row left to press; tells whether it is closed now."""
    with transaction.atomic():
        press = BulkPress.objects.select_for_update().defer("data").filter(pk=pk).first()
        if press is None or press.finished is not None:
            return True
        if press.rows.filter(outcome__in=OPEN).exists():
            return False
        BulkPress.objects.filter(pk=pk).update(
            finished=timezone.now(), data=None, holder="", lease_until=None
        )
        _tell(press)
    return True


def give_up(press: BulkPress) -> None:
    """End a bulk press whose data no key opens; a row that is tied to a run ends as that does."""
    not_begun = press.rows.filter(outcome__in=OPEN, run=None)
    not_begun.update(
        outcome=BulkPressRow.Outcome.FAILED,
        reason=_("The key to the entered values is lost. Nothing was changed."),
        holder="",
    )
    BulkPress.objects.filter(pk=press.pk).update(data=None)
    close_if_done(press.pk)


def prune_presses(moment: datetime) -> int:
    """Delete reports past their time, some at a time; returns how many presses."""
    kept = timedelta(days=settings.KIANDA_RETENTION_DAYS)
    old = BulkPress.objects.filter(finished__lt=moment - kept)
    # Each takes its rows along.
    pks = list(old.order_by("finished").values_list("pk", flat=True)[:_PRUNED])
    BulkPress.objects.filter(pk__in=pks).delete()
    return len(pks)


def _tell(press: BulkPress) -> None:
    # Whoever has stopped it knows.
    if press.user_id is None or press.stopped_by == press.user_name:
        return
    done = press.rows.filter(outcome=BulkPressRow.Outcome.SUCCEEDED).count()
    titles = ProcessDesign.objects.filter(name=press.process).values_list("title", flat=True)
    data = {
        "title": press.title, "process": titles.first() or press.process,
        "done": done, "total": press.total,
    }  # fmt: skip
    notify([press.user_id], BulkPressDone, data=data, url=reverse("bulk-press", args=[press.pk]))
