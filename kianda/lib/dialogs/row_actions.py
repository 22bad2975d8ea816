"""What a button says, and the acts that add, move and remove rows, carried out on what a form sent.

It says a verb and a place: `add:/assignments`, `add_group:/conditions/items`, `up:/lines/3`,
`remove:/on_success/3`. Other verbs change no rows here; `press:` is followed by what is pressed.
"""

from itertools import count
from typing import NamedTuple

from kianda.lib.dialogs.posted import Node, Tree

ROW, GROUP = "add", "add_group"
MOVES = {"up": -1, "down": 1}
MOST_ROWS = 1_000
DEEPEST_ROW = 24


class Act(NamedTuple):
    """What a button says: a verb, and the place or the target that it is about."""

    verb: str
    place: str

    @property
    def parts(self) -> list[str]:
        """Return the parts of the place, a JSON pointer."""
        parts = (part for part in self.place.split("/") if part)
        return [part.replace("~1", "/").replace("~0", "~") for part in parts]

    @property
    def is_placed(self) -> bool:
        """Tell whether it is about a place of the form, such as its rows: nothing is stored."""
        return self.place.startswith("/")

    @property
    def pressed(self) -> str:
        """Return what is pressed: the target of rules; nothing when it is another act."""
        return self.place if self.verb == "press" else ""


def act_of(text: str) -> Act:
    """Return what a button says."""
    verb, _colon, place = text.partition(":")
    return Act(verb, place)


def rearranged(root: Node, act: str) -> str:
    """Carry out a button's act; return the place of the row that was added."""
    said = act_of(act)
    verb, parts = said.verb, said.parts[:DEEPEST_ROW]
    if not parts:
        return ""
    if verb in {ROW, GROUP}:
        return _add(root, parts, group=verb == GROUP)
    holder = root.at(*parts[:-1]) if len(parts) > 1 else None
    if holder is not None and parts[-1] in holder.below:
        if verb == "remove":
            del holder.below[parts[-1]]
        elif verb in MOVES:
            holder.below = _moved(holder.below, parts[-1], step=MOVES[verb])
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
