"""What a run left unstored, once each field of it has been stored anew: nothing is missed then."""

from collections.abc import Iterable, Mapping
from typing import Any

from django.db.models import QuerySet

from kianda.lib.db.prepared_statements import PreparedQuery, Write, update_of
from processes.models import Run


def _left(instance_pk: int) -> QuerySet[Run]:
    rows = Run.objects.filter(instance_id=instance_pk, unsaved_answer=True)
    return rows.only("unsaved_values").order_by()


# Each save of each run asks for them; nearly always there are none.
_LEFT = PreparedQuery(_left, 7_777_777)


def overtaken(instance_pk: int, changes: Iterable[Mapping[str, Any]]) -> list[Write]:
    """Return what takes the mark from runs of the instance whose unstored fields all are stored.

    "Store these values" would bring back what is older than the form.
    """
    stored = {change["field"] for change in changes}
    return [
        update_of(Run, where={"id": run.pk}, unsaved_answer=False, unsaved_values=None)
        for run in _LEFT.rows(instance_pk)
        if set(run.unsaved_values or {}) <= stored
    ]
