"""Create item: call a REST method and bring its answer back into the form."""

from typing import Literal

from processes.rules.base import CallingRule, Context


class CreateItem(CallingRule):
    """Creates an item in a datasource from the values in this form.

    The input mapping fills the request of the chosen REST method; after a success the answer is
    mapped back into fields, after a failure the error is.
    """

    label = "Create item"
    category = "Data"

    type: Literal["create_item"] = "create_item"

    def run(self, context: Context) -> None:
        """Call, then map the answer."""
        self.accept(self.call(context), context)

    def sentence(self) -> str:
        """Return `Create an item with token-service / refresh-token`."""
        return f"Create an item with {self.datasource} / {self.method}"
