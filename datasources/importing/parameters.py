"""Parts of REST methods put together: paths with their parameters, and lists of parameters."""

import re
from typing import Any

from datasources.importing.notes import ImportNotes
from datasources.rest.response import keepable
from kianda.lib.headers import header_flaw
from kianda.lib.i18n import gettext as _

_BRACES = re.compile(r"\{([^{}]*)\}")
_NOT_IN_A_NAME = re.compile(r"[^A-Za-z0-9_.-]+")
MOST = {"query": 200, "request_headers": 200, "request_body": 500}
# These say how a client speaks, not what is asked for; the product sets them.
OWN_HEADERS = frozenset({"accept", "content-type", "authorization", "content-length", "host"})


class MethodDraft:
    """A REST method in the making: no name twice, nothing that its settings would refuse."""

    def __init__(self, notes: ImportNotes, *, place: str) -> None:
        """Begin with nothing; notes tell what does not fit."""
        self._notes, self._place = notes, place
        self._lists: dict[str, dict[str, dict[str, Any]]] = {name: {} for name in MOST}
        self._settings: dict[str, Any] = {}

    def set(self, **settings: Any) -> None:
        """Set what is no list."""
        self._settings |= settings

    def add(self, section: str, name: str, *, where: str, **settings: Any) -> None:
        """Add a parameter to `query`, `request_headers` or `request_body`; the first one stays."""
        name = keepable(name)
        header = section == "request_headers"
        if not 0 < len(name) <= 200:
            self._notes.leave(where, _("Parameter names have 1 to 200 characters."))
        elif header and (flaw := header_flaw(name)):
            self._notes.leave(where, flaw)
        elif len(self._lists[section]) >= MOST[section]:
            words = _("A REST method can have at most %(most)s of these.") % {"most": MOST[section]}
            self._notes.leave(self._place, words)
        else:
            key = name.lower() if header else name
            self._lists[section].setdefault(key, {"name": name, **settings})

    def path(self, path: str) -> None:
        """Set the path; what cannot stand in one is told."""
        path, _hash, _rest = path.strip().partition("#")
        path, _mark, query = path.partition("?")
        for pair in filter(None, query.split("&")):
            name, _equals, value = pair.partition("=")
            self.add("query", name, where=self._place, value=value)
        path = path if path.startswith("/") else f"/{path}"
        self._settings["url_path"] = tidy_path(path, self._notes, place=self._place)

    def made(self) -> dict[str, Any]:
        """Return the settings of the REST method."""
        lists = {section: list(held.values()) for section, held in self._lists.items() if held}
        if self._settings.get("content_type") == "json":
            lists["request_body"] = without_clashes(lists.get("request_body", []))
        made = {**self._settings, **lists}
        return {name: held for name, held in made.items() if held != []}


def without_clashes(items: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Leave out a value that has parts of its own in the same body."""
    names = [item["name"] for item in items]
    return [
        item for item in items if not any(other.startswith(f"{item['name']}.") for other in names)
    ]


def tidy_path(path: str, notes: ImportNotes, *, place: str) -> str:
    """Return a path whose parameters have names that can stand in braces, each once."""
    taken: set[str] = set()

    def renamed(match: "re.Match[str]") -> str:
        wish = _NOT_IN_A_NAME.sub("_", match[1]).strip("_.-") or "value"
        name, number = wish, 1
        while name in taken:
            number += 1
            name = f"{wish}_{number}"
        taken.add(name)
        if name != match[1]:
            words = _("The path parameter {%(old)s} was renamed to {%(new)s}.")
            notes.change(place, words % {"old": match[1][:100], "new": name})
        return f"{{{name}}}"

    return _BRACES.sub(renamed, keepable(path))
