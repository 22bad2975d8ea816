"""Signing in and out, and changing one's own password."""

from typing import Any

from django.conf import settings
from django.contrib.auth.views import LoginView, LogoutView, PasswordChangeView
from django.http import HttpResponse
from django.urls import reverse_lazy
from django.utils.translation import gettext as _

from kianda.accounts.services import audit
from kianda.administration.passwords import AsksForPassword
from kianda.web.pages import toast


class SignIn(LoginView):
    """Asks for user name and password."""

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


class ChangePassword(AsksForPassword, PasswordChangeView):
    """Lets the signed-in person choose another password; their other sessions end."""

    template_name = "registration/change_password.html"
    success_url = reverse_lazy("start")

    def form_valid(self, form: Any) -> HttpResponse:
        """Store the password, and that it was changed."""
        answer = super().form_valid(form)
        person = form.user
        audit.record(person, action="changed the password", kind="user", name=person.username)
        toast(self.request, _("Your password is changed. Other sessions of yours have ended."))
        return answer
