"""Button: runs its rules when it is pressed."""

from typing import Literal

from pydantic import Field

from kianda.lib.words import mark as _
from processes.fields.base import ACTIONS, FormField


class Button(FormField):
    """Runs its rules, in their order, when someone presses it or a scheduled task fires it.

    It holds no value.
    """

    label = _("Button")
    category = ACTIONS

    type: Literal["button"] = "button"
    where: Literal["body", "footer"] = Field(
        default="body",
        title=_("Where"),
        description=_("Among the fields of the form, or in the bar at its end."),
        json_schema_extra={"control": "select"},
    )
