"""The pages that are shown when something is refused, missing, locked or broken."""

import sys
from http import HTTPStatus
from math import ceil

from axes.helpers import get_cool_off
from django.conf import settings
from django.contrib import messages
from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _

from kianda.lib.api.problems import away, plain_problem, tried_again_later
from kianda.lib.db import outages
from kianda.web.pages import Refused, go, is_htmx, page_before


def locked_out(
    request: HttpRequest, answer: HttpResponse | None, _credentials: object
) -> HttpResponse:
    """Answer a password that was not looked at, after too many wrong ones; axes calls this."""
    if answer is not None and answer.status_code == HTTPStatus.TOO_MANY_REQUESTS:
        # The page has said it beside the box.
        return answer
    return too_many(request, *wait_for_password(request))


def too_many(request: HttpRequest, seconds: int, sentence: str) -> HttpResponse:
    """Answer what came too often with a page that says how long to wait."""
    if _is_api(request):
        response: HttpResponse = plain_problem(request, 429, sentence)
    else:
        response = render(request, "429.html", {"sentence": sentence}, status=429)
    response["Retry-After"] = str(seconds)
    return response


def wait_for_password(request: HttpRequest) -> tuple[int, str]:
    """Return how long this request's password has to wait, and a sentence; 0 when it was read."""
    if not getattr(request, "axes_locked_out", False):
        return 0, ""
    wait: float | None = request.META.get("KIANDA_WAIT_S")
    seconds = ceil(get_cool_off(request).total_seconds() if wait is None else wait)
    minutes = ceil(seconds / 60)
    if minutes > 1:
        said = _("Too many wrong passwords. Wait %(n)s minutes, then try again.") % {"n": minutes}
    else:
        said = _("Too many wrong passwords. Wait %(n)s seconds, then try again.") % {"n": seconds}
    return seconds, said


def say_wait(wait: float) -> tuple[int, str]:
    """Return how long something has to wait that was tried too often, and a sentence."""
    seconds = ceil(wait)
    minutes = ceil(seconds / 60)
    if minutes > 1:
        return seconds, _("Too many attempts. Wait %(n)s minutes, then try again.") % {"n": minutes}
    return seconds, _("Too many attempts. Wait %(n)s seconds, then try again.") % {"n": seconds}


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer what Django itself finds wrong with a request, or what a service has refused."""
    if isinstance(exception, Refused):
        return _error(request, exception.status, str(exception))
    if isinstance(exception, RequestDataTooBig):
        most = settings.DATA_UPLOAD_MAX_MEMORY_SIZE // 1_000_000
        said = _("What you sent is larger than %(most)s MB. Send it as a file or in parts.")
        return _error(request, 413, said % {"most": most})
    return _error(request, 400, _("The request is not valid."))


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer a page that this person may not see; ours say which role it needs."""
    return _error(request, 403, str(exception) or _("You do not have permission for this."))


def csrf_failed(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Answer a form whose token is missing or old.

    Who has signed in again in another tab comes back to the page, with what was typed; a script
    that asks by itself is told. A form has its token last: one that was sent while its page was
    still coming has none, and is not taken, for what had not come yet would be read as removed.
    """
    here = page_before(request)
    old = _("This form is out of date. Reload the page and try again.")
    if not here or not request.user.is_authenticated or _is_api(request):
        return _error(request, 403, old)
    if is_htmx(request):
        answer = go(request, here)
    elif "X-CSRFToken" in request.headers:
        # A script would follow to the page, and take that for the answer to what it has sent.
        answer = HttpResponse(old, status=403, content_type="text/plain; charset=utf-8")
    elif "csrfmiddlewaretoken" not in request.POST:
        said = _("The page was still loading, so nothing was sent. Try again.")
        messages.warning(request, said)
        return go(request, here)
    elif request.path == reverse("sign-in"):
        return go(request, _after_sign_in(request))
    else:
        answer = go(request, f"{here}#nothing-sent")
    answer["X-Nothing-Sent"] = "1"
    return answer


def _after_sign_in(request: HttpRequest) -> str:
    there = request.POST.get("next", "")
    ours = url_has_allowed_host_and_scheme(there, allowed_hosts={request.get_host()})
    return there if ours else reverse("start")


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer an address that leads nowhere, or to something that is gone."""
    detail = exception.args[0] if exception.args else ""
    # Django's own resolver hands over the addresses that it has tried.
    said = detail if isinstance(detail, str) and detail.endswith(".") else ""
    return _error(request, 404, said or _("Page not found."))


def not_allowed(request: HttpRequest, response: HttpResponseNotAllowed) -> HttpResponse:
    """Answer the address of an act that somebody opens: nothing is shown there, only done."""
    answer = _error(request, 405, _("This page cannot be opened directly."))
    answer["Allow"] = response["Allow"]
    return answer


def failed(request: HttpRequest) -> HttpResponse:
    """Answer after an error of ours; no query and no session, they may be what failed.

    Django calls this while it handles the error, which may say that the database is away.
    """
    if outages.noticed(sys.exception()):
        return tried_again_later(_error(request, 503, away()))
    return _error(request, 500, _("Something went wrong on our side."))


def _error(request: HttpRequest, status: int, sentence: str) -> HttpResponse:
    if _is_api(request):
        return plain_problem(request, status, sentence)
    if is_htmx(request):
        # The page stays; it says the sentence beside what was pressed.
        return HttpResponse(sentence, status=status, content_type="text/plain; charset=utf-8")
    template = f"{status}.html" if status in {403, 404, 500, 503} else "400.html"
    context = {
        "sentence": sentence.removesuffix("."),
        "status": status,
        "reference": request.META.get("KIANDA_REQUEST_ID", ""),
        "again": request.get_full_path() if request.method == "GET" else "",
    }
    return HttpResponse(render(None, template, context).content, status=status)


def _is_api(request: HttpRequest) -> bool:
    return request.path.startswith(("/api/", "/hooks/", "/healthz/", "/metrics"))
