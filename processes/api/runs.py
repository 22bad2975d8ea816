"""/runs/ and the lists of kinds."""

from typing import Any, ClassVar

from django.db.models import QuerySet
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from kianda.accounts.permissions import caller
from kianda.lib.api.drf import list_parameters, list_response, one_of, read_query, yes_or_no
from kianda.lib.api.kinds_api import Kinds, described
from kianda.lib.api.schemas import page_of
from kianda.lib.errors import Missing
from kianda.lib.numbers import whole_number
from processes.api import schemas
from processes.api.representations import run_json
from processes.fields import fields
from processes.models import ProcessInstance, Run
from processes.rules import rules
from processes.selectors import DocumentsOfRuns, listed_runs, runs_seen_among

# By what a run can have been asked for.
_TRIGGERS = (
    "button", "change", "load", "submit", "schedule", "api", "webhook", "rule", "manual", "token",
)  # fmt: skip
_ORDERING = {"started": "started", "finished": "finished"}


def _of_process_id(rows: QuerySet[Run], process_id: str) -> QuerySet[Run]:
    """Return the runs of a Process ID, in capitals or not.

    Asked as its instance spells it, an index tells them; else each run there is is looked at.
    """
    named = ProcessInstance.everything.filter(key=process_id.lower())
    spelled = named.values_list("process_id", flat=True).first()
    if spelled is None:
        return rows.filter(process_id__iexact=process_id)
    return rows.filter(process_id=spelled)


_FILTERS: dict[str, Any] = {
    "process_id": _of_process_id,
    "process": "process",
    "status": "status",
    "version": "version",
    "target": "target",
    "trigger": one_of("trigger", _TRIGGERS),
    "run_as": "run_as_name",
    "saved": yes_or_no("saved"),
    "unsaved_answer": yes_or_no("unsaved_answer"),
}


class Runs(APIView):
    """The runs."""

    scopes: ClassVar = {"GET": "read"}

    @extend_schema(
        operation_id="runs_list",
        parameters=list_parameters(ordering=_ORDERING, search=True, filters=_FILTERS),
        responses={200: page_of(schemas.RUN)},
        tags=["Runs"],
    )
    def get(self, request: Request) -> Response:
        """List runs with their traces, newest first."""
        documents, rows = DocumentsOfRuns(), listed_runs(caller(request))
        return list_response(
            request,
            rows.select_related("run_as", "instance__design", "instance__version").defer(
                "journal", "unsaved_values", "instance__version__document"
            ),
            to_json=lambda one: run_json(one, caller(request), documents),
            default_order=["-pk"],
            ordering=_ORDERING,
            search=("process_id", "target"),
            filters=_FILTERS,
        )


class RunDetail(APIView):
    """One run."""

    scopes: ClassVar = {"GET": "read"}

    @extend_schema(operation_id="runs_read", responses={200: schemas.RUN}, tags=["Runs"])
    def get(self, request: Request, run_id: str) -> Response:
        """Read a run with its trace; one under way shows the steps so far."""
        read_query(request, ())
        pk = whole_number(run_id)
        rows = runs_seen_among(caller(request), [] if pk is None else [pk])
        found = rows.defer("journal", "unsaved_values").first()
        if found is None:
            raise Missing(_("There is no run %(run_id)s.") % {"run_id": run_id})
        return Response(run_json(found, caller(request)))


@described("rule_types")
class RuleTypes(Kinds):
    """The types of rules."""

    registry = rules


@described("field_types")
class FieldTypes(Kinds):
    """The types of fields."""

    registry = fields
