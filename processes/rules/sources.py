"""Where items come from and go to: what each sort of datasource is to the rules that use it.

This is the door for connectors: a sort of datasource that works in its own way makes a class of
`ItemSource`, and no rule knows which one it is. What is sent goes through the `Context`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar, Literal

from kianda.lib.i18n import gettext as _
from kianda.lib.i18n import gettext_noop
from processes.language.call_results import Answer
from processes.language.conditions import ItemFilter
from processes.language.mappings import InputRow, collect
from processes.language.references import flaw
from processes.rules.ports import Context, Item, Ref

Act = Literal["find", "create", "change", "delete"]
Brought = Answer | Sequence[Item]


@dataclass(frozen=True)
class ItemCall:
    """What a rule asks of a datasource."""

    act: Act
    datasource: str
    method: str
    inputs: Sequence[InputRow] = ()
    omit_blank: bool = False
    filter: ItemFilter | None = None
    every: bool = False


_OF_INSTANCES = frozenset({"filter", "matches", "on_none"})


class ItemSource:
    """A sort of datasource, as rules see it: here one whose methods are called, and answer."""

    # Its name, title and icon where nobody needs to set it up.
    name: ClassVar[str] = ""
    title: ClassVar[str] = ""
    icon: ClassVar[str] = ""
    # What an on-success mapping reads.
    result: ClassVar[Literal["response", "item"]] = "response"
    # Its methods are the processes, and its items their instances: looking there asks nobody else.
    of_processes: ClassVar[bool] = False
    # The settings of a rule that mean nothing with it.
    ignores: ClassVar[Mapping[str, frozenset[str]]] = {
        "find": frozenset({"filter"}), "change": _OF_INSTANCES, "delete": _OF_INSTANCES,
    }  # fmt: skip
    sentences: ClassVar[Mapping[Act, str]] = {
        "find": gettext_noop("Find items with %(datasource)s / %(method)s"),
        "create": gettext_noop("Create an item with %(datasource)s / %(method)s"),
        "change": gettext_noop("Update an item with %(datasource)s / %(method)s"),
        "delete": gettext_noop("Delete an item with %(datasource)s / %(method)s"),
    }

    def describe(self, datasource: str, method: str) -> Ref:
        """Return what a method is: that of a datasource, or a process."""
        return Ref("method", datasource=datasource, method=method)

    def check_inputs(self, act: Act, rows: Sequence[InputRow]) -> None:
        """Raise a flaw for an input mapping that is not taken; here the method knows."""

    def check_filter(self, act: Act, chosen: ItemFilter | None) -> None:
        """Raise a flaw for a filter that is not taken, or for one that is missing."""
        if chosen is not None:
            raise flaw(
                _("Only the datasource kianda has a filter. Use the input mapping of the method.")
            )

    def words(self, call: ItemCall) -> dict[str, str]:
        """Return what sentences about a call name."""
        return {"datasource": call.datasource, "method": call.method}

    def nothing_found(self, call: ItemCall) -> str:
        """Say that nothing was found."""
        return _("%(datasource)s / %(method)s found nothing.") % self.words(call)

    def in_words(self, call: ItemCall) -> str:
        """Return a call as a sentence."""
        return _(self.sentences[call.act]) % self.words(call)

    def carry_out(self, call: ItemCall, context: Context) -> Brought:
        """Do what a rule asks for, and return what it brought; raises RuleFailed."""
        acts = {
            "find": self.find, "create": self.create, "change": self.change, "delete": self.delete,
        }  # fmt: skip
        return acts[call.act](call, context)

    def find(self, call: ItemCall, context: Context) -> Brought:
        """Look something up; an empty list is an answer that found nothing."""
        answer = self.call(call, context)
        return [] if answer.body == [] else answer

    def create(self, call: ItemCall, context: Context) -> Brought:
        """Make something."""
        return self.call(call, context)

    def change(self, call: ItemCall, context: Context) -> Brought:
        """Change something."""
        return self.call(call, context)

    def delete(self, call: ItemCall, context: Context) -> Brought:
        """Delete something."""
        return self.call(call, context)

    def call(self, call: ItemCall, context: Context) -> Answer:
        """Send the request of the method with the mapped values."""
        inputs = collect(call.inputs, context.resolve, omit_blank=call.omit_blank)
        return context.call(datasource=call.datasource, method=call.method, inputs=inputs)
