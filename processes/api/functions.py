"""/functions/: what a formula may call."""

from typing import Any, ClassVar

from django.utils.translation import gettext
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from kianda.lib.api.drf import read_query
from kianda.lib.api.schemas import MAYBE_TEXT, TEXT, shape
from processes.language.functions import EVERY_FUNCTION, Function

_ARGUMENT = shape(
    {
        "name": TEXT,
        "description": TEXT,
        "required": {"type": "boolean"},
        "default": MAYBE_TEXT | {"description": "What it is when it is left out, as written."},
        "repeated": {"type": "boolean", "description": "Whether it can be there many times."},
    }
)
_FUNCTION = shape(
    {
        "name": TEXT,
        "signature": TEXT | {"description": "`Sum(a, b, ...)`"},
        "description": TEXT,
        "arguments": {"type": "array", "items": _ARGUMENT},
        "result": {
            "enum": [
                "number", "text", "list", "yes_or_no", "date", "date_and_time", "object",
                "any_value",
            ],
        },
        "example": shape({"call": TEXT, "result": TEXT}),
    }
)  # fmt: skip


class Functions(APIView):
    """The functions of formulas."""

    scopes: ClassVar = {"GET": "read"}

    @extend_schema(
        operation_id="functions",
        responses={200: {"type": "array", "items": _FUNCTION}},
        tags=["Kinds"],
    )
    def get(self, request: Request) -> Response:
        """List the functions of formulas by name, with their arguments and what they return."""
        read_query(request, ())
        return Response([_to_json(one) for one in EVERY_FUNCTION])


def _to_json(function: Function) -> dict[str, Any]:
    return {
        "name": function.name,
        "signature": function.signature,
        "description": gettext(function.description),
        "arguments": [
            {
                "name": one.name,
                "description": gettext(one.help),
                "required": not one.omitted,
                "default": one.omitted or None,
                "repeated": one.repeated,
            }
            for one in function.arguments
        ],
        "result": function.result.lower().replace(" ", "_"),
        "example": function.example._asdict(),
    }
