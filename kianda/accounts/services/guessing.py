"""Guessing of passwords and codes: who fails too often has to wait, ever longer.

Counted are tries that were not right, in the last hour: for how many accounts of an address, and
for an account from how many addresses, or how often. An account that signs in leaves the count, so
an office behind one address hardly ever has any; somebody who tries one password on every account
soon has many. Wrong passwords of one account from one address are counted by django-axes. Requests
for a mail are counted like tries, for they are never "right". What was typed as a user name is kept
as a digest: it may be a password. All counts are rows: the processes of an installation share
nothing else.
"""

import ipaddress
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from axes.utils import reset
from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import Count, Max, Sum
from django.utils import timezone
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from kianda.accounts.models import AuditEntry, PasswordTry, SignedInSession
from kianda.accounts.services.audit import Action, record
from kianda.lib.errors import TooMany

WINDOW = timedelta(hours=1)
# So many accounts of an address may be without success before anybody there has to wait.
FREE_ACCOUNTS = 10
FIRST_WAIT, LONGEST_WAIT = timedelta(seconds=2), timedelta(minutes=15)


class TryLimit(NamedTuple):
    """What is tried: how often for one account before it waits, and what the audit log says."""

    code: str
    free_tries: int
    first_wait: timedelta
    by_address: str
    by_account: str = ""


# From one address it is django-axes that counts; here, from how many addresses it was tried.
PASSWORD = TryLimit(
    "password", 10, timedelta(seconds=30),
    gettext_noop("Wrong passwords for %(n)s accounts from this address. Sign-in from it is "
"paused."),
    gettext_noop("Wrong passwords from many addresses, the last from %(address)s."),
)  # fmt: skip
SECOND_FACTOR = TryLimit(
    "code", 5, timedelta(seconds=30),
    gettext_noop("Wrong codes for %(n)s accounts from this address. Sign-in from it is "
"paused."),
    gettext_noop("Too many wrong codes for the second factor, the last from %(address)s."),
)  # fmt: skip
# Three mails an hour for an account; more would only fill somebody's inbox.
RESET_MAIL = TryLimit(
    "reset", 3, LONGEST_WAIT,
    gettext_noop("Password links requested for %(n)s accounts from this address. It can "
"request none for now."),
    gettext_noop("Too many password links requested, the last from %(address)s."),
)  # fmt: skip
# Whoever is signed in could mail strangers, and try which addresses others have.
ADDRESS_MAIL = TryLimit(
    "address", 5, LONGEST_WAIT,
    gettext_noop("Email changes requested for %(n)s accounts from this address. It can "
"request none for now."),
    gettext_noop("Too many email changes requested, the last from %(address)s."),
)  # fmt: skip


class _Wait(NamedTuple):
    left: timedelta
    accounts: int
    is_of_account: bool


def begin_try(
    *, address: str, account: str, what: TryLimit = PASSWORD, moment: datetime | None = None
) -> None:
    """Count a try that is about to be looked at; raises TooMany when it has to wait.

    It counts as wrong until `right_try` says otherwise, so that those who try many at once see one
    another. One that has to wait is not looked at, and does not make the wait longer.
    """
    moment = moment or timezone.now()
    place = place_of(address)
    PasswordTry.objects.filter(at__lte=moment - WINDOW).delete()
    while True:
        mine, is_new = PasswordTry.objects.get_or_create(
            what=what.code, place=place, account=_digest(account), defaults={"at": moment}
        )
        wait = _wait(mine, what, account=account, moment=moment)
        if wait.left > timedelta(0):
            break
        # Of two at the same moment one is second, and looks at the counts again.
        same = PasswordTry.objects.filter(pk=mine.pk, tries=mine.tries)
        if same.update(at=moment, tries=mine.tries + 1):
            return
    if is_new:
        mine.delete()
    _tell(wait, what, address=address, account=account, moment=moment)
    said = _("Too many wrong passwords from this address.")
    raise TooMany(said, retry_after=wait.left.total_seconds(), of_account=wait.is_of_account)


def _wait(mine: PasswordTry, what: TryLimit, *, account: str, moment: datetime) -> _Wait:
    """Return how long a try has to wait, for the address or for the account."""
    rows = PasswordTry.objects.filter(what=what.code)
    found: Any = rows.filter(place=mine.place).exclude(pk=mine.pk).aggregate(
        n=Count("pk"), newest=Max("at")
    )  # fmt: skip
    left = _left(wait_after(found["n"]), found["newest"], moment)
    ways = [_Wait(left, accounts=found["n"], is_of_account=False)]
    own = rows.filter(account=mine.account, tries__gt=0)
    if what is PASSWORD:
        count = own.aggregate(n=Count("pk"), newest=Max("at"))
    else:
        count = own.aggregate(n=Sum("tries"), newest=Max("at"))
    waits = _doubled(what.first_wait, (count["n"] or 0) - what.free_tries)
    left = _left(waits, count["newest"], moment)
    # Others must not be able to keep a person away from where that person has signed in before.
    if left > timedelta(0) and not (what is PASSWORD and _is_known(mine.place, account)):
        ways.append(_Wait(left, accounts=0, is_of_account=True))
    return max(ways, key=lambda way: way.left)


def _is_known(place: str, account: str) -> bool:
    rows = SignedInSession.objects.filter(user__username=account)
    return any(place_of(one) == place for one in rows.values_list("address", flat=True)[:100])


def _left(wait: timedelta, newest: datetime | None, moment: datetime) -> timedelta:
    return timedelta(0) if newest is None else newest + wait - moment


def _tell(wait: _Wait, what: TryLimit, *, address: str, account: str, moment: datetime) -> None:
    """Write into the audit log who has to wait, an address or an account."""
    if not wait.is_of_account:
        note(place_of(address), _(what.by_address) % {"n": wait.accounts}, moment=moment)
    elif person := User.objects.filter(username=account).first():
        said = _(what.by_account) % {"address": address}
        note(person.get_username(), said, moment=moment)


def right_try(*, address: str, account: str, what: TryLimit = PASSWORD) -> None:
    """Take an account whose try was right out of the counts; no other one."""
    rows = PasswordTry.objects.filter(what=what.code, account=_digest(account))
    if what is PASSWORD:
        rows = rows.filter(place=place_of(address))
        reset(ip=address, username=account)
    rows.delete()


def wait_after(accounts: int) -> timedelta:
    """Return how long an address waits after its last try, by the accounts that failed there."""
    return _doubled(FIRST_WAIT, accounts - FREE_ACCOUNTS)


def _doubled(first: timedelta, times: int) -> timedelta:
    return min(first * (1 << min(times, 20)), LONGEST_WAIT) if times >= 0 else timedelta(0)


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


def note_stranger(address: str) -> None:
    """Write into the audit log that a password was tried for a name that nobody has."""
    said = _("Unknown user name.")
    note(place_of(address), said, action="wrong password", moment=timezone.now())


def note(name: str, detail: str, *, moment: datetime, action: Action = "sign-in paused") -> None:
    """Write one audit entry an hour about a name."""
    before = AuditEntry.objects.filter(
        action=action, kind="user", name=name, user__isnull=True, at__gt=moment - WINDOW
    )
    with transaction.atomic():
        if not before.exists():
            record(None, action=action, kind="user", name=name, detail=detail)


def _digest(account: str) -> str:
    return salted_hmac("kianda.accounts.guessing", account.casefold()).hexdigest()
