"""Django's own mails, and those of its apps, take the way of all others: through the outbox."""

import uuid
from collections.abc import Sequence
from email.message import Message
from typing import Any

from django.core.mail import EmailMessage
from django.core.mail.backends.base import BaseEmailBackend
from django.utils.translation import gettext as _

from kianda.lib.errors import Invalid
from kianda.mail.accounts import account_of
from kianda.mail.letters import Letter
from kianda.mail.planning import plan_letters

# Django makes these itself, or the account says them.
OWN_HEADERS = frozenset({"from", "to", "cc", "bcc", "subject", "reply-to", "date", "message-id"})
# Says that a mail carries authority, as all that come this way do; it does not leave.
PRIVATE_HEADER = "x-kianda-private"


class OutboxBackend(BaseEmailBackend):
    """Plans mails instead of sending them: none is lost, none holds a page up.

    They carry links that reset a password or invite somebody, so what they say is never shown. The
    sender is the account's.
    """

    @property
    def leaves(self) -> bool:
        """Tell whether there is an account; without one mails are kept here only."""
        return account_of("") is not None

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        """Plan mails and return how many; raises Invalid unless it is to fail silently."""
        count = 0
        for message in email_messages:
            try:
                plan_letters([letter_of(message)])
            except Invalid:
                if not self.fail_silently:
                    raise
            else:
                count += 1
        return count


def letter_of(message: EmailMessage) -> Letter:
    """Return a mail of Django's as a letter with a key of its own; raises Invalid."""
    if message.attachments:
        raise Invalid.at("/attachments", _("Files cannot be attached to messages yet."))
    extra = {name.lower(): (name, str(value)) for name, value in message.extra_headers.items()}
    headers = tuple(
        pair for name, pair in extra.items() if name not in {*OWN_HEADERS, PRIVATE_HEADER}
    )
    html = _html_of(message)
    plain = "" if message.content_subtype == "html" else str(message.body)
    return Letter(
        to=tuple(message.to),
        cc=tuple(message.cc),
        bcc=tuple(message.bcc),
        reply_to=tuple(message.reply_to),
        subject=str(message.subject),
        text=plain,
        html=html,
        headers=headers,
        key=f"django-{uuid.uuid4()}",
        private=True,
    )


def _html_of(message: EmailMessage) -> str:
    if message.content_subtype == "html":
        return str(message.body)
    for content, kind in _alternatives(message):
        if kind == "text/html" and not isinstance(content, Message):
            return str(content)
    return ""


def _alternatives(message: Any) -> list[tuple[Any, str]]:
    return [(content, kind) for content, kind in getattr(message, "alternatives", None) or []]
