"""The lists of kinds in the API: the types of rules and fields, the auth schemes, the schedules."""

import functools
from collections.abc import Callable
from typing import Any, ClassVar

from django.utils.translation import get_language, gettext
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from kianda.lib.api.pagination import read_query
from kianda.lib.api.schemas import KIND
from kianda.lib.kinds import Registry

# In a kind and in the schema of its settings.
_READ = frozenset({"title", "category", "description"})
_LIST: Any = {200: {"type": "array", "items": KIND}}


class Kinds(APIView):
    """The registered kinds of one registry."""

    scopes: ClassVar = {"GET": "read"}
    registry: Registry[Any]

    def get(self, request: Request) -> Response:
        """List the kinds with the JSON Schema of their settings."""
        read_query(request, ())
        return Response(_shown(self.registry, get_language()))


@functools.cache
def _shown(registry: Registry[Any], _language: str | None) -> Any:
    # Thousands of words are looked up: it is the same list until the product starts anew.
    return _translated(registry.describe())


def _translated(node: Any) -> Any:
    """Return a description with all that people read of it in the language of the reader."""
    if isinstance(node, list):
        return [_translated(one) for one in node]
    if not isinstance(node, dict):
        return node
    return {
        key: gettext(value) if key in _READ and isinstance(value, str) else _translated(value)
        for key, value in node.items()
    }


def described(operation_id: str) -> Callable[[type[Kinds]], type[Kinds]]:
    """Return the decorator that tells the OpenAPI document about a list of kinds."""
    told = extend_schema(operation_id=operation_id, responses=_LIST, tags=["Kinds"])
    decorator: Callable[[type[Kinds]], type[Kinds]] = extend_schema_view(get=told)
    return decorator
