"""/api/v1/: which resources the API has for whoever asks."""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponseBase, HttpResponseRedirect
from django.urls import URLPattern, reverse
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from kianda.accounts.permissions import caller
from kianda.accounts.roles import USER, has_role
from kianda.lib.api.drf import read_query
from kianda.lib.api.schemas import shape

_URL = {"type": "string", "format": "uri"}
_METHODS = {"type": "array", "items": {"type": "string"}}
INDEX = shape({
    "docs": _URL,
    "schema": _URL,
    "resources": {
        "type": "object", "additionalProperties": shape({"url": _URL, "methods": _METHODS}),
    },
})  # fmt: skip


class Index(APIView):
    """The start of the API: a program finds the resources here, a browser their description."""

    scopes: ClassVar = {"GET": "read"}
    roles: ClassVar = {"GET": ()}
    # What is below this address.
    patterns: Sequence[URLPattern] = ()

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Lead a browser to the page that describes the API."""
        if request.method == "GET" and "text/html" in request.headers.get("Accept", ""):
            return HttpResponseRedirect(reverse("api-docs"))
        answer: HttpResponseBase = super().dispatch(request, *args, **kwargs)
        return answer

    @extend_schema(operation_id="index", responses={200: INDEX}, tags=["Index"])
    def get(self, request: Request) -> Response:
        """List the resources that your roles may use, with the methods of each."""
        read_query(request, ())
        base = request.build_absolute_uri(request.path)
        found = _resources(self.patterns, caller(request))
        return Response({
            "docs": request.build_absolute_uri(reverse("api-docs")),
            "schema": request.build_absolute_uri(reverse("schema")),
            "resources": {
                name: {"url": f"{base}{name}/", "methods": methods}
                for name, methods in found.items()
            },
        })  # fmt: skip


def _resources(patterns: Sequence[URLPattern], user: User) -> Mapping[str, list[str]]:
    """Return the resources without a name in their address, by path, with what one may do."""
    found: dict[str, list[str]] = {}
    for one in patterns:
        path = str(one.pattern)
        methods = _methods(getattr(one.callback, "view_class", None), user)
        if methods and "<" not in path:
            found[path.removesuffix("/")] = methods
    return dict(sorted(found.items()))


def _methods(view: Any, user: User) -> list[str]:
    """Return which methods of a view the roles of a person allow."""
    asked = ("GET", "POST", "PUT", "PATCH", "DELETE")
    roles = {name: getattr(view, "roles", {}).get(name, (USER,)) for name in asked}
    return [
        name
        for name in asked
        if hasattr(view, name.lower()) and (not roles[name] or has_role(user, *roles[name]))
    ]
