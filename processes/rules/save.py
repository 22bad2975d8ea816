"""Save: store the values that the rules have set so far."""

from typing import ClassVar, Literal

from kianda.lib.i18n import gettext as _
from kianda.lib.i18n import gettext_noop
from processes.rules.base import Context, Rule


class Save(Rule):
    """Saves all current values of this process, with their history.

    Until a Save rule runs, what rules set is only in working memory.
    """

    label = gettext_noop("Save")
    category = gettext_noop("Form")
    icon = "save"
    row_by_row: ClassVar[bool] = True
    stores: ClassVar[bool] = True
    can_fail: ClassVar[bool] = False

    type: Literal["save"] = "save"

    def run(self, context: Context) -> None:
        """Store the working copy."""
        context.save()

    def sentence(self) -> str:
        """Return `Save the instance`."""
        return _("Save the record")
