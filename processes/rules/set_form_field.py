"""Set form field: give fields of this process new values."""

from collections.abc import Sequence
from typing import ClassVar, Literal

from pydantic import Field, field_validator

from kianda.lib.i18n import gettext as _
from kianda.lib.i18n import gettext_noop
from processes.language.expressions import Template
from processes.language.mappings import Assignment, evaluate
from processes.language.references import flaw
from processes.rules.base import Context, Rule


class SetFormField(Rule):
    """Sets fields of this process to a text, to another field's value or to a formula.

    The rows are applied in their order. An empty value clears the field. Nothing is saved until a
    Save rule runs.
    """

    label = gettext_noop("Set form field")
    category = gettext_noop("Form")
    icon = "pencil"
    row_by_row: ClassVar[bool] = True
    needs_instance: ClassVar[bool] = False
    can_fail: ClassVar[bool] = True

    type: Literal["set_form_field"] = "set_form_field"
    assignments: tuple[Assignment, ...] = Field(
        title=gettext_noop("Assignments"),
        description=gettext_noop("Which field gets which value."),
        json_schema_extra={"control": "assignments"},
    )

    @field_validator("assignments")
    @classmethod
    def _sets_something(cls, rows: tuple[Assignment, ...]) -> tuple[Assignment, ...]:
        if not rows:
            raise flaw(_("Add a row: a field, and the value that it gets."))
        return rows

    def can_end_the_run(self) -> bool:
        """Tell whether a row may fail: plain texts do not, and clearing never does."""
        return any(not Template.parse(row.value).is_constant for row in self.assignments)

    def run(self, context: Context) -> None:
        """Set the fields, one after the other."""
        for row in self.assignments:
            context.assign(row.field, evaluate(row.value, context.resolve, of=row.field))

    def assignments_shown(self) -> Sequence[Assignment]:
        """Return the rows."""
        return self.assignments

    def sentence(self) -> str:
        """Return `Set access_token to empty and status to Open`."""
        parts = [
            _("%(field)s to %(value)s") % {"field": row.field, "value": row.value or _("empty")}
            for row in self.assignments
        ]
        return _("Set %(assignments)s") % {"assignments": _(" and ").join(parts)}
