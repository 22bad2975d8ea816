"""Delete form: the instance goes into the recycle bin with what is stored next."""

from typing import ClassVar, Literal

from kianda.lib.i18n import gettext as _
from kianda.lib.i18n import gettext_noop
from processes.rules.base import Context, Rule


class DeleteForm(Rule):
    """Marks the record as deleted.

    The next Save or Submit moves it to the recycle bin; without one after it nothing is deleted.
    The user who starts the run needs permission to delete the record, and no scheduled task may
    name it. Previews are not deleted.
    """

    label = gettext_noop("Delete form")
    category = gettext_noop("Form")
    icon = "file-x"
    can_fail: ClassVar[bool] = True
    takes_effect_when_stored: ClassVar[bool] = True

    type: Literal["delete_form"] = "delete_form"

    def run(self, context: Context) -> None:
        """Mark it."""
        context.forms.delete()

    def sentence(self) -> str:
        """Return `Delete the record with the next Save`."""
        return _("Delete the record with the next Save")
