"""Delete form: take a form of the instance out of the flow."""

from typing import Annotated, ClassVar, Literal

from pydantic import AfterValidator, Field

from kianda.lib.i18n import gettext as _
from kianda.lib.i18n import gettext_noop
from processes.language.setting_types import check_form_or_own
from processes.rules.base import Context, Rule


class DeleteForm(Rule):
    """Takes a form of this instance out of the flow: it is not shown, and passed over.

    What stands in it is kept, and the history tells it. When it was the only open form, the next
    one that waits its turn opens; without one the step fails. Go to form brings it back when it
    makes it the current form. The instance itself stays.
    """

    label = gettext_noop("Delete form")
    category = gettext_noop("Form")
    icon = "file-x"
    can_fail: ClassVar[bool] = True

    type: Literal["delete_form"] = "delete_form"
    form: Annotated[str, AfterValidator(check_form_or_own)] = Field(
        default="",
        title=gettext_noop("Form"),
        description=gettext_noop("Left out, it is the form on which the rule stands."),
        json_schema_extra={"control": "form"},
    )

    def run(self, context: Context) -> None:
        """Take it out."""
        context.forms.delete(self.form)

    def sentence(self) -> str:
        """Return `Delete the form approval`."""
        said = _("Delete the form %(form)s") if self.form else _("Delete the form")
        return said % {"form": self.form} if self.form else said
