"""The page behind an invitation or a password link: the person sets a password."""

from typing import Any

from django.contrib.auth.views import PasswordResetConfirmView
from django.http import HttpResponse
from django.urls import reverse_lazy

from kianda.accounts import audit


class SetPassword(PasswordResetConfirmView):
    """Sets a password by a link that works once; every other session of the person ends."""

    template_name = "registration/set_password.html"
    success_url = reverse_lazy("sign-in")

    def get_context_data(self, **more: Any) -> dict[str, Any]:
        """Put the focus on the first box that is wrong, else on the first."""
        context = super().get_context_data(**more)
        form = context["form"]
        if form is not None:
            first = next((name for name in form.fields if name in form.errors), "new_password1")
            form.fields[first].widget.attrs["autofocus"] = True
        return context

    def form_valid(self, form: Any) -> HttpResponse:
        """Store the password, and that it was set."""
        answer = super().form_valid(form)
        audit.record(form.user, action="set a password", kind="user", name=form.user.username)
        return answer
