"""What the audit log says of sign-ins and second factors: told by signals of those who do them."""

from typing import Any

from allauth.account.internal.flows.login import get_authentication_records
from django.contrib.auth.models import User
from django.http import HttpRequest
from django.utils.translation import gettext

from kianda.accounts.authentication import address_of
from kianda.accounts.services import audit
from kianda.accounts.services.guessing import note_stranger
from kianda.accounts.services.second_factors import told_kind


def entered(*, request: HttpRequest, user: Any, **_: Any) -> None:
    """Write into the audit log that somebody has signed in, how, and from where."""
    ways = [_way(record) for record in get_authentication_records(request, user)]
    detail = gettext("%(ways)s, from %(address)s.") % {
        "ways": " + ".join(dict.fromkeys(ways)) or gettext("Password"),
        "address": address_of(request),
    }
    audit.record(user, action="signed in", kind="user", name=user.get_username(), detail=detail)


def _way(record: dict[str, Any]) -> str:
    if record["method"] == "socialaccount":
        return gettext("Single sign-on")
    if record["method"] != "mfa":
        return gettext("Password")
    return {
        "webauthn": gettext("Passkey"), "totp": gettext("Authenticator app"),
        "recovery_codes": gettext("Recovery code"),
    }[record["type"]]  # fmt: skip


def factor_added(*, user: Any, authenticator: Any, **_: Any) -> None:
    """Write into the audit log that a person has another second factor."""
    _tell_factor(user, "second factor added", authenticator)


def factor_removed(*, user: Any, authenticator: Any, **_: Any) -> None:
    """Write into the audit log that a person has a second factor less."""
    _tell_factor(user, "second factor removed", authenticator)


def codes_made(*, user: Any, **_: Any) -> None:
    """Write into the audit log that a person has other recovery codes."""
    audit.record(user, action="recovery codes made", kind="user", name=user.get_username())


def _tell_factor(user: Any, action: audit.Action, authenticator: Any) -> None:
    name, detail = user.get_username(), told_kind(authenticator)
    audit.record(user, action=action, kind="user", name=name, detail=detail)


def provider_connected(*, sociallogin: Any, **_: Any) -> None:
    """Write into the audit log that a person can sign in by an identity provider."""
    _tell_provider("connected", sociallogin.account)


def provider_disconnected(*, socialaccount: Any, **_: Any) -> None:
    """Write into the audit log that a person can sign in by it no more."""
    _tell_provider("disconnected", socialaccount)


def _tell_provider(action: audit.Action, account: Any) -> None:
    user = account.user
    audit.record(
        user, action=action, kind="user", name=user.get_username(), detail=account.provider
    )


def left(*, user: Any, **_: Any) -> None:
    """Write into the audit log that somebody has signed out."""
    if user is not None:
        audit.record(user, action="signed out", kind="user", name=user.get_username())


def refused(*, credentials: dict[str, Any], request: HttpRequest | None = None, **_: Any) -> None:
    """Write into the audit log that a password was looked at and was wrong.

    What nobody is called may be a password, typed into the wrong box: then only that somebody tried
    is told, once an hour for an address.
    """
    if request is None or getattr(request, "axes_locked_out", False):
        return
    user = User.objects.filter(username=str(credentials.get("username", ""))).first()
    address = address_of(request)
    if user is None:
        note_stranger(address)
        return
    said = gettext("From %(address)s.") % {"address": address}
    if not user.is_active:
        said = f"{gettext('The user is deactivated.')} {said}"
    name = user.get_username()
    audit.record(None, action="wrong password", kind="user", name=name, detail=said)
