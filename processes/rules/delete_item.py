"""Delete item: delete something in a datasource, or instances of a process."""

from typing import ClassVar, Literal

from kianda.lib.i18n import gettext as _
from kianda.lib.i18n import gettext_noop
from processes.language.conditions import ItemFilter
from processes.language.mappings import InputRow
from processes.language.references import flaw
from processes.rules.base import Context
from processes.rules.matching import MatchingRule


class DeleteItem(MatchingRule):
    """Deletes an item in a datasource.

    With a REST datasource the method is called with the input mapping. With the built-in datasource
    `kianda` the method is the name of a process: the instances that the filter finds are deleted,
    as far as the person of the run may delete them, and the on success mapping reads the first of
    them as it was, `[item.<field>]`.
    """

    label = gettext_noop("Delete item")
    category = gettext_noop("Data")
    icon = "trash3"
    row_by_row: ClassVar[bool] = True
    for_services: ClassVar[frozenset[str]] = frozenset({"input_mapping", "omit_blank"})

    type: Literal["delete_item"] = "delete_item"

    @classmethod
    def check_fields_mapped(cls, rows: tuple[InputRow, ...]) -> None:
        """Refuse an input mapping: what is deleted takes nothing."""
        if rows:
            raise flaw(_("What is deleted is chosen by the filter. Remove the input mapping."))

    def run(self, context: Context) -> None:
        """Call, or delete the instances; then map what came of it."""
        if not self.is_built_in:
            self.accept(self.call(context), context)
            return
        items = context.others.delete(
            process=self.method,
            filter=self.filter or ItemFilter(),
            every=self.matches == "all",
        )
        if not items:
            self.found_nothing()
        self.accept_items(items, context)

    def sentence(self) -> str:
        """Return `Delete the instance of orders where item.status is Open`."""
        if self.is_built_in:
            return _("Delete %(instances)s") % {"instances": self.which()}
        return _("Delete an item with %(datasource)s / %(method)s") % {
            "datasource": self.datasource,
            "method": self.method,
        }
