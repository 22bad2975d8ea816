"""Update item: change something in a datasource, or fields of instances of a process."""

from typing import ClassVar, Literal

from kianda.lib.i18n import gettext_noop
from processes.rules.calling import MatchingRule
from processes.rules.sources import Act


class UpdateItem(MatchingRule):
    """Updates an item in a datasource from the values in this form.

    With a REST datasource, the method is called with the input mapping. With the built-in
    datasource `kianda`, the method is the name of a process: the filter selects its records, the
    input mapping fills their fields, `body.<field>`, which are saved immediately, and the on
    success mapping reads the first of them, `[item.<field>]`.
    """

    label = gettext_noop("Update item")
    category = gettext_noop("Data")
    icon = "arrow-repeat"
    act: ClassVar[Act] = "change"
    row_by_row: ClassVar[bool] = True

    type: Literal["update_item"] = "update_item"
