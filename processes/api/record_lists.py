"""GET /instances/?process=…&filter=…&columns=…&ordering=…: the same lists as those of the pages."""

from typing import Any, NamedTuple

from django.contrib.auth.models import User
from django.db.models import QuerySet
from django.utils.translation import gettext as _
from rest_framework.request import Request

from kianda.lib.errors import Flaw, Invalid
from processes.definition.views import ViewFilter
from processes.lists.conditions import no_such_column
from processes.lists.records import RecordList, record_list
from processes.lists.state import names_in, read_filters
from processes.models import ProcessInstance

# What the list of all instances is ordered by, and what these are as columns.
_FACTS = {
    "created": "process.created", "modified": "process.modified", "process_id": "process.id",
}  # fmt: skip
PARAMETERS = ("filter", "columns")


class AskedRecords(NamedTuple):
    """The records that a list of the API asks for, how they are ordered, and which columns."""

    rows: QuerySet[ProcessInstance]
    order: list[Any]
    columns: tuple[str, ...] | None


def asks_for_columns(request: Request) -> bool:
    """Tell whether a request asks by fields: they are those of one process."""
    order = request.query_params.get("ordering", "")
    own = any(part.strip().lstrip("-") not in {"", *_FACTS} for part in order.split(","))
    return own or any(name in request.query_params for name in PARAMETERS)


def asked_records(request: Request, user: User) -> AskedRecords:
    """Return what a request asks for; raises Invalid at the parameters, Missing for the process."""
    process = request.query_params.get("process", "")
    if not process:
        raise Invalid.at("/process", _("Name the process whose fields these are: process=…."))
    records = record_list(process, user)
    rows = records.rows()
    if text := request.query_params.get("filter", ""):
        (part,) = read_filters([text]) or (None,)
        if part is not None:
            rows = _filtered(records, part)
    return AskedRecords(rows, _order(request, records), _columns(request, records))


def _filtered(records: RecordList, part: Any) -> QuerySet[ProcessInstance]:
    if isinstance(part, ViewFilter):
        return records.rows(part, at="/filter")
    try:
        return records.rows(ViewFilter(items=(part,)), at="/filter")
    except Invalid as refusal:
        # It was written in one piece: its parts have no places of their own.
        flaws = [Flaw("/filter", flaw.detail) for flaw in refusal.errors]
        raise Invalid(refusal.detail, errors=flaws) from refusal


def _order(request: Request, records: RecordList) -> list[Any]:
    word = request.query_params.get("ordering", "").strip()
    name = word.removeprefix("-")
    sort = "-" * word.startswith("-") + _FACTS.get(name, name)
    try:
        return list(records.sorted(ProcessInstance.objects.none(), sort).query.order_by)
    except Invalid as refusal:
        raise Invalid.at("/ordering", refusal.detail) from refusal


def _columns(request: Request, records: RecordList) -> tuple[str, ...] | None:
    if "columns" not in request.query_params:
        return None
    wanted = names_in(request.query_params["columns"])
    flaws = [Flaw("/columns", no_such_column()) for name in wanted if name not in records.columns]
    if flaws:
        raise Invalid(" ".join(flaw.detail for flaw in flaws), errors=flaws)
    return wanted
