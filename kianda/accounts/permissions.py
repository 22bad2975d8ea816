"""Who may call which view, with what scope of token, and who that is."""

from collections.abc import Mapping
from typing import Any, ClassVar, Protocol, cast

from django.contrib.auth.models import User
from django.core.exceptions import ImproperlyConfigured
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _
from rest_framework.exceptions import NotAuthenticated
from rest_framework.permissions import SAFE_METHODS, BasePermission
from rest_framework.request import Request

from kianda.accounts.models import ApiToken
from kianda.accounts.roles import USER, has_role
from kianda.lib.api.throttling import refuse_too_many_anonymous
from kianda.lib.errors import Forbidden

SCOPES = ("read", "run", "design", "datasources", "tokens", "schedule", "admin")


class Guarded(Protocol):
    """What a view says about its callers, by HTTP method."""

    scopes: ClassVar[Mapping[str, str]]
    roles: ClassVar[Mapping[str, tuple[str, ...]]]


class MayCall(BasePermission):
    """Lets a call through when the token has the scope and the person one of the roles.

    A view sets `scopes = {"GET": "read", "POST": "run"}` and, where not every role may call,
    `roles = {"POST": (DESIGNER,)}`; `()` is everybody signed in. Reading needs the scope `read`
    unless it says otherwise; a writing method without a scope is a mistake in the view, not an
    open door.
    """

    def has_permission(self, request: Request, view: Any) -> bool:
        """Check the signed-in person, the scope, the role, in this order."""
        if not request.user or not request.user.is_authenticated:
            refuse_too_many_anonymous(request)
            raise NotAuthenticated(what_to_send(request))
        method = "GET" if request.method == "HEAD" else str(request.method)
        if method == "OPTIONS" or method not in view.allowed_methods:
            return True  # DRF answers these itself, the second with 405.
        if isinstance(request.auth, ApiToken):
            check_scope(request.auth, _scope(view, method))
        roles = getattr(view, "roles", {}).get(method, (USER,))
        if roles and not has_role(request.user, *roles):
            named = _(" or ").join(roles)
            raise Forbidden(_("You need the role %(roles)s for this.") % {"roles": named})
        return True


def what_to_send(request: Request) -> str:
    """Say what the API expects of who is not signed in, and where it is had."""
    page = request.build_absolute_uri(reverse("tokens"))
    return _(
        "Send the header Authorization: Bearer <token>. API tokens are created at %(page)s."
    ) % {"page": page}


def _scope(view: Any, method: str) -> str:
    scope = getattr(view, "scopes", {}).get(method, "read" if method in SAFE_METHODS else "")
    if scope not in SCOPES:
        raise ImproperlyConfigured(f"{type(view).__name__} names no scope for {method}.")
    return str(scope)


def check_scope(token: ApiToken, scope: str) -> None:
    """Raise Forbidden when the token has scopes and neither `scope` nor `admin` is among them."""
    if token.scopes and scope not in token.scopes and "admin" not in token.scopes:
        raise Forbidden(_("The API token does not have the scope %(scope)s.") % {"scope": scope})


def caller(request: Request) -> User:
    """Return the signed-in person; `MayCall` lets nobody else reach a view's method."""
    return cast(User, request.user)


def signed_in(request: HttpRequest) -> User:
    """Return the person behind a page; the decorator `page` lets nobody else in."""
    return cast(User, request.user)
