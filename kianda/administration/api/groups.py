"""/groups/: the groups that people made; roles are none of them."""

from collections.abc import Callable
from typing import Any, ClassVar
from urllib.parse import quote

from django.contrib.auth.models import Group
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from kianda.accounts.idempotency import KEY, idempotent_at_once
from kianda.accounts.permissions import caller
from kianda.accounts.roles import ADMINISTRATOR
from kianda.accounts.services import groups as services
from kianda.administration.api import schemas
from kianda.lib.api.drf import (
    check_if_match,
    etag_of,
    list_parameters,
    list_response,
    read_query,
    tagged,
)
from kianda.lib.api.etags import unchanged_since
from kianda.lib.api.schemas import page_of
from kianda.lib.api.strict_json import read_body

ADMIN = (ADMINISTRATOR,)
TAGS = ["Users and groups"]
FILTERS = {"name": "name", "member": "user__username"}


def group_json(row: Group) -> dict[str, Any]:
    """Return a group as the API shows one."""
    return {
        "name": row.name,
        "members": sorted(user.username for user in row.user_set.all()),
        "administrators": sorted(one.user.username for one in row.administrators.all()),
    }


def _etag(row: Group) -> str:
    return etag_of("group", row.pk, group_json(row))


def _answer(row: Group, *, status: int = 200) -> Response:
    return tagged(Response(group_json(row), status=status), _etag(row))


def _found(request: Request, name: str) -> tuple[Group, Callable[[Group], None]]:
    """Return a group, and the check that it is still the one that was read."""
    read_query(request, ())
    row = services.group(name, managed_by=caller(request))
    seen = _etag(row)
    check_if_match(request, seen)
    return row, unchanged_since(request, seen, _etag)


class Groups(APIView):
    """The groups."""

    scopes: ClassVar = {"GET": "read", "POST": "admin"}
    roles: ClassVar = {"GET": ADMIN, "POST": ADMIN}

    @extend_schema(
        operation_id="groups_list",
        parameters=list_parameters(ordering=("name",), search=True, filters=FILTERS),
        responses={200: page_of(schemas.GROUP)},
        tags=TAGS,
    )
    def get(self, request: Request) -> Response:
        """List groups with their members."""
        return list_response(
            request,
            services.own_groups().prefetch_related("user_set", "administrators__user"),
            to_json=group_json,
            default_order=["name"],
            ordering={"name": "name"},
            search=("name",),
            filters=FILTERS,
        )

    @extend_schema(
        operation_id="groups_create",
        parameters=[KEY],
        request={"application/json": schemas.GROUP_IN},
        responses={201: schemas.GROUP},
        tags=TAGS,
    )
    @idempotent_at_once
    def post(self, request: Request) -> Response:
        """Create a group with its members, given by user names or email addresses."""
        read_query(request, ())
        body = read_body(schemas.NewGroup, request.data)
        made = services.add_group(**body.model_dump(), by=caller(request))
        response = _answer(made, status=201)
        response["Location"] = request.build_absolute_uri(f"/api/v1/groups/{quote(made.name)}/")
        return response


class OneGroup(APIView):
    """One group."""

    scopes: ClassVar = {"GET": "read", "PATCH": "admin", "DELETE": "admin"}
    roles: ClassVar[dict[str, tuple[str, ...]]] = {"GET": (), "PATCH": (), "DELETE": ADMIN}

    @extend_schema(operation_id="groups_read", responses={200: schemas.GROUP}, tags=TAGS)
    def get(self, request: Request, name: str) -> Response:
        """Read a group."""
        read_query(request, ())
        return _answer(services.group(name, managed_by=caller(request)))

    @extend_schema(
        operation_id="groups_change",
        request={"application/json": schemas.GROUP_PATCH},
        responses={200: schemas.GROUP},
        tags=TAGS,
    )
    def patch(self, request: Request, name: str) -> Response:
        """Rename a group that nothing uses, or set its members and administrators.

        Its administrators can change only the members.
        """
        row, unchanged = _found(request, name)
        body = read_body(schemas.GroupChanges, request.data)
        known = {key: one for key, one in group_json(row).items() if key != "administrators"}
        wanted = known | body.model_dump(include=body.model_fields_set)
        changed = services.change_group(row, **wanted, unchanged=unchanged, by=caller(request))
        return _answer(services.group(changed.pk))

    @extend_schema(operation_id="groups_delete", request=None, responses={204: None}, tags=TAGS)
    def delete(self, request: Request, name: str) -> Response:
        """Delete a group that nothing uses."""
        row, unchanged = _found(request, name)
        services.delete_group(row, unchanged=unchanged, by=caller(request))
        return Response(status=204)
