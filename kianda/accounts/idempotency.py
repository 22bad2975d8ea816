"""Idempotency-Key: a repeated request gets the first answer again (contract 5).

What a request makes is tied to its key in the very commit that makes it: by the view, or by keeping
the answer there. So when the process dies before it has answered, its key still leads to what was
made, and leads to nothing when nothing was.
"""

import functools
import hashlib
import json
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, TypeVar, cast

from django.db import IntegrityError, transaction
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter
from rest_framework.request import Request
from rest_framework.response import Response

from kianda.accounts.models import IdempotencyRecord
from kianda.lib.api.problems import PROBLEM_TYPE, problem_body
from kianda.lib.api.strict_json import ExactJSONRenderer
from kianda.lib.errors import Conflict, Invalid
from kianda.lib.process_names import gone, new_name
from kianda.lib.secrets import seal

KEPT = timedelta(hours=24)
# On this machine a process that is gone is known; elsewhere a request that has made nothing by then
# was lost with its process. One that is merely slow finds its key gone when it comes to make
# something, and makes nothing.
LONGEST_WITHOUT_EFFECT = timedelta(seconds=60)
# These say "not now": the same request, sent again with its key, may succeed.
TRY_AGAIN = frozenset({409, 429})
KEPT_HEADERS = ("Location", "ETag")

View = TypeVar("View", bound=Callable[..., Response])
# Takes the record of a key, a view and what answers; returns the answer, which it has kept.
Keep = Callable[[IdempotencyRecord, Any, Request, Callable[[], Response]], Response]

KEY = OpenApiParameter(
    "Idempotency-Key", str, OpenApiParameter.HEADER, description="The same key, the same response."
)


def idempotent(method: View) -> View:
    """Make a DRF view's method obey the request's Idempotency-Key, if it has one.

    For what waits for runs, or is one. The view calls `made`, and says by `made_again(request,
    what)` how it answers for what a lost process has made: None means that it is still at work on
    that.
    """

    def kept(
        record: IdempotencyRecord, view: Any, request: Request, answer: Callable[[], Response]
    ) -> Response:
        request._request.idempotency = record  # type: ignore[attr-defined]
        return _keep(record, _handled(view, answer))

    return _keyed(method, kept)


def idempotent_at_once(method: View) -> View:
    """Make a DRF view's method obey the request's Idempotency-Key, if it has one.

    For what is done at once and waits for nobody: with a key all of it, and the answer, is one
    transaction. What is sent to workers must wait for its end (`transaction.on_commit`).
    """

    def kept(
        record: IdempotencyRecord, view: Any, request: Request, answer: Callable[[], Response]
    ) -> Response:
        def whole() -> Response:
            with transaction.atomic():
                return _keep(record, answer(), or_raise=True)

        response = _handled(view, whole)
        # A refusal has taken all back, and is an answer too.
        return response if response.status_code < 400 else _keep(record, response)

    return _keyed(method, kept)


def _keyed(method: View, keep: Keep) -> View:
    @functools.wraps(method)
    def keyed(self: Any, request: Request, *args: Any, **kwargs: Any) -> Response:
        key = request.headers.get("Idempotency-Key")
        if key is None:
            return method(self, request, *args, **kwargs)
        record, fresh = _claim(request, _checked(key))
        if not fresh:
            return _again(self, request, record)
        try:
            return keep(record, self, request, lambda: method(self, request, *args, **kwargs))
        except BaseException:
            _let_go(record)
            raise

    return cast(View, keyed)


def made(request: Request, what: str) -> None:
    """Tie what a request makes to its key, inside the transaction that makes it.

    Raises Conflict when the key was taken from the request, which must make nothing then.
    """
    record: IdempotencyRecord | None = getattr(request._request, "idempotency", None)
    if record is None:
        return
    if not IdempotencyRecord.objects.filter(pk=record.pk, status=None).update(made=what):
        raise _taken()


def _taken() -> Conflict:
    return Conflict(
        _(
            "This request waited too long. A repetition with the same Idempotency-Key has "
            "replaced it."
        )
    )


