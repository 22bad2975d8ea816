"""Signing in and out, and changing one's own password."""

from typing import Any

from django.conf import settings
from django.contrib.auth.views import LoginView, LogoutView, PasswordChangeView
from django.http import HttpResponse
from django.urls import reverse_lazy
from django.utils.translation import gettext as _

from kianda.accounts.services import audit
from kianda.administration.passwords import AsksForPassword, PresentPasswordForm, SaysWhenToWait
from kianda.web.pages import toast


class SignIn(SaysWhenToWait, LoginView):
    """Asks for user name and password."""

    wait_beside = "password"
    template_name = "registration/sign_in.html"
    redirect_authenticated_user = True

    def get_context_data(self, **more: Any) -> dict[str, Any]:
        """Tell whether a session has ended, and where a demo's password is found."""
        return super().get_context_data(
            **more, expired="expired" in self.request.GET, is_demo=settings.KIANDA_DEMO
        )


class SignOut(LogoutView):
    """Ends the session; only by POST, so that no foreign page can do it."""

    http_method_names = ["post", "options"]


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
        audit.record(person, action="changed the password", kind="user", name=person.username)
        toast(self.request, _("Your password is changed. Other sessions of yours have ended."))
        return answer
