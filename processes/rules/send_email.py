"""Send email: a message to people and addresses, written in Markdown."""

from collections.abc import Sequence
from typing import ClassVar, Literal

from kianda.lib.i18n import gettext as _
from kianda.lib.i18n import gettext_noop
from processes.language.recipients import recipients_in_words
from processes.rules.mailing import (
    Account,
    AttachmentRow,
    Attachments,
    BlindCopy,
    Body,
    Copy,
    MailRule,
    ReplyTo,
    Subject,
    To,
)


class SendEmail(MailRule):
    """Sends an email to people, groups and addresses.

    It is sent with what the run stores next: a run that fails before that sends nothing. Whom a
    part in the instance names, such as its owners, is who it is when the rule runs. People without
    an email address, and those who are deactivated, are left out, which the trace says; when
    nobody is left the rule fails. Files go as they are when the email is sent: one that was
    deleted by then stops it, which Messages says. In a preview the email goes to whoever tries it,
    and to nobody else.
    """

    label = gettext_noop("Send email")
    icon = "envelope"
    row_by_row: ClassVar[bool] = True

    type: Literal["send_email"] = "send_email"
    to: To
    cc: Copy = ()
    bcc: BlindCopy = ()
    subject: Subject
    # Before the message: in its preview stand headings of their own.
    attachments: Attachments = ()
    body: Body
    reply_to: ReplyTo = ()
    account: Account = ""

    def attached(self) -> Sequence[AttachmentRow]:
        """Return which fields give it files."""
        return self.attachments

    def sentence(self) -> str:
        """Return `Email the creator: Your request`."""
        return _("Email %(people)s: %(subject)s") % {
            "people": recipients_in_words(self.to),
            "subject": self.subject,
        }
