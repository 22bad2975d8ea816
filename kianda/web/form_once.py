"""One effect for one form: a form sent twice leads both times to what the first sending did.

A form carries a token, `{% once %}`. The first request with it claims a row; a second one waits for
the first to say where it led. A form that was refused may be sent again: its row is dropped.
"""

import re
import time
import uuid
from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate, ParamSpec, TypeAlias, cast

from django.contrib import messages
from django.db import IntegrityError, transaction
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.utils import timezone
from django.utils.translation import gettext as _

from kianda.accounts.models import IdempotencyRecord
from kianda.web.pages import go

P = ParamSpec("P")
View: TypeAlias = Callable[Concatenate[HttpRequest, P], HttpResponseBase]

_TOKEN = re.compile(r"[0-9a-f]{32}\Z")
_RECORD = "_kianda_once"
WAIT_S = 8.0
_LOOK_EVERY_S = 0.05


def new_token() -> str:
    """Return a token for one form."""
    return uuid.uuid4().hex


def once(view: View[P]) -> View[P]:
    """Carry out a POST with a form's token only once; a repetition leads where the first led."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
        token = request.POST.get("once", "") if request.method == "POST" else ""
        if not _TOKEN.match(token) or not request.user.is_authenticated:
            return view(request, *args, **kwargs)
        record = _claim(request, token)
        if record is None:
            return _as_before(request, token)
        setattr(request, _RECORD, record)
        try:
            return _recorded(request, record, view(request, *args, **kwargs))
        except BaseException:
            _forget(record)
            raise

    return cast(View[P], guarded)


def leads_to(request: HttpRequest, url: str) -> None:
    """Say early where this form leads, so that a repetition need not wait for its end."""
    record: IdempotencyRecord | None = getattr(request, _RECORD, None)
    if record is not None:
        record.status, record.headers = 303, {"Location": url}
        record.save(update_fields=["status", "headers"])


def _claim(request: HttpRequest, token: str) -> IdempotencyRecord | None:
    user: Any = request.user
    try:
        with transaction.atomic():
            return IdempotencyRecord.objects.create(
                user=user, key=f"form:{token}", request_digest="form", created=timezone.now()
            )
    except IntegrityError:
        return None


def _recorded(
    request: HttpRequest, record: IdempotencyRecord, response: HttpResponseBase
) -> HttpResponseBase:
    where = response.headers.get("HX-Redirect") or response.headers.get("Location")
    if where:
        leads_to(request, where)
    elif record.status is None:
        record.delete()
    return response


def _forget(record: IdempotencyRecord) -> None:
    if record.status is None:
        record.delete()


def _as_before(request: HttpRequest, token: str) -> HttpResponse:
    user: Any = request.user
    give_up = time.monotonic() + WAIT_S
    while True:
        first = IdempotencyRecord.objects.filter(user=user, key=f"form:{token}").first()
        if first is not None and first.status is not None:
            return go(request, first.headers["Location"])
        if first is None or time.monotonic() >= give_up:
            messages.info(request, _("This was sent twice. Check here what the first one did."))
            return go(request, request.path)
        time.sleep(_LOOK_EVERY_S)
