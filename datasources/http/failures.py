"""What went wrong on the wire, in the words of the person who reads the run."""

import http.client
import re
import ssl
import zlib
from collections.abc import Iterator
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import urllib3
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from datasources.http.sockets import Limits
from datasources.rest.errors import CallFailed, FailureKind

_SECONDS = re.compile("[0-9]{1,9}")
# Looked up in this order among all that an exception wraps.
SENTENCES: tuple[tuple[tuple[type[BaseException], ...], FailureKind, str], ...] = (
    ((ssl.SSLError,), "tls", gettext_noop("{title} has no valid TLS connection: {tls}.")),
    (
        (zlib.error,),
        "bad_answer",
        gettext_noop("{title} sent a compressed response that cannot be unpacked."),
    ),
    (
        (http.client.RemoteDisconnected,),
        "connection",
        gettext_noop("{title} closed the connection without a response."),
    ),
    (
        (http.client.IncompleteRead, urllib3.exceptions.IncompleteRead),
        "connection",
        gettext_noop("{title} closed the connection in the middle of its response."),
    ),
    (
        (http.client.HTTPException, ValueError),
        "bad_answer",
        gettext_noop("{title} did not send valid HTTP."),
    ),
)

# What a server says to a client certificate.
ASKED_FOR = {
    "TLSV13_ALERT_CERTIFICATE_REQUIRED": gettext_noop(
        "it asks for a client certificate; enter one under Certificates"
    ),
    "TLSV1_ALERT_UNKNOWN_CA": gettext_noop(
        "it does not know the authority of the client certificate"
    ),
}


def failure_of(
    error: Exception, *, title: str, limits: Limits, budget_s: int, status: int | None
) -> CallFailed:
    """Return the failure that an exception of sockets, urllib3 or requests stands for.

    Where any of the request may have left, its sentence says that it may have been carried out.
    """
    kind, words = _told(error, title=title, over=limits.over, budget_s=budget_s)
    if limits.sent:
        words = _("%(sentence)s The request may have been processed.") % {"sentence": words}
    return CallFailed(kind, words, status=status, may_have_acted=limits.sent)


def _told(error: Exception, *, title: str, over: bool, budget_s: int) -> tuple[FailureKind, str]:
    if isinstance(error, CallFailed):
        return error.kind, _named(error, title)
    causes = list(_causes(error))
    if over or any(isinstance(cause, TimeoutError) for cause in causes):
        sentence = _("%(title)s did not answer within %(seconds)s s.")
        return "timeout", sentence % {"title": title, "seconds": budget_s}
    for types, kind, template in SENTENCES:
        for cause in causes:
            if isinstance(cause, types):
                return kind, _(template).format(title=title, tls=_tls(cause))
    sentence = _("The connection to %(title)s broke: %(reason)s.")
    return "connection", sentence % {"title": title, "reason": _reason(causes)}


def _named(failure: CallFailed, title: str) -> str:
    """Put the name of the outside system before what a socket said."""
    if failure.kind in ("too_large", "value"):
        return failure.message
    return _("%(title)s cannot be reached: %(message)s") % {
        "title": title,
        "message": failure.message,
    }


def _causes(error: BaseException) -> Iterator[BaseException]:
    """Yield an exception and all that it wraps, outermost first."""
    waiting, seen = [error], set[int]()
    while waiting:
        found = waiting.pop(0)
        if id(found) in seen:
            continue
        seen.add(id(found))
        yield found
        inner = [*found.args, getattr(found, "reason", None), found.__cause__, found.__context__]
        waiting += [item for item in inner if isinstance(item, BaseException)]


def _tls(error: BaseException) -> str:
    if isinstance(error, ssl.SSLCertVerificationError):
        return str(error.verify_message).rstrip(".")
    reason = getattr(error, "reason", None)
    if reason in ASKED_FOR:
        return _(ASKED_FOR[reason])
    return reason.replace("_", " ").lower() if isinstance(reason, str) else _("it was interrupted")


def _reason(causes: list[BaseException]) -> str:
    for cause in causes:
        if isinstance(cause, OSError) and cause.strerror:
            return cause.strerror.lower()
    return _("no reason is known")


def wait_in_words(retry_after: str) -> str:
    """Return the wait that an answer asks for, seconds or a moment; nothing for anything else."""
    wait = retry_after.strip()
    if _SECONDS.fullmatch(wait):
        return _("It asks to wait %(seconds)s s before the next call.") % {"seconds": int(wait)}
    moment = _moment(wait)
    if moment is None:
        return ""
    return _("It asks to wait until %(moment)s before the next call.") % {
        "moment": f"{moment:%Y-%m-%dT%H:%M:%SZ}"
    }


def seconds_to_wait(retry_after: str) -> float | None:
    """Return how long an answer asks to wait, never less than nothing; None when it does not."""
    wait = retry_after.strip()
    if _SECONDS.fullmatch(wait):
        return float(wait)
    moment = _moment(wait)
    return None if moment is None else max(0, (moment - datetime.now(UTC)).total_seconds())


def _moment(text: str) -> datetime | None:
    try:
        at = parsedate_to_datetime(text)
        return (at if at.tzinfo else at.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None
