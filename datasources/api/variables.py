"""/variables/: what stands as `{{name}}` in settings of datasources."""

from typing import Any, ClassVar

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from datasources.services.variables import replace_variables, shown_variables
from kianda.accounts.roles import ADMINISTRATOR
from kianda.lib.api.drf import check_if_match, etag_of, read_query, tagged
from kianda.lib.api.schemas import TEXT, shape

ADMIN = (ADMINISTRATOR,)
TAGS = ["Variables"]
_NAME = {"type": "string", "pattern": "^[A-Za-z][A-Za-z0-9_-]{0,62}$"}
_VALUE = {"type": ["string", "null"], "maxLength": 100_000}
_USE = shape({"kind": TEXT, "name": TEXT, "url": TEXT})
_FIELDS: dict[str, Any] = {"name": _NAME, "value": _VALUE, "secret": {"type": "boolean"}}
_USED_BY = {"type": "array", "items": _USE}
VARIABLES_OUT = shape(
    {"variables": {"type": "array", "items": shape({**_FIELDS, "used_by": _USED_BY})}}
)
_IN = shape({**_FIELDS, "used_by": {**_USED_BY, "description": "Passed over."}}, required=["name"])
VARIABLES_IN = shape({"variables": {"type": "array", "maxItems": 500, "items": _IN}})


def _body() -> dict[str, Any]:
    return {"variables": shown_variables()}


def _etag() -> str:
    return etag_of("variables", "all", _body())


class Variables(APIView):
    """The variables of the installation."""

    scopes: ClassVar = {"GET": "read", "PUT": "admin"}
    roles: ClassVar = {"GET": ADMIN, "PUT": ADMIN}

    @extend_schema(operation_id="variables_read", responses={200: VARIABLES_OUT}, tags=TAGS)
    def get(self, request: Request) -> Response:
        """Read all variables and the datasources that use them; secret ones are masked."""
        read_query(request, ())
        return tagged(Response(_body()), _etag())

    @extend_schema(
        operation_id="variables_replace",
        request={"application/json": VARIABLES_IN},
        responses={200: VARIABLES_OUT},
        tags=TAGS,
    )
    def put(self, request: Request) -> Response:
        """Replace all variables. A value that is masked or omitted does not change."""
        read_query(request, ())
        check_if_match(request, _etag())
        replace_variables(
            raw=request.data, user=request.user,
            unchanged=lambda: check_if_match(request, _etag()),
        )  # fmt: skip
        return tagged(Response(_body()), _etag())
