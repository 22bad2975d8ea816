"""The OpenAPI description of the API and the page to browse it."""

import threading
from typing import Any, ClassVar

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.renderers import (
    OpenApiJsonRenderer,
    OpenApiJsonRenderer2,
    OpenApiYamlRenderer,
)
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response

from kianda.lib.api.problems import PROBLEM_TYPE

WRITING = frozenset({"post", "put", "patch", "delete"})
CHANGING = frozenset({"put", "patch", "delete"})

PROBLEM: dict[str, Any] = {
    "type": "object",
    "description": "An error (RFC 9457). Some problems carry further keys, such as `used_by`.",
    "required": ["title", "status", "detail"],
    "properties": {
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["pointer", "detail"],
                "properties": {
                    "pointer": {
                        "type": "string",
                        "description": "Where in the body (RFC 6901), or /<query parameter>.",
                    },
                    "detail": {"type": "string"},
                },
            },
        },
    },
}

ALWAYS = {
    "400": "Something in the request is wrong; `errors` names each place.",
    "401": "No API token, or one that is unknown, expired or revoked.",
    "403": "The role of the person or the scope of the token does not allow it.",
    "404": "There is no such object, or no such page of the list.",
    "405": "The address does not take this method.",
    "429": "Too many requests; Retry-After says for how many seconds to wait.",
}
WITH_BODY = {
    "413": "The body is too large.",
    "415": "The body is not application/json in UTF-8.",
}
ON_CHANGE = {
    "409": "Changed in the meantime, busy, or in use.",
    "412": "The object is no longer the one that If-Match names.",
}
IF_MATCH: dict[str, Any] = {
    "name": "If-Match",
    "in": "header",
    "required": False,
    "schema": {"type": "string"},
    "description": "The ETag of what you have read. If it has changed, the response is 412.",
}


class BearerScheme(OpenApiAuthenticationExtension):  # type: ignore[misc]
    """Describes `Authorization: Bearer <API token>`."""

    target_class = "kianda.accounts.authentication.BearerTokenAuthentication"
    name = "bearer"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        """Return the security scheme."""
        return {
            "type": "http",
            "scheme": "bearer",
            "description": "An API token: `python manage.py api_token create NAME --user USER`.",
        }


def add_problems(result: dict[str, Any], **_: Any) -> dict[str, Any]:
    """Give every operation the problems it may answer with, unless its view describes them."""
    components = result.setdefault("components", {})
    components.setdefault("schemas", {})["Problem"] = PROBLEM
    for item in result.get("paths", {}).values():
        for method, operation in item.items():
            if isinstance(operation, dict) and "responses" in operation:
                _complete(method, operation)
    return result


def _complete(method: str, operation: dict[str, Any]) -> None:
    # What a list of operations shows beside the address.
    first_sentence = operation.get("description", "").split(". ")[0].rstrip(".")
    operation.setdefault("summary", " ".join(first_sentence.split()))
    problems = dict(ALWAYS)
    if method in WRITING:
        problems |= WITH_BODY | ({"409": ON_CHANGE["409"]} if method == "post" else ON_CHANGE)
    if method in CHANGING:
        parameters = operation.setdefault("parameters", [])
        if all(known.get("name") != "If-Match" for known in parameters):
            parameters.append(IF_MATCH)
    for status, text in problems.items():
        operation["responses"].setdefault(status, _described(status, text))


def _described(status: str, text: str) -> dict[str, Any]:
    made: dict[str, Any] = {
        "description": text,
        "content": {PROBLEM_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
    }
    if status == "429":
        made["headers"] = {"Retry-After": {"schema": {"type": "integer"}}}
    return made


class SchemaView(SpectacularAPIView):  # type: ignore[misc]
    """The OpenAPI document, as JSON unless YAML is asked for. It is the same for everybody."""

    renderer_classes: ClassVar = [
        OpenApiJsonRenderer2,
        OpenApiJsonRenderer,
        OpenApiYamlRenderer,
    ]
    permission_classes: ClassVar = [AllowAny]
    authentication_classes: ClassVar[list[Any]] = []

    _lock = threading.Lock()
    _made: ClassVar[dict[str, Any]] = {}

    def _get_schema_response(self, request: Request) -> Response:
        # Making it takes half a second and its outcome cannot change while the process lives.
        with self._lock:
            if not self._made:
                self._made.update(super()._get_schema_response(request).data)
        return Response(
            self._made, headers={"Content-Disposition": 'inline; filename="kianda-openapi"'}
        )


class DocsView(SpectacularSwaggerSplitView):  # type: ignore[misc]
    """The page to browse and try the API."""

    permission_classes: ClassVar = [AllowAny]
    authentication_classes: ClassVar[list[Any]] = []
    template_name = "api_docs.html"
