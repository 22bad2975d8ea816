"""What a list can be sorted by: the heads of its columns, and the menu of them on a phone."""

from collections.abc import Iterable
from typing import Any, NamedTuple

_STATES = {"": "ascending", "-": "descending"}


class SortHead(NamedTuple):
    """The head of a column: whether the list is sorted by it, and the address that sorts by it.

    Where that is empty, the column has a head and sorts nothing.
    """

    label: str
    state: str
    url: str
    is_number: bool = False


def sorted_so(name: str, now: str) -> tuple[str, str]:
    """Return how a list in the order `now` is sorted by a column, and the order its head leads to.

    Sorted by it already, the head turns it round; a name with - before it is descending.
    """
    state = next((_STATES[sign] for sign in _STATES if now == sign + name), "")
    return state, f"-{name}" if state == "ascending" else name


def menu_of(heads: Iterable[SortHead], *, unsorted: str, words: str) -> dict[str, Any]:
    """Return what components/sort_menu.html draws, where columns have no heads.

    `unsorted` is the address of the list in its own order, `words` what that is called.
    """
    offered = [one for one in heads if one.url]
    return {
        "sort_heads": offered, "sorted_by": next((one for one in offered if one.state), None),
        "unsorted": unsorted, "unsorted_words": words,
    }  # fmt: skip
