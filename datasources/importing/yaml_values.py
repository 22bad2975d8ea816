"""YAML read without surprises: values as JSON knows them, and bounds on depth and on aliases.

The values are built from the events of the parser, not by a loader of the library: that is ten
times as fast, makes no object but texts, numbers, lists and maps, and keeps the keys as they are
written, so that `200` and `no` stay what they are in a description of an API.
"""

import re
from dataclasses import dataclass
from typing import Any

import yaml

from kianda.lib.errors import Invalid
from kianda.lib.i18n import gettext as _
from kianda.lib.i18n import grouped

LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
MOST_DEPTH = 200
# So many values a document may hold once its aliases are written out.
MOST_VALUES = 6_000_000
_WORDS = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL"), None),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}
_WHOLE = re.compile(r"[-+]?(0|[1-9][0-9]{0,307})\Z")
_NUMBER = re.compile(r"[-+]?([0-9]+\.[0-9]*|\.?[0-9]+)([eE][-+]?[0-9]{1,3})?\Z")
_MERGE = "<<"
_MISSING = object()


def read_yaml(text: str) -> Any:
    """Return the value of the first document of a text; raises Invalid with the place."""
    try:
        return _Builder(text).value()
    except yaml.MarkedYAMLError as error:
        raise Invalid.at("", _in_words(error)) from error
    except (yaml.YAMLError, UnicodeError) as error:
        raise Invalid.at(
            "", _("The document is neither JSON nor YAML: it contains control characters.")
        ) from error


def _in_words(error: yaml.MarkedYAMLError) -> str:
    mark = error.problem_mark or error.context_mark
    problem = error.problem or error.context or ""
    if mark is None:
        return _("The document is neither JSON nor YAML: %(problem)s.") % {"problem": problem}
    return _("The document is not YAML: %(problem)s in line %(line)s, column %(column)s.") % {
        "problem": problem,
        "line": mark.line + 1,
        "column": mark.column + 1,
    }


@dataclass(slots=True)
class _Open:
    """A list or map that is not closed yet, and how many values it holds, aliases written out."""

    held: Any
    anchor: str | None
    size: int = 1
    key: Any = _MISSING
    merged: Any = None


class _Builder:
    """Builds a value from events."""

    def __init__(self, text: str) -> None:
        self._events = LOADER(text)
        self._open: list[_Open] = []
        # A value, and its size; None while it is not closed.
        self._anchors: dict[str, tuple[Any, int] | None] = {}
        self._texts: dict[str, str] = {}
        self._found: Any = None

    def value(self) -> Any:
        acts = {
            yaml.ScalarEvent: self._scalar,
            yaml.MappingStartEvent: self._map,
            yaml.SequenceStartEvent: self._list,
            yaml.MappingEndEvent: self._close,
            yaml.SequenceEndEvent: self._close,
            yaml.AliasEvent: self._alias,
        }
        try:
            while True:
                event = self._events.get_event()
                if event is None or isinstance(event, yaml.DocumentEndEvent):
                    return self._found
                if act := acts.get(type(event)):
                    act(event)
        finally:
            self._events.dispose()

    def _scalar(self, event: Any) -> None:
        text = event.value
        top = self._open[-1] if self._open else None
        if top is not None and top.key is _MISSING and type(top.held) is dict:
            # The same few words are keys everywhere: each is kept once.
            self._key(top, self._texts.setdefault(text, text), plain=event.implicit[0])
            return
        value = _plain(text) if event.implicit[0] else text
        if event.anchor:
            self._anchors[event.anchor] = (value, 1)
        self._put(value, 1)

    def _key(self, top: _Open, text: str, *, plain: bool) -> None:
        top.key = _MERGE_KEY if text == _MERGE and plain else text

    def _map(self, event: Any) -> None:
        self._begin({}, event.anchor)

    def _list(self, event: Any) -> None:
        self._begin([], event.anchor)

    def _begin(self, held: Any, anchor: str | None) -> None:
        top = self._open[-1] if self._open else None
        if top is not None and type(top.held) is dict and top.key is _MISSING:
            raise Invalid.at("", _("A YAML key is a list or a map. Keys must be text."))
        if len(self._open) >= MOST_DEPTH:
            raise Invalid.at("", _("The document is nested too deeply."))
        if anchor:
            self._anchors[anchor] = None
        self._open.append(_Open(held, anchor))

    def _close(self, _event: Any) -> None:
        closed = self._open.pop()
        if closed.merged:
            for other in closed.merged:
                for key, value in other.items():
                    closed.held.setdefault(key, value)
        if closed.anchor:
            self._anchors[closed.anchor] = (closed.held, closed.size)
        self._put(closed.held, closed.size)

    def _alias(self, event: Any) -> None:
        found = self._anchors.get(event.anchor)
        if found is None:
            raise Invalid.at(
                "",
                _("The YAML alias *%(name)s is undefined or refers to itself.")
                % {"name": event.anchor},
            )
        top = self._open[-1] if self._open else None
        if top is not None and type(top.held) is dict and top.key is _MISSING:
            self._key(top, str(found[0]), plain=False)
            return
        self._put(*found)

    def _put(self, value: Any, size: int) -> None:
        if not self._open:
            self._found = value
            return
        top = self._open[-1]
        top.size += size
        if top.size > MOST_VALUES:
            raise Invalid.at(
                "",
                _("The document has more than %(most)s values after its YAML aliases are expanded.")
                % {"most": grouped(MOST_VALUES)},
            )
        if type(top.held) is list:
            top.held.append(value)
            return
        key, top.key = top.key, _MISSING
        if key is _MERGE_KEY:
            top.merged = [one for one in _listed(value) if isinstance(one, dict)]
        else:
            top.held[key] = value


_MERGE_KEY = object()


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _plain(text: str) -> Any:
    """Return what a text without quotes stands for, as YAML 1.2 has it: a date is a text."""
    if text in _WORDS:
        return _WORDS[text]
    if text[:1] not in "+-.0123456789":
        return text
    if _WHOLE.match(text):
        return int(text)
    return float(text) if _NUMBER.match(text) and not text.isdecimal() else text
