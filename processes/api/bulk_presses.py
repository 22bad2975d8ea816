"""/bulk-presses/: a button pressed on many instances, with its progress and its reasons."""

from typing import Any, ClassVar

from django.contrib.auth.models import User
from django.db import transaction
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from kianda.accounts.idempotency import KEY, idempotent_at_once
from kianda.accounts.permissions import caller
from kianda.lib.api.drf import list_parameters, list_response, read_query
from kianda.lib.api.schemas import page_of
from kianda.lib.api.strict_json import read_body
from kianda.lib.errors import Invalid
from kianda.lib.numbers import whole_number
from processes.api import schemas
from processes.api.representations import moment_or_none
from processes.api.request_bodies import NewBulkPress
from processes.bulk.presses import (
    as_seen,
    counts_of,
    create_press,
    delete_press,
    matching_ids,
    presses_of,
    read_press,
    stop_press,
    unseen_in,
)
from processes.language.timestamps import moment_text
from processes.lists.conditions import read_filter
from processes.models import BulkPress, BulkPressRow
from processes.tasks import send_press

_FILTERS = {"process": "process"}
_ROW_FILTERS = {"outcome": "outcome"}


class BulkPresses(APIView):
    """The bulk presses."""

    scopes: ClassVar = {"GET": "read", "POST": "run"}

    @extend_schema(
        operation_id="bulk_presses_list",
        parameters=list_parameters(filters=_FILTERS),
        responses={200: page_of(schemas.BULK_PRESS)},
        tags=["Instances"],
    )
    def get(self, request: Request) -> Response:
        """List your bulk presses, newest first; administrators see all of them."""
        return list_response(
            request, presses_of(caller(request)), to_json=_press_json, default_order=["-pk"],
            filters=_FILTERS,
        )  # fmt: skip

    @extend_schema(
        operation_id="bulk_presses_create",
        parameters=[KEY],
        request={"application/json": schemas.BULK_PRESS_IN},
        responses={202: schemas.BULK_PRESS},
        tags=["Instances"],
    )
    @idempotent_at_once
    def post(self, request: Request) -> Response:
        """Press a button on many instances, one after the other, each in its own run."""
        read_query(request, ())
        body = read_body(NewBulkPress, request.data)
        press = create_press(
            process=body.process, target=body.target, process_ids=_named(body, caller(request)),
            data=body.data, user=caller(request),
        )  # fmt: skip
        transaction.on_commit(lambda: send_press(press.pk))
        answer = Response(_press_json(press), status=202)
        answer["Location"] = request.build_absolute_uri(f"/api/v1/bulk-presses/{press.pk}/")
        return answer


class BulkPressDetail(APIView):
    """One bulk press."""

    scopes: ClassVar = {"GET": "read", "DELETE": "run"}

    @extend_schema(
        operation_id="bulk_presses_read", responses={200: schemas.BULK_PRESS}, tags=["Instances"]
    )
    def get(self, request: Request, press_id: str) -> Response:
        """Read the progress of a bulk press."""
        read_query(request, ())
        return Response(_press_json(read_press(whole_number(press_id), caller(request))))

    @extend_schema(operation_id="bulk_presses_delete", responses={204: None}, tags=["Instances"])
    def delete(self, request: Request, press_id: str) -> Response:
        """Delete the report of a finished bulk press."""
        read_query(request, ())
        delete_press(whole_number(press_id), caller(request))
        return Response(status=204)


class BulkPressRows(APIView):
    """The instances of a bulk press."""

    scopes: ClassVar = {"GET": "read"}

    @extend_schema(
        operation_id="bulk_presses_rows",
        parameters=list_parameters(filters=_ROW_FILTERS),
        responses={200: page_of(schemas.BULK_PRESS_ROW)},
        tags=["Instances"],
    )
    def get(self, request: Request, press_id: str) -> Response:
        """List the instances in the given order, each with its outcome."""
        found = read_press(whole_number(press_id), caller(request))
        unseen = unseen_in(found, caller(request))
        return list_response(
            request, found.rows.all(), to_json=lambda row: _row_json(as_seen(row, unseen)),
            default_order=["pk"], filters=_ROW_FILTERS,
        )  # fmt: skip


class StopBulkPress(APIView):
    """A bulk press, stopped."""

    scopes: ClassVar = {"POST": "run"}

    @extend_schema(
        operation_id="bulk_presses_stop",
        parameters=[KEY],
        request=None,
        responses={200: schemas.BULK_PRESS},
        tags=["Instances"],
    )
    @idempotent_at_once
    def post(self, request: Request, press_id: str) -> Response:
        """Stop a bulk press: waiting instances are skipped, a run in progress will finish."""
        read_query(request, ())
        return Response(_press_json(stop_press(whole_number(press_id), caller(request))))


def _named(body: NewBulkPress, user: User) -> list[str]:
    if body.filter is None:
        return body.process_ids or []
    if body.process_ids is not None:
        raise Invalid.at("/filter", _("Send process_ids or a filter, not both."))
    asked = read_filter(body.filter, at="/filter")
    return matching_ids(process=body.process, filter=asked, user=user)


def _press_json(press: BulkPress) -> dict[str, Any]:
    return {
        "id": str(press.pk),
        "process": press.process,
        "target": press.target,
        "title": press.title,
        "status": press.status,
        "created": moment_text(press.created),
        "created_by": press.user_name,
        "started": moment_or_none(press.started),
        "finished": moment_or_none(press.finished),
        "stopped_by": press.stopped_by or None,
        "total": press.total,
        "counts": counts_of(press),
    }


def _row_json(row: BulkPressRow) -> dict[str, Any]:
    return {
        "process_id": row.process_id,
        "outcome": row.outcome,
        "reason": row.reason,
        "run": str(row.run_id) if row.run_id else None,
    }
