"""Make required: which fields must be filled in before the form can be submitted."""

from collections.abc import Sequence
from typing import ClassVar, Literal

from pydantic import Field, field_validator

from processes.mappings import Row
from processes.references import FieldName, flaw
from processes.rules.base import Context, Rule

Action = Literal["required", "not_required", "toggle"]
_WORDS = {
    "required": "required", "not_required": "not required", "toggle": "required or not required",
}  # fmt: skip


class RequiredRow(Row):
    """A field, and whether it must be filled in."""

    field: FieldName = Field(
        title="Field", description="Which field.", json_schema_extra={"control": "field_picker"}
    )
    action: Action = Field(
        default="required",
        title="Action",
        description="What becomes of it.",
        json_schema_extra={"control": "select"},
    )


class MakeRequired(Rule):
    """Says which fields must be filled in before their form can be submitted, and which need not.

    What stands under otherwise is done when the conditions do not hold. It stays so for the
    instance until a rule changes it again.
    """

    label = "Make required"
    category = "Workflow"
    can_fail: ClassVar[bool] = False

    type: Literal["make_required"] = "make_required"
    changes: tuple[RequiredRow, ...] = Field(
        title="Fields",
        description="Which fields are required, and which are not.",
        json_schema_extra={"control": "rows"},
    )
    opposite: tuple[RequiredRow, ...] = Field(
        default=(),
        title="Otherwise",
        description="What holds when the conditions do not.",
        json_schema_extra={"control": "rows"},
    )

    @field_validator("changes")
    @classmethod
    def _changes_something(cls, rows: tuple[RequiredRow, ...]) -> tuple[RequiredRow, ...]:
        if not rows:
            raise flaw("Add a row: a field, and whether it is required.")
        return rows

    def run(self, context: Context) -> None:
        """Do what stands there."""
        _apply(self.changes, context)

    def has_otherwise(self) -> bool:
        """Tell whether something is done when the conditions do not hold."""
        return bool(self.opposite)

    def otherwise(self, context: Context) -> None:
        """Do what stands under otherwise."""
        _apply(self.opposite, context)

    def sentence(self) -> str:
        """Return `Make amount required`."""
        return "Make " + " and ".join(f"{row.field} {_WORDS[row.action]}" for row in self.changes)


def _apply(rows: Sequence[RequiredRow], context: Context) -> None:
    for row in rows:
        value = row.action == "required"
        if row.action == "toggle":
            value = not context.forms.shows(row.field, "required")
        context.forms.show(row.field, "required", value=value)
