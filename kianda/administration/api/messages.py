"""/messages/: what is sent by mail, and what became of it; /mail-settings/: by which account."""

from typing import Any, ClassVar

from drf_spectacular.utils import OpenApiParameter, extend_schema
from pydantic import StrictStr
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from kianda.accounts.idempotency import KEY, idempotent_at_once
from kianda.accounts.permissions import caller
from kianda.accounts.roles import ADMINISTRATOR
from kianda.lib.api.drf import list_parameters, list_response, read_query
from kianda.lib.api.schemas import (
    COUNT,
    MAYBE_MOMENT,
    MAYBE_TEXT,
    MOMENT,
    TEXT,
    Schema,
    page_of,
    shape,
)
from kianda.lib.api.strict_json import Body, read_body
from kianda.mail import access, accounts, outbox
from kianda.mail.models import MailMessage, MailRecipient, MailState, MailTry

ADMIN = (ADMINISTRATOR,)
TAGS = ["Messages"]
FILTERS: dict[str, Any] = {
    "state": outbox.in_state,
    "process_id": "process_id",
    "search": outbox.searched,
}
_STATE: Schema = {"type": "string", "enum": list(MailState.values)}
RECIPIENT = shape({
    "address": TEXT, "name": TEXT, "kind": {"type": "string", "enum": ["to", "cc", "bcc"]},
    "state": _STATE, "tries": COUNT, "words": TEXT | {"description": "What the server said."},
    "at": MAYBE_MOMENT,
})  # fmt: skip
MESSAGE = shape({
    "id": TEXT, "state": _STATE, "subject": TEXT,
    "private": {"type": "boolean", "description": "It carries a personal link."},
    "recipients": {"type": "array", "items": RECIPIENT},
    "account": TEXT | {"description": "The mail account; empty: the workspace's."},
    "process_id": TEXT, "run": MAYBE_TEXT, "tries": COUNT, "planned_at": MOMENT,
    "due_at": MAYBE_MOMENT, "finished_at": MAYBE_MOMENT,
})  # fmt: skip
_ANSWER = shape({"address": TEXT, "state": TEXT, "words": TEXT}, required=["address"])
TRY = shape({
    "at": MOMENT, "server": TEXT, "by": MAYBE_TEXT,
    "outcome": TEXT | {"description": "A state, `sent_again` or `marked_done`."},
    "answers": {"type": "array", "items": _ANSWER},
})  # fmt: skip
ONE_MESSAGE = shape({
    **MESSAGE["properties"],
    "text": MAYBE_TEXT | {
        "description": "Without personal links; null when nothing is shown of it."
    },
    "attachments": {
        "type": "array", "items": TEXT, "description": "The names of the files that go with it.",
    },
    "attempts": {"type": "array", "items": TRY},
})  # fmt: skip
RESEND = shape(
    {
        "to": {
            "type": "array", "items": TEXT,
            "description": "The recipients. If omitted: those who have not got it.",
        }
    },
    required=[],
)  # fmt: skip
SETTINGS = shape({
    "account": TEXT | {"description": "A datasource of the kind email; empty: none."},
    "by_environment": {"type": "boolean", "description": "KIANDA_SMTP_URL is set, and wins."},
})  # fmt: skip
SETTINGS_IN = shape({"account": TEXT})


class Resend(Body):
    """What is sent to send a message again."""

    to: list[StrictStr] | None = None


class AccountChoice(Body):
    """What is sent to choose the workspace's account."""

    account: StrictStr


def message_json(row: MailMessage) -> dict[str, Any]:
    """Return a message as lists show one."""
    return {
        "id": str(row.pk),
        "state": row.state,
        "subject": row.shown_subject,
        "private": row.private,
        "recipients": [_recipient_json(one) for one in row.recipients.all()],
        "account": row.account,
        "process_id": row.process_id,
        "run": None if row.run is None else str(row.run),
        "tries": row.tries,
        "planned_at": row.planned_at,
        "due_at": row.due_at,
        "finished_at": row.finished_at,
    }


def whole_json(row: MailMessage) -> dict[str, Any]:
    """Return a message with what it says and what happened to it."""
    attempts = row.attempts.select_related("by")
    return {
        **message_json(row),
        "text": outbox.shown_text(row),
        "attachments": outbox.attachments_of(row),
        "attempts": [_try_json(one) for one in attempts],
    }


