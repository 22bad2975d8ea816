"""Make required: which fields must be filled in before the form can be submitted."""

from collections.abc import Mapping
from typing import ClassVar, Literal

from pydantic import Field

from kianda.lib.i18n import gettext as _
from kianda.lib.i18n import gettext_noop
from processes.language.mappings import Row
from processes.language.setting_types import OwnFieldName
from processes.rules.base import Context
from processes.rules.display import DisplayRule

Action = Literal["required", "not_required", "toggle"]


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
        description=gettext_noop("What happens to it."),
        json_schema_extra={"control": "select"},
    )


class MakeRequired(DisplayRule):
    """Sets which fields are required before their form can be submitted.

    The rows under Otherwise apply when the conditions are not met. The effect stays for the record
    until a rule changes it again.
    """

    label = gettext_noop("Make required")
    icon = "asterisk"
    add_a_row: ClassVar[str] = gettext_noop("Add a row: a field, and whether it is required.")
    words: ClassVar[Mapping[str, str]] = {
        "required": gettext_noop("%(field)s to required"),
        "not_required": gettext_noop("%(field)s to not required"),
        "toggle": gettext_noop("%(field)s to required or not required"),
    }  # fmt: skip

    type: Literal["make_required"] = "make_required"
    changes: tuple[RequiredRow, ...] = Field(
        title=gettext_noop("Fields"),
        description=gettext_noop("Which fields are required, and which are not."),
        json_schema_extra={"control": "rows"},
    )
    opposite: tuple[RequiredRow, ...] = Field(
        default=(),
        title=gettext_noop("Otherwise"),
        description=gettext_noop("What applies when the conditions are not met."),
        json_schema_extra={"control": "rows"},
    )

    def apply(self, name: str, action: Action, context: Context) -> None:
        """Make one required, or not."""
        value = action == "required"
        if action == "toggle":
            value = not context.forms.shows(name, "required")
        context.forms.show(name, "required", value=value)

    def sentence(self) -> str:
        """Return `Make amount required`."""
        return _("Set %(fields)s") % {"fields": self.said()}
