"""User alert: a line behind the bell of people."""

from typing import ClassVar, Literal

from pydantic import Field, field_validator

from kianda.lib.i18n import gettext as _
from kianda.lib.i18n import gettext_noop
from processes.language.mappings import evaluate
from processes.language.people import refs_in
from processes.language.people_refs import EVERYONE, MOST, Refs, named_field, refs_in_words
from processes.language.references import flaw
from processes.language.setting_types import TextValue
from processes.language.values import as_text
from processes.rules.base import Context, Rule, RuleFailed

LONGEST_TITLE, LONGEST_TEXT = 200, 1_000


class UserAlert(Rule):
    """Sends people a notification that leads to this record.

    It is sent when the run next saves: a run that fails before that notifies no one. The user whom
    the run works for is notified too, when named. A preview notifies no one.
    """

    label = gettext_noop("User alert")
    category = gettext_noop("Communications")
    icon = "bell"
    row_by_row: ClassVar[bool] = True
    can_fail: ClassVar[bool] = True

    type: Literal["user_alert"] = "user_alert"
    to: Refs = Field(
        max_length=MOST,
        title=gettext_noop("To"),
        description=gettext_noop("People and groups, by name or by their role in the record."),
        json_schema_extra={"control": "refs"},
    )
    subject: TextValue = Field(
        title=gettext_noop("Alert"),
        description=gettext_noop("What the notification says: text, fields or a formula."),
        json_schema_extra={"control": "value"},
    )
    message: TextValue = Field(
        default="",
        title=gettext_noop("Message"),
        description=gettext_noop("Smaller text below it."),
        json_schema_extra={"control": "value"},
    )

    @field_validator("to")
    @classmethod
    def _names_somebody(cls, refs: tuple[str, ...]) -> tuple[str, ...]:
        if not refs:
            raise flaw(_("Enter people or groups."))
        if EVERYONE in refs:
            raise flaw(_("An alert goes to certain people, not to everyone. Name a group."))
        return refs

    def run(self, context: Context) -> None:
        """Work out people and words, and keep the line for what is stored next."""
        subject = as_text(evaluate(self.subject, context.resolve, of="subject")).strip()
        if not subject:
            raise RuleFailed("value", _("The alert is empty. Fill in its text."))
        message = as_text(evaluate(self.message, context.resolve, of="message")).strip()
        people = [one for ref in self.to for one in _people(ref, context)]
        context.alert(
            to=list(dict.fromkeys(people)),
            title=subject[:LONGEST_TITLE],
            text=message[:LONGEST_TEXT],
        )

    def sentence(self) -> str:
        """Return `Alert the creator: Approved`."""
        return _("Alert %(people)s: %(title)s") % {
            "people": refs_in_words(self.to),
            "title": self.subject,
        }


def _people(ref: str, context: Context) -> list[str]:
    field = named_field(ref)
    return sorted(refs_in(context.resolve(field))) if field else [ref]
