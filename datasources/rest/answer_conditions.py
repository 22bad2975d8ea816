"""Conditions on an answer as rows of controls, and back: for methods, and for tokens that ended."""

import json
from collections.abc import Iterable, Mapping
from typing import Any

from kianda.lib.dialogs.posted import Node
from kianda.lib.i18n import gettext as _
from kianda.lib.i18n import gettext_noop

MATCHES = {"all": gettext_noop("All of them"), "any": gettext_noop("Any of them")}
PARTS = ("left", "operator", "right")


def matches_in_words() -> list[tuple[str, str]]:
    """Return how many conditions may have to hold, with the words for it."""
    return [(match, _(words)) for match, words in MATCHES.items()]


def kept_of(raw: Mapping[str, Any]) -> str:
    """Return conditions that rows cannot show, to be sent back as they are; nothing for others."""
    items = raw.get("items", [])
    nested = not isinstance(items, list) or any(
        not isinstance(one, Mapping) or "items" in one or "match" in one for one in items
    )
    return json.dumps(raw) if nested else ""


def parts_of(raw: Mapping[str, Any]) -> list[dict[str, str]]:
    """Return the parts of the conditions that rows can show."""
    items: Iterable[Mapping[str, Any]] = [] if kept_of(raw) else raw.get("items", [])
    return [{part: str(one[part]) for part in PARTS if part in one} for one in items]


def read_kept(text: str) -> Any:
    """Return conditions that were sent back as they were."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text


def read_rows(rows: Iterable[Node], *, match: str, blank: bool = False) -> dict[str, Any] | None:
    """Return the conditions of rows as they were typed; None without any.

    `blank`: rows that nothing is written in are kept, while somebody still works on them.
    """
    items = [
        {part: text for part in PARTS if (text := row.text_at(part).strip()) or part != "right"}
        for row in rows
    ]
    items = [one for one in items if blank or one["left"] or one.get("right")]
    return {"match": match, "items": items} if items else None
