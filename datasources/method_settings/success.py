"""The conditions for success in the editor of a REST method, and back."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.http import QueryDict

from datasources.ports import conditions
from datasources.rest.answer_conditions import (
    kept_of,
    matches_in_words,
    parts_of,
    read_kept,
    read_rows,
)
from kianda.lib.dialogs.posted import Node
from kianda.web.pages import Errors

KEY = "success_when"
ROWS = f"{KEY}/items"
KEPT, REMOVE = f"/{KEY}!kept", f"/{KEY}!remove"


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

    blank = SuccessConditionRow(-1)

    def __init__(self, raw: Any, errors: Errors | None = None) -> None:
        """Take them as they are stored or were typed, and what is wrong with them."""
        self._raw = raw if isinstance(raw, Mapping) else {}
        self._errors = errors
        self.match = self._raw.get("match", "all")

    @property
    def matches(self) -> list[tuple[str, str]]:
        """Return how many of them may have to hold."""
        return matches_in_words()

    @cached_property
    def kept(self) -> str:
        """Return conditions that rows cannot show, to be sent back as they are."""
        return kept_of(self._raw)

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
        return [SuccessConditionRow(at, **one) for at, one in enumerate(parts_of(self._raw))]

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
        return None if post.get(REMOVE) else read_kept(kept)
    rows = (root.at(KEY, "items") or Node()).rows()
    return read_rows(rows, match=post.get(f"/{KEY}/match", "all"), blank=bool(act))
