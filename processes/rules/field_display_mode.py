"""Field display mode: fields and forms to be filled in, or only read, on the page that follows."""

from collections.abc import Mapping
from typing import ClassVar, Literal

from pydantic import Field

from kianda.lib.i18n import gettext as _
from kianda.lib.i18n import gettext_noop
from processes.language.mappings import Row
from processes.rules.base import Context
from processes.rules.display import FIELD_OR_FORM, DisplayRule, FieldOrFormName

DisplayMode = Literal["edit", "read"]


class ModeRow(Row):
    """A field or form, and how it is shown."""

    field: FieldOrFormName = Field(
        title=gettext_noop("Field or form"),
        description=gettext_noop("What is shown that way."),
        json_schema_extra=FIELD_OR_FORM,
    )
    action: DisplayMode = Field(
        default="edit",
        title=gettext_noop("Mode"),
        description=gettext_noop("edit: it can be filled in. read: it is read-only."),
        json_schema_extra={"control": "select"},
    )


class FieldDisplayMode(DisplayRule):
    """Sets fields and forms to editable or read-only on the page that follows.

    It applies to this view of the user who selected the button and is not stored: opened again, by
    someone else or through the API, the record is as before. Edit lets people change what is
    read-only for them, also on a form that is completed or not open yet, as far as their
    permissions go; it ends when someone submits that form or sends it back. What is hidden stays
    hidden. Fields in a panel or form follow it, unless they are named too. The rows under Otherwise
    apply when the conditions are not met. A quick action opens the page again, so it changes
    nothing there.
    """

    label = gettext_noop("Field display mode")
    icon = "pencil-square"
    add_a_row: ClassVar[str] = gettext_noop("Add a row: a field or form, and how it is shown.")
    words: ClassVar[Mapping[str, str]] = {
        "edit": gettext_noop("%(field)s as editable"),
        "read": gettext_noop("%(field)s as read-only"),
    }  # fmt: skip

    type: Literal["field_display_mode"] = "field_display_mode"
    changes: tuple[ModeRow, ...] = Field(
        title=gettext_noop("Fields and forms"),
        description=gettext_noop("How each field or form is shown."),
        json_schema_extra={"control": "rows"},
    )
    opposite: tuple[ModeRow, ...] = Field(
        default=(),
        title=gettext_noop("Otherwise"),
        description=gettext_noop("How they are shown when the conditions are not met."),
        json_schema_extra={"control": "rows"},
    )

    def apply(self, name: str, action: DisplayMode, context: Context) -> None:
        """Show one so."""
        context.forms.show_as(name, action)

    def sentence(self) -> str:
        """Return `Show amount to be filled in`."""
        return _("Show %(fields)s") % {"fields": self.said()}
