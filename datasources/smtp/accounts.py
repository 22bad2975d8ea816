"""The mail accounts that are datasources, as mail takes them, and trying one out."""

from collections.abc import Mapping
from email.message import EmailMessage
from email.utils import format_datetime, make_msgid

from django.utils import timezone
from django.utils.translation import gettext as _

from datasources.kinds import EmailDatasource
from datasources.models import Datasource
from datasources.selectors import document_of
from datasources.smtp.client import carry, quoted, sign_in
from kianda.mail.addresses import read_address
from kianda.mail.composing import POLICY
from kianda.mail.ports import MailAccount, MayHaveBeenSent, NothingSent, Outgoing, ServerReply


class StoredAccounts:
    """Implements `kianda.mail.ports.Accounts`."""

    def find(self, name: str) -> MailAccount | None:
        """Return an account by name."""
        row = Datasource.objects.filter(name=name, kind="email").first()
        document = document_of(row) if row is not None else None
        return account_of(document) if isinstance(document, EmailDatasource) else None

    def titles(self) -> Mapping[str, str]:
        """Return the titles of all accounts by their names."""
        rows = Datasource.objects.filter(kind="email").order_by("title", "name")
        return dict(rows.values_list("name", "title"))


def account_of(document: EmailDatasource) -> MailAccount:
    """Return a datasource as an account."""
    return MailAccount(
        name=document.name,
        title=document.title,
        host=document.host,
        port=document.port_number,
        security=document.security,
        username=document.username,
        password=document.password,
        sender=document.sender,
        reply_to=document.reply_to,
        per_minute=document.rate,
        timeout_s=document.timeout_s,
    )


def try_account(document: EmailDatasource, *, to: str = "") -> tuple[str, bool]:
    """Sign in, and with an address send a test message there; returns in words how that went."""
    if not document.sender:
        return document.lacks(), False
    account = account_of(document)
    refused: list[ServerReply] = []

    def taken(replies: Mapping[str, ServerReply]) -> bool:
        refused.extend(reply for reply in replies.values() if reply.code >= 300)
        return not refused

    try:
        if not to:
            return sign_in(account), True
        reply = carry(account, _test_message(account, to), about_to_send=taken) or refused[0]
    except NothingSent as failure:
        return failure.words, False
    except MayHaveBeenSent as failure:
        return str(failure), False
    return quoted(account, reply), reply.code < 300


def _test_message(account: MailAccount, to: str) -> Outgoing:
    recipient, sender = read_address(to), read_address(account.sender)
    made = EmailMessage(policy=POLICY)
    made["Subject"] = _("Test message of %(title)s") % {"title": account.title}
    made["From"], made["To"] = str(sender), str(recipient)
    made["Date"] = format_datetime(timezone.now())
    made["Message-ID"] = make_msgid(domain=sender.address.rpartition("@")[2])
    made["Auto-Submitted"] = "auto-generated"
    made.set_content(
        _("Kianda sent this to test its mail account. If you can read it, the account works.")
    )
    return Outgoing(sender.address, [recipient.address], made.as_bytes())
