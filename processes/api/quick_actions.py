"""/instances/{process_id}/: quick actions; forms given to others, opened again, pressed."""

from typing import ClassVar

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from kianda.accounts.idempotency import KEY, idempotent, made
from kianda.accounts.permissions import caller
from kianda.lib.api.drf import check_if_match, read_query
from kianda.lib.api.strict_json import read_body
from processes.api import schemas
from processes.api.instances import answer_again, etag, instance_answer, run_again
from processes.api.representations import run_json
from processes.api.request_bodies import EditAgainBody, PressBody, ReassignBody
from processes.engine.instance_state import CURRENT
from processes.forms.own_records import quick_acts
from processes.instances.claim import read_instance
from processes.instances.form_states import form_states
from processes.instances.quick_actions import edit_again, quick_action, reassign
from processes.rights.instance_rights import InstanceRights
from processes.running.runs import trigger


def _begun(request: Request, process_id: str) -> None:
    read_query(request, ())
    check_if_match(request, etag(read_instance(process_id, caller(request))[0]))


class Reassign(APIView):
    """An open form of an instance, given to other people."""

    scopes: ClassVar = {"POST": "run"}

    @extend_schema(
        operation_id="instances_reassign",
        parameters=[KEY],
        request={"application/json": schemas.REASSIGN_IN},
        responses={200: schemas.INSTANCE},
        tags=["Instances"],
    )
    @idempotent
    def post(self, request: Request, process_id: str, form: str) -> Response:
        """Assign an open form to these people and groups in place of its owners."""
        body = read_body(ReassignBody, request.data)
        _begun(request, process_id)
        instance = reassign(
            process_id=process_id, form=form, users=body.users, groups=body.groups,
            note=body.note, revision=body.revision, user=caller(request),
            on_done=lambda one: made(request, one.process_id),
        )  # fmt: skip
        return instance_answer(request, instance)

    def made_again(self, request: Request, process_id: str) -> Response:
        """Answer for what was done by a process which died before it answered."""
        return answer_again(request, process_id)


class InstanceActions(APIView):
    """What can be done with an instance now, without opening it."""

    scopes: ClassVar = {"GET": "read"}

    @extend_schema(
        operation_id="instances_actions",
        responses={200: {"type": "array", "items": schemas.QUICK_ACTION}},
        tags=["Instances"],
    )
    def get(self, request: Request, process_id: str) -> Response:
        """List the buttons of open forms that you can press at once, and the text each needs."""
        read_query(request, ())
        user = caller(request)
        instance, document = read_instance(process_id, user)
        forms = [one for one in form_states(instance, document) if one.status == CURRENT]
        found = quick_acts(InstanceRights(user, instance, document), forms)
        base = f"/api/v1/instances/{instance.process_id}/forms/"
        return Response([
            {
                "form": one.form, "button": one.name, "title": one.title, "icon": one.icon,
                "ask": one.asks, "required": one.required,
                "url": f"{base}{one.form}/actions/{one.name}/",
            }
            for one in found
        ])  # fmt: skip


class Press(APIView):
    """A button of a form, pressed as a quick action."""

    scopes: ClassVar = {"POST": "run"}

    @extend_schema(
        operation_id="instances_quick_action",
        parameters=[KEY],
        request={"application/json": schemas.PRESS_IN},
        responses={200: schemas.RUN},
        tags=["Instances"],
    )
    @idempotent
    def post(self, request: Request, process_id: str, form: str, button: str) -> Response:
        """Run the rules of a quick button or a button in the menu of a form, and return the run."""
        body = read_body(PressBody, request.data)
        _begun(request, process_id)
        user = caller(request)
        instance, document = read_instance(process_id, user)
        found = quick_action(InstanceRights(user, instance, document), form, button)
        run = trigger(
            process_id=instance.process_id, target=button, user=user, trigger="api",
            data=body.data, revision=body.revision, from_menu=found.from_menu,
            on_start=lambda begun: made(request, str(begun.pk)),
        )  # fmt: skip
        return Response(run_json(run, user))

    def made_again(self, request: Request, run_id: str) -> Response | None:
        """Answer for a run whose process died: as its successor has ended it."""
        return run_again(request, run_id)


class EditAgain(APIView):
    """A completed form of an instance, opened once more."""

    scopes: ClassVar = {"POST": "run"}

    @extend_schema(
        operation_id="instances_edit_again",
        parameters=[KEY],
        request={"application/json": schemas.EDIT_AGAIN_IN},
        responses={200: schemas.INSTANCE},
        tags=["Instances"],
    )
    @idempotent
    def post(self, request: Request, process_id: str, form: str) -> Response:
        """Open a completed form for its owners again; the forms after it stay as they are."""
        body = read_body(EditAgainBody, request.data)
        _begun(request, process_id)
        instance = edit_again(
            process_id=process_id, form=form, revision=body.revision, user=caller(request),
            on_done=lambda one: made(request, one.process_id),
        )  # fmt: skip
        return instance_answer(request, instance)

    def made_again(self, request: Request, process_id: str) -> Response:
        """Answer for what was done by a process which died before it answered."""
        return answer_again(request, process_id)
