"""The JSON door of the log of calls."""

from collections.abc import Callable
from typing import Any, ClassVar, get_args

from django.db.models import QuerySet
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from datasources.api.datasources import READERS
from datasources.models import CallRecord
from datasources.rest.errors import FailureKind
from datasources.schemas import CALL_PAGE
from datasources.services.call_records import SUCCEEDED, call_json, calls_seen
from kianda.lib.api.drf import list_parameters, list_response, one_of
from kianda.lib.errors import Invalid
from kianda.lib.numbers import whole_number

ORDERING = {"at": "at", "took_ms": "took_ms"}


def _of_number(name: str) -> Callable[[QuerySet[CallRecord], str], QuerySet[CallRecord]]:
    """Return a filter by a column of whole numbers."""

    def chosen(rows: QuerySet[CallRecord], value: str) -> QuerySet[CallRecord]:
        number = whole_number(value)
        if number is None:
            raise Invalid(_("Enter a whole number in the filter %(name)s.") % {"name": name})
        return rows.filter(**{name: number})

    return chosen


FILTERS: dict[str, Any] = {
    "datasource": "datasource", "method": "method", "run": _of_number("run"),
    "status": _of_number("status"),
    "outcome": one_of("outcome", (SUCCEEDED, *get_args(FailureKind))),
}  # fmt: skip


class CallList(APIView):
    """The calls of datasources."""

    scopes: ClassVar = {"GET": "read"}
    roles: ClassVar = {"GET": READERS}

    @extend_schema(
        operation_id="calls_list",
        parameters=list_parameters(ordering=ORDERING, filters=FILTERS),
        responses={200: CALL_PAGE},
        tags=["Datasources"],
    )
    def get(self, request: Request) -> Response:
        """List the calls of runs and people, newest first; secrets are masked."""
        return list_response(
            request,
            calls_seen(request.user),
            to_json=call_json,
            default_order=["-pk"],
            ordering=ORDERING,
            filters=FILTERS,
        )
