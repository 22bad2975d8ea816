"""Guessing of passwords: who fails for many accounts from one address has to wait, ever longer.

Counted are the accounts whose password was tried from an address and not found, in the last hour.
An account that signs in leaves the count, so an office behind one address hardly ever has any;
somebody who tries one password on every account soon has many. Wrong passwords of one account are
counted by django-axes. What was typed as a user name is kept as a digest: it may be a password.
"""

import ipaddress
from datetime import datetime, timedelta

from axes.utils import reset
from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import Count, Max
from django.utils import timezone
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext as _

from kianda.accounts.models import AuditEntry, PasswordTry
from kianda.accounts.services.audit import record
from kianda.lib.errors import TooMany

WINDOW = timedelta(hours=1)
# So many accounts of an address may be without success before anybody there has to wait.
FREE_ACCOUNTS = 10
FIRST_WAIT, LONGEST_WAIT = timedelta(seconds=2), timedelta(minutes=15)


def begin_try(*, address: str, account: str, moment: datetime | None = None) -> None:
    """Count a password that is about to be looked at; raises TooMany when it has to wait.

    It counts as wrong until `right_password` says otherwise, so that those who try many at once
    see one another. One that has to wait is not looked at, and does not make the wait longer.
    """
    moment = moment or timezone.now()
    place = place_of(address)
    PasswordTry.objects.filter(at__lte=moment - WINDOW).delete()
    mine, is_new = PasswordTry.objects.get_or_create(
        place=place, account=_digest(account), defaults={"at": moment}
    )
    others = PasswordTry.objects.filter(place=place).exclude(pk=mine.pk)
    found = others.aggregate(accounts=Count("pk"), newest=Max("at"))
    left = timedelta(0)
    if found["newest"] is not None:
        left = found["newest"] + wait_after(found["accounts"]) - moment
    if left <= timedelta(0):
        PasswordTry.objects.filter(pk=mine.pk).update(at=moment)
        return
    if is_new:
        mine.delete()
    note(
        place,
        _("Wrong passwords for %(n)s accounts from this address: it has to wait.")
        % {"n": found["accounts"]},
        moment=moment,
    )
    raise TooMany(
        _("Too many wrong passwords from this address."), retry_after=left.total_seconds()
    )


def right_password(*, address: str, account: str) -> None:
    """Take an account whose password was right out of the counts of its address; no other one."""
    PasswordTry.objects.filter(place=place_of(address), account=_digest(account)).delete()
    reset(ip=address, username=account)


def wait_after(accounts: int) -> timedelta:
    """Return how long an address waits after its last try, by the accounts that failed there."""
    if accounts < FREE_ACCOUNTS:
        return timedelta(0)
    return min(FIRST_WAIT * (1 << min(accounts - FREE_ACCOUNTS, 20)), LONGEST_WAIT)


def place_of(address: str) -> str:
    """Return what counts as one address: of IPv6 the network, for one machine has all of it."""
    try:
        known = ipaddress.ip_address(address)
    except ValueError:
        return address[:45]
    if isinstance(known, ipaddress.IPv6Address):
        mapped = known.ipv4_mapped
        return str(mapped or ipaddress.ip_network((known.packed, 64), strict=False))
    return str(known)


def note_locked_account(*, address: str, account: str, moment: datetime | None = None) -> None:
    """Write into the audit log that an account takes no passwords from an address for a while."""
    person = User.objects.filter(username=account).first()
    # What nobody is called may be a password, typed into the wrong box.
    if person is not None:
        said = _("Too many wrong passwords from %(address)s.") % {"address": address}
        note(person.get_username(), said, moment=moment or timezone.now())


def note(name: str, detail: str, *, moment: datetime) -> None:
    """Write one audit entry an hour about a name."""
    before = AuditEntry.objects.filter(
        action="sign-in paused", kind="user", name=name, at__gt=moment - WINDOW
    )
    with transaction.atomic():
        if not before.exists():
            record(None, action="sign-in paused", kind="user", name=name, detail=detail)


def _digest(account: str) -> str:
    return salted_hmac("kianda.accounts.guessing", account.casefold()).hexdigest()
