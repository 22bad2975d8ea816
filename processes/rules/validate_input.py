"""Validate input: refuse what was entered, with a sentence beside the field."""

from typing import ClassVar, Literal

from pydantic import Field, model_validator

from kianda.lib.words import mark as _
from processes.mappings import evaluate
from processes.references import FieldName, TextValue, flaw
from processes.rules.base import Context, Rule, RuleFailed
from processes.values import as_text


class ValidateInput(Rule):
    """Refuses what was entered when its conditions hold.

    The message stands beside the field, the run ends as failed, and nothing that is not stored yet
    is stored.
    """

    label = _("Validate input")
    category = _("Form")
    can_fail: ClassVar[bool] = True

    type: Literal["validate_input"] = "validate_input"
    field: FieldName = Field(
        title=_("Field"),
        description=_("Beside which field the message stands."),
        json_schema_extra={"control": "field_picker"},
    )
    message: TextValue = Field(
        min_length=1,
        max_length=1_000,
        title=_("Message"),
        description=_("What the person reads: what is wrong, and how to put it right."),
        json_schema_extra={"control": "value"},
    )

    @model_validator(mode="after")
    def _says_when(self) -> "ValidateInput":
        if self.conditions is None or not self.conditions.items:
            raise flaw(_("Say when the input is wrong: add a condition."))
        return self

    def run(self, context: Context) -> None:
        """Fail: the conditions hold, so the input is wrong."""
        message = as_text(evaluate(self.message, context.resolve, of="message"))
        raise RuleFailed("value", message, fields={self.field: message})

    def sentence(self) -> str:
        """Return `Refuse amount: Write 100 at most`."""
        return _("Refuse %(field)s: %(message)s") % {
            "field": self.field,
            "message": self.message.rstrip("."),
        }