def forget_answer(record: IdempotencyRecord) -> None:
    """Say to a repetition that the first answer is lost; the request is not carried out again."""
    detail = _("The request was carried out, but its response can no longer be read.")
    body = problem_body(409, detail, title=_("Cannot be read"))
    IdempotencyRecord.objects.filter(pk=record.pk).update(
        body=seal(record, "body", body), headers={"Content-Type": PROBLEM_TYPE}, status=409
    )


def prune(moment: datetime) -> int:
    """Forget the answers older than 24 hours; return how many."""
    return IdempotencyRecord.objects.filter(created__lt=moment - KEPT).delete()[0]


def _checked(key: str) -> str:
    if not 1 <= len(key) <= 255 or not key.isascii() or not key.isprintable():
        raise Invalid.at(
            "/Idempotency-Key",
            _("The Idempotency-Key must have 1 to 255 printable ASCII characters."),
        )
    return key


def _claim(request: Request, key: str) -> tuple[IdempotencyRecord, bool]:
    """Insert the record, or return the one that is there; the unique constraint decides."""
    digest, now = _digest(request), timezone.now()
    user: Any = request.user
    mine = IdempotencyRecord.objects.filter(user=user, key=key)
    mine.filter(created__lt=now - KEPT).delete()
    _forget_lost(mine.filter(status=None, made=""), now)
    try:
        with transaction.atomic():
            record = IdempotencyRecord.objects.create(
                user=user, key=key, request_digest=digest, created=now, holder=new_name()
            )
            return record, True
    except IntegrityError:
        found = mine.first()
    if found is None:
        raise Conflict(
            _("A request with this Idempotency-Key has just finished. Send yours again.")
        )
    if found.request_digest != digest:
        raise Invalid.at(
            "/Idempotency-Key",
            _("This Idempotency-Key was used for a different request. Use a new key."),
        )
    return found, False


def _forget_lost(without_effect: QuerySet[IdempotencyRecord], now: datetime) -> None:
    """Free the keys of requests that were lost with their process before they made anything."""
    # One of the future is from before the clock was put back, so its age tells nothing.
    old = Q(created__lt=now - LONGEST_WITHOUT_EFFECT) | Q(created__gt=now + LONGEST_WITHOUT_EFFECT)
    dead = Q(holder__in=gone(without_effect.values_list("holder", flat=True)))
    without_effect.filter(old | dead).delete()


def _digest(request: Request) -> str:
    parts = [request.method, request.get_full_path(), request.data]
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()


def _again(view: Any, request: Request, record: IdempotencyRecord) -> Response:
    if record.status is None:
        response = view.made_again(request, record.made) if record.made else None
        if response is None:
            raise Conflict(_("The first request with this Idempotency-Key is still running."))
        _keep(record, response)
    else:
        kept = dict(record.headers)
        response = Response(
            record.body, status=record.status, content_type=kept.pop("Content-Type", None)
        )
        for name, value in kept.items():
            response[name] = value
    response["Idempotency-Replayed"] = "true"
    return cast(Response, response)


def _handled(view: Any, answer: Callable[[], Response]) -> Response:
    try:
        return answer()
    except Exception as error:  # noqa: BLE001 - the view's own handler turns it into an answer
        return cast(Response, view.handle_exception(error))


def _let_go(record: IdempotencyRecord) -> None:
    """Free the key of a request that failed; one that has made something leads to that for good."""
    IdempotencyRecord.objects.filter(pk=record.pk, made="").delete()


def _keep(record: IdempotencyRecord, response: Response, *, or_raise: bool = False) -> Response:
    if response.status_code >= 500 or response.status_code in TRY_AGAIN:
        _let_go(record)
        return response
    headers = {name: response[name] for name in KEPT_HEADERS if name in response}
    if response.content_type:
        headers["Content-Type"] = response.content_type
    open_still = IdempotencyRecord.objects.filter(pk=record.pk)
    kept = (open_still.filter(status=None) if or_raise else open_still).update(
        # As it goes out, so that a repetition is the same to the letter.
        body=seal(record, "body", json.loads(ExactJSONRenderer().render(response.data) or b"null")),
        headers=headers,
        status=response.status_code,
    )
    if or_raise and not kept:
        raise _taken()
    return response
