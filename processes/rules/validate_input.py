"""Validate input: refuse what was entered, with a sentence beside the field."""

from typing import ClassVar, Literal

from pydantic import Field, model_validator

from kianda.lib.i18n import gettext as _
from kianda.lib.i18n import gettext_noop
from processes.language.mappings import evaluate
from processes.language.references import flaw
from processes.language.setting_types import FieldName, TextValue
from processes.language.values import as_text
from processes.rules.base import Context, Rule, RuleFailed


class ValidateInput(Rule):
    """Rejects what was entered when its conditions are met.

    The message is shown beside the field, the run is refused, and unsaved values are not saved.
    """

    label = gettext_noop("Validate input")
    category = gettext_noop("Form")
    icon = "shield-check"
    row_by_row: ClassVar[bool] = True
    needs_instance: ClassVar[bool] = False
    can_fail: ClassVar[bool] = True

    type: Literal["validate_input"] = "validate_input"
    field: FieldName = Field(
        title=gettext_noop("Field"),
        description=gettext_noop("The field beside which the message is shown."),
        json_schema_extra={"control": "field_picker"},
    )
    message: TextValue = Field(
        min_length=1,
        max_length=1_000,
        title=gettext_noop("Message"),
        description=gettext_noop("What is wrong, and how to fix it."),
        json_schema_extra={"control": "value"},
    )

    @model_validator(mode="after")
    def _says_when(self) -> "ValidateInput":
        if self.conditions is None or not self.conditions.items:
            raise flaw(_("Add a condition that says when the input is wrong."))
        return self

    def run(self, context: Context) -> None:
        """Fail: the conditions hold, so the input is wrong."""
        message = as_text(evaluate(self.message, context.resolve, of="message"))
        raise RuleFailed("value", message, fields={self.field: message})

    def sentence(self) -> str:
        """Return `Refuse amount: Write 100 at most`."""
        return _("Reject %(field)s: %(message)s") % {
            "field": self.field,
            "message": self.message.rstrip("."),
        }
