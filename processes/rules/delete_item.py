"""Delete item: delete something in a datasource, or instances of a process."""

from typing import ClassVar, Literal

from kianda.lib.i18n import gettext_noop
from processes.rules.calling import MatchingRule
from processes.rules.sources import Act


class DeleteItem(MatchingRule):
    """Deletes an item in a datasource.

    With a REST datasource, the method is called with the input mapping. With the built-in
    datasource `kianda`, the method is the name of a process: the records that the filter finds are
    moved to the recycle bin, as far as the user of the run may delete them. The on success mapping
    reads the first of them as it was, `[item.<field>]`.
    """

    label = gettext_noop("Delete item")
    category = gettext_noop("Data")
    icon = "trash3"
    act: ClassVar[Act] = "delete"
    row_by_row: ClassVar[bool] = True

    type: Literal["delete_item"] = "delete_item"
