"""The forms of second factors: a code is counted, works once, and its secret is never in clear."""

import struct
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from allauth.core import context
from allauth.core.internal.cryptokit import compare_user_code
from allauth.mfa.base.forms import AuthenticateForm, ReauthenticateForm
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal import auth as totp
from allauth.mfa.webauthn.forms import (
    AddWebAuthnForm,
    AuthenticateWebAuthnForm,
    LoginWebAuthnForm,
    ReauthenticateWebAuthnForm,
)
from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from kianda.accounts.authentication import address_of
from kianda.accounts.services import audit
from kianda.accounts.services.guessing import SECOND_FACTOR, begin_try, right_try
from kianda.accounts.services.second_factors import WRONG_CODE, spend_code
from kianda.lib.errors import TooMany
from kianda.lib.secrets import decrypt, encrypt
from kianda.web.error_pages import say_wait

_SECRET = "kianda_totp"  # noqa: S105  # a name
_CODE: Any = {
    "autocomplete": "one-time-code", "inputmode": "numeric", "autofocus": True,
    "autocapitalize": "none", "spellcheck": "false",
}  # fmt: skip


def code_box(label: Any) -> Any:
    """Return the box for a code."""
    return forms.CharField(label=label, max_length=40, widget=forms.TextInput(attrs=_CODE))


class _CountedCode(forms.Form):
    """Looks at a code of an app, or at a recovery code, and counts what is wrong."""

    user: Any
    authenticator: Authenticator
    # Seconds to wait, when the code was not looked at.
    wait_s = 0

    def clean_code(self) -> str:
        """Return the code where it is right, and was never used."""
        name, address = self.user.get_username(), address_of(context.request)
        try:
            begin_try(address=address, account=name, what=SECOND_FACTOR)
        except TooMany as error:
            self.wait_s, said = say_wait(error.extra["retry_after"])
            raise ValidationError(said) from error
        try:
            code = str(super().clean_code())  # type: ignore[misc]
        except ValidationError:
            audit.record(
                None, action="wrong code", kind="user", name=name,
                detail=_("From %(address)s.") % {"address": address},
            )  # fmt: skip
            raise
        if self.authenticator.type == Authenticator.Type.TOTP:
            self._spend(code)
        right_try(address=address, account=name, what=SECOND_FACTOR)
        return code

    def _spend(self, code: str) -> None:
        if not spend_code(self.user, self.authenticator, code):
            raise ValidationError(_("This code was already used. Wait for the next one."))


class SecondFactorForm(_CountedCode, AuthenticateForm):
    """Asks for a code at the sign-in."""

    code = code_box(_("Code"))


class CodeAgainForm(_CountedCode, ReauthenticateForm):
    """Asks for a code once more, before what protects an account is changed."""

    code = code_box(_("Code"))


class AppForm(forms.Form):
    """Sets up an authenticator app: a first code shows that it has the secret.

    Until then the secret is in the session, encrypted.
    """

    code = code_box(_("Code that the app shows"))

    def __init__(self, *args: Any, user: Any, **kwargs: Any) -> None:
        """Make a secret for a new form, and take that of the form that is sent."""
        super().__init__(*args, **kwargs)
        self.user, session = user, context.request.session
        if not self.is_bound or _SECRET not in session:
            session[_SECRET] = encrypt(totp.generate_totp_secret(), purpose=_SECRET)
        self.secret = str(decrypt(session[_SECRET], purpose=_SECRET, also_unbound=True))

    def clean_code(self) -> str:
        """Refuse a code that this secret does not make."""
        code = str(self.cleaned_data["code"])
        steps = totp.yield_hotp_counters_from_time()
        right = (totp.format_hotp_value(totp.hotp_value(self.secret, step)) for step in steps)
        if not any(compare_user_code(actual=code, expected=one) for one in right):
            raise ValidationError(WRONG_CODE)
        return code

    def forget_secret(self) -> None:
        """Drop the secret from the session, once it is stored."""
        context.request.session.pop(_SECRET, None)


@contextmanager
def _refused_if_unreadable() -> Iterator[None]:
    """Refuse what no browser sends; the library meets some of it with errors of Python's own."""
    try:
        yield
    except (KeyError, IndexError, TypeError, ValueError, AttributeError, struct.error) as error:
        raise ValidationError(_("The passkey was not accepted. Try another one.")) from error


class _ReadPasskey(forms.Form):
    def clean_credential(self) -> Authenticator:
        """Return which passkey was used."""
        with _refused_if_unreadable():
            found: Authenticator = super().clean_credential()  # type: ignore[misc]
        return found


class PasskeyStepForm(_ReadPasskey, AuthenticateWebAuthnForm):
    """Takes a passkey as the second factor."""


class PasskeyAgainForm(_ReadPasskey, ReauthenticateWebAuthnForm):
    """Takes a passkey before what protects an account is changed."""


class PasskeySignInForm(_ReadPasskey, LoginWebAuthnForm):
    """Takes a passkey in the place of user name and password."""


class PasskeyForm(AddWebAuthnForm):
    """Adds a passkey. It can be used instead of the password too: it always asks who it is."""

    name = forms.CharField(
        label=_("Name"), max_length=100, required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off", "autofocus": True}),
        help_text=_("Helps you recognise your passkeys, such as Work laptop."),
    )  # fmt: skip

    def clean(self) -> dict[str, Any]:
        """Refuse what is no passkey, or not the answer to what was asked."""
        with _refused_if_unreadable():
            cleaned: dict[str, Any] = super().clean()
        return cleaned

    def clean_passwordless(self) -> bool:
        """Ask for every passkey that it knows its person."""
        return True
