"""Links by which people set a password: shown to an administrator, or mailed to the person.

A link works once: it holds a hash of the password, of the last sign-in and of the address that are
then others. It holds the number of the person's row too, so an administrator can revoke it.
"""

from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any, Final, NamedTuple

from allauth.account.models import EmailAddress
from django.contrib.auth.models import User
from django.contrib.auth.tokens import PasswordResetTokenGenerator
from django.db import transaction
from django.db.models import F
from django.urls import reverse
from django.utils import timezone
from django.utils.encoding import force_bytes
from django.utils.http import base36_to_int, urlsafe_base64_encode
from django.utils.translation import gettext as _

from kianda.accounts.models import PasswordLink
from kianda.accounts.services import audit
from kianda.accounts.services.account_mails import address_in_full, send_account_mail
from kianda.accounts.services.addresses import account_named
from kianda.accounts.services.second_factors import must_use_provider
from kianda.accounts.services.sessions import forget_sessions
from kianda.lib.errors import Conflict, Invalid

# As long as Django's own settings say; a link that anybody can ask for lives for an hour.
LINK_DAYS: Final = 3
RESET_MINUTES: Final = 60


class _Links(PasswordResetTokenGenerator):
    """Makes links that an administrator asks for."""

    longest = timedelta(days=LINK_DAYS)

    def check_token(self, user: Any, token: str | None) -> bool:
        """Tell whether a link holds still."""
        if not super().check_token(user, token) or not token:
            return False
        made: int = base36_to_int(token.split("-")[0])
        return self._num_seconds(self._now()) - made <= self.longest.total_seconds()

    def _make_hash_value(self, user: Any, timestamp: int) -> str:
        row = _row_of(user)
        # Links made before there were rows go on working.
        number = str(row.number) if row and row.number else ""
        return f"{super()._make_hash_value(user, timestamp)}{number}"


class _Resets(_Links):
    """Makes links that people ask for at the sign-in page; they are only ever mailed."""

    key_salt = "kianda.accounts.password_links.reset"
    longest = timedelta(minutes=RESET_MINUTES)


LINKS, RESETS = _Links(), _Resets()


class LinkState(NamedTuple):
    """How the link stands that an administrator made for a person."""

    made_at: Any
    sent_to: str
    is_over: bool


def password_path(user: User, *, by: PasswordResetTokenGenerator = LINKS) -> str:
    """Return the address that lets this person set a password, once."""
    key = urlsafe_base64_encode(force_bytes(user.pk))
    return reverse("set-password", kwargs={"uidb64": key, "token": by.make_token(user)})


def first_link(user: User) -> str:
    """Return the link for a person who is being invited; the audit log says that already."""
    _begin(user, sent_to="")
    return password_path(user)


def first_links(users: Sequence[User]) -> None:
    """Note of many people, who were just made, that there are links for them."""
    now = timezone.now()
    PasswordLink.objects.bulk_create(
        [PasswordLink(user=user, number=1, made_at=now) for user in users]
    )


def is_invited(user: User) -> bool:
    """Tell whether a person has an account and has not yet come in."""
    return not user.has_usable_password() and user.last_login is None


def link_holds(user: User, token: str) -> bool:
    """Tell whether a person may set a password by a link."""
    return user.is_active and (LINKS.check_token(user, token) or RESETS.check_token(user, token))


def renew_link(user: User, *, by: User) -> str:
    """Return a new link with which the person sets a password; older ones are revoked."""
    with transaction.atomic():
        _check_active(user)
        _begin(user, sent_to="")
        audit.record(by, action="password link made", kind="user", name=user.username)
    return password_path(user)


def send_invitation(user: User, *, by: User) -> None:
    """Mail a person a link to set a password by; older ones are revoked."""
    with transaction.atomic():
        _check_active(user)
        if not user.email:
            raise Invalid.at("/email", _("This user has no email address. Enter one first."))
        _begin(user, sent_to=user.email)
        is_member = user.has_usable_password()
        audit.record(
            by, action="password link sent" if is_member else "invitation sent", kind="user",
            name=user.username, detail=_("To %(address)s.") % {"address": user.email},
        )  # fmt: skip
        send_account_mail(
            "password_link" if is_member else "invitation", user.email,
            context={
                "person": user, "by": by, "days": LINK_DAYS,
                "link": address_in_full(password_path(user)),
            },
        )  # fmt: skip


