"""/users/{username}/substitute/ and /me/substitute/: who stands in for somebody."""

from datetime import date
from typing import Any, ClassVar

from django.contrib.auth.models import User
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from kianda.accounts.models import Substitution
from kianda.accounts.permissions import caller
from kianda.accounts.roles import ADMINISTRATOR
from kianda.accounts.services import substitutes as services
from kianda.accounts.services import users
from kianda.administration.api import schemas
from kianda.lib.api.drf import check_if_match, etag_of, read_query, tagged
from kianda.lib.api.etags import unchanged_since
from kianda.lib.api.strict_json import read_body
from kianda.lib.errors import Flaw, Invalid, Missing

ADMIN = (ADMINISTRATOR,)
TAGS = ["Users and groups"]


def _json(row: Substitution) -> dict[str, Any]:
    return {
        "substitute": row.substitute.get_username(),
        "from": row.first_day.isoformat(),
        "until": row.last_day.isoformat() if row.last_day else None,
        "status": services.state_of(row),
    }


def _etag(row: Substitution | None) -> str:
    return etag_of("substitute", None if row is None else [row.pk, _json(row)])


def _read(request: Request, user: User) -> Response:
    read_query(request, ())
    row = services.substitution_of(user)
    if row is None:
        raise Missing(_("%(name)s has no substitute.") % {"name": user.username})
    return tagged(Response(_json(row)), _etag(row))


def _put(request: Request, user: User) -> Response:
    read_query(request, ())
    seen = _etag(services.substitution_of(user))
    check_if_match(request, seen)
    row = services.name_substitute(
        user, _stay(request), unchanged=unchanged_since(request, seen, _etag), by=caller(request)
    )
    return tagged(Response(_json(row)), _etag(row))


def _end(request: Request, user: User) -> Response:
    read_query(request, ())
    seen = _etag(services.substitution_of(user))
    check_if_match(request, seen)
    unchanged = unchanged_since(request, seen, _etag)
    services.end_substitute(user, unchanged=unchanged, by=caller(request))
    return Response(status=204)


def _stay(request: Request) -> services.Stay:
    body = read_body(schemas.NewSubstitute, request.data)
    days: dict[str, date | None] = {"/from": None, "/until": None}
    flaws = []
    for place, text in (("/from", body.first_day), ("/until", body.last_day)):
        try:
            days[place] = date.fromisoformat(text) if text is not None else None
        except ValueError:
            flaws.append(Flaw(place, _("Enter a date such as 2026-12-21.")))
    if flaws:
        raise Invalid(errors=flaws)
    return services.Stay(body.substitute, days["/from"], days["/until"])


class SubstituteOf(APIView):
    """Who stands in for a user."""

    scopes: ClassVar = {"GET": "read", "PUT": "admin", "DELETE": "admin"}
    roles: ClassVar = {"GET": ADMIN, "PUT": ADMIN, "DELETE": ADMIN}

    @extend_schema(
        operation_id="users_substitute_read", responses={200: schemas.SUBSTITUTE}, tags=TAGS
    )
    def get(self, request: Request, username: str) -> Response:
        """Read the substitute of a user; 404 if there is none."""
        return _read(request, users.person(username))

    @extend_schema(
        operation_id="users_substitute_set",
        request={"application/json": schemas.SUBSTITUTE_IN},
        responses={200: schemas.SUBSTITUTE},
        tags=TAGS,
    )
    def put(self, request: Request, username: str) -> Response:
        """Set or replace the substitute of a user."""
        return _put(request, users.person(username))

    @extend_schema(operation_id="users_substitute_end", responses={204: None}, tags=TAGS)
    def delete(self, request: Request, username: str) -> Response:
        """End the substitution of a user."""
        return _end(request, users.person(username))


class MySubstitute(APIView):
    """Who stands in for the caller."""

    scopes: ClassVar = {"GET": "read", "PUT": "admin", "DELETE": "admin"}
    roles: ClassVar[dict[str, tuple[str, ...]]] = {"GET": (), "PUT": (), "DELETE": ()}

    @extend_schema(
        operation_id="me_substitute_read", responses={200: schemas.SUBSTITUTE}, tags=TAGS
    )
    def get(self, request: Request) -> Response:
        """Read your substitute; 404 if there is none."""
        return _read(request, caller(request))

    @extend_schema(
        operation_id="me_substitute_set",
        request={"application/json": schemas.SUBSTITUTE_IN},
        responses={200: schemas.SUBSTITUTE},
        tags=TAGS,
    )
    def put(self, request: Request) -> Response:
        """Set or replace your substitute."""
        return _put(request, caller(request))

    @extend_schema(operation_id="me_substitute_end", responses={204: None}, tags=TAGS)
    def delete(self, request: Request) -> Response:
        """End your substitution."""
        return _end(request, caller(request))
