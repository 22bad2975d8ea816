"""The built-in datasource: its methods are the processes, its items their instances."""

import re
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Literal

from kianda.lib.i18n import gettext as _
from kianda.lib.i18n import gettext_noop
from processes.language.conditions import ItemFilter
from processes.language.mappings import InputRow, collect_fields
from processes.language.references import flaw
from processes.language.values import Value
from processes.rules.ports import Context, InstanceAct, Ref
from processes.rules.sources import Act, Brought, ItemCall, ItemSource

_PROCESS_FIELD = re.compile(r"body\.[A-Za-z][A-Za-z0-9_]*\Z")
_INPUTS = frozenset({"input_mapping", "omit_blank"})
_TAKES_NOTHING: Mapping[Act, str] = {
    "find": gettext_noop("A process is searched with the filter. Remove the input mapping."),
    "delete": gettext_noop("The filter selects what is deleted. Remove the input mapping."),
}


class OwnItems(ItemSource):
    """The instances of the processes of this workspace."""

    name: ClassVar[str] = "kianda"
    title: ClassVar[str] = "Kianda"
    icon: ClassVar[str] = "layers"
    result: ClassVar[Literal["response", "item"]] = "item"
    of_processes: ClassVar[bool] = True
    ignores: ClassVar[Mapping[str, frozenset[str]]] = {"find": _INPUTS, "delete": _INPUTS}
    sentences: ClassVar[Mapping[Act, str]] = {
        "find": gettext_noop("Find a record of %(method)s%(where)s"),
        "create": gettext_noop("Create a record of %(method)s"),
        "change": gettext_noop("Update %(every)s of %(method)s%(where)s"),
        "delete": gettext_noop("Delete %(every)s of %(method)s%(where)s"),
    }

    def describe(self, datasource: str, method: str) -> Ref:
        """Return the process."""
        return Ref("method", process=method)

    def check_inputs(self, act: Act, rows: Sequence[InputRow]) -> None:
        """Refuse what is no field of a process, and anything for what takes nothing."""
        for row in rows if act != "delete" else ():
            if not _PROCESS_FIELD.match(row.target):
                raise flaw(
                    _("%(target)s is not a field of a process. Write body.<field>.")
                    % {"target": row.target}
                )
        if rows and act in _TAKES_NOTHING:
            raise flaw(_(_TAKES_NOTHING[act]))

    def check_filter(self, act: Act, chosen: ItemFilter | None) -> None:
        """Want one where something is changed: without it all would be meant."""
        if act != "find" and (chosen is None or not chosen.items):
            raise flaw(_("Add a row to the filter, to select the records."))

    def words(self, call: ItemCall) -> dict[str, str]:
        """Return the process, and which of its instances are meant."""
        where = call.filter.in_words() if call.filter and call.filter.items else ""
        return {
            "method": call.method,
            "where": _(" where %(filter)s") % {"filter": where} if where else "",
            "every": _("all records") if call.every else _("the record"),
        }

    def nothing_found(self, call: ItemCall) -> str:
        """Say that no instance fits."""
        return _("No record of %(method)s was found%(where)s.") % self.words(call)

    def find(self, call: ItemCall, context: Context) -> Brought:
        """Return the newest that fits."""
        return context.find(process=call.method, filter=call.filter or ItemFilter(), limit=1)

    def create(self, call: ItemCall, context: Context) -> Brought:
        """Make an instance with these values."""
        values, secret = _fields(call, context)
        return context.act(InstanceAct("create", call.method, values, secret))

    def change(self, call: ItemCall, context: Context) -> Brought:
        """Store values in those that fit."""
        values, secret = _fields(call, context)
        wanted = call.filter or ItemFilter()
        return context.act(InstanceAct("change", call.method, values, secret, wanted, call.every))

    def delete(self, call: ItemCall, context: Context) -> Brought:
        """Delete those that fit."""
        wanted = call.filter or ItemFilter()
        return context.act(InstanceAct("delete", call.method, filter=wanted, every=call.every))


def _fields(call: ItemCall, context: Context) -> tuple[dict[str, Value], frozenset[str]]:
    return collect_fields(
        call.inputs, context.resolve, context.is_secret, omit_blank=call.omit_blank
    )


_SERVICE = ItemSource()
# Those that are there without being set up, by name. Any other name is that of a service.
BUILT_IN_SOURCES: Mapping[str, ItemSource] = {one.name: one for one in [OwnItems()]}


def source_of(datasource: object) -> ItemSource:
    """Return what sort of datasource a name stands for."""
    found = BUILT_IN_SOURCES.get(datasource) if isinstance(datasource, str) else None
    return found or _SERVICE


def process_setting(settings: Mapping[str, Any]) -> str:
    """Return which setting of a rule names the process that it works with, if it works with one."""
    return "method" if source_of(settings.get("datasource")).of_processes else "process"
