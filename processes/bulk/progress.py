"""How far a bulk press is, as its person reads it: on its report, and in the bar of a list."""

from collections.abc import Iterable
from typing import NamedTuple

from django.contrib.auth.models import User

from kianda.lib.errors import Missing
from kianda.lib.numbers import whole_number
from processes.bulk.presses import as_seen, counts_of, read_press
from processes.models import BulkPress, BulkPressRow, ProcessInstance
from processes.record_titles import seen_record
from processes.rights.instance_rights import InstanceRights
from processes.rights.listed import process_ids_seen
from processes.rights.seen import sees_details

# The bar names as many reasons; the report has all of them.
MOST_REASONS = 3
_Outcome = BulkPressRow.Outcome
_OVER = (_Outcome.SUCCEEDED, _Outcome.FAILED, _Outcome.REFUSED, _Outcome.STOPPED)
_NOT_DONE = (_Outcome.FAILED, _Outcome.REFUSED)


class RowLine(NamedTuple):
    """A row as a page shows it: what its record is called, as the reader sees it."""

    row: BulkPressRow
    title: str
    is_seen: bool
    # The run of it, for those who read Details.
    run: int | None


class PressProgress(NamedTuple):
    """How far a bulk press is: rows by outcome, rows at their end, and the first reasons."""

    press: BulkPress
    counts: dict[str, int]
    over: int
    not_done: int
    reasons: list[RowLine]

    @property
    def going(self) -> bool:
        """Tell whether there is anything left to do."""
        return self.press.finished is None

    @property
    def more(self) -> int:
        """Return how many more reasons the report has."""
        return max(self.not_done - len(self.reasons), 0)


def progress_of(press: BulkPress, user: User) -> PressProgress:
    """Return how far a bulk press is."""
    counts = counts_of(press)
    first = press.rows.filter(outcome__in=_NOT_DONE).order_by("pk")[:MOST_REASONS]
    return PressProgress(
        press, counts, sum(counts[one] for one in _OVER), sum(counts[one] for one in _NOT_DONE),
        told_rows(first, user),
    )  # fmt: skip


def asked_progress(asked: str, user: User) -> PressProgress | None:
    """Return how far the bulk press is whose number a page is asked for; None for no such one."""
    try:
        press = read_press(whole_number(asked), user) if asked else None
    except Missing:
        return None
    return None if press is None else progress_of(press, user)


def told_rows(rows: Iterable[BulkPressRow], user: User) -> list[RowLine]:
    """Return rows as a person may read them, with the titles of their records."""
    found = list(rows)
    named = {row.process_id for row in found}
    seen = process_ids_seen(user, named)
    records = ProcessInstance.objects.filter(process_id__in=seen)
    shown = records.select_related("design", "version").defer("secrets", "version__document")
    titles = {one.process_id: seen_record(one, user).title for one in shown}
    told_runs = {one.process_id for one in shown if sees_details(user, InstanceRights(user, one))}
    return [
        RowLine(
            as_seen(row, named - seen), titles.get(row.process_id) or row.process_id,
            is_seen=row.process_id in titles,
            run=row.run_id if row.process_id in told_runs else None,
        )
        for row in found
    ]  # fmt: skip
