"""Update item: change something in a datasource, or fields of instances of a process."""

from typing import ClassVar, Literal

from kianda.lib.i18n import gettext as _
from kianda.lib.i18n import gettext_noop
from processes.language.conditions import ItemFilter
from processes.language.mappings import collect_fields
from processes.rules.base import Context
from processes.rules.matching import MatchingRule


class UpdateItem(MatchingRule):
    """Changes an item in a datasource from the values in this form.

    With a REST datasource the method is called with the input mapping. With the built-in datasource
    `kianda` the method is the name of a process: the filter says which of its instances are meant,
    the input mapping fills their fields, `body.<field>`, which are stored at once, and the on
    success mapping reads the first of them, `[item.<field>]`.
    """

    label = gettext_noop("Update item")
    category = gettext_noop("Data")
    icon = "arrow-repeat"
    row_by_row: ClassVar[bool] = True

    type: Literal["update_item"] = "update_item"

    def run(self, context: Context) -> None:
        """Call, or change the instances; then map what came of it."""
        if not self.is_built_in:
            self.accept(self.call(context), context)
            return
        values, secret = collect_fields(
            self.input_mapping, context.resolve, context.is_secret, omit_blank=self.omit_blank
        )
        items = context.others.change(
            process=self.method,
            filter=self.filter or ItemFilter(),
            values=values,
            secret=secret,
            every=self.matches == "all",
        )
        if not items:
            self.found_nothing()
        self.accept_items(items, context)

    def sentence(self) -> str:
        """Return `Update the instance of orders where item.status is Open`."""
        if self.is_built_in:
            return _("Update %(instances)s") % {"instances": self.which()}
        return _("Update an item with %(datasource)s / %(method)s") % {
            "datasource": self.datasource,
            "method": self.method,
        }
