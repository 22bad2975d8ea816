"""The JSON door: scheduled tasks, their occurrences, schedule kinds."""

from typing import Any, ClassVar

from django.db import transaction
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from kianda.accounts.idempotency import KEY, idempotent_at_once
from kianda.accounts.permissions import caller
from kianda.accounts.roles import ADMINISTRATOR, DESIGNER
from kianda.lib.api.drf import (
    check_if_match,
    etag_of,
    list_parameters,
    list_response,
    one_of,
    read_query,
    tagged,
    yes_or_no,
)
from kianda.lib.api.kinds_api import Kinds, described
from kianda.lib.api.schemas import page_of
from kianda.lib.errors import Invalid
from scheduler import listing, services
from scheduler.api import schemas
from scheduler.api.representations import occurrence_json, task_json
from scheduler.models import ScheduledTask
from scheduler.schedules import schedules
from scheduler.selectors import occurrences_of, visible_tasks
from scheduler.tasks import send

KEEPERS = (ADMINISTRATOR, DESIGNER)
OUTCOMES = [outcome for outcome, _title in listing.OUTCOMES]
TAGS = ["Scheduled tasks"]
ORDERING = {
    "name": "name",
    "next_run_at": "next_run_at",
    "last_run_at": "last_run_at",
    "created": "created",
}
FILTERS: dict[str, Any] = {
    "name": "name",
    "process": "process_name",
    "process_id": "process_id__iexact",
    "target": "target",
    "timezone": "time_zone",
    "run_as": "run_as_name",
    "enabled": yes_or_no("enabled"),
    "last_outcome": one_of("last_outcome", OUTCOMES),
}


def _etag(task: ScheduledTask) -> str:
    return etag_of("scheduled task", task.pk, task.revision)


def _answer(task: ScheduledTask, token: str | None = None, *, status: int = 200) -> Response:
    body = task_json(task)
    if token:
        body["hook_url"] = services.hook_url(token)
    return tagged(Response(body, status=status), _etag(task))


def _expected(request: Request, task_id: str) -> int | None:
    """Check If-Match; return the revision that a change must still find."""
    read_query(request, ())
    task = services.get_task(task_id)
    check_if_match(request, _etag(task))
    return task.revision if request.headers.get("If-Match", "*").strip() != "*" else None


def _no_body(request: Request) -> None:
    read_query(request, ())
    if request.data not in ({}, None):
        raise Invalid.at("", _("This takes no body."))


class Tasks(APIView):
    """The scheduled tasks."""

    scopes: ClassVar = {"GET": "read", "POST": "schedule"}
    roles: ClassVar = {"GET": KEEPERS, "POST": KEEPERS}

    @extend_schema(
        operation_id="scheduled_tasks_list",
        parameters=list_parameters(ordering=ORDERING, search=True, filters=FILTERS),
        responses={200: page_of(schemas.TASK)},
        tags=TAGS,
    )
    def get(self, request: Request) -> Response:
        """List scheduled tasks."""
        return list_response(
            request,
            visible_tasks(caller(request)),
            to_json=task_json,
            default_order=["name"],
            ordering=ORDERING,
            search=("name", "process_name", "process_id", "target"),
            filters=FILTERS,
        )

    @extend_schema(
        operation_id="scheduled_tasks_create",
        parameters=[KEY],
        request={"application/json": schemas.TASK_IN},
        responses={201: schemas.TASK},
        tags=TAGS,
    )
    @idempotent_at_once
    def post(self, request: Request) -> Response:
        """Create a scheduled task. For an on-demand one, only this response has the `hook_url`."""
        read_query(request, ())
        task, token = services.create_task(raw=request.data, user=caller(request))
        response = _answer(task, token, status=201)
        response["Location"] = request.build_absolute_uri(f"/api/v1/scheduled-tasks/{task.pk}/")
        return response


