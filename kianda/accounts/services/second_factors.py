"""Second factors: who needs one, who has one, codes that work once, and how one is reset.

django-allauth keeps them (`Authenticator`): an authenticator app, passkeys, recovery codes. Their
secrets are encrypted as all others are. What is counted, and that a code works once, is in rows
here: allauth counts in a cache, which the processes of one installation do not share.
"""

from collections.abc import Iterable, Iterator
from typing import Any, Final

from allauth.core.internal.cryptokit import compare_user_code
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import (
    format_hotp_value,
    hotp_value,
    yield_hotp_counters_from_time,
)
from allauth.mfa.utils import decrypt
from django.contrib.auth.models import User
from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, gettext_noop

from kianda.accounts.factor_secrets import is_lost, stored, unguessable
from kianda.accounts.models import SignInPolicy
from kianda.accounts.roles import ADMINISTRATOR, ROLES, has_role, role_titles, roles_of
from kianda.accounts.services import audit
from kianda.accounts.services.account_mails import send_account_changed
from kianda.accounts.services.sessions import forget_sessions
from kianda.lib.errors import Conflict, Invalid

# Recovery codes alone are no second factor: they are the way back for who has lost it.
FACTORS: Final = (Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN)
KINDS: Final = {
    "totp": gettext_noop("Authenticator app"),
    "webauthn": gettext_noop("Passkey"),
    "recovery_codes": gettext_noop("Recovery codes"),
}
# The usual reason of a wrong code is that the phone's clock is.
WRONG_CODE: Final = gettext_lazy(
    "Wrong code. Check it and try again. For codes from an app, your phone must set its time "
    "automatically."
)
# With so many recovery codes left, or fewer, their person is warned.
FEW_CODES: Final = 3
_LAST_STEP = "last_step"


def policy() -> SignInPolicy:
    """Return how people of this workspace sign in."""
    return SignInPolicy.objects.filter(pk=1).first() or SignInPolicy(pk=1)


def require_for(roles: Iterable[str], *, by: User | None) -> None:
    """Let the people of some roles need a second factor; of no other ones."""
    wanted = [role for role in ROLES if role in set(roles)]
    unknown = sorted(set(roles) - set(ROLES))
    if unknown:
        raise Invalid.at(
            "/second_factor_roles", _("No role named %(role)s.") % {"role": unknown[0][:40]}
        )
    with transaction.atomic():
        before = policy().second_factor_roles
        if before == wanted:
            return
        SignInPolicy.objects.update_or_create(pk=1, defaults={"second_factor_roles": wanted})
        detail = _("Second factor required for: %(roles)s") % {
            "roles": ", ".join(role_titles(wanted)) or _("no one")
        }
        audit.record(by, action="changed", kind="sign-in", name=_("Second factor"), detail=detail)


def needs_second_factor(user: User) -> bool:
    """Tell whether a role of the person asks for a second factor."""
    wanted: list[str] = policy().second_factor_roles
    return bool(wanted) and not roles_of(user).isdisjoint(wanted)


def must_use_provider(user: User) -> bool:
    """Tell whether a person may sign in by an identity provider alone."""
    return policy().only_single_sign_on and not has_role(user, ADMINISTRATOR)


def has_second_factor(user: User) -> bool:
    """Tell whether the person has set up an authenticator app or a passkey."""
    return bool(Authenticator.objects.filter(user=user, type__in=FACTORS).exists())


def those_with_one(users: Iterable[User]) -> set[int]:
    """Return the keys of those among some people who have a second factor."""
    rows = Authenticator.objects.filter(user__in=users, type__in=FACTORS)
    return set(rows.values_list("user_id", flat=True))


def check_removal(authenticator: Authenticator) -> None:
    """Raise Conflict where this is the last second factor of a person who needs one."""
    others = Authenticator.objects.filter(user=authenticator.user, type__in=FACTORS)
    if needs_second_factor(authenticator.user) and not (
        others.exclude(pk=authenticator.pk).exists()
    ):
        raise Conflict(
            _("Your role requires a second factor. Add another one before you remove this one.")
        )


def spend_code(user: User, authenticator: Authenticator, code: str) -> bool:
    """Note that a code of an authenticator app was used; tell whether it was for the first time.

    A code holds for a step of thirty seconds. Once one was used, neither it nor an older one works.
    """
    with transaction.atomic():
        row = Authenticator.objects.select_for_update().get(pk=authenticator.pk)
        steps = _steps_of(row, code)
        last = row.data.get(_LAST_STEP, -1)
        step = max(steps, default=-1)
        if step <= last:
            return False
        row.data[_LAST_STEP] = step
        row.save(update_fields=["data"])
        authenticator.data = row.data
    return True


def _steps_of(row: Authenticator, code: str) -> Iterator[int]:
    """Yield the steps of time for which a code is right."""
    secret = decrypt(row.data["secret"])
    for step in yield_hotp_counters_from_time():
        if compare_user_code(actual=code, expected=format_hotp_value(hotp_value(secret, step))):
            yield step


def codes_left(user: User) -> int:
    """Return how many recovery codes of a person were not used yet."""
    row = Authenticator.objects.filter(user=user, type=Authenticator.Type.RECOVERY_CODES).first()
    return len(row.wrap().get_unused_codes()) if row else 0


def reset_second_factor(user: User, *, by: User | None) -> bool:
    """Take all second factors of a person away, and end every session; tell whether there were any.

    Who has lost a phone signs in by password then, and sets up another where a role needs it.
    """
    with transaction.atomic():
        count, _rows = Authenticator.objects.filter(user=user).delete()
        if not count:
            return False
        forget_sessions(user)
        audit.record(by, action="second factor reset", kind="user", name=user.username)
        if user.email:
            send_account_changed(user, user.email, lambda: _reset_words(by))
    return True


def _reset_words(by: User | None) -> str:
    name = by.get_username() if by else _("A server operator")
    return _("%(name)s has reset the second factor of your account.") % {"name": name}


def lost_factors(*, most: int | None = None) -> list[Authenticator]:
    """Return the apps and recovery codes whose secrets no key opens, `most`: of the first ones."""
    rows = Authenticator.objects.exclude(type=Authenticator.Type.WEBAUTHN).select_related("user")
    return [row for row in rows.order_by("pk")[:most] if is_lost(stored(row))]


def shut_lost(authenticator: Authenticator) -> None:
    """Have a second factor whose secret is lost take no code, until it is reset or set up again.

    Its person is asked for a code all the same: nobody gets in with less than before.
    """
    Authenticator.objects.filter(pk=authenticator.pk).update(data=unguessable(authenticator))
    user, detail = authenticator.user, told_kind(authenticator)
    audit.record(None, action="secrets discarded", kind="user", name=user.username, detail=detail)


def told_kind(authenticator: Any) -> str:
    """Say which second factor this is, a passkey with its name."""
    kind = _(KINDS[authenticator.type])
    if authenticator.type == Authenticator.Type.WEBAUTHN:
        return f"{kind}: {authenticator.wrap().name}"
    return kind
