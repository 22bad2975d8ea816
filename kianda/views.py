"""The pages that belong to no app: signing in and out, errors."""

from typing import Any

from axes.helpers import get_cool_off
from django.contrib.auth.views import LoginView, LogoutView, PasswordChangeView
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse_lazy

from kianda.lib.problems import plain_problem


class SignIn(LoginView):
    """Asks for user name and password."""

    template_name = "registration/sign_in.html"
    redirect_authenticated_user = True


class SignOut(LogoutView):
    """Ends the session; only by POST, so that no foreign page can do it."""

    http_method_names = ["post", "options"]


class ChangePassword(PasswordChangeView):
    """Lets the signed-in person choose another password."""

    template_name = "registration/change_password.html"
    success_url = reverse_lazy("start")


def locked_out(request: HttpRequest, *_: Any) -> HttpResponse:
    """Answer a sign-in after too many wrong passwords; axes calls this."""
    pause = get_cool_off(request)
    seconds = int(pause.total_seconds())
    sentence = f"Too many wrong passwords. Wait {seconds // 60} minutes, then try again."
    if _is_api(request):
        response: HttpResponse = plain_problem(request, 429, sentence)
    else:
        response = render(request, "429.html", {"sentence": sentence}, status=429)
    response["Retry-After"] = str(seconds)
    return response


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer what Django itself finds wrong with a request."""
    return _error(request, 400, "The request cannot be read.")


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer a page that this person may not see."""
    return _error(request, 403, "You are not allowed to see this.")


def csrf_failed(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Answer a form whose token is missing or old."""
    return _error(request, 403, "This form is out of date. Open the page again and repeat it.")


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer an address that leads nowhere."""
    return _error(request, 404, "There is nothing at this address.")


def failed(request: HttpRequest) -> HttpResponse:
    """Answer after an error of ours; no query and no session, they may be what failed."""
    return _error(request, 500, "Something went wrong on our side.")


def _error(request: HttpRequest, status: int, sentence: str) -> HttpResponse:
    if _is_api(request):
        return plain_problem(request, status, sentence)
    template = f"{status}.html" if status in {403, 404, 500} else "400.html"
    context = {"sentence": sentence, "reference": request.META.get("KIANDA_REQUEST_ID", "")}
    return HttpResponse(render(None, template, context).content, status=status)


def _is_api(request: HttpRequest) -> bool:
    return request.path.startswith(("/api/", "/hooks/", "/healthz/", "/metrics"))
