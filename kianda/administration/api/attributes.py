"""/user-attributes/: what the workspace wants to know of its people beside what all have."""

from collections.abc import Callable
from typing import Any, ClassVar

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from kianda.accounts.idempotency import KEY, idempotent_at_once
from kianda.accounts.models import UserAttribute
from kianda.accounts.permissions import caller
from kianda.accounts.roles import ADMINISTRATOR
from kianda.accounts.services import attributes as services
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


def attribute_json(row: UserAttribute) -> dict[str, Any]:
    """Return an attribute as the API shows one."""
    return {"name": row.name, "title": row.title}


def _etag(row: UserAttribute) -> str:
    return etag_of("attribute", row.pk, attribute_json(row))


def _answer(row: UserAttribute, *, status: int = 200) -> Response:
    return tagged(Response(attribute_json(row), status=status), _etag(row))


def _found(request: Request, name: str) -> tuple[UserAttribute, Callable[[UserAttribute], None]]:
    """Return an attribute, and the check that it is still the one that was read."""
    read_query(request, ())
    row = services.attribute(name)
    seen = _etag(row)
    check_if_match(request, seen)
    return row, unchanged_since(request, seen, _etag)


class Attributes(APIView):
    """The attributes of users."""

    scopes: ClassVar = {"GET": "read", "POST": "admin"}
    roles: ClassVar = {"GET": ADMIN, "POST": ADMIN}

    @extend_schema(
        operation_id="user_attributes_list",
        parameters=list_parameters(ordering=("name",), search=True),
        responses={200: page_of(schemas.ATTRIBUTE)},
        tags=TAGS,
    )
    def get(self, request: Request) -> Response:
        """List the attributes of users that this workspace has added."""
        return list_response(
            request,
            services.attributes(),
            to_json=attribute_json,
            default_order=["name"],
            ordering={"name": "name"},
            search=("name", "title"),
        )

    @extend_schema(
        operation_id="user_attributes_create",
        parameters=[KEY],
        request={"application/json": schemas.ATTRIBUTE_IN},
        responses={201: schemas.ATTRIBUTE},
        tags=TAGS,
    )
    @idempotent_at_once
    def post(self, request: Request) -> Response:
        """Add an attribute. If the name is omitted, it is taken from the title."""
        read_query(request, ())
        body = read_body(schemas.NewAttribute, request.data)
        made = services.add_attribute(**body.model_dump(), by=caller(request))
        response = _answer(made, status=201)
        address = f"/api/v1/user-attributes/{made.name}/"
        response["Location"] = request.build_absolute_uri(address)
        return response


class OneAttribute(APIView):
    """One attribute of users."""

    scopes: ClassVar = {"GET": "read", "PATCH": "admin", "DELETE": "admin"}
    roles: ClassVar = {"GET": ADMIN, "PATCH": ADMIN, "DELETE": ADMIN}

    @extend_schema(
        operation_id="user_attributes_read", responses={200: schemas.ATTRIBUTE}, tags=TAGS
    )
    def get(self, request: Request, name: str) -> Response:
        """Read an attribute."""
        read_query(request, ())
        return _answer(services.attribute(name))

    @extend_schema(
        operation_id="user_attributes_change",
        request={"application/json": schemas.ATTRIBUTE_PATCH},
        responses={200: schemas.ATTRIBUTE},
        tags=TAGS,
    )
    def patch(self, request: Request, name: str) -> Response:
        """Change the title of an attribute; its name does not change."""
        row, unchanged = _found(request, name)
        body = read_body(schemas.AttributeChanges, request.data)
        changed = services.retitle_attribute(
            row, title=body.title, unchanged=unchanged, by=caller(request)
        )
        return _answer(changed)

    @extend_schema(
        operation_id="user_attributes_delete", request=None, responses={204: None}, tags=TAGS
    )
    def delete(self, request: Request, name: str) -> Response:
        """Delete an attribute that no design reads, with its values."""
        row, unchanged = _found(request, name)
        services.delete_attribute(row, unchanged=unchanged, by=caller(request))
        return Response(status=204)
