"""Which answers are a success, and why one is not, in the words of the person who reads the run."""

from django.utils.translation import gettext as _

from datasources.http.failures import wait_in_words
from datasources.ports import conditions
from datasources.rest.errors import CallFailed
from datasources.rest.oauth_errors import refusal_in_words
from datasources.rest.request import PreparedCall
from datasources.rest.response import CallAnswer


def is_2xx(status: int) -> bool:
    """Tell whether a status is one of success."""
    return 200 <= status < 300


def checked(call: PreparedCall, answer: CallAnswer, *, title: str) -> CallAnswer:
    """Return an answer that is a success, as the method says or by its status; else CallFailed."""
    if call.success_when is None:
        if is_2xx(answer.status):
            return answer
        raise _refused(answer, title)
    known = conditions()
    # Who does not ask for the status takes no error page for a success.
    asked = "response.status" in known.references(call.success_when)
    if not asked and not is_2xx(answer.status):
        raise _refused(answer, title)
    if known.hold(call.success_when, answer, call.names):
        return answer
    if not is_2xx(answer.status):
        raise _refused(answer, title)
    sentence = _(
        "%(title)s answered %(said)s. The condition for success was not met: %(condition)s."
    ) % {
        "title": title,
        "said": _said(answer),
        "condition": known.in_words(call.success_when),
    }
    raise CallFailed("bad_answer", sentence, status=answer.status, answer=answer)


def _said(answer: CallAnswer) -> str:
    said = f"{answer.status} {answer.reason}".strip()
    why = refusal_in_words(answer.body)
    return f"{said}: {why}" if why else said


def _refused(answer: CallAnswer, title: str) -> CallFailed:
    words = _("%(title)s answered %(said)s.") % {"title": title, "said": _said(answer)}
    if wait := wait_in_words(answer.header("Retry-After") or ""):
        words = f"{words} {wait}"
    return CallFailed("http_status", words, status=answer.status, answer=answer)