class Task(APIView):
    """One scheduled task."""

    scopes: ClassVar = {
        "GET": "read",
        "PUT": "schedule",
        "PATCH": "schedule",
        "DELETE": "schedule",
    }
    roles: ClassVar = dict.fromkeys(("GET", "PUT", "PATCH", "DELETE"), KEEPERS)

    @extend_schema(operation_id="scheduled_tasks_read", responses={200: schemas.TASK}, tags=TAGS)
    def get(self, request: Request, task_id: str) -> Response:
        """Read a scheduled task."""
        read_query(request, ())
        return _answer(services.get_task(task_id))

    @extend_schema(
        operation_id="scheduled_tasks_replace",
        request={"application/json": schemas.TASK_IN},
        responses={200: schemas.TASK},
        tags=TAGS,
    )
    def put(self, request: Request, task_id: str) -> Response:
        """Replace a scheduled task; a changed schedule starts now."""
        return self._change(request, task_id, partial=False)

    @extend_schema(
        operation_id="scheduled_tasks_change",
        request={"application/json": schemas.TASK_PATCH},
        responses={200: schemas.TASK},
        tags=TAGS,
    )
    def patch(self, request: Request, task_id: str) -> Response:
        """Change some keys of a scheduled task."""
        return self._change(request, task_id, partial=True)

    def _change(self, request: Request, task_id: str, *, partial: bool) -> Response:
        revision = _expected(request, task_id)
        task, token = services.change_task(
            task_id=task_id,
            raw=request.data,
            user=caller(request),
            partial=partial,
            revision=revision,
        )
        return _answer(task, token)

    @extend_schema(
        operation_id="scheduled_tasks_delete", request=None, responses={204: None}, tags=TAGS
    )
    def delete(self, request: Request, task_id: str) -> Response:
        """Delete a scheduled task; its runs stay."""
        revision = _expected(request, task_id)
        services.delete_task(task_id=task_id, user=caller(request), revision=revision)
        return Response(status=204)


class Action(APIView):
    """Something done with a scheduled task."""

    scopes: ClassVar = {"POST": "schedule"}
    roles: ClassVar = {"POST": KEEPERS}


class Run(Action):
    """Run now."""

    @extend_schema(
        operation_id="scheduled_tasks_run",
        parameters=[KEY],
        request=None,
        responses={202: schemas.OCCURRENCE},
        tags=TAGS,
    )
    @idempotent_at_once
    def post(self, request: Request, task_id: str) -> Response:
        """Run once now, also if paused or finished. The schedule does not change."""
        _no_body(request)
        occurrence = services.run_now(task_id=task_id, user=caller(request))
        if occurrence.outcome is None:
            # With a key it is stored only when this is answered.
            transaction.on_commit(lambda: send([occurrence.pk]))
        return Response(occurrence_json(occurrence, caller(request)), status=202)


class Pause(Action):
    """Pause."""

    @extend_schema(
        operation_id="scheduled_tasks_pause",
        parameters=[KEY],
        request=None,
        responses={200: schemas.TASK},
        tags=TAGS,
    )
    @idempotent_at_once
    def post(self, request: Request, task_id: str) -> Response:
        """Pause the planned runs."""
        _no_body(request)
        return _answer(services.pause_task(task_id=task_id, user=caller(request)))


class Resume(Action):
    """Resume."""

    @extend_schema(
        operation_id="scheduled_tasks_resume",
        parameters=[KEY],
        request=None,
        responses={200: schemas.TASK},
        tags=TAGS,
    )
    @idempotent_at_once
    def post(self, request: Request, task_id: str) -> Response:
        """Resume from now. The planned runs of the pause become one skipped row."""
        _no_body(request)
        return _answer(services.resume_task(task_id=task_id, user=caller(request)))


class RenewHook(Action):
    """A new hook address."""

    @extend_schema(
        operation_id="scheduled_tasks_renew_hook",
        parameters=[KEY],
        request=None,
        responses={200: schemas.HOOK_URL},
        tags=TAGS,
    )
    @idempotent_at_once
    def post(self, request: Request, task_id: str) -> Response:
        """Replace the hook of an on-demand task; only this response has the new address."""
        _no_body(request)
        task, token = services.renew_hook(task_id=task_id, user=caller(request))
        return tagged(Response({"hook_url": services.hook_url(token)}), _etag(task))


class Occurrences(APIView):
    """The history of a scheduled task."""

    scopes: ClassVar = {"GET": "read"}
    roles: ClassVar = {"GET": KEEPERS}

    @extend_schema(
        operation_id="scheduled_tasks_occurrences",
        parameters=list_parameters(filters=("outcome", "trigger")),
        responses={200: page_of(schemas.OCCURRENCE)},
        tags=TAGS,
    )
    def get(self, request: Request, task_id: str) -> Response:
        """List the occurrences of a task, newest first."""
        return list_response(
            request,
            occurrences_of(services.get_task(task_id)),
            to_json=lambda one: occurrence_json(one, caller(request)),
            default_order=["-planned_at"],
            filters={
                "outcome": one_of("outcome", OUTCOMES),
                "trigger": one_of("trigger", ("planned", "manual", "webhook")),
            },
        )


@described("schedule_kinds")
class ScheduleKinds(Kinds):
    """The kinds of schedules."""

    registry = schedules
