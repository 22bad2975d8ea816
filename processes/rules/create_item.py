"""Create item: call a REST method and bring its answer back into the form."""

from typing import ClassVar, Literal

from kianda.lib.i18n import gettext_noop
from processes.rules.calling import CallingRule
from processes.rules.sources import Act


class CreateItem(CallingRule):
    """Creates an item in a datasource from the values in this form.

    The input mapping fills the request of the chosen REST method. After a success the response is
    mapped back into fields, after a failure the error is. With the built-in datasource `kianda`,
    the method is the name of a process: a new record of it is created, the input mapping fills its
    fields, `body.<field>`, and the on success mapping reads `[item.<field>]`, such as
    `[item.process.id]`.
    """

    label = gettext_noop("Create item")
    category = gettext_noop("Data")
    icon = "send"
    act: ClassVar[Act] = "create"
    row_by_row: ClassVar[bool] = True

    type: Literal["create_item"] = "create_item"
