"""What an app adds to a page of an app below it: something in the head, a panel at the side."""

from collections.abc import Callable
from typing import Any, NamedTuple


class PageExtension(NamedTuple):
    """One addition: its two templates, which find what is told as `told`."""

    head: str
    panel: str
    told: Any


_asides: dict[str, list[tuple[str, str, Callable[[Any, Any], Any]]]] = {}


def register(page: str, *, head: str, panel: str, tell: Callable[[Any, Any], Any]) -> None:
    """Let an app add to a page; `tell(thing, user)` returns what there is to tell, or nothing."""
    _asides.setdefault(page, []).append((head, panel, tell))


def extensions_of(page: str, thing: Any, *, user: Any) -> list[PageExtension]:
    """Return what is told on a page about a thing; where nothing is, there is no addition."""
    found = [(head, panel, tell(thing, user)) for head, panel, tell in _asides.get(page, ())]
    return [PageExtension(head, panel, told) for head, panel, told in found if told]
