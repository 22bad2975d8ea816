"""Signing in and out, a forgotten password, and changing one's own."""

from typing import Any

from allauth.account.internal.flows.login import perform_password_login
from allauth.account.models import Login
from allauth.account.views import ReauthenticateView
from django.conf import settings
from django.contrib.auth import logout
from django.contrib.auth.forms import AuthenticationForm
from django.contrib.auth.views import LoginView, LogoutView, PasswordChangeView
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.urls import reverse, reverse_lazy
from django.utils.http import url_has_allowed_host_and_scheme, urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.generic.edit import FormView

from kianda.accounts.authentication import address_of
from kianda.accounts.services import audit
from kianda.accounts.services.addresses import account_named
from kianda.accounts.services.guessing import RESET_MAIL, begin_try
from kianda.accounts.services.identity_providers import providers
from kianda.accounts.services.password_links import RESET_MINUTES, send_reset
from kianda.accounts.services.second_factors import policy
from kianda.accounts.services.sessions import forget_sessions, note_session
from kianda.administration.passwords import (
    AsksForPassword,
    ForgottenForm,
    PasswordAgainForm,
    PresentPasswordForm,
    SaysWhenToWait,
    SignInForm,
)
from kianda.administration.sso import single_sign_on
from kianda.lib.errors import TooMany
from kianda.web.error_pages import say_wait, too_many
from kianda.web.pages import go, page, toast

# Who asks for it stays signed in so long; else a session ends after 12 idle hours.
REMEMBERED_DAYS = 14
# Why somebody was sent back to the sign-in page.
REFUSED = {
    **single_sign_on.REFUSED,
    "passkey": gettext_lazy("The passkey was not accepted. Try another one, or your password."),
}


class SignIn(SaysWhenToWait, LoginView):
    """Asks for user name and password."""

    wait_beside = "password"
    template_name = "registration/sign_in.html"
    redirect_authenticated_user = True
    authentication_form = SignInForm

    def get_context_data(self, **more: Any) -> dict[str, Any]:
        """Tell whether a session has ended, and where a demo's password is found."""
        return super().get_context_data(
            **more, expired="expired" in self.request.GET, done="done" in self.request.GET,
            is_demo=settings.KIANDA_DEMO,
            days=REMEMBERED_DAYS, refused=REFUSED.get(self.request.GET.get("refused", "")),
            providers=list(providers(active=True)),
            only_providers=policy().only_single_sign_on and "password" not in self.request.GET,
        )  # fmt: skip

    def form_valid(self, form: AuthenticationForm) -> HttpResponse:
        """Go on with what follows the password; the last step of it signs the person in."""
        user = form.get_user()
        # Said anew each time: somebody before may have got no further than the second factor.
        remember = form.cleaned_data["remember"]
        self.request.session.set_expiry(REMEMBERED_DAYS * 24 * 3600 if remember else None)
        login = Login(user=user, redirect_url=self.get_success_url())
        credentials = {"username": user.get_username()}
        answer: HttpResponse = perform_password_login(self.request, credentials, login)
        return answer


class SignOut(LogoutView):
    """Ends the session; only by POST, so that no foreign page can do it."""

    http_method_names = ["post", "options"]


class PasswordAgain(SaysWhenToWait, AsksForPassword, ReauthenticateView):
    """Asks for the password once more before what protects an account is changed."""

    wait_beside = "password"
    template_name = "registration/password_again.html"

    def get_form_class(self) -> type[PasswordAgainForm]:
        """Return the form that counts what is wrong."""
        return PasswordAgainForm

    def get_context_data(self, **more: Any) -> dict[str, Any]:
        """Tell where to go on."""
        return super().get_context_data(**more, next=self.get_next_url() or "")


@page(roles=(), methods=("GET", "POST"))
def sign_in_again(request: HttpRequest) -> HttpResponseBase:
    """Ask who signs in by an identity provider alone to do it again, and lead back."""
    there = request.GET.get("next", "")
    if not url_has_allowed_host_and_scheme(there, allowed_hosts={request.get_host()}):
        there = reverse("security")
    if request.method == "POST":
        logout(request)
        return go(request, f"{reverse('sign-in')}?{urlencode({'next': there})}")
    return render(request, "registration/sign_in_again.html", {"next": there})


class Forgotten(FormView):  # type: ignore[type-arg]  # generic for mypy alone
    """Mails a link by which a forgotten password is set anew; never says for whom there is one."""

    template_name = "registration/forgotten.html"
    form_class = ForgottenForm

    def form_valid(self, form: ForgottenForm) -> HttpResponse:
        """Send the mail, unless too many were asked for; then only an address is told to wait."""
        typed = form.cleaned_data["username"]
        try:
            begin_try(
                address=address_of(self.request), account=account_named(typed.strip()),
                what=RESET_MAIL,
            )  # fmt: skip
        except TooMany as error:
            if not error.extra["of_account"]:
                return too_many(self.request, *say_wait(error.extra["retry_after"]))
        else:
            send_reset(typed)
        context = {"typed": typed, "minutes": RESET_MINUTES}
        return render(self.request, "registration/link_sent.html", context)

    def form_invalid(self, form: ForgottenForm) -> HttpResponse:
        """Say what is wrong, as bad input."""
        answer = super().form_invalid(form)
        answer.status_code = 422
        return answer


class ChangePassword(SaysWhenToWait, AsksForPassword, PasswordChangeView):
    """Lets the signed-in person choose another password; their other sessions end."""

    wait_beside = "old_password"
    form_class = PresentPasswordForm
    template_name = "registration/change_password.html"
    success_url = reverse_lazy("start")

    def get_form_kwargs(self) -> dict[str, Any]:
        """Give the form the request."""
        return {**super().get_form_kwargs(), "request": self.request}

    def form_valid(self, form: Any) -> HttpResponse:
        """Store the password, and that it was changed."""
        answer = super().form_valid(form)
        person = form.user
        # The session has another key now: it is the only one left.
        forget_sessions(person, but=str(self.request.session.session_key))
        note_session(self.request, person)
        audit.record(person, action="changed the password", kind="user", name=person.username)
        toast(self.request, _("Password changed. Your other sessions have ended."))
        return answer
