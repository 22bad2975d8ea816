"""By which account a message leaves: the operator's, the workspace's, or the one it names."""

import dataclasses
import json
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.utils import timezone
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext as _

from kianda.accounts.services.audit import record
from kianda.lib.errors import Invalid
from kianda.lib.usage import Use
from kianda.mail import ports
from kianda.mail.models import AccountPace, WorkspaceMail
from kianda.mail.ports import MailAccount

# What the account of KIANDA_SMTP_URL is called in rows.
OPERATORS = "KIANDA_SMTP_URL"


def operators_account() -> MailAccount | None:
    """Return the account that the operator has set by KIANDA_SMTP_URL; it goes before others."""
    given: dict[str, Any] | None = settings.KIANDA_SMTP
    if given is None:
        return None
    return MailAccount(name=OPERATORS, title=OPERATORS, by_operator=True, **given)


def chosen_account() -> str:
    """Return the name of the datasource that is the workspace's account; empty when none is."""
    row = WorkspaceMail.objects.order_by("pk").first()
    return row.account if row else ""


def account_of(name: str) -> MailAccount | None:
    """Return the account of a message that names one, or the workspace's when it names none."""
    if name:
        return ports.find_account(name)
    account = operators_account()
    if account is not None:
        return account
    chosen = chosen_account()
    return ports.find_account(chosen) if chosen else None


def choose_account(name: str, *, user: Any) -> None:
    """Make an account the workspace's; an empty name takes it away. Raises Invalid."""
    if name and name not in ports.account_titles():
        raise Invalid.at("/account", _("No mail account named %(name)s.") % {"name": name})
    if name == chosen_account():
        return
    WorkspaceMail.objects.update_or_create(
        pk=1, defaults={"account": name, "modified": timezone.now(), "modified_by": user}
    )
    record(user, action="changed", kind="mail account", name=name or "-")


def forget_account(name: str, *, user: Any) -> None:
    """Have no account for the workspace when the one of this name is deleted."""
    if WorkspaceMail.objects.filter(account=name).delete()[0]:
        record(user, action="changed", kind="mail account", name="-")


def uses_of_datasource(name: str) -> list[Use]:
    """Return the workspace itself, when a datasource is its account."""
    if name != chosen_account():
        return []
    said = _("mail of the workspace")
    return [{"kind": "mail account", "name": said, "url": "/api/v1/mail-settings/"}]


def fingerprint(account: MailAccount) -> str:
    """Return what differs as soon as any setting of an account does; it tells none of them."""
    plain = json.dumps(dataclasses.asdict(account), sort_keys=True)
    return salted_hmac("kianda.mail.account", plain, algorithm="sha256").hexdigest()


def turn_of(account: MailAccount, moment: datetime) -> datetime:
    """Return when the next message may leave by an account, and take that turn."""
    if not account.per_minute:
        return moment
    pause = timedelta(seconds=60 / account.per_minute)
    row, _made = AccountPace.objects.get_or_create(
        account=account.name, defaults={"next_at": moment}
    )
    while True:
        turn = max(row.next_at, moment)
        same = AccountPace.objects.filter(pk=row.pk, next_at=row.next_at)
        if same.update(next_at=turn + pause):
            return turn
        row.refresh_from_db()
