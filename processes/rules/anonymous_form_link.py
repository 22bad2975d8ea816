"""Anonymous form link: a link by which somebody without an account fills in one form."""

from typing import ClassVar, Literal

from pydantic import Field, StrictInt

from kianda.lib.i18n import gettext as _
from kianda.lib.i18n import gettext_noop, ngettext
from processes.language.mappings import evaluate
from processes.language.setting_types import FieldName, FormName, TextValue
from processes.language.values import as_text
from processes.rules.base import Context, Rule
from processes.rules.ports import FormLinkTerms

LONGEST_MESSAGE = 1_000
_SECONDS = {"hours": 3_600, "days": 86_400}


class AnonymousFormLink(Rule):
    """Creates a link to one form of this record, for people without an account.

    Anyone with the link sees that form, fills it in and submits it while it is open; nothing else
    of the record is shown. The link is written into a field, where an email can use it. It ends
    when the form is no longer open, when the record is deleted, when someone revokes it on the page
    of the record, and when a newer link to the same form is created.
    """

    label = gettext_noop("Anonymous form link")
    category = gettext_noop("Communications")
    icon = "link-45deg"
    can_fail: ClassVar[bool] = True

    type: Literal["anonymous_form_link"] = "anonymous_form_link"
    form: FormName = Field(
        title=gettext_noop("Form"),
        description=gettext_noop("Which form the link opens."),
        json_schema_extra={"control": "form"},
    )
    field: FieldName = Field(
        title=gettext_noop("Field for the link"),
        description=gettext_noop(
            "A text field for the address. Anyone who sees the field can use the link."
        ),
        json_schema_extra={"control": "field"},
    )
    uses: StrictInt | None = Field(
        default=None,
        ge=1,
        le=10_000,
        title=gettext_noop("How often it can be used"),
        description=gettext_noop(
            "Each time something is saved counts as one use. If empty, there is no limit."
        ),
        json_schema_extra={"control": "number"},
    )
    valid_for: StrictInt | None = Field(
        default=None,
        ge=1,
        le=9_999,
        title=gettext_noop("How long it can be used"),
        description=gettext_noop("Counted from when the rule runs. If empty, it does not expire."),
        json_schema_extra={"control": "number"},
    )
    unit: Literal["hours", "days"] = Field(
        default="days",
        title=gettext_noop("Unit"),
        description=gettext_noop("Unit of that time."),
        json_schema_extra={"control": "select"},
    )
    message: TextValue = Field(
        default="",
        title=gettext_noop("Message after sending"),
        description=gettext_noop("What is shown once the form has been sent."),
        json_schema_extra={"control": "value"},
    )

    def links_to_form(self) -> str:
        """Return the form that the link opens."""
        return self.form

    def run(self, context: Context) -> None:
        """Put the address of a new link into the field."""
        message = as_text(evaluate(self.message, context.resolve, of="message")).strip()
        seconds = None if self.valid_for is None else self.valid_for * _SECONDS[self.unit]
        terms = FormLinkTerms(self.form, self.uses, seconds, message[:LONGEST_MESSAGE])
        context.assign(self.field, context.link(terms))

    def sentence(self) -> str:
        """Return `Put a link to the form survey into link, for 3 uses, for 7 days`."""
        said = [_("Put a link to the form %(form)s into %(field)s")]
        if self.uses is not None:
            said.append(ngettext("for %(uses)s use", "for %(uses)s uses", self.uses))
        if self.valid_for is not None:
            said.append(
                ngettext("for %(time)s hour", "for %(time)s hours", self.valid_for)
                if self.unit == "hours"
                else ngettext("for %(time)s day", "for %(time)s days", self.valid_for)
            )
        named = {
            "form": self.form, "field": self.field, "uses": self.uses, "time": self.valid_for,
        }  # fmt: skip
        return ", ".join(said) % named
