"""/processes/{name}/numbers/: the records of a process counted as charts count them."""

import json
from typing import Any, ClassVar, cast

from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter, extend_schema
from pydantic import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from kianda.accounts.permissions import caller
from kianda.lib.api.drf import read_query
from kianda.lib.errors import Invalid
from kianda.lib.pointers import flaws_of
from processes.api import schemas
from processes.definition.views import ViewChart
from processes.lists.charts import ChartGroup, numbers_of
from processes.lists.conditions import read_filter
from processes.lists.records import ALL, record_list

_ASKED = {
    "calculate": "`count` (default), `sum` or `average`.",
    "field": "The number field of a sum or an average.",
    "by": "A column whose values are compared, or a date. If empty, all records together.",
    "every": "How long each part of time is: `day week month quarter year`. Default `week`.",
    "split": "A column by whose values each group is divided in two.",
    "split_value": "The value of `split` to compare with all others. If empty, it has two values.",
    "filter": "A filter as a view has it, as JSON.",
}


class RecordNumbers(APIView):
    """The records of a process, counted."""

    scopes: ClassVar = {"GET": "read"}

    @extend_schema(
        operation_id="processes_numbers",
        parameters=[OpenApiParameter(name, str, description=on) for name, on in _ASKED.items()],
        responses={200: schemas.NUMBERS},
        tags=["Processes"],
    )
    def get(self, request: Request, name: str) -> Response:
        """Count, add up or average the live records that the caller sees, by a column or time."""
        query = read_query(request, tuple(_ASKED))
        raw: dict[str, Any] = {"show": "bars" if query.get("by") else "number"}
        raw |= {one: value for one, value in query.items() if one != "filter"}
        chart = _chart(raw)
        written = query.get("filter", "")
        asked = read_filter(_json(written), at="/filter") if written else ALL
        numbers = numbers_of(record_list(name, caller(request)), chart, asked)
        return Response({
            "calculate": chart.calculate, "field": chart.field, "by": chart.by,
            "every": chart.every if numbers.over_time else None,
            "split": chart.split, "series": list(numbers.series),
            "all": _group_json(numbers.all),
            "groups": [_group_json(one) for one in numbers.groups],
            "rest": _group_json(numbers.rest) if numbers.rest else None,
        })  # fmt: skip


def _chart(raw: dict[str, Any]) -> ViewChart:
    try:
        return ViewChart.model_validate(raw)
    except ValidationError as error:
        raise Invalid(errors=flaws_of(error, raw, model=ViewChart)) from error


def _json(text: str) -> Any:
    try:
        return cast(Any, json.loads(text))
    except (ValueError, RecursionError):
        raise Invalid.at("/filter", _("The filter is not valid JSON.")) from None


def _group_json(group: ChartGroup) -> dict[str, Any]:
    return {
        "value": group.value, "label": group.label, "count": group.count, "result": group.result,
        "parts": list(group.parts),
    }  # fmt: skip
