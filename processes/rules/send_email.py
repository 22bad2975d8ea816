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

    It is sent when the run next saves: a run that fails before that sends nothing. Roles in the
    record, such as its owners, are resolved when the rule runs. People without an email address and
    people who are deactivated are skipped, and the trace says so; when no one is left, the rule
    fails. Files are attached as they are when the email is sent: a file deleted before that stops
    it, and Messages says so. In a preview the email goes only to the person who tests it.
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
