"""A definition under other names: its own, those of processes it looks into, of datasources."""

import copy
from collections.abc import Iterator, Mapping
from typing import Any

from processes.rules.instances import process_setting

Object = dict[str, Any]


def with_names(
    raw: Object, *, processes: Mapping[str, str], datasources: Mapping[str, str] | None = None
) -> Object:
    """Return a definition in which every name of these, {old: new}, is the new one.

    A process that looks into itself goes on to do so under its new name.
    """
    made: Object = copy.deepcopy(raw)
    if isinstance(made.get("name"), str):
        made["name"] = processes.get(made["name"], made["name"])
    for rule in _rules(made):
        _rename(rule, processes, datasources or {})
    return made


def _rename(rule: Object, processes: Mapping[str, str], datasources: Mapping[str, str]) -> None:
    _replace(rule, process_setting(rule), processes)
    _replace(rule, "datasource", datasources)


def _replace(holder: Object, key: str, names: Mapping[str, str]) -> None:
    if isinstance(holder.get(key), str):
        holder[key] = names.get(holder[key], holder[key])


def _rules(node: Any) -> Iterator[Object]:
    """Yield every rule, wherever it stands: under fields, forms, the process, other rules."""
    for key, item in node.items() if isinstance(node, dict) else ():
        if key in {"rules", "load_rules"} and isinstance(item, list):
            yield from (rule for rule in item if isinstance(rule, dict))
        yield from _rules(item)
    for item in node if isinstance(node, list) else ():
        yield from _rules(item)
