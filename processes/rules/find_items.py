"""Find items: look something up in a datasource or in another process, and map it into fields."""

from typing import ClassVar, Literal

from pydantic import Field

from kianda.lib.i18n import gettext_noop
from processes.language.conditions import ItemFilter
from processes.rules.calling import CallingRule
from processes.rules.sources import Act


class FindItems(CallingRule):
    """Finds an item and copies values from it into this form.

    With the built-in datasource `kianda`, the method is the name of a process: the filter selects
    one of its records (the newest match), and the on success mapping reads `[item.<field>]`. With a
    REST datasource, the method is called with the input mapping, and the on success mapping reads
    `[response.body.<path>]`. An empty list counts as nothing found.
    """

    label = gettext_noop("Find items")
    category = gettext_noop("Data")
    icon = "search"
    act: ClassVar[Act] = "find"
    row_by_row: ClassVar[bool] = True
    only_asks: ClassVar[bool] = True

    type: Literal["find_items"] = "find_items"
    filter: ItemFilter | None = Field(
        default=None,
        title=gettext_noop("Filter"),
        description=gettext_noop(
            "Which records of the process match, such as [item.process.id] eq orders-1. Only for "
            "the built-in datasource."
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
