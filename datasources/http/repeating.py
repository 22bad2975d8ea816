"""A call that is made again after a failure of the sort that its method names."""

import time
from collections.abc import Callable
from dataclasses import replace

from django.utils.translation import gettext as _

from datasources.http.failures import seconds_to_wait
from datasources.rest.errors import CallFailed
from datasources.rest.repeating import Retry
from datasources.rest.response import CallAnswer


def repeated(attempt: Callable[[], CallAnswer], retry: Retry, *, ends: float) -> CallAnswer:
    """Make a call until it succeeds, its attempts are used up, or a wait would end too late.

    `ends` is of time.monotonic. What each attempt before came to stands in the answer; a failure
    says it in its sentence.
    """
    before: list[str] = []
    for number in range(1, retry.attempts + 1):
        try:
            answer = attempt()
        except CallFailed as failed:
            before.append(_in_short(number, failed))
            pause = _pause(failed, retry, number)
            if number == retry.attempts or not retry.covers(failed):
                raise _told(failed, before) from failed
            if time.monotonic() + pause >= ends:
                raise _told(failed, before, too_late=pause) from failed
            time.sleep(pause)
        else:
            return replace(answer, attempts=(*before, *answer.attempts)) if before else answer
    raise AssertionError("a call has at least one attempt")


def _pause(failed: CallFailed, retry: Retry, number: int) -> float:
    asked = failed.answer.header("Retry-After") if failed.answer else None
    return max(retry.pause_s(number), seconds_to_wait(asked or "") or 0)


def _in_short(number: int, failed: CallFailed) -> str:
    return _("Attempt %(number)s: %(message)s") % {"number": number, "message": failed.message}


def _told(failed: CallFailed, before: list[str], *, too_late: float | None = None) -> CallFailed:
    """Return the last failure with how many attempts there were."""
    words = failed.message
    if len(before) > 1:
        words = _("%(message)s Gave up after %(count)s attempts.") % {
            "message": words,
            "count": len(before),
        }
    if too_late is not None:
        words = _(
            "%(message)s The next attempt would be in %(seconds)s s, which is too late for "
            "this run."
        ) % {
            "message": words,
            "seconds": f"{too_late:g}",
        }
    answer = failed.answer
    if answer is not None and len(before) > 1:
        answer = replace(answer, attempts=tuple(before[:-1]))
    return CallFailed(failed.kind, words, status=failed.status, answer=answer, place=failed.place)