def send_first_invitations(pks: Sequence[int], *, by: User) -> int:
    """Invite those of some people who have an address and no password; return how many.

    Who was sent a link already is passed over: a second press goes on where the first ended.
    """
    waiting = User.objects.filter(pk__in=pks, is_active=True, password_link__sent_to="")
    sent = 0
    for user in waiting.exclude(email="").order_by("pk"):
        if not user.has_usable_password():
            send_invitation(user, by=by)
            sent += 1
    return sent


def revoke_link(user: User, *, by: User) -> None:
    """Let no link work any more by which a person could set a password."""
    with transaction.atomic():
        _begin(user, sent_to="", made=False)
        audit.record(by, action="link revoked", kind="user", name=user.username)


def link_state(user: User) -> LinkState | None:
    """Return how the link stands that somebody was given last; None when there is none."""
    row = _row_of(user)
    if row is None or row.made_at is None:
        return None
    # Who has signed in since has used it, or needs it no more.
    if user.last_login and user.last_login > row.made_at:
        return None
    over = row.made_at + timedelta(days=LINK_DAYS) < timezone.now()
    return LinkState(row.made_at, row.sent_to, over)


def use_link(user: User, token: str, *, set_password: Callable[[User], None]) -> bool:
    """Set a password by a link, once; tell whether the link held.

    A link that was mailed to the account's address has proven who reads the mail there.
    """
    with transaction.atomic():
        user = User.objects.select_for_update().get(pk=user.pk)
        if not link_holds(user, token):
            return False
        row = _row_of(user)
        mailed = RESETS.check_token(user, token) or (
            row is not None and row.sent_to != "" and row.sent_to == user.email
        )
        set_password(user)
        forget_sessions(user)
        if mailed:
            verify_address(user)
        PasswordLink.objects.filter(user=user).update(made_at=None, sent_to="")
        audit.record(user, action="set a password", kind="user", name=user.username)
    return True


def send_reset(typed: str) -> None:
    """Mail a link to the person who has forgotten a password; nobody is told whether there is one.

    `typed` is a user name or an address. Who never had a password is asked to turn to whoever
    invited them: a link that an administrator has revoked does not come back this way.
    """
    user = User.objects.filter(username=account_named(typed.strip()), is_active=True).first()
    if user is None or not user.email:
        return
    with transaction.atomic():
        audit.record(user, action="password link asked", kind="user", name=user.username)
        if must_use_provider(user):
            context = {"person": user, "sign_in": address_in_full(reverse("sign-in"))}
            send_account_mail("single_sign_on", user.email, context=context)
            return
        if not user.has_usable_password():
            send_account_mail("no_password", user.email, context={"person": user})
            return
        link = address_in_full(password_path(user, by=RESETS))
        send_account_mail(
            "password_reset", user.email,
            context={"person": user, "link": link, "minutes": RESET_MINUTES},
        )  # fmt: skip


def verify_address(user: User) -> None:
    """Note that the person reads the mail of the account's address; one account has it alone."""
    address = user.email.lower()
    taken = EmailAddress.objects.filter(email=address, verified=True).exclude(user=user)
    if not address or taken.exists():
        return
    EmailAddress.objects.filter(user=user).exclude(email=address).delete()
    EmailAddress.objects.update_or_create(
        user=user, email=address, defaults={"verified": True, "primary": True}
    )


def _check_active(user: User) -> None:
    if not user.is_active:
        raise Conflict(_("This user is deactivated. Reactivate the user first."))


def _begin(user: User, *, sent_to: str, made: bool = True) -> None:
    """Count one on, so that the links of before hold no more."""
    row, _made = PasswordLink.objects.get_or_create(user=user)
    PasswordLink.objects.filter(user=user).update(
        number=F("number") + 1, made_at=timezone.now() if made else None, sent_to=sent_to
    )
    row.refresh_from_db()
    user.password_link = row


def _row_of(user: User) -> PasswordLink | None:
    """Return the row of a person, as it was read with the person where it was."""
    row: PasswordLink | None = getattr(user, "password_link", None)
    return row
