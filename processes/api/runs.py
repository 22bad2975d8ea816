"""/runs/ and the lists of kinds."""

from typing import Any, ClassVar

from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from kianda.accounts.callers import caller
from kianda.lib.drf import list_parameters, list_response, read_query, yes_or_no
from kianda.lib.errors import Missing
from kianda.lib.kinds import Registry
from processes.api import schemas
from processes.api.shapes import run_json
from processes.fields import fields
from processes.rules import rules
from processes.selectors import visible_runs

_ORDERING = {"started": "started", "finished": "finished"}
_FILTERS: dict[str, Any] = {
    "process_id": "process_id__iexact",
    "process": "process",
    "status": "status",
    "version": "version",
    "target": "target",
    "trigger": "trigger",
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
        responses={200: schemas.page_of(schemas.RUN)},
        tags=["Runs"],
    )
    def get(self, request: Request) -> Response:
        """List runs with their traces, newest first."""
        return list_response(
            request,
            visible_runs(caller(request)).defer("journal", "unsaved_values"),
            to_json=run_json,
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
        found = None
        if run_id.isascii() and run_id.isdigit() and len(run_id) < 19:
            rows = visible_runs(caller(request)).defer("journal", "unsaved_values")
            found = rows.filter(pk=int(run_id)).first()
        if found is None:
            raise Missing(f"There is no run {run_id}.")
        return Response(run_json(found))


class Kinds(APIView):
    """The registered kinds of one registry."""

    scopes: ClassVar = {"GET": "read"}
    registry: Registry[Any]

    def get(self, request: Request) -> Response:
        """List the kinds with the JSON Schema of their settings."""
        read_query(request, ())
        return Response(self.registry.describe())


_KINDS: Any = {200: {"type": "array", "items": schemas.KIND}}


@extend_schema_view(get=extend_schema(operation_id="rule_types", responses=_KINDS, tags=["Kinds"]))
class RuleTypes(Kinds):
    """The types of rules."""

    registry = rules


@extend_schema_view(get=extend_schema(operation_id="field_types", responses=_KINDS, tags=["Kinds"]))
class FieldTypes(Kinds):
    """The types of fields."""

    registry = fields
