"""Close: leave the form, and end the instance with a status."""

from typing import ClassVar, Literal

from pydantic import Field

from kianda.lib.i18n import gettext as _
from kianda.lib.i18n import gettext_noop
from processes.language.mappings import evaluate
from processes.language.setting_types import TextValue
from processes.language.values import as_text
from processes.rules.base import Context, Rule


class Close(Rule):
    """Leaves the form and shows the list of the process, or Home if there is no record yet.

    With a status, the record ends with that status, and all its forms are closed. Values that no
    Save or Submit has saved are not saved by it.
    """

    label = gettext_noop("Close")
    category = gettext_noop("Form")
    icon = "x-square"
    can_fail: ClassVar[bool] = True

    type: Literal["close"] = "close"
    status: TextValue = Field(
        default="",
        max_length=200,
        title=gettext_noop("Status"),
        description=gettext_noop(
            "The final status of the record. If empty, the record stays open."
        ),
        json_schema_extra={"control": "value"},
    )

    def can_end_the_run(self) -> bool:
        """Tell whether it may fail: only a status that is worked out does."""
        return bool(self.status)

    def stays_inside(self) -> bool:
        """Tell whether it only leaves: an end is stored."""
        return not self.status

    def ends_record(self) -> bool:
        """Tell whether it ends the record: with a status."""
        return bool(self.status)

    def run(self, context: Context) -> None:
        """Leave, and end."""
        context.forms.close(status=as_text(evaluate(self.status, context.resolve, of="status")))

    def sentence(self) -> str:
        """Return `Close with the status Cancelled`."""
        return (
            _("Close with the status %(status)s") % {"status": self.status}
            if self.status
            else _("Close the form")
        )
