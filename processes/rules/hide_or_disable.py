"""Hide or disable: what is shown on the form, and what can be changed."""

from collections.abc import Mapping
from typing import ClassVar, Literal

from pydantic import Field

from kianda.lib.i18n import gettext_noop
from processes.language.mappings import Row
from processes.rules.base import Context
from processes.rules.display import FIELD_OR_FORM, DisplayRule, FieldOrFormName
from processes.rules.ports import DisplayPart

Action = Literal[
    "hide", "show", "disable", "enable", "toggle_visible", "toggle_enabled", "hide_and_clear"
]
_OF_ENABLED = frozenset({"enable", "disable", "toggle_enabled"})
_HIDING = frozenset({"hide", "hide_and_clear", "toggle_visible"})


class HidingRow(Row):
    """A field or form, and what happens to it."""

    field: FieldOrFormName = Field(
        title=gettext_noop("Field or form"),
        description=gettext_noop("What is hidden, shown, disabled or enabled."),
        json_schema_extra=FIELD_OR_FORM,
    )
    action: Action = Field(
        title=gettext_noop("Action"),
        description=gettext_noop("What happens to it."),
        json_schema_extra={"control": "select"},
    )


class HideOrDisable(DisplayRule):
    """Hides, shows, disables or enables fields and forms of this process.

    The actions under Otherwise apply when the conditions are not met. The effect stays for the
    record until a rule changes it again. Hidden fields need not be filled in, and a hidden form is
    skipped. Hide and clear empties a field, or everything in a container or a form; what has no
    value, such as a button, is only hidden.
    """

    label = gettext_noop("Hide or disable")
    icon = "eye-slash"
    add_a_row: ClassVar[str] = gettext_noop("Add a row: a field or form, and what happens to it.")
    words: ClassVar[Mapping[str, str]] = {
        "hide": gettext_noop("hide %(field)s"), "show": gettext_noop("show %(field)s"),
        "disable": gettext_noop("disable %(field)s"), "enable": gettext_noop("enable %(field)s"),
        "toggle_visible": gettext_noop("show or hide %(field)s"),
        "toggle_enabled": gettext_noop("enable or disable %(field)s"),
        "hide_and_clear": gettext_noop("hide and clear %(field)s"),
    }  # fmt: skip

    type: Literal["hide_or_disable"] = "hide_or_disable"
    changes: tuple[HidingRow, ...] = Field(
        title=gettext_noop("Actions"),
        description=gettext_noop("What happens to each field or form."),
        json_schema_extra={"control": "rows"},
    )
    opposite: tuple[HidingRow, ...] = Field(
        default=(),
        title=gettext_noop("Otherwise"),
        description=gettext_noop("What happens to them when the conditions are not met."),
        json_schema_extra={"control": "rows"},
    )

    def may_hide(self) -> frozenset[str]:
        """Return what its rows hide, under its conditions and otherwise."""
        return frozenset(
            row.field for row in (*self.changes, *self.opposite) if row.action in _HIDING
        )

    def apply(self, name: str, action: Action, context: Context) -> None:
        """Hide, show, disable or enable one."""
        part: DisplayPart = "enabled" if action in _OF_ENABLED else "visible"
        value = action in {"show", "enable"}
        if action.startswith("toggle"):
            value = not context.forms.shows(name, part)
        context.forms.show(name, part, value=value)
        if action == "hide_and_clear":
            context.assign_all([(one, None) for one in context.forms.holders(name)])

    def sentence(self) -> str:
        """Return `Hide amount and disable status`."""
        said = self.said()
        return said[:1].upper() + said[1:]
