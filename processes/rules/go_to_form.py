"""Go to form: show a form, or make it the one that is worked on."""

from typing import ClassVar, Literal

from pydantic import Field, StrictBool

from kianda.lib.i18n import gettext as _
from kianda.lib.i18n import gettext_noop
from processes.language.mappings import evaluate
from processes.language.setting_types import FormName, TextValue
from processes.language.values import as_text
from processes.rules.base import Context, Rule


class GoToForm(Rule):
    """Shows a form of this process on the page, and can set it as the current form.

    Setting an earlier form as current sends the record back: the later forms are no longer started.
    They keep their values, and open again as the record moves forward. The people who have to
    complete the form again can read the note. Setting a later form as current opens it beside the
    form with this rule, so that a Submit that follows completes the form with the rule.
    """

    label = gettext_noop("Go to form")
    category = gettext_noop("Workflow")
    icon = "signpost"
    can_fail: ClassVar[bool] = True

    type: Literal["go_to_form"] = "go_to_form"
    form: FormName = Field(
        title=gettext_noop("Form"),
        description=gettext_noop("Which form."),
        json_schema_extra={"control": "form"},
    )
    mode: Literal["auto", "edit", "read"] = Field(
        default="auto",
        title=gettext_noop("Shown"),
        description=gettext_noop(
            "auto: editable for its owners while it is open. edit: editable. read: read-only."
        ),
        json_schema_extra={"control": "select"},
    )
    make_current: StrictBool = Field(
        default=False,
        title=gettext_noop("Set as current form"),
        description=gettext_noop("Whether the form is opened, even if it was completed before."),
        json_schema_extra={"control": "switch"},
    )

    note: TextValue = Field(
        default="",
        max_length=1_000,
        title=gettext_noop("Note"),
        description=gettext_noop(
            "Why a completed form is opened again. Its owners read it on the form and in their "
            "work list."
        ),
        json_schema_extra={"control": "value"},
    )

    def can_end_the_run(self) -> bool:
        """Tell whether it may fail: only a note that is worked out does."""
        return bool(self.note)

    def opens_form(self) -> str:
        """Return the form that is made the current one."""
        return self.form if self.make_current else ""

    def run(self, context: Context) -> None:
        """Go there."""
        note = as_text(evaluate(self.note, context.resolve, of="note"))
        context.forms.go_to(self.form, mode=self.mode, make_current=self.make_current, note=note)

    def sentence(self) -> str:
        """Return `Go to the form approval and make it current`."""
        said = (
            _("Go to the form %(form)s and set it as current")
            if self.make_current
            else _("Go to the form %(form)s")
        )
        return said % {"form": self.form}
