"""Groups of conditions: read from a form, and as the rows and groups that are shown."""

from typing import Any

from kianda.lib.dialogs.posted import Node
from kianda.lib.dialogs.text_codecs import as_typed
from processes.language.conditions import MAX_NESTING

_CELLS = ("left", "operator", "right")


def read_group(node: Node | None, *, blank: bool = False) -> dict[str, Any] | None:
    """Return a group as it was sent; None when it holds nothing, for then there is no condition."""
    group = read_items(node, blank=blank)
    return group if group["items"] else None


def read_items(node: Node | None, *, blank: bool = False) -> dict[str, Any]:
    """Return a group with its rows and groups; with `blank` those too that hold nothing."""
    if node is None:
        return {"match": "all", "items": []}
    items = node.at("items")
    found = [_item(one, blank=blank) for one in (items.rows() if items is not None else ())]
    return {
        "match": node.text_at("match") or "all",
        "items": [item for item in found if blank or not _nothing(item)],
    }


def _item(node: Node, *, blank: bool) -> dict[str, Any]:
    if node.at("match") is not None or node.at("items") is not None:
        return read_items(node, blank=blank)
    return {cell: node.text_at(cell) for cell in _CELLS}


def _nothing(item: dict[str, Any]) -> bool:
    if "items" in item:
        return not item["items"]
    return not item["left"] and not item["right"]


def shown_group(value: Any, depth: int = 1) -> dict[str, Any]:
    """Return a group as texts; anything that is none is an empty one."""
    raw = value if isinstance(value, dict) else {}
    items = raw.get("items")
    found = items if isinstance(items, (list, tuple)) and depth <= MAX_NESTING + 1 else ()
    return {
        "match": "any" if raw.get("match") == "any" else "all",
        "items": [_shown_item(one, depth) for one in found if isinstance(one, dict)],
    }


def _shown_item(item: dict[str, Any], depth: int) -> dict[str, Any]:
    if "items" in item or "match" in item:
        return shown_group(item, depth + 1)
    return {cell: as_typed(item.get(cell)) for cell in _CELLS}
