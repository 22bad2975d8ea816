"""The buttons that add, move and remove rows, carried out on what a form sent.

A button says a verb and a place: `add:/assignments`, `add_group:/conditions/items`,
`remove:/on_success/3`, `up:/on_success/3`. Other verbs change nothing here.
"""

from itertools import count

from kianda.lib.dialogs.posted import Node, Tree

ROW, GROUP = "add", "add_group"
MOST_ROWS = 1_000


def rearranged(root: Node, act: str) -> str:
    """Carry out a button's act; return the place of the row that was added."""
    verb, _colon, place = act.partition(":")
    parts = [part for part in place.split("/") if part][:24]
    if not parts:
        return ""
    if verb in {ROW, GROUP}:
        return _add(root, parts, group=verb == GROUP)
    holder = root.at(*parts[:-1]) if len(parts) > 1 else None
    if holder is not None and parts[-1] in holder.below:
        if verb == "remove":
            del holder.below[parts[-1]]
        elif verb in {"up", "down"}:
            holder.below = _moved(holder.below, parts[-1], step=-1 if verb == "up" else 1)
    return ""


def _add(root: Node, parts: list[str], *, group: bool) -> str:
    node = root
    for part in parts:
        node = node.below.setdefault(part, Node())
    rows = len(node.rows())
    if rows >= MOST_ROWS:
        return ""
    made = Node()
    if group:
        made.below = {"match": Node(["all"]), "items": Node()}
        made.below["items"].below["0"] = Node()
    node.below[next(name for name in map(str, count(rows)) if name not in node.below)] = made
    row = f"/{'/'.join(_as_shown(root, parts))}/{rows}"
    return f"{row}/items/0" if group else row


def _as_shown(root: Node, parts: list[str]) -> list[str]:
    """Return a place with the numbers that its rows have on the next page: their positions."""
    node, made = root, []
    for part in parts:
        numbers = [name for name in node.below if name.isdecimal()]
        made.append(str(numbers.index(part)) if part in numbers else part)
        node = node.below[part]
    return made


def _moved(below: Tree, name: str, *, step: int) -> Tree:
    numbers = [one for one in below if one.isdecimal()]
    others = {one: node for one, node in below.items() if not one.isdecimal()}
    at = numbers.index(name) if name in numbers else -1
    to = at + step
    if at >= 0 and 0 <= to < len(numbers):
        numbers[at], numbers[to] = numbers[to], numbers[at]
    return others | {one: below[one] for one in numbers}
