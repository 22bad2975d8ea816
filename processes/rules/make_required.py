"""Make required: which fields must be filled in before the form can be submitted."""

from collections.abc import Sequence
from typing import ClassVar, Literal

from pydantic import Field, field_validator

from kianda.lib.i18n import gettext as _
from kianda.lib.i18n import gettext_noop
from processes.language.mappings import Row
from processes.language.references import flaw
from processes.language.setting_types import OwnFieldName
from processes.rules.base import Context, Rule

Action = Literal["required", "not_required", "toggle"]
_WORDS = {
    "required": gettext_noop("%(field)s required"),
    "not_required": gettext_noop("%(field)s not required"),
    "toggle": gettext_noop("%(field)s required or not required"),
}  # fmt: skip


class RequiredRow(Row):
    """A field, and whether it must be filled in."""

    field: OwnFieldName = Field(
        title=gettext_noop("Field"),
        description=gettext_noop("Which field."),
        json_schema_extra={"control": "field"},
    )
    action: Action = Field(
        default="required",
        title=gettext_noop("Action"),
        description=gettext_noop("What becomes of it."),
        json_schema_extra={"control": "select"},
    )


class MakeRequired(Rule):
    """Says which fields must be filled in before their form can be submitted, and which need not.

    What stands under otherwise is done when the conditions do not hold. It stays so for the
    instance until a rule changes it again.
    """

    label = gettext_noop("Make required")
    category = gettext_noop("Workflow")
    icon = "asterisk"
    row_by_row: ClassVar[bool] = True
    needs_instance: ClassVar[bool] = False
    can_fail: ClassVar[bool] = False

    type: Literal["make_required"] = "make_required"
    changes: tuple[RequiredRow, ...] = Field(
        title=gettext_noop("Fields"),
        description=gettext_noop("Which fields are required, and which are not."),
        json_schema_extra={"control": "rows"},
    )
    opposite: tuple[RequiredRow, ...] = Field(
        default=(),
        title=gettext_noop("Otherwise"),
        description=gettext_noop("What holds when the conditions do not."),
        json_schema_extra={"control": "rows"},
    )

    @field_validator("changes")
    @classmethod
    def _changes_something(cls, rows: tuple[RequiredRow, ...]) -> tuple[RequiredRow, ...]:
        if not rows:
            raise flaw(_("Add a row: a field, and whether it is required."))
        return rows

    def run(self, context: Context) -> None:
        """Do what stands there."""
        _apply(self.changes, context)

    def otherwise(self, context: Context) -> None:
        """Do what stands under otherwise."""
        _apply(self.opposite, context)

    def sentence(self) -> str:
        """Return `Make amount required`."""
        made = _(" and ").join(_(_WORDS[row.action]) % {"field": row.field} for row in self.changes)
        return _("Make %(fields)s") % {"fields": made}


def _apply(rows: Sequence[RequiredRow], context: Context) -> None:
    for row in rows:
        value = row.action == "required"
        if row.action == "toggle":
            value = not context.forms.shows(row.field, "required")
        context.forms.show(row.field, "required", value=value)
