"""The address of an account: whose it is, whether it was verified, how the person changes it."""

from allauth.account.models import EmailAddress, EmailConfirmationHMAC
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction
from django.db.models import Count
from django.db.models.functions import Lower
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _

from kianda.accounts.services import audit
from kianda.accounts.services.account_mails import (
    address_in_full,
    mail_leaves,
    send_account_mail,
)
from kianda.accounts.services.groups import lock_people
from kianda.lib.errors import Invalid


def account_named(typed: str) -> str:
    """Return the user name of what was typed to sign in: a user name, or the only one's address."""
    if "@" not in typed or User.objects.filter(username=typed).exists():
        return typed
    found = list(User.objects.filter(email__iexact=typed, is_active=True)[:2])
    return found[0].username if len(found) == 1 else typed


def shared_addresses() -> list[str]:
    """Return the addresses that more than one active account has: nobody signs in with them."""
    named = User.objects.filter(is_active=True).exclude(email="").order_by()
    shared = named.values_list(Lower("email")).annotate(n=Count("pk")).filter(n__gt=1)
    return sorted(address for address, _count in shared)


def is_shared(address: str) -> bool:
    """Tell whether more than one active account has an address."""
    rows = User.objects.filter(email__iexact=address, is_active=True)
    return address != "" and rows.count() > 1


def shared_words(address: str) -> str:
    """Say what it means that more than one account has an address."""
    return _(
        "More than one account has the email address %(address)s. They can sign in with their user "
        "names only."
    ) % {"address": address}


def plain_address(told: object) -> str:
    """Return an address that somebody else told, in small letters; nothing where it is none."""
    if not isinstance(told, str):
        return ""
    try:
        validate_email(told)
    except ValidationError:
        return ""
    return told.lower() if len(told) <= 254 else ""


def is_verified(user: User) -> bool:
    """Tell whether the person has shown to read the mail of the account's address."""
    rows = EmailAddress.objects.filter(user=user, email__iexact=user.email, verified=True)
    return user.email != "" and rows.exists()


def asked_change(user: User) -> str:
    """Return the address to which the person wants to change, not confirmed yet; or nothing."""
    rows = EmailAddress.objects.filter(user=user, verified=False).exclude(email__iexact=user.email)
    return rows.values_list("email", flat=True).first() or ""


def ask_for_address(user: User, address: str) -> None:
    """Mail a link to an address; the account has it only once the link was opened there."""
    if not mail_leaves():
        sentence = _("No mail account is set, so no link can be sent. Ask an administrator.")
        raise Invalid.at("/email", sentence)
    address = address.strip().lower()
    with transaction.atomic():
        lock_people()
        _check_free(user, address, "/email")
        EmailAddress.objects.filter(user=user, verified=False).delete()
        asked, _made = EmailAddress.objects.get_or_create(user=user, email=address)
        path = reverse("confirm-email", kwargs={"key": EmailConfirmationHMAC(asked).key})
        send_account_mail(
            "confirm_address", address,
            context={"person": user, "link": address_in_full(path)},
        )  # fmt: skip
        detail = _("To %(address)s.") % {"address": address}
        audit.record(
            user, action="address change asked", kind="user", name=user.username, detail=detail
        )


def address_to_confirm(key: str) -> EmailAddress | None:
    """Return the address that a link confirms; None when it has expired, or was used or revoked."""
    found = EmailConfirmationHMAC.from_key(key)
    asked: EmailAddress | None = found.email_address if found else None
    return asked if asked and asked.user.is_active else None


def confirm_address(request: HttpRequest, asked: EmailAddress) -> None:
    """Give an account the address whose mail the person has shown to read; the old one is told."""
    with transaction.atomic():
        lock_people()
        asked = EmailAddress.objects.select_related("user").get(pk=asked.pk)
        _check_free(asked.user, asked.email, "")
        user, before = asked.user, asked.user.email
        if before:
            # Its row is what the mail about the change goes to.
            EmailAddress.objects.get_or_create(
                user=user, email=before.lower(), defaults={"primary": True}
            )
        confirmed = EmailConfirmationHMAC(asked).confirm(request)
        if confirmed is None:
            raise Invalid(_taken())
        detail = _("Changed from %(before)s to %(after)s.")
        audit.record(
            user, action="address changed", kind="user", name=user.username,
            detail=detail % {"before": before, "after": asked.email},
        )  # fmt: skip


def forget_other_addresses(user: User) -> None:
    """Drop what was verified of an account, or asked for, where it is not its address any more."""
    EmailAddress.objects.filter(user=user).exclude(email__iexact=user.email).delete()


def _check_free(user: User, address: str, pointer: str) -> None:
    try:
        validate_email(address)
    except ValidationError as error:
        sentence = _("Enter an email address such as ada@example.org.")
        raise Invalid.at(pointer, sentence) from error
    if address == user.email.lower():
        raise Invalid.at(pointer, _("This is already your email address."))
    if User.objects.filter(email__iexact=address).exclude(pk=user.pk).exists():
        raise Invalid.at(pointer, _taken())


def _taken() -> str:
    return _("Another account has this email address. Ask an administrator.")
