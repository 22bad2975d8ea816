"""A stored message as mail servers take it (RFC 5322)."""

from collections.abc import Iterable
from email.header import Header
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime

from kianda.mail.addresses import MailAddress, read_address
from kianda.mail.models import MailMessage, MailRecipient
from kianda.mail.ports import MailAccount, opened_file

# Seven bits: no server has to be asked whether it takes more.
POLICY = SMTP.clone(cte_type="7bit")
BINARY = "application/octet-stream"
SHOWN = {"to": "To", "cc": "Cc"}


def composed(
    message: MailMessage, recipients: Iterable[MailRecipient], account: MailAccount
) -> bytes:
    """Return a message with its headers; who gets a blind copy stands in none.

    Raises NothingSent where a file of it cannot be opened.
    """
    content, sender = message.content, read_address(account.sender)
    made = EmailMessage(policy=POLICY)
    made["Subject"] = message.subject
    made["From"] = _header([sender])
    everybody = list(recipients)
    for kind, name in SHOWN.items():
        shown = [MailAddress(row.address, row.name) for row in everybody if row.kind == kind]
        if shown:
            made[name] = _header(shown)
    reply_to = content["reply_to"] or ([account.reply_to] if account.reply_to else [])
    if reply_to:
        made["Reply-To"] = _header(read_address(text) for text in reply_to)
    made["Date"] = format_datetime(message.planned_at)
    # The same at each try: a server that has it already can tell.
    local = f"kianda.{message.pk}.{message.planned_at:%Y%m%d%H%M%S%f}"
    made["Message-ID"] = f"<{local}@{sender.address.rpartition('@')[2]}>"
    made["Auto-Submitted"] = "auto-generated"
    _fill(made, content)
    for file in content.get("files", ()):
        main, _slash, sub = (file["media_type"] or BINARY).partition("/")
        made.add_attachment(
            opened_file(file["key"]), maintype=main, subtype=sub, filename=file["name"]
        )
    more = (_line(name, value) for name, value in content["headers"] if name not in made)
    return b"".join(more) + made.as_bytes()


def _line(name: str, value: str) -> bytes:
    """Return a header of its own: the standard library would encode an address that is long."""
    coded = Header(value, header_name=name, maxlinelen=998).encode(linesep="\r\n")
    return f"{name}: {coded}\r\n".encode("ascii")


def _fill(made: EmailMessage, content: dict[str, str]) -> None:
    if content["text"] or not content["html"]:
        made.set_content(content["text"])
        if content["html"]:
            made.add_alternative(content["html"], subtype="html")
    else:
        made.set_content(content["html"], subtype="html")
    if content["calendar"]:
        made.add_alternative(content["calendar"], subtype="calendar", params={"method": "REQUEST"})


def _header(addresses: Iterable[MailAddress]) -> list[Address]:
    return [Address(display_name=each.name, addr_spec=each.address) for each in addresses]
