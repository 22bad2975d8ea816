"""Secrets on display, masked by place and by value. Plain Python."""

import base64
import json
import re
from collections.abc import Iterable
from decimal import Decimal
from typing import Any
from urllib.parse import quote, quote_plus

from kianda.lib.secret_names import MASK, always_holds_secret


class Masker:
    """Replaces secret values wherever they stand: as they are, URL-encoded, in base64."""

    # Shorter values are masked only where they are the whole text: "a" would shred every sentence.
    SHORTEST_INSIDE = 4

    def __init__(self, values: Iterable[str] = ()) -> None:
        """Start with the given secret values."""
        self._whole: set[str] = set()
        # Every spelling, the longest first; made when it is first asked for.
        self._inside: set[str] = set()
        self._longest_first: list[str] | None = None
        for value in values:
            self.add(value)

    def add(self, value: object) -> None:
        """Learn one more secret value; anything but a number or a non-empty text is ignored."""
        value = _digits(value) or value
        if not isinstance(value, str) or not value or value in self._whole:
            return
        self._whole.add(value)
        if len(value) >= self.SHORTEST_INSIDE:
            self._inside |= _spellings(value)
            self._longest_first = None

    @property
    def learned(self) -> int:
        """Return how many secret values it knows; none is ever forgotten."""
        return len(self._whole)

    def known(self) -> list[str]:
        """Return the secret values themselves, for an encrypted place alone."""
        return sorted(self._whole)

    def text(self, text: str) -> str:
        """Return the text with every known secret value replaced."""
        if text in self._whole:
            return MASK
        if len(text) < self.SHORTEST_INSIDE:
            return text
        if self._longest_first is None:
            # Asterisks alone would be found in the mask itself.
            telling = (spelling for spelling in self._inside if spelling.strip("*"))
            self._longest_first = sorted(telling, key=len, reverse=True)
        # A few searches cost far less than compiling a pattern for each run.
        for spelling in self._longest_first:
            if spelling in text:
                text = text.replace(spelling, MASK)
        return text

    def json(self, value: Any, *, by_place: bool = False) -> Any:
        """Mask a JSON value throughout; `by_place` also masks keys that always hold secrets."""
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, dict):
            return {
                self.text(str(key)): MASK
                if by_place and always_holds_secret(str(key), item)
                else self.json(item, by_place=by_place)
                for key, item in value.items()
            }
        if isinstance(value, (list, tuple)):
            return [self.json(item, by_place=by_place) for item in value]
        return MASK if _digits(value) in self._inside else value


def _digits(value: object) -> str:
    """Return a number as text, and nothing for anything else."""
    number = isinstance(value, (int, float, Decimal)) and not isinstance(value, bool)
    return str(value) if number else ""


# In JSON and in an address as they are.
_SPELT_ALIKE = re.compile(r"[A-Za-z0-9_.~-]+").fullmatch


def _spellings(value: str) -> set[str]:
    raw = value.encode()
    plain = base64.b64encode(raw).decode()
    url_safe = base64.urlsafe_b64encode(raw).decode()
    in_base64 = {plain, plain.rstrip("="), url_safe, url_safe.rstrip("=")}
    if _SPELT_ALIKE(value):
        return {value} | in_base64
    # A provider may send a body back inside its answer; JSON may spell what is not ASCII both ways.
    in_json = {json.dumps(value, ensure_ascii=ascii_only)[1:-1] for ascii_only in (True, False)}
    in_url = {quote(value, safe=""), quote(value), quote_plus(value), quote_plus(value, safe="*")}
    return {value} | in_json | in_url | in_base64
