"""Where the values of a JSON text stand: each JSON pointer with its line. Plain Python."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from kianda.lib.pointers import pointer

_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|[{}\[\],:]|[^\s{}\[\],:"]+')


@dataclass
class _Open:
    """An object or list that has begun and not ended."""

    place: str
    is_list: bool
    key: str | int = 0
    wants_key: bool = False


def line_map(text: str) -> dict[str, int]:
    """Return the line of every value of a valid JSON text, by its pointer; of a key, its own."""
    found: dict[str, int] = {}
    opened: list[_Open] = []
    for line, part in _tokens(text):
        inside = opened[-1] if opened else None
        if part in "}]":
            opened.pop()
        elif part == ",":
            _next(inside)
        elif inside is not None and inside.wants_key and part != ":":
            inside.key, inside.wants_key = json.loads(part, strict=False), False
            found.setdefault(_place(inside), line)
        elif part != ":":
            place = _place(inside)
            found.setdefault(place, line)
            if part in "{[":
                opened.append(_Open(place, part == "[", wants_key=part == "{"))
    return found


def line_of(place: str, lines: Mapping[str, int]) -> int:
    """Return the line of a place, or of the nearest thing around it that stands in the text."""
    while place and place not in lines:
        place = place.rpartition("/")[0]
    return lines.get(place, 1)


def _tokens(text: str) -> Iterator[tuple[int, str]]:
    line, at = 1, 0
    for match in _TOKEN.finditer(text):
        line += text.count("\n", at, match.start())
        at = match.start()
        yield line, match[0]


def _next(inside: _Open | None) -> None:
    if inside is None:
        return
    if isinstance(inside.key, int) and inside.is_list:
        inside.key += 1
    else:
        inside.wants_key = True


def _place(inside: _Open | None) -> str:
    return "" if inside is None else inside.place + pointer(inside.key)
