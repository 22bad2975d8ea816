"""What the rules share that send emails: recipients, subject, message, and how they are read."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

from pydantic import Field, field_validator

from kianda.lib.i18n import gettext as _
from kianda.lib.i18n import gettext_noop
from kianda.lib.names import SLUG
from processes.language.expressions import Template
from processes.language.mappings import Resolve, Row, evaluate
from processes.language.people_refs import is_ref_word, named_group, named_user
from processes.language.recipients import MOST, Recipients
from processes.language.references import flaw
from processes.language.setting_types import OwnFieldName, TextValue
from processes.language.values import Value, ValueFailure, as_text, files_in, is_blank
from processes.rules.base import Context, Rule, RuleFailed
from processes.rules.ports import Mail, Ref

LONGEST_SUBJECT = 500
LONGEST_BODY = 50_000
# Addresses stand apart by commas, semicolons and lines, but for those in quotes.
_APART = re.compile(r'(?:"[^"]*"|[^,;\n"])+')


def _recipients(title: str, description: str) -> Any:
    """Return what the settings share that name people and addresses."""
    return Field(
        max_length=MOST, title=title, description=description,
        json_schema_extra={"control": "recipients"},
    )  # fmt: skip


To = Annotated[
    Recipients,
    _recipients(
        gettext_noop("To"),
        gettext_noop(
            "People and groups, by name or by their role in the record, fields and addresses."
        ),
    ),
]
Copy = Annotated[
    Recipients,
    _recipients(gettext_noop("CC"), gettext_noop("Who gets a copy, visible to all.")),
]
BlindCopy = Annotated[
    Recipients,
    _recipients(
        gettext_noop("Blind copy"), gettext_noop("Who gets a copy that the others do not see.")
    ),
]
ReplyTo = Annotated[
    Recipients,
    _recipients(
        gettext_noop("Reply to"),
        gettext_noop("Who gets replies. If empty, the reply address of the mail account."),
    ),
]
Subject = Annotated[
    TextValue,
    Field(
        title=gettext_noop("Subject"),
        description=gettext_noop("Text, fields or a formula, in one line."),
        json_schema_extra={"control": "value"},
    ),
]
Body = Annotated[
    TextValue,
    Field(
        max_length=LONGEST_BODY,
        title=gettext_noop("Message"),
        description=gettext_noop(
            "Markdown: **bold**, *italic*, # heading, - list, [[text](https://example.org) for a "
            "link. A link alone in its paragraph is shown as a button. Values are never read as "
            "Markdown; dates, times and numbers are written in a readable way."
        ),
        json_schema_extra={"control": "markdown"},
    ),
]
Account = Annotated[
    str,
    Field(
        max_length=63,
        title=gettext_noop("Mail account"),
        description=gettext_noop(
            "The name of an email data source. If empty, the one of the workspace."
        ),
        json_schema_extra={"control": "mail_account"},
    ),
]


class AttachmentRow(Row):
    """A file field whose files go with an email, as files or as links."""

    field: OwnFieldName = Field(
        title=gettext_noop("Field"),
        description=gettext_noop("A field that holds files, an image or a signature."),
        json_schema_extra={"control": "field"},
    )
    send_as: Literal["file", "link"] = Field(
        default="file",
        title=gettext_noop("Send as"),
        description=gettext_noop(
            "A file goes with the email; a link opens for people who may see the file."
        ),
        json_schema_extra={"control": "select"},
    )


Attachments = Annotated[
    tuple[AttachmentRow, ...],
    Field(
        max_length=20,
        title=gettext_noop("Attachments"),
        description=gettext_noop(
            "File fields whose files go with the email, at most 10 MB in all."
        ),
        json_schema_extra={"control": "rows"},
    ),
]


class MailRule(Rule):
    """A rule that sends an email.

    The kinds declare these settings themselves: their order is that of the dialog.
    """

    category = gettext_noop("Communications")
    can_fail: ClassVar[bool] = True

    if TYPE_CHECKING:
        to: To
        cc: Copy
        bcc: BlindCopy
        subject: Subject
        body: Body
        reply_to: ReplyTo
        account: Account

    @field_validator("to", check_fields=False)
    @classmethod
    def _names_somebody(cls, texts: tuple[str, ...]) -> tuple[str, ...]:
        if not texts:
            raise flaw(_("Enter at least one recipient."))
        return texts

    @field_validator("subject", "body", check_fields=False)
    @classmethod
    def _says_something(cls, text: str) -> str:
        if not text.strip():
            raise flaw(_("An email needs a subject and a message."))
        return text

    @field_validator("account", check_fields=False)
    @classmethod
    def _is_a_name(cls, name: str) -> str:
        if name and not SLUG.match(name):
            raise flaw(_("Enter the name of an email data source."))
        return name

    def refers(self) -> Sequence[Ref]:
        """Return the mail account that it names."""
        return [Ref("account", datasource=self.account)] if self.account else []

    def run(self, context: Context) -> None:
        """Work out recipients and words, and keep the message for what is stored next."""
        context.mail(self.mail_for(context))

    def mail_for(self, context: Context) -> Mail:
        """Return the message with its values; raises RuleFailed when it says nothing."""
        resolve = context.resolve
        subject = _pieces(self.subject, context, of="subject")
        body = _pieces(self.body, context, of="body")
        if not in_one_line("".join(text for text, _is_value in subject)):
            raise RuleFailed("value", _("The subject of the email is empty. Fill it in."))
        if not "".join(text for text, _is_value in body).strip():
            raise RuleFailed("value", _("The message of the email is empty. Fill it in."))
        return Mail(
            to=_named(self.to, resolve), cc=_named(self.cc, resolve), bcc=_named(self.bcc, resolve),
            reply_to=_named(self.reply_to, resolve), subject=subject, body=body,
            account=self.account, attachments=tuple(_attached(self.attached(), resolve)),
        )  # fmt: skip

    def attached(self) -> Sequence[AttachmentRow]:
        """Return which fields give it files; most kinds take none."""
        return ()


def _attached(
    rows: Iterable[AttachmentRow], resolve: Resolve
) -> Iterator[tuple[Mapping[str, Any], bool]]:
    """Yield the files of fields, each of them once, and whether as a link."""
    known: set[str] = set()
    for row in rows:
        value = resolve(row.field)
        files = files_in(value)
        if not files and not is_blank(value):
            words = _("attachments: %(field)s holds no files. Choose a file field.")
            raise RuleFailed("value", words % {"field": row.field})
        for file in files:
            if file["id"] not in known:
                known.add(file["id"])
                yield file, row.send_as == "link"


def in_one_line(text: str) -> str:
    """Return a text without line breaks and control signs, which would end a header."""
    plain = "".join(sign if sign.isprintable() else " " for sign in text)
    line = " ".join(plain.split())
    return line if len(line) <= LONGEST_SUBJECT else f"{line[: LONGEST_SUBJECT - 1]}\u2026"


def _pieces(source: str, context: Context, *, of: str) -> tuple[tuple[str, bool], ...]:
    try:
        return tuple(pieces_read_out(Template.parse(source), context.resolve, context.read_out))
    except ValueFailure as failure:
        raise RuleFailed("value", f"{of}: {failure}") from failure


def pieces_read_out(
    template: Template, resolve: Resolve, read_out: Resolve
) -> list[tuple[str, bool]]:
    """Return a text in pieces, with values as people read them; a formula gets them as is."""
    if template.expression is not None:
        return template.pieces(resolve)
    return template.pieces(lambda name: _in_one_text(read_out(name)))


def _in_one_text(value: Value) -> Value:
    """Return several choices or people as one text: `Red, Green`."""
    texts = [one for one in value if isinstance(one, str)] if isinstance(value, list) else []
    return ", ".join(texts) if texts and texts == value else value


def _named(texts: Iterable[str], resolve: Resolve) -> tuple[str, ...]:
    """Return refs and addresses; a field gives those that stand in it."""
    found: list[str] = []
    for text in texts:
        is_field = text.startswith("[") and not is_ref_word(text)
        found += _in_value(evaluate(text, resolve, of="to")) if is_field else [text]
    return tuple(dict.fromkeys(found))


def _in_value(value: Value) -> list[str]:
    """Return the people and addresses that a value gives, a list or a text of several.

    It is no text of the design: a word such as `owners` in it names nobody.
    """
    texts = value if isinstance(value, list) else _APART.findall(as_text(value))
    found = [text for text in (as_text(one).strip() for one in texts) if text]
    for text in found:
        if "@" not in text and not named_user(text) and not named_group(text):
            sentence = _("“%(text)s” is not an email address.")
            raise RuleFailed("value", sentence % {"text": text[:60]})
    return found
