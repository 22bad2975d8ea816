"""Pages that ask for a password, and the one behind an invitation or a password link."""

from http import HTTPStatus
from typing import Any, ClassVar

from allauth.account.forms import ReauthenticateForm
from allauth.core import context
from django import forms
from django.contrib.auth import authenticate
from django.contrib.auth.forms import AuthenticationForm, PasswordChangeForm
from django.contrib.auth.models import User
from django.contrib.auth.views import INTERNAL_RESET_SESSION_TOKEN, PasswordResetConfirmView
from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.generic.edit import FormMixin

from kianda.accounts.authentication import address_of
from kianda.accounts.services.addresses import account_named
from kianda.accounts.services.guessing import right_try
from kianda.accounts.services.password_links import link_holds, use_link
from kianda.accounts.services.second_factors import must_use_provider
from kianda.web.error_pages import wait_for_password
from kianda.web.pages import toast


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
        right_try(address=address_of(self.request), account=name)
        return old


class SignInForm(AuthenticationForm):
    """Asks for user name or address, and password."""

    remember: Any = forms.BooleanField(required=False)

    def clean_username(self) -> str:
        """Return the user name; who types an address means the account that has it."""
        return account_named(str(self.cleaned_data["username"]))

    def has_to_use_provider(self) -> bool:
        """Tell whether the password was right, and the person has to use single sign-on."""
        return self.has_error(NON_FIELD_ERRORS, code="single_sign_on")

    def confirm_login_allowed(self, user: Any) -> None:
        """Refuse who has to use single sign-on, once the password was right."""
        super().confirm_login_allowed(user)
        if must_use_provider(user):
            sentence = _("Sign in with single sign-on. Passwords are for administrators.")
            raise ValidationError(sentence, code="single_sign_on")


class PasswordAgainForm(ReauthenticateForm):
    """Asks for the present password; it is looked at as at a sign-in, and counted so."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Say what the box is for."""
        super().__init__(*args, **kwargs)
        self.fields["password"] = forms.CharField(
            label=_("Password"),
            widget=forms.PasswordInput(
                attrs={"autocomplete": "current-password", "autofocus": True}
            ),
        )

    def clean_password(self) -> str:
        """Refuse a wrong one, and any after too many wrong ones."""
        password, name = str(self.cleaned_data["password"]), self.user.get_username()
        if authenticate(context.request, username=name, password=password) is None:
            raise ValidationError(_("Wrong password. Check it and try again."))
        right_try(address=address_of(context.request), account=name)
        return password


class ForgottenForm(forms.Form):
    """Asks who has forgotten a password."""

    username: Any = forms.CharField(
        label=_("User name or email"), max_length=254,
        widget=forms.TextInput(
            attrs={"autocomplete": "username", "autocapitalize": "none", "autofocus": True}
        ),
    )  # fmt: skip


class _AnyLink:
    """Asks the service whether a link holds, as Django's page asks a generator of links."""

    def check_token(self, user: User | None, token: str | None) -> bool:
        return user is not None and bool(token) and link_holds(user, str(token))


class SetPassword(AsksForPassword, PasswordResetConfirmView):
    """Sets a password by a link that works once; every other session of the person ends."""

    template_name = "registration/set_password.html"
    token_generator = _AnyLink()

    def get_success_url(self) -> str:
        """Lead to the sign-in page, which shows that it is done."""
        return reverse("sign-in", query={"done": "1"})

    def form_valid(self, form: Any) -> HttpResponse:
        """Store the password where the link still holds."""
        token = str(self.request.session.pop(INTERNAL_RESET_SESSION_TOKEN, ""))

        def store(user: User) -> None:
            form.user = user
            form.save()

        if use_link(form.user, token, set_password=store):
            toast(self.request, gettext("Password set. You can sign in now."))
            return HttpResponseRedirect(self.get_success_url())
        self.validlink = False
        return self.render_to_response(self.get_context_data())
