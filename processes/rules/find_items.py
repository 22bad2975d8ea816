"""Find items: look something up in a datasource or in another process, and map it into fields."""

from typing import ClassVar, Literal

from pydantic import Field, ValidationInfo, field_validator

from kianda.lib.i18n import gettext as _
from kianda.lib.i18n import gettext_noop
from processes.language.conditions import ItemFilter
from processes.language.mappings import InputRow
from processes.language.references import flaw
from processes.rules.base import (
    BUILT_IN,
    CallingRule,
    Context,
    RuleFailed,
    read_item,
)

__all__ = ["BUILT_IN", "FindItems"]


class FindItems(CallingRule):
    """Finds an item and brings values of it into this form.

    With the built-in datasource `kianda` the method is the name of a process: the filter chooses
    one of its instances (the newest that fits), and the on success mapping reads `[item.<field>]`.
    With a REST datasource the method is called with the input mapping, and the on success mapping
    reads `[response.body.<path>]`; an empty list is an answer that found nothing.
    """

    label = gettext_noop("Find items")
    category = gettext_noop("Data")
    icon = "search"
    row_by_row: ClassVar[bool] = True
    only_asks: ClassVar[bool] = True
    for_built_in: ClassVar[frozenset[str]] = frozenset({"filter"})
    for_services: ClassVar[frozenset[str]] = frozenset({"input_mapping", "omit_blank"})

    type: Literal["find_items"] = "find_items"
    filter: ItemFilter | None = Field(
        default=None,
        title=gettext_noop("Filter"),
        description=gettext_noop(
            "Which instances of the process fit, such as [item.process.id] eq orders-1. "
            "Only for the built-in datasource."
        ),
        json_schema_extra={"control": "item_filter"},
    )
    on_none: Literal["fail", "continue"] = Field(
        default="fail",
        title=gettext_noop("When nothing is found"),
        description=gettext_noop(
            "fail: the step fails with the kind not_found. continue: the fields keep "
            "their values and the next rule runs."
        ),
        json_schema_extra={"control": "select"},
    )

    @field_validator("input_mapping")
    @classmethod
    def _a_process_takes_no_input(
        cls, rows: tuple[InputRow, ...], info: ValidationInfo
    ) -> tuple[InputRow, ...]:
        if rows and info.data.get("datasource") == BUILT_IN:
            raise flaw(_("A process is searched by the filter. Remove the input mapping."))
        return rows

    @field_validator("filter")
    @classmethod
    def _only_a_process_is_filtered(
        cls, chosen: ItemFilter | None, info: ValidationInfo
    ) -> ItemFilter | None:
        if chosen is not None and info.data.get("datasource", BUILT_IN) != BUILT_IN:
            raise flaw(
                _("Only the datasource kianda has a filter. Use the input mapping of the method.")
            )
        return chosen

    def brings_answers(self) -> bool:
        """Tell whether it calls out: what is found in a process is still there afterwards."""
        return self.datasource != BUILT_IN and super().brings_answers()

    def reaches_out(self) -> bool:
        """Tell whether it asks somebody outside: not when it looks into a process."""
        return self.datasource != BUILT_IN

    def run(self, context: Context) -> None:
        """Look it up, then map what was found."""
        if self.datasource == BUILT_IN:
            self._find_instance(context)
            return
        answer = self.call(context)
        if answer.body == []:
            self._found_nothing(
                _("%(datasource)s / %(method)s found nothing.")
                % {"datasource": self.datasource, "method": self.method}
            )
            context.accept([])
        else:
            self.accept(answer, context)

    def _find_instance(self, context: Context) -> None:
        chosen = self.filter or ItemFilter()
        found = context.find(process=self.method, filter=chosen, limit=1)
        if not found:
            self._found_nothing(
                _("No instance of %(method)s was found%(where)s.")
                % {"method": self.method, "where": self._where()}
            )
            return
        context.assign_all(read_item(self.on_success, found[0], context))

    def _found_nothing(self, sentence: str) -> None:
        if self.on_none == "fail":
            raise RuleFailed("not_found", sentence)

    def _where(self) -> str:
        return (
            _(" where %(filter)s") % {"filter": self.filter.in_words()}
            if self.filter and self.filter.items
            else ""
        )

    def sentence(self) -> str:
        """Return `Find an instance of orders where item.status is Open`."""
        if self.datasource == BUILT_IN:
            return _("Find an instance of %(method)s%(where)s") % {
                "method": self.method,
                "where": self._where(),
            }
        return _("Find items with %(datasource)s / %(method)s") % {
            "datasource": self.datasource,
            "method": self.method,
        }
