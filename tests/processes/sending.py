"""What a browser sends for a form, read off its HTML: for round trips without a browser."""

from collections.abc import Iterator
from html.parser import HTMLParser
from typing import Any

from django.http import QueryDict


class _Fields(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.sent: list[tuple[str, str]] = []
        self._select: dict[str, Any] | None = None
        self._option: dict[str, Any] | None = None
        self._area: list[str] | None = None
        self._area_name = ""
        self._templates = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = {key: value or "" for key, value in attrs}
        self._templates += tag == "template"
        if self._templates or "disabled" in found:
            return
        if tag == "input":
            self._input(found)
        elif tag == "textarea":
            self._area, self._area_name = [], found.get("name", "")
        elif tag == "select":
            self._select = {"name": found.get("name", ""), "options": []}
        elif tag == "option" and self._select is not None:
            self._select["options"].append((found.get("value", ""), "selected" in found))

    def _input(self, found: dict[str, str]) -> None:
        kind, name = found.get("type", "text"), found.get("name")
        if not name or kind in {"submit", "button"}:
            return
        if kind in {"checkbox", "radio"}:
            if "checked" in found:
                self.sent.append((name, found.get("value", "on")))
            return
        # A one-line box has no line breaks.
        self.sent.append((name, found.get("value", "").replace("\n", "").replace("\r", "")))

    def handle_endtag(self, tag: str) -> None:
        self._templates -= tag == "template"
        if tag == "textarea" and self._area is not None:
            text = "".join(self._area).removeprefix("\n")
            if self._area_name:
                self.sent.append((self._area_name, text.replace("\n", "\r\n")))
            self._area = None
        elif tag == "select" and self._select is not None:
            options = self._select["options"]
            chosen = [value for value, on in options if on] or [value for value, _ in options[:1]]
            self.sent += [(self._select["name"], value) for value in chosen]
            self._select = None

    def handle_data(self, data: str) -> None:
        if self._area is not None:
            self._area.append(data)


def sent_by(html: str, **changes: str) -> QueryDict:
    """Return what the form would send, with some controls filled in otherwise."""
    parser = _Fields()
    parser.feed(html)
    query = QueryDict(mutable=True)
    for name, value in parser.sent:
        query.appendlist(name, value)
    for name, value in changes.items():
        query[name] = value
    return query


def names_in(html: str) -> Iterator[str]:
    """Yield the names of all controls."""
    yield from sent_by(html)
