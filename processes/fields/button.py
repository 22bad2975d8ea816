"""Button: runs its rules when it is pressed."""

from typing import Literal

from pydantic import Field, StrictBool

from kianda.lib.i18n import gettext_noop
from processes.fields.base import ACTIONS, FormField
from processes.language.people_refs import MOST, Refs


class Button(FormField):
    """Runs its rules, in their order, when someone presses it or a scheduled task fires it.

    It holds no value.
    """

    label = gettext_noop("Button")
    category = ACTIONS
    icon = "hand-index"
    look = "button"
    is_button = True

    type: Literal["button"] = "button"
    where: Literal["body", "footer"] = Field(
        default="body",
        title=gettext_noop("Where"),
        description=gettext_noop("Among the fields of the form, or in the bar at its end."),
        json_schema_extra={"control": "select"},
    )
    show_in_display_mode: StrictBool = Field(
        default=False,
        title=gettext_noop("Show in display mode"),
        description=gettext_noop(
            "Whether it can be pressed also while its form is not open: before its turn, and after "
            "it was submitted."
        ),
        json_schema_extra={"control": "switch"},
    )
    press: Refs = Field(
        default=(),
        max_length=MOST,
        title=gettext_noop("Who presses it"),
        description=gettext_noop("People and groups. No one named: whoever fills in the form."),
        json_schema_extra={"control": "refs"},
    )
    menu: Refs = Field(
        default=(),
        max_length=MOST,
        title=gettext_noop("Quick action of"),
        description=gettext_noop(
            "Who finds it in the menu of its form, whether or not they fill the form in and the "
            "button is shown. No one named: it is in no menu."
        ),
        json_schema_extra={"control": "refs", "group": "rights"},
    )
    menu_when: Literal["always", "open", "completed"] = Field(
        default="always",
        title=gettext_noop("In the menu"),
        description=gettext_noop("While the form is open, once it is completed, or always."),
        json_schema_extra={"control": "select", "group": "rights"},
    )

    def is_in_menu(self, status: str) -> bool:
        """Tell whether the menu of its form has it while the form has this status."""
        known = {"open": "current", "completed": "completed"}
        return bool(self.menu) and known.get(self.menu_when, status) == status
