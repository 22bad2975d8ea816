"""/instances/: created, read, changed, deleted, triggered."""

from typing import ClassVar

from django.db.models import QuerySet
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from kianda.accounts.idempotency import KEY, idempotent, made
from kianda.accounts.permissions import caller
from kianda.lib.api.drf import (
    PAGING,
    check_if_match,
    etag_of,
    force_asked,
    list_parameters,
    list_response,
    read_query,
    tagged,
)
from kianda.lib.api.schemas import page_of
from kianda.lib.api.strict_json import read_body
from kianda.lib.errors import Missing
from processes.api import schemas
from processes.api.record_lists import PARAMETERS, asked_records, asks_for_columns
from processes.api.representations import form_states_json, instance_json, run_json
from processes.api.request_bodies import InstanceChanges, NewInstance, SendBackBody, TriggerBody
from processes.instances import lifecycle
from processes.instances.sending_back import send_back
from processes.lists.records import with_versions
from processes.models import ProcessInstance, Run
from processes.running.runs import enqueue, read_instance, take_up, trigger
from processes.selectors import listed_instances, runs_seen_among
from processes.tasks import send_run

_ORDERING = {"created": "created", "modified": "modified", "process_id": "key"}
_FILTERS = {
    "process": "design__name",
    "process_id": "process_id__iexact",
    "mode": "mode",
    "status": "status",
}


def _rows(request: Request) -> QuerySet[ProcessInstance]:
    return (
        listed_instances(caller(request))
        .select_related("version", "design__draft")
        .defer("version__document", "design__draft__document")
    )


def instance_answer(request: Request, instance: ProcessInstance) -> Response:
    """Return an instance as the answer to what was done with it."""
    return tagged(Response(instance_json(instance, caller(request))), etag(instance))


def answer_again(request: Request, process_id: str) -> Response:
    """Return an instance as it is, for what was done by a process that died before it answered."""
    return instance_answer(request, read_instance(process_id, caller(request))[0])


class Instances(APIView):
    """The process instances."""

    scopes: ClassVar = {"GET": "read", "POST": "run"}

    @extend_schema(
        operation_id="instances_list",
        parameters=list_parameters(
            ordering=_ORDERING, search=True, filters=(*_FILTERS, *PARAMETERS)
        ),
        responses={200: page_of(schemas.INSTANCE)},
        tags=["Instances"],
    )
    def get(self, request: Request) -> Response:
        """List instances, newest first.

        `filter` (`amount:gt:10`, or conditions as JSON), `columns` (names with commas) and an
        `ordering` by a field are of the published process that `process` names.
        """
        if asks_for_columns(request):
            return self._of_one_process(request)
        return list_response(
            request,
            _rows(request),
            to_json=lambda one: instance_json(one, caller(request)),
            default_order=["-pk"],
            ordering=_ORDERING,
            search=("process_id",),
            filters=_FILTERS,
            # Not read here, but whoever misspells one is told its name.
            extra=PARAMETERS,
        )

    def _of_one_process(self, request: Request) -> Response:
        user = caller(request)
        extra = ("ordering", *PARAMETERS)
        read_query(request, {*PAGING, "search", *_FILTERS, *extra})
        rows, order, columns = asked_records(request, user)
        return list_response(
            request,
            with_versions(rows).select_related("design__draft").defer("design__draft__document"),
            to_json=lambda one: instance_json(one, user, columns=columns),
            default_order=order,
            search=("process_id",),
            filters=_FILTERS,
            extra=extra,
        )

    @extend_schema(
        operation_id="instances_create",
        parameters=[KEY],
        request={"application/json": schemas.INSTANCE_IN},
        responses={201: schemas.INSTANCE},
        tags=["Instances"],
    )
    @idempotent
    def post(self, request: Request) -> Response:
        """Create an instance, live or preview; no rule runs."""
        read_query(request, ())
        body = read_body(NewInstance, request.data)
        instance = lifecycle.create_instance(
            process=body.process,
            mode=body.mode,
            data=body.data,
            user=caller(request),
            on_made=lambda one: made(request, one.process_id),
        )
        return self._answer(request, instance)

    def made_again(self, request: Request, process_id: str) -> Response:
        """Answer for an instance that was made by a process which died before it answered."""
        instance, _ = read_instance(process_id, caller(request))
        return self._answer(request, instance)

    def _answer(self, request: Request, instance: ProcessInstance) -> Response:
        response = tagged(
            Response(instance_json(instance, caller(request)), status=201), etag(instance)
        )
        place = f"/api/v1/instances/{instance.process_id}/"
        response["Location"] = request.build_absolute_uri(place)
        return response


