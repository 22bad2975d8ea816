"""The conditions for success in the editor of a REST method, and back."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from datasources.ports import conditions
from kianda.lib.dialogs.posted import Node
from kianda.web.pages import Errors

KEY = "success_when"
ROWS = f"{KEY}/items"
KEPT, REMOVE = f"/{KEY}!kept", f"/{KEY}!remove"
MATCHES = (("all", _("All of them")), ("any", _("Any of them")))
PARTS = ("left", "operator", "right")


@dataclass(frozen=True)
class SuccessConditionRow:
    """One condition as its controls show it."""

    at: int
    left: str = ""
    operator: str = "eq"
    right: str = ""

    @property
    def pointer(self) -> str:
        """Return its place in the method."""
        return f"/{ROWS}/{self.at}"

    @property
    def left_pointer(self) -> str:
        """Return the place of its value."""
        return f"{self.pointer}/left"

    @property
    def operator_pointer(self) -> str:
        """Return the place of its operator."""
        return f"{self.pointer}/operator"

    @property
    def right_pointer(self) -> str:
        """Return the place of what it compares with."""
        return f"{self.pointer}/right"


class SuccessConditions:
    """The conditions of a method: as rows, or as they are where groups stand in groups."""

    matches = MATCHES
    blank = SuccessConditionRow(-1)

    def __init__(self, raw: Any, errors: Errors | None = None) -> None:
        """Take them as they are stored or were typed, and what is wrong with them."""
        self._raw = raw if isinstance(raw, Mapping) else {}
        self._errors = errors
        self.match = self._raw.get("match", "all")

    @cached_property
    def kept(self) -> str:
        """Return conditions that rows cannot show, to be sent back as they are."""
        return json.dumps(self._raw) if _is_nested(self._raw) else ""

    @property
    def words(self) -> str:
        """Return those as a sentence."""
        return conditions().in_words(self._raw)

    @property
    def operators(self) -> Sequence[tuple[str, str]]:
        """Return the operators that may be chosen."""
        return conditions().operators()

    @cached_property
    def rows(self) -> list[SuccessConditionRow]:
        """Return the conditions that rows can show."""
        items = [] if self.kept else self._raw.get("items", [])
        return [
            SuccessConditionRow(at, **{part: str(one[part]) for part in PARTS if part in one})
            for at, one in enumerate(items)
        ]

    @property
    def sentences(self) -> list[str]:
        """Return what is wrong with all of them."""
        return list(self._errors.at(f"/{KEY}")) if self._errors else []

    @property
    def wrong(self) -> bool:
        """Tell whether anything is wrong with them."""
        return self._errors is not None and any(
            place.startswith(f"/{KEY}") for _control, place, _said in self._errors.items()
        )


def success_body(post: QueryDict, root: Node, *, act: str = "") -> dict[str, Any] | None:
    """Return the conditions as they were typed; None without any."""
    if kept := post.get(KEPT):
        return None if post.get(REMOVE) else _as_sent(kept)
    rows = (root.at(KEY, "items") or Node()).rows()
    items = [
        {part: text for part in PARTS if (text := row.text_at(part).strip()) or part != "right"}
        for row in rows
    ]
    items = [one for one in items if act or one["left"] or one.get("right")]
    return {"match": post.get(f"/{KEY}/match", "all"), "items": items} if items else None


def _as_sent(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text


def _is_nested(raw: Mapping[str, Any]) -> bool:
    items = raw.get("items", [])
    return not isinstance(items, list) or any(
        not isinstance(one, Mapping) or "items" in one or "match" in one for one in items
    )
