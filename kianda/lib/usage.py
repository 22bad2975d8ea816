"""Who uses what: each app says at start how its objects refer to those of the apps below it."""

from collections import defaultdict
from collections.abc import Callable, Collection
from typing import Any

Use = dict[str, Any]
_checks: dict[str, list[Callable[[str], list[Use]]]] = defaultdict(list)
_pages: dict[str, Callable[[Use], str]] = {}
_finders: dict[str, Callable[[Collection[str]], dict[str, str]]] = {}


def register(kind: str, check: Callable[[str], list[Use]]) -> None:
    """Add a question "what uses the `kind` of this name?"; called once, from an app's ready()."""
    if check not in _checks[kind]:
        _checks[kind].append(check)


def used_by(kind: str, name: str) -> list[Use]:
    """Return all uses of an object as `{"kind", "name", "url"}`."""
    return [use for check in _checks[kind] for use in check(name)]


def register_page(kind: str, page: Callable[[Use], str]) -> None:
    """Say where people find the page of a use of this kind; called once, from an app's ready()."""
    _pages[kind] = page


def page_of(use: Use) -> str:
    """Return the address of the page of a use for people, or nothing for a kind without pages."""
    page = _pages.get(str(use["kind"]))
    return page(use) if page else ""


def register_finder(kind: str, find: Callable[[Collection[str]], dict[str, str]]) -> None:
    """Say how the pages of many objects of a kind are found by their names; one query for all."""
    _finders[kind] = find


def pages_by_name(kind: str, names: Collection[str]) -> dict[str, str]:
    """Return the addresses of the pages of those objects that are there, by name."""
    find = _finders.get(kind)
    return find(names) if find and names else {}