def _recipient_json(row: MailRecipient) -> dict[str, Any]:
    return {
        "address": row.address,
        "name": row.name,
        "kind": row.kind,
        "state": row.state,
        "tries": row.tries,
        "words": row.words,
        "at": row.at,
    }


def _try_json(row: MailTry) -> dict[str, Any]:
    by = row.by.get_username() if row.by else None
    return {
        "at": row.at,
        "server": row.server,
        "by": by,
        "outcome": row.outcome,
        "answers": row.answers,
    }


class Messages(APIView):
    """The messages."""

    scopes: ClassVar = {"GET": "admin"}
    roles: ClassVar = {"GET": ()}

    @extend_schema(
        operation_id="messages_list",
        parameters=[
            *list_parameters(ordering=(), search=False, filters={"process_id": ""}),
            OpenApiParameter("state", enum=list(MailState.values)),
            OpenApiParameter("search", description="Address, name, Process ID or subject."),
        ],
        responses={200: page_of(MESSAGE)},
        tags=TAGS,
    )
    def get(self, request: Request) -> Response:
        """List messages, the newest first: all, or what the processes that you manage send."""
        return list_response(
            request,
            access.visible_messages(caller(request)),
            to_json=message_json,
            default_order=["-pk"],
            filters=FILTERS,
        )


class OneMessage(APIView):
    """One message."""

    scopes: ClassVar = {"GET": "admin"}
    roles: ClassVar = {"GET": ()}

    @extend_schema(operation_id="messages_read", responses={200: ONE_MESSAGE}, tags=TAGS)
    def get(self, request: Request, message_id: int) -> Response:
        """Read a message: each recipient, each attempt, and what the server said."""
        read_query(request, ())
        return _answer(access.get_message(message_id, caller(request)))


class MessageResend(APIView):
    """A message once more."""

    scopes: ClassVar = {"POST": "admin"}
    roles: ClassVar = {"POST": ()}

    @extend_schema(
        operation_id="messages_resend",
        parameters=[KEY],
        request={"application/json": RESEND},
        responses={200: ONE_MESSAGE},
        tags=TAGS,
    )
    @idempotent_at_once
    def post(self, request: Request, message_id: int) -> Response:
        """Send it again, to those who have not got it; as an Administrator, to others too."""
        read_query(request, ())
        to = read_body(Resend, request.data).to
        return _answer(outbox.send_again(message_id, to=to, user=caller(request)))


class MessageDone(APIView):
    """A message that nobody need look at any more."""

    scopes: ClassVar = {"POST": "admin"}
    roles: ClassVar = {"POST": ()}

    @extend_schema(
        operation_id="messages_done",
        parameters=[KEY],
        request=None,
        responses={200: ONE_MESSAGE},
        tags=TAGS,
    )
    @idempotent_at_once
    def post(self, request: Request, message_id: int) -> Response:
        """Mark it as done: what is waiting is not sent."""
        read_query(request, ())
        return _answer(outbox.mark_done(message_id, user=caller(request)))


class MailSettings(APIView):
    """By which account the workspace's mails leave."""

    scopes: ClassVar = {"GET": "admin", "PUT": "admin"}
    roles: ClassVar = {"GET": ADMIN, "PUT": ADMIN}

    @extend_schema(operation_id="mail_settings_read", responses={200: SETTINGS}, tags=TAGS)
    def get(self, request: Request) -> Response:
        """Read the workspace's mail account."""
        read_query(request, ())
        return _settings()

    @extend_schema(
        operation_id="mail_settings_replace",
        request={"application/json": SETTINGS_IN},
        responses={200: SETTINGS},
        tags=TAGS,
    )
    def put(self, request: Request) -> Response:
        """Choose the workspace's mail account, a datasource of the kind email, or none."""
        read_query(request, ())
        accounts.choose_account(
            read_body(AccountChoice, request.data).account, user=caller(request)
        )
        return _settings()


def _answer(row: MailMessage) -> Response:
    return Response(whole_json(row), headers={"Cache-Control": "no-store"})


def _settings() -> Response:
    by_environment = accounts.operators_account() is not None
    return Response({"account": accounts.chosen_account(), "by_environment": by_environment})
