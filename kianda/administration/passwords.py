"""Pages that ask for a password, and the one behind an invitation or a password link."""

from http import HTTPStatus
from typing import Any, ClassVar

from django.contrib.auth import authenticate
from django.contrib.auth.forms import PasswordChangeForm
from django.contrib.auth.views import PasswordResetConfirmView
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.urls import reverse_lazy
from django.views.generic.edit import FormMixin

from kianda.accounts.authentication import address_of
from kianda.accounts.services import audit
from kianda.accounts.services.guessing import right_password
from kianda.web.error_pages import wait_for_password


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


class SaysWhenToWait(FormMixin):  # type: ignore[type-arg]  # generic for mypy alone
    """A page that looks at a present password, and says when it has been wrong too often."""

    wait_beside: ClassVar[str]
    request: HttpRequest

    def form_invalid(self, form: Any) -> HttpResponse:
        """Say beside the box how long to wait."""
        seconds, said = wait_for_password(self.request)
        if not seconds:
            return super().form_invalid(form)
        form.errors.clear()
        form.add_error(self.wait_beside, said)
        answer = super().form_invalid(form)
        answer.status_code = HTTPStatus.TOO_MANY_REQUESTS
        answer["Retry-After"] = str(seconds)
        return answer


class PresentPasswordForm(PasswordChangeForm):
    """Changes a password; the old one is looked at as at a sign-in, and counted so."""

    def __init__(self, *args: Any, request: HttpRequest, **kwargs: Any) -> None:
        """Take the request, whose address the tries are counted by."""
        self.request = request
        super().__init__(*args, **kwargs)

    def clean_old_password(self) -> str:
        """Refuse a wrong one, and any after too many wrong ones."""
        old, name = str(self.cleaned_data["old_password"]), self.user.get_username()
        if authenticate(self.request, username=name, password=old) is None:
            raise ValidationError(
                self.error_messages["password_incorrect"], code="password_incorrect"
            )
        right_password(address=address_of(self.request), account=name)
        return old


class SetPassword(AsksForPassword, PasswordResetConfirmView):
    """Sets a password by a link that works once; every other session of the person ends."""

    template_name = "registration/set_password.html"
    success_url = reverse_lazy("sign-in")

    def form_valid(self, form: Any) -> HttpResponse:
        """Store the password, and that it was set."""
        answer = super().form_valid(form)
        audit.record(form.user, action="set a password", kind="user", name=form.user.username)
        return answer
