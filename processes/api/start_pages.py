"""/start-pages/: what administrators put on Home, and for whom."""

from collections.abc import Callable
from typing import Any, ClassVar

from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from pydantic import Field
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from kianda.accounts.idempotency import KEY, idempotent_at_once
from kianda.accounts.permissions import caller
from kianda.accounts.roles import ADMINISTRATOR
from kianda.lib.api.drf import (
    check_if_match,
    etag_of,
    list_parameters,
    list_response,
    read_query,
    tagged,
)
from kianda.lib.api.etags import unchanged_since
from kianda.lib.api.schemas import COUNT, TEXT, page_of, shape
from kianda.lib.api.strict_json import Body, read_body
from kianda.lib.errors import Invalid
from processes.models import StartPage
from processes.start_pages import services
from processes.start_pages.document import MOST_TILES

ADMIN = (ADMINISTRATOR,)
TAGS = ["Start pages"]
_TILE = shape(
    {
        "process": TEXT,
        "view": TEXT | {"description": "A list of the process, or `all`."},
        "chart": TEXT | {"description": "A chart of the list; empty: the number of its records."},
    },
    required=["process", "view"],
)
_SETTINGS = {
    "title": TEXT,
    "people": {
        "type": "array", "items": TEXT,
        "description": "`everyone`, `user:name`, `group:name`; a role is a group.",
    },
    "tiles": {"type": "array", "items": _TILE, "maxItems": MOST_TILES},
}  # fmt: skip
_POSITION = {"position": COUNT | {"description": "From 0; where it is among the start pages."}}
START_PAGE = shape({"id": COUNT, **_SETTINGS, **_POSITION})
START_PAGE_IN = shape(_SETTINGS, required=["title", "people"])
START_PAGE_PATCH = shape({**_SETTINGS, **_POSITION}, required=[])


class StartPageChanges(Body):
    """What a request changes: settings, checked with the others, and the position."""

    title: Any = None
    people: Any = None
    tiles: Any = None
    position: int | None = Field(default=None, ge=0, le=services.MOST_PAGES)


def start_page_json(row: StartPage) -> dict[str, Any]:
    """Return a start page as the API shows one."""
    return {"id": row.pk, **services.settings_of(row), "position": row.position}


def _etag(row: StartPage) -> str:
    return etag_of("start page", start_page_json(row))


def _answer(row: StartPage, *, status: int = 200) -> Response:
    return tagged(Response(start_page_json(row), status=status), _etag(row))


def _found(request: Request, key: int) -> tuple[StartPage, Callable[[StartPage], None]]:
    """Return a start page, and the check that it is still the one that was read."""
    read_query(request, ())
    row = services.start_page(key)
    seen = _etag(row)
    check_if_match(request, seen)
    return row, unchanged_since(request, seen, _etag)


class StartPages(APIView):
    """The start pages."""

    scopes: ClassVar = {"GET": "read", "POST": "admin"}
    roles: ClassVar = {"GET": ADMIN, "POST": ADMIN}

    @extend_schema(
        operation_id="start_pages_list",
        parameters=list_parameters(),
        responses={200: page_of(START_PAGE)},
        tags=TAGS,
    )
    def get(self, request: Request) -> Response:
        """List the start pages in their order."""
        return list_response(
            request, services.start_pages(), to_json=start_page_json,
            default_order=["position", "pk"],
        )  # fmt: skip

    @extend_schema(
        operation_id="start_pages_create",
        parameters=[KEY],
        request={"application/json": START_PAGE_IN},
        responses={201: START_PAGE},
        tags=TAGS,
    )
    @idempotent_at_once
    def post(self, request: Request) -> Response:
        """Create a start page, after the others."""
        read_query(request, ())
        made = services.create_start_page(request.data, by=caller(request))
        response = _answer(made, status=201)
        address = f"/api/v1/start-pages/{made.pk}/"
        response["Location"] = request.build_absolute_uri(address)
        return response


class OneStartPage(APIView):
    """One start page."""

    scopes: ClassVar = {"GET": "read", "PATCH": "admin", "DELETE": "admin"}
    roles: ClassVar = {"GET": ADMIN, "PATCH": ADMIN, "DELETE": ADMIN}

    @extend_schema(operation_id="start_pages_read", responses={200: START_PAGE}, tags=TAGS)
    def get(self, request: Request, page_id: int) -> Response:
        """Read a start page."""
        read_query(request, ())
        return _answer(services.start_page(page_id))

    @extend_schema(
        operation_id="start_pages_change",
        request={"application/json": START_PAGE_PATCH},
        responses={200: START_PAGE},
        tags=TAGS,
    )
    def patch(self, request: Request, page_id: int) -> Response:
        """Change a start page: its settings, or its position among the others."""
        row, unchanged = _found(request, page_id)
        body = read_body(StartPageChanges, request.data)
        sent = body.model_dump(exclude_unset=True)
        position = sent.pop("position", None)
        if sent and position is not None:
            raise Invalid.at("/position", _("Change the position in a request of its own."))
        if position is not None:
            row = services.move_start_page(row, to=position, by=caller(request))
        if sent:
            wanted = services.settings_of(row) | sent
            row = services.change_start_page(row, wanted, unchanged=unchanged, by=caller(request))
        return _answer(row)

    @extend_schema(
        operation_id="start_pages_delete", request=None, responses={204: None}, tags=TAGS
    )
    def delete(self, request: Request, page_id: int) -> Response:
        """Delete a start page."""
        row, unchanged = _found(request, page_id)
        services.delete_start_page(row, unchanged=unchanged, by=caller(request))
        return Response(status=204)
