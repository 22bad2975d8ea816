"""Codes of an authenticator app, as the app of a person shows them."""

from typing import Any

from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal import auth as totp
from allauth.mfa.utils import decrypt
from django.test import Client

from kianda.accounts import factor_secrets
from tests.factories import PASSWORD

SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"


def code_of(secret: str = SECRET, *, later: int = 0) -> str:
    """Return the code of this moment, or of so many steps later."""
    *_, now, _next = totp.yield_hotp_counters_from_time()
    return str(totp.format_hotp_value(totp.hotp_value(secret, now + later)))


def with_app(user: Any) -> Any:
    """Give a person an authenticator app and recovery codes; return the person."""
    totp.TOTP.activate(user, SECRET)
    RecoveryCodes.activate(user)
    return user


def recovery_codes(user: Any) -> list[str]:
    """Return the recovery codes of a person that were not used yet."""
    row = Authenticator.objects.get(user=user, type="recovery_codes")
    codes: list[str] = row.wrap().get_unused_codes()
    return codes


def stored_secret(user: Any) -> tuple[str, str]:
    """Return what the database holds of the app's secret, and what it means."""
    row = Authenticator.objects.get(user=user, type="totp")
    return factor_secrets.stored(row)["secret"], decrypt(row.data["secret"])


def enter_password(user: Any, **more: Any) -> Client:
    """Return a client that has gone as far as the password."""
    client = Client(**more)
    answer = client.post("/sign-in/", {"username": user.username, "password": PASSWORD})
    assert answer.status_code == 302
    return client
