"""Django's own mails, and those of its apps, take the way of all others: through the outbox."""

import re
import uuid
from collections.abc import Sequence
from email.message import Message
from typing import Any

from django.conf import settings
from django.core.mail import EmailMessage
from django.core.mail.backends.base import BaseEmailBackend
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from kianda.accounts.services.account_mails import BUTTON_HEADER
from kianda.lib.errors import Invalid
from kianda.mail.accounts import account_of
from kianda.mail.letters import Letter
from kianda.mail.planning import plan_letters
from kianda.mail.rendering import render_body

# Django makes these itself, or the account says them.
OWN_HEADERS = frozenset({"from", "to", "cc", "bcc", "subject", "reply-to", "date", "message-id"})
# What begins so is for us, and does not leave.
OUR_HEADERS = "x-kianda-"


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
        pair
        for name, pair in extra.items()
        if name not in OWN_HEADERS and not name.startswith(OUR_HEADERS)
    )
    plain = "" if message.content_subtype == "html" else str(message.body)
    button = extra.get(BUTTON_HEADER.lower(), ("", ""))[1]
    html = _html_of(message) or _drawn(str(message.subject), plain, button=button)
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


def _drawn(subject: str, text: str, *, button: str) -> str:
    """Return a plain text in the look of all mails: its subject above, its address as a button.

    Below the button stands the address in full, for whoever would rather see where it leads.
    """
    pieces: list[tuple[str, bool]] = [("# ", False), (subject, True), ("\n\n", False)]
    for part in re.split(r"\n\s*\n", text.strip()):
        if _is_ours(part):
            where = (("](", False), (part, True), (")\n\n", False))
            pieces += [("[", False), (button or _("Open"), True), *where]
            pieces += [
                (_("If the button does not work, open this address:"), True),
                ("\n[", False),
                (part, True),
                *where,
            ]
        else:
            pieces += [(part, True), ("\n\n", False)]
    return render_body(pieces, title=subject, language=get_language() or "en").document


def _is_ours(text: str) -> bool:
    """Tell whether a text is one address of the product: no name of a person is drawn as one."""
    ours = settings.KIANDA_PUBLIC_URL
    return not re.search(r"\s", text) and (text == ours or text.startswith(f"{ours}/"))


def _alternatives(message: Any) -> list[tuple[Any, str]]:
    return [(content, kind) for content, kind in getattr(message, "alternatives", None) or []]