class Instance(APIView):
    """One process instance."""

    scopes: ClassVar = {"GET": "read", "PATCH": "run", "DELETE": "run"}

    @extend_schema(
        operation_id="instances_read", responses={200: schemas.INSTANCE}, tags=["Instances"]
    )
    def get(self, request: Request, process_id: str) -> Response:
        """Read an instance; secrets are masked."""
        read_query(request, ())
        instance, _ = read_instance(process_id, caller(request))
        return tagged(Response(instance_json(instance, caller(request))), etag(instance))

    @extend_schema(
        operation_id="instances_change",
        request={"application/json": schemas.PATCH_IN},
        responses={200: schemas.INSTANCE},
        tags=["Instances"],
    )
    def patch(self, request: Request, process_id: str) -> Response:
        """Change values of the revision that was read; 409 for another one."""
        read_query(request, ())
        body = read_body(InstanceChanges, request.data)
        instance, _ = read_instance(process_id, caller(request))
        check_if_match(request, etag(instance))
        changed = lifecycle.patch_instance(
            process_id=process_id, data=body.data, revision=body.revision, user=caller(request)
        )
        return tagged(Response(instance_json(changed, caller(request))), etag(changed))

    @extend_schema(
        operation_id="instances_delete",
        parameters=[OpenApiParameter("force", bool, description="Administrators only.")],
        request=None,
        responses={204: None},
        tags=["Instances"],
    )
    def delete(self, request: Request, process_id: str) -> Response:
        """Delete an instance; its runs stay."""
        force = force_asked(request)
        check_if_match(request, etag(read_instance(process_id, caller(request))[0]))
        lifecycle.delete_instance(
            process_id=process_id,
            user=caller(request),
            force=force,
            unchanged=lambda instance: check_if_match(request, etag(instance)),
        )
        return Response(status=204)


class InstanceForms(APIView):
    """Where the forms of a process instance stand."""

    scopes: ClassVar = {"GET": "read"}

    @extend_schema(
        operation_id="instances_forms",
        responses={200: {"type": "array", "items": schemas.FORM_STATE}},
        tags=["Instances"],
    )
    def get(self, request: Request, process_id: str) -> Response:
        """List the forms in their order: which are open, whose they are, what was sent back."""
        read_query(request, ())
        instance, _ = read_instance(process_id, caller(request))
        return Response(form_states_json(instance, caller(request)))


class SendBack(APIView):
    """A completed form of an instance, sent back to its owners."""

    scopes: ClassVar = {"POST": "run"}

    @extend_schema(
        operation_id="instances_send_back",
        parameters=[KEY],
        request={"application/json": schemas.SEND_BACK_IN},
        responses={200: schemas.INSTANCE},
        tags=["Instances"],
    )
    @idempotent
    def post(self, request: Request, process_id: str) -> Response:
        """Open a completed form again and say why; the forms after it are not started any more."""
        read_query(request, ())
        body = read_body(SendBackBody, request.data)
        check_if_match(request, etag(read_instance(process_id, caller(request))[0]))
        instance = send_back(
            process_id=process_id,
            form=body.form,
            note=body.note,
            revision=body.revision,
            user=caller(request),
            on_done=lambda one: made(request, one.process_id),
        )
        return instance_answer(request, instance)

    def made_again(self, request: Request, process_id: str) -> Response:
        """Answer for what was done by a process which died before it answered."""
        return answer_again(request, process_id)


class Trigger(APIView):
    """A trigger of a target on an instance."""

    scopes: ClassVar = {"POST": "run"}

    @extend_schema(
        operation_id="instances_trigger",
        parameters=[KEY],
        request={"application/json": schemas.TRIGGER_IN},
        responses={200: schemas.RUN, 202: schemas.RUN},
        tags=["Instances"],
    )
    @idempotent
    def post(self, request: Request, process_id: str) -> Response:
        """Run the rules of a target and return the finished run; with `async` 202 at once."""
        read_query(request, ())
        body = read_body(TriggerBody, request.data)
        ask = enqueue if body.later else trigger
        run = ask(
            process_id=process_id,
            target=body.target,
            user=caller(request),
            trigger="api",
            data=body.data,
            revision=body.revision,
            on_start=lambda begun: made(request, str(begun.pk)),
        )
        if body.later:
            send_run(run.pk)
        return Response(run_json(run, caller(request)), status=202 if body.later else 200)

    def made_again(self, request: Request, run_id: str) -> Response | None:
        """Answer for a run whose process died: as its successor has ended it."""
        later = read_body(TriggerBody, request.data).later
        return run_again(request, run_id, later=later)


def run_again(request: Request, run_id: str, *, later: bool = False) -> Response | None:
    """Return the answer for a run whose process died; None while its successor is at work on it."""
    run = runs_seen_among(caller(request), [int(run_id)]).first()
    if run is None:
        raise Missing(_("Run %(run_id)s, which this request began, is gone.") % {"run_id": run_id})
    if take_up(run):
        run.refresh_from_db()
    if run.status == Run.Status.RUNNING and not later:
        return None
    return Response(run_json(run, caller(request)), status=202 if later else 200)


def etag(instance: ProcessInstance) -> str:
    """Return the tag of what an instance is now."""
    draft = instance.design.draft_id if instance.mode == ProcessInstance.Mode.PREVIEW else None
    return etag_of("instance", instance.pk, instance.revision, instance.version_id, draft)
