"""Sessions and second factors of users, and how the workspace signs in."""

from typing import Any, ClassVar

from django.contrib.auth.models import User
from django.db import transaction
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from kianda.accounts.permissions import caller
from kianda.accounts.roles import ADMINISTRATOR
from kianda.accounts.services import second_factors, users
from kianda.accounts.services.identity_providers import only_single_sign_on
from kianda.accounts.services.sessions import end_session, end_sessions, sessions_of
from kianda.administration.api import schemas
from kianda.lib.api.drf import check_if_match, etag_of, read_query, tagged
from kianda.lib.api.strict_json import read_body
from kianda.lib.errors import Forbidden
from kianda.web.pages import asks_again

ADMIN = (ADMINISTRATOR,)
TAGS = ["Users and groups"]
ONE = [
    OpenApiParameter("id", str, description="One session from the list. If omitted, all sessions.")
]


def _list(user: User) -> Response:
    return Response([
        {"id": one.key, "device": one.device, "address": one.address,
         "began": one.began_at, "seen": one.seen_at}
        for one in sessions_of(user)
    ])  # fmt: skip


def _end(request: Request, user: User) -> Response:
    words = read_query(request, ("id",))
    if words.get("id"):
        end_session(user, words["id"], by=caller(request))
    else:
        end_sessions(user, by=caller(request))
    return Response(status=204)


class SessionsOf(APIView):
    """Where a user is signed in."""

    scopes: ClassVar = {"GET": "read", "DELETE": "admin"}
    roles: ClassVar = {"GET": ADMIN, "DELETE": ADMIN}

    @extend_schema(operation_id="sessions_list", responses={200: schemas.SESSIONS}, tags=TAGS)
    def get(self, request: Request, username: str) -> Response:
        """List where a user is signed in, seen last first."""
        read_query(request, ())
        return _list(users.person(username))

    @extend_schema(
        operation_id="sessions_end", parameters=ONE, responses={204: None},
        tags=TAGS,
    )  # fmt: skip
    def delete(self, request: Request, username: str) -> Response:
        """End all sessions of a user, or the one whose `id` is given."""
        return _end(request, users.person(username))


class MySessions(APIView):
    """Where the caller is signed in."""

    scopes: ClassVar = {"GET": "read", "DELETE": "admin"}
    roles: ClassVar[dict[str, tuple[str, ...]]] = {"GET": (), "DELETE": ()}

    @extend_schema(operation_id="my_sessions_list", responses={200: schemas.SESSIONS}, tags=TAGS)
    def get(self, request: Request) -> Response:
        """List where you are signed in, seen last first."""
        read_query(request, ())
        return _list(caller(request))

    @extend_schema(
        operation_id="my_sessions_end", parameters=ONE, responses={204: None},
        tags=TAGS,
    )  # fmt: skip
    def delete(self, request: Request) -> Response:
        """End all your sessions, or the one whose `id` is given."""
        return _end(request, caller(request))


class SecondFactorOf(APIView):
    """The second factor of a user."""

    scopes: ClassVar = {"GET": "read", "DELETE": "admin"}
    roles: ClassVar = {"GET": ADMIN, "DELETE": ADMIN}

    @extend_schema(
        operation_id="second_factor_read", responses={200: schemas.SECOND_FACTOR}, tags=TAGS
    )
    def get(self, request: Request, username: str) -> Response:
        """Read whether a user has a second factor, and whether a role requires one."""
        read_query(request, ())
        user = users.person(username)
        return Response({
            "set_up": second_factors.has_second_factor(user),
            "needed": second_factors.needs_second_factor(user),
        })  # fmt: skip

    @extend_schema(operation_id="second_factor_reset", responses={204: None}, tags=TAGS)
    def delete(self, request: Request, username: str) -> Response:
        """Remove every second factor of a user who has lost it, and end all sessions."""
        read_query(request, ())
        # A token is no browser that somebody has left open.
        if request.auth is None and asks_again(request._request):
            raise Forbidden(
                _("Confirm that it is you on the Users page first, or use an API token.")
            )
        second_factors.reset_second_factor(users.person(username), by=caller(request))
        return Response(status=204)


class SignInSettings(APIView):
    """How people of this workspace sign in."""

    scopes: ClassVar = {"GET": "read", "PATCH": "admin"}
    roles: ClassVar = {"GET": ADMIN, "PATCH": ADMIN}

    @extend_schema(operation_id="sign_in_read", responses={200: schemas.SIGN_IN}, tags=TAGS)
    def get(self, request: Request) -> Response:
        """Read which roles need a second factor, and whether everyone may use a password."""
        read_query(request, ())
        return self._answer()

    @extend_schema(
        operation_id="sign_in_change",
        request={"application/json": schemas.SIGN_IN | {"required": []}},
        responses={200: schemas.SIGN_IN}, tags=TAGS,
    )  # fmt: skip
    def patch(self, request: Request) -> Response:
        """Set which roles need a second factor, and whether everyone may use a password."""
        read_query(request, ())
        check_if_match(request, _etag())
        body = read_body(schemas.SignInChanges, request.data)
        with transaction.atomic():
            if "second_factor_roles" in body.model_fields_set:
                second_factors.require_for(body.second_factor_roles, by=caller(request))
            if "only_single_sign_on" in body.model_fields_set:
                only_single_sign_on(body.only_single_sign_on, by=caller(request))
        return self._answer()

    def _answer(self) -> Response:
        return tagged(Response(_settings()), _etag())


def _settings() -> dict[str, Any]:
    now = second_factors.policy()
    return {
        "second_factor_roles": now.second_factor_roles,
        "only_single_sign_on": now.only_single_sign_on,
    }


def _etag() -> str:
    return etag_of("sign-in", _settings())
