"""Hide or disable: what is shown on the form, and what can be changed."""

from collections.abc import Sequence
from typing import Annotated, ClassVar, Literal

from pydantic import AfterValidator, Field, ValidationInfo, field_validator

from kianda.lib.i18n import gettext as _
from kianda.lib.i18n import gettext_noop
from kianda.lib.names import FIELD_NAME
from processes.language.mappings import Row
from processes.language.references import flaw, names_in
from processes.rules.base import Context, Rule
from processes.rules.ports import DisplayPart

Action = Literal[
    "hide", "show", "disable", "enable", "toggle_visible", "toggle_enabled", "hide_and_clear"
]
_WORDS = {
    "hide": gettext_noop("hide %(field)s"), "show": gettext_noop("show %(field)s"),
    "disable": gettext_noop("disable %(field)s"), "enable": gettext_noop("enable %(field)s"),
    "toggle_visible": gettext_noop("show or hide %(field)s"),
    "toggle_enabled": gettext_noop("enable or disable %(field)s"),
    "hide_and_clear": gettext_noop("hide and clear %(field)s"),
}  # fmt: skip


_OF_ENABLED = frozenset({"enable", "disable", "toggle_enabled"})


def _field_or_form(name: str, info: ValidationInfo) -> str:
    names = names_in(info)
    if not FIELD_NAME.match(name):
        raise flaw(_("Give the name of a field or a form, without brackets."))
    if names is not None and name not in {*names.fields, *names.forms}:
        raise flaw(_("There is no field or form %(name)s.") % {"name": name})
    return name


class DisplayRow(Row):
    """A field or form, and what becomes of it."""

    field: Annotated[str, AfterValidator(_field_or_form)] = Field(
        title=gettext_noop("Field or form"),
        description=gettext_noop("What is hidden, shown, disabled or enabled."),
        json_schema_extra={"control": "field_or_form"},
    )
    action: Action = Field(
        title=gettext_noop("Action"),
        description=gettext_noop("What becomes of it."),
        json_schema_extra={"control": "select"},
    )


class HideOrDisable(Rule):
    """Hides, shows, disables or enables fields and forms of this process.

    What stands under otherwise is done when the conditions do not hold. It stays so for the
    instance until a rule changes it again. What is hidden need not be filled in: a hidden form is
    passed over. Hide and clear empties a field, or all that stands in a container or a form; what
    holds no value, such as a button, is only hidden.
    """

    label = gettext_noop("Hide or disable")
    category = gettext_noop("Workflow")
    icon = "eye-slash"
    row_by_row: ClassVar[bool] = True
    needs_instance: ClassVar[bool] = False
    can_fail: ClassVar[bool] = False

    type: Literal["hide_or_disable"] = "hide_or_disable"
    changes: tuple[DisplayRow, ...] = Field(
        title=gettext_noop("Actions"),
        description=gettext_noop("What becomes of which field or form."),
        json_schema_extra={"control": "rows"},
    )
    opposite: tuple[DisplayRow, ...] = Field(
        default=(),
        title=gettext_noop("Otherwise"),
        description=gettext_noop("What becomes of them when the conditions do not hold."),
        json_schema_extra={"control": "rows"},
    )

    @field_validator("changes")
    @classmethod
    def _changes_something(cls, rows: tuple[DisplayRow, ...]) -> tuple[DisplayRow, ...]:
        if not rows:
            raise flaw(_("Add a row: a field or form, and what becomes of it."))
        return rows

    def run(self, context: Context) -> None:
        """Do what stands there."""
        _apply(self.changes, context)

    def otherwise(self, context: Context) -> None:
        """Do what stands under otherwise."""
        _apply(self.opposite, context)

    def sentence(self) -> str:
        """Return `Hide amount and disable status`."""
        said = _(" and ").join(_(_WORDS[row.action]) % {"field": row.field} for row in self.changes)
        return said[:1].upper() + said[1:]


def _apply(rows: Sequence[DisplayRow], context: Context) -> None:
    for row in rows:
        part: DisplayPart = "enabled" if row.action in _OF_ENABLED else "visible"
        value = row.action in {"show", "enable"}
        if row.action.startswith("toggle"):
            value = not context.forms.shows(row.field, part)
        context.forms.show(row.field, part, value=value)
        if row.action == "hide_and_clear":
            context.assign_all([(name, None) for name in context.forms.holders(row.field)])
