"""/views/: the views of records that a person has saved, and those shared with them."""

from collections.abc import Callable
from typing import Any, ClassVar

from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from pydantic import Field, StrictInt, StrictStr
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from kianda.accounts.idempotency import KEY, idempotent_at_once
from kianda.accounts.permissions import caller
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
from kianda.lib.api.strict_json import Body, read_body
from kianda.lib.errors import Invalid, Missing
from kianda.lib.numbers import whole_number
from processes.api import schemas
from processes.language.timestamps import moment_text
from processes.lists.saved_views import (
    SavedViewSettings,
    change_view,
    create_view,
    delete_view,
    read_view,
    settings_of,
)
from processes.models import SavedView
from processes.rights.querysets import visible_views

_FILTERS = {"process": "design__name", "owner": "owner__username", "name": "name"}
TAGS = ["Views"]


class SavedViewBody(SavedViewSettings, Body):
    """POST /views/ and PUT /views/{id}/: what GET gives can be sent again."""

    process: StrictStr
    # Of one's own alone; it is there because GET gives it.
    owner: StrictStr | None = None
    position: StrictInt | None = Field(default=None, ge=1, le=1000)
    id: Any = None
    meta: Any = None

    @property
    def settings(self) -> SavedViewSettings:
        """Return what is a view's own."""
        own = set(SavedViewSettings.model_fields)
        return SavedViewSettings.model_validate(self.model_dump(mode="json", include=own))


class SavedViews(APIView):
    """The saved views of records."""

    scopes: ClassVar = {"GET": "read", "POST": "run"}

    @extend_schema(
        operation_id="views_list",
        parameters=list_parameters(filters=_FILTERS),
        responses={200: page_of(schemas.SAVED_VIEW)},
        tags=TAGS,
    )
    def get(self, request: Request) -> Response:
        """List your views and those shared with you, by process and position."""
        rows = visible_views(caller(request)).select_related("design", "owner")
        return list_response(
            request, rows.prefetch_related("readers"), to_json=_view_json,
            default_order=["design__name", "owner__username", "position"], filters=_FILTERS,
        )  # fmt: skip

    @extend_schema(
        operation_id="views_create",
        parameters=[KEY],
        request={"application/json": schemas.SAVED_VIEW_IN},
        responses={201: schemas.SAVED_VIEW},
        tags=TAGS,
    )
    @idempotent_at_once
    def post(self, request: Request) -> Response:
        """Save a view for yourself; with `see` it is shared."""
        read_query(request, ())
        body = _read_body(request)
        if body.owner not in {None, caller(request).get_username()}:
            raise Invalid.at("/owner", _("You can save views only for yourself."))
        try:
            saved = create_view(
                process=body.process, settings=body.settings, user=caller(request),
                position=body.position,
            )  # fmt: skip
        except Missing as missing:
            raise Invalid.at("/process", missing.detail) from missing
        answer = _answer(saved, status=201)
        answer["Location"] = request.build_absolute_uri(f"/api/v1/views/{saved.pk}/")
        return answer


class SavedViewDetail(APIView):
    """One saved view."""

    scopes: ClassVar = {"GET": "read", "PUT": "run", "DELETE": "run"}

    @extend_schema(operation_id="views_read", responses={200: schemas.SAVED_VIEW}, tags=TAGS)
    def get(self, request: Request, view_id: str) -> Response:
        """Read a view that you have."""
        read_query(request, ())
        return _answer(read_view(whole_number(view_id), caller(request)))

    @extend_schema(
        operation_id="views_replace",
        request={"application/json": schemas.SAVED_VIEW_IN},
        responses={200: schemas.SAVED_VIEW},
        tags=TAGS,
    )
    def put(self, request: Request, view_id: str) -> Response:
        """Replace the settings of an own view; its process and its owner stay."""
        saved, unchanged = _met(request, view_id)
        body = _read_body(request)
        for key, now in (("process", saved.design.name), ("owner", saved.owner.get_username())):
            if getattr(body, key) not in {None, now}:
                raise Invalid.at(f"/{key}", _("This cannot be changed."))
        changed = change_view(
            saved.pk, settings=body.settings, user=caller(request), position=body.position,
            unchanged=unchanged,
        )  # fmt: skip
        return _answer(changed)

    @extend_schema(operation_id="views_delete", responses={204: None}, tags=TAGS)
    def delete(self, request: Request, view_id: str) -> Response:
        """Delete an own view; who manages the process also one that is shared with them."""
        saved, unchanged = _met(request, view_id)
        delete_view(saved.pk, user=caller(request), unchanged=unchanged)
        return Response(status=204)


def _read_body(request: Request) -> SavedViewBody:
    return read_body(SavedViewBody, request.data)


def _met(request: Request, view_id: str) -> tuple[SavedView, Callable[[Any], None]]:
    """Return a view as If-Match names it, and the check that it still is so."""
    read_query(request, ())
    saved = read_view(whole_number(view_id), caller(request))
    check_if_match(request, _etag(saved))
    if request.headers.get("If-Match", "*").strip() == "*":
        return saved, lambda _now: None
    return saved, unchanged_since(request, _etag(saved), _etag)


def _etag(saved: SavedView) -> str:
    return etag_of("view", saved.pk, saved.revision)


def _answer(saved: SavedView, *, status: int = 200) -> Response:
    return tagged(Response(_view_json(saved), status=status), _etag(saved))


def _view_json(saved: SavedView) -> dict[str, Any]:
    return {
        "id": str(saved.pk),
        "process": saved.design.name,
        "owner": saved.owner.get_username(),
        **settings_of(saved).model_dump(mode="json"),
        "position": saved.position,
        "meta": {"created": moment_text(saved.created), "modified": moment_text(saved.modified)},
    }
