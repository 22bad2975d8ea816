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
    """Shows a form of this process on the page, and makes it the current one when asked.

    Making an earlier form current sends the instance back: the forms after it are not started any
    more. They keep what stands in them, and open again as the instance goes on. Whoever has the
    form to do again reads the note. Making a later one current opens it beside the form on which
    the rule stands, so that a Submit that follows completes that one.
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
            "auto: to be filled in by whom it belongs to, when it is open. edit: to be "
            "filled in. read: to be read only."
        ),
        json_schema_extra={"control": "select"},
    )
    make_current: StrictBool = Field(
        default=False,
        title=gettext_noop("Make it the current form"),
        description=gettext_noop("Whether it is opened, also when it was completed before."),
        json_schema_extra={"control": "switch"},
    )

    note: TextValue = Field(
        default="",
        max_length=1_000,
        title=gettext_noop("Note"),
        description=gettext_noop(
            "Why a completed form is made current again; its owners read it on the form and in "
            "their work."
        ),
        json_schema_extra={"control": "value"},
    )

    def can_end_the_run(self) -> bool:
        """Tell whether it may fail: only a note that is worked out does."""
        return bool(self.note)

    def run(self, context: Context) -> None:
        """Go there."""
        note = as_text(evaluate(self.note, context.resolve, of="note"))
        context.forms.go_to(self.form, mode=self.mode, make_current=self.make_current, note=note)

    def sentence(self) -> str:
        """Return `Go to the form approval and make it current`."""
        said = (
            _("Go to the form %(form)s and make it current")
            if self.make_current
            else _("Go to the form %(form)s")
        )
        return said % {"form": self.form}
