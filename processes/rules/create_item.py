"""Create item: call a REST method and bring its answer back into the form."""

from typing import ClassVar, Literal

from kianda.lib.i18n import gettext as _
from kianda.lib.i18n import gettext_noop
from processes.language.mappings import collect_fields
from processes.rules.base import BUILT_IN, CallingRule, Context


class CreateItem(CallingRule):
    """Creates an item in a datasource from the values in this form.

    The input mapping fills the request of the chosen REST method; after a success the answer is
    mapped back into fields, after a failure the error is. With the built-in datasource `kianda` the
    method is the name of a process: a new instance of it is made, the input mapping fills its
    fields, `body.<field>`, and the on success mapping reads `[item.<field>]`, such as
    `[item.process.id]`.
    """

    label = gettext_noop("Create item")
    category = gettext_noop("Data")
    icon = "send"
    row_by_row: ClassVar[bool] = True

    type: Literal["create_item"] = "create_item"

    def run(self, context: Context) -> None:
        """Call, then map the answer."""
        if self.datasource == BUILT_IN:
            values, secret = collect_fields(
                self.input_mapping, context.resolve, context.is_secret, omit_blank=self.omit_blank
            )
            items = context.others.create(process=self.method, values=values, secret=secret)
            self.accept_items(items, context)
            return
        self.accept(self.call(context), context)

    def sentence(self) -> str:
        """Return `Create an item with token-service / refresh-token`."""
        if self.datasource == BUILT_IN:
            return _("Create an instance of %(method)s") % {"method": self.method}
        return _("Create an item with %(datasource)s / %(method)s") % {
            "datasource": self.datasource,
            "method": self.method,
        }
