"""The page behind an invitation or a password link: the person sets a password."""

from typing import Any

from django.contrib.auth.views import PasswordResetConfirmView
from django.http import HttpResponse
from django.urls import reverse_lazy
from django.views.generic.edit import FormMixin

from kianda.accounts.services import audit


class AsksForPassword(FormMixin):  # type: ignore[type-arg]  # generic for mypy alone
    """A page of Django's that asks for a new password, told of as every form of ours."""

    def get_context_data(self, **more: Any) -> dict[str, Any]:
        """Put the focus on the first box that is wrong, else on the first."""
        context = super().get_context_data(**more)
        form = context["form"]
        if form is not None:
            names = list(form.fields)
            first = next((name for name in names if name in form.errors), names[0])
            for name, box in form.fields.items():
                box.widget.attrs["autofocus"] = name == first
        return context

    def form_invalid(self, form: Any) -> HttpResponse:
        """Say what is wrong, as bad input."""
        answer = super().form_invalid(form)
        answer.status_code = 422
        return answer


class SetPassword(AsksForPassword, PasswordResetConfirmView):
    """Sets a password by a link that works once; every other session of the person ends."""

    template_name = "registration/set_password.html"
    success_url = reverse_lazy("sign-in")

    def form_valid(self, form: Any) -> HttpResponse:
        """Store the password, and that it was set."""
        answer = super().form_valid(form)
        audit.record(form.user, action="set a password", kind="user", name=form.user.username)
        return answer
