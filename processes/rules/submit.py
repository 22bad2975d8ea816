"""Submit: complete a form, open the next one, and store."""

from typing import Annotated, ClassVar, Literal

from pydantic import AfterValidator, Field, ValidationInfo

from kianda.lib.i18n import gettext as _
from kianda.lib.i18n import gettext_noop
from processes.language.mappings import evaluate
from processes.language.setting_types import TextValue, check_form_name
from processes.language.values import as_text
from processes.rules.base import Context, Rule


def _form_or_own(name: str, info: ValidationInfo) -> str:
    return check_form_name(name, info) if name else name


class Submit(Rule):
    """Completes a form and saves all values of this process, with their history.

    First the form is checked: each required field that is shown must be filled in, and each value
    must match the settings of its field. Then the form's own rules run, the form is completed, and
    the next one opens; if other forms are still open, they come first. If a rule of the form closes
    the record or sets an earlier form as current, the record goes there instead.
    """

    label = gettext_noop("Submit")
    category = gettext_noop("Form")
    icon = "check2-square"
    stores: ClassVar[bool] = True
    completes: ClassVar[bool] = True
    can_fail: ClassVar[bool] = True

    type: Literal["submit"] = "submit"
    form: Annotated[str, AfterValidator(_form_or_own)] = Field(
        default="",
        title=gettext_noop("Form"),
        description=gettext_noop("If empty, the form that has the rule."),
        json_schema_extra={"control": "form"},
    )
    status: TextValue = Field(
        default="",
        max_length=200,
        title=gettext_noop("Status"),
        description=gettext_noop(
            "The status of the record afterwards. If empty, the title of the form that is then "
            "open, or completed after the last one."
        ),
        json_schema_extra={"control": "value"},
    )

    def run(self, context: Context) -> None:
        """Check, complete, open, store."""
        status = as_text(evaluate(self.status, context.resolve, of="status"))
        context.forms.submit(self.form, status=status)

    def sentence(self) -> str:
        """Return `Submit the form request with the status Approved`."""
        if self.status and self.form:
            said = _("Submit the form %(form)s with the status %(status)s")
        elif self.status:
            said = _("Submit the form with the status %(status)s")
        else:
            said = _("Submit the form %(form)s") if self.form else _("Submit the form")
        return said % {"form": self.form, "status": self.status}
