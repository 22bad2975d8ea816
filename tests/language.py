"""A language made up for tests: every text that is translated stands in wide letters.

What a page says in plain letters was not translated, whatever was done with it on the way: wide
letters survive being cut, capitalized and put together, as brackets around a text would not.
"""

import gettext
import re
import string
from collections.abc import Iterator
from contextlib import contextmanager
from html.parser import HTMLParser
from typing import Any

import pytest
from django.conf import settings
from django.utils import translation
from django.utils.translation import trans_real

CODE = "xx"
_WIDE = {ord(letter): ord(letter) + 0xFEE0 for letter in string.ascii_letters}
# What is filled in, marks of HTML and entities stay as they are.
_KEPT = re.compile(r"(%\(\w+\)[a-z]|%[a-z%]|\{\w*\}|<[^<>]*>|&#?\w+;)")


def wide(text: str) -> str:
    """Return a text in the language."""
    parts = _KEPT.split(text)
    return "".join(part if n % 2 else part.translate(_WIDE) for n, part in enumerate(parts))


class Wide(gettext.NullTranslations):
    """The catalog of the language: it knows every text."""

    def __init__(self) -> None:
        """Begin with nothing asked for."""
        super().__init__()
        self.asked: set[str] = set()

    def gettext(self, message: str) -> str:
        """Return a text in wide letters, without the context that it was asked with."""
        text = message.rpartition(trans_real.CONTEXT_SEPARATOR)[2]
        self.asked.add(text)
        return wide(text)

    def ngettext(self, msgid1: str, msgid2: str, n: int) -> str:
        """Return the one or the other."""
        return self.gettext(msgid1 if n == 1 else msgid2)

    def to_language(self) -> str:
        """Return what it is called."""
        return CODE

    language = to_language


@contextmanager
def spoken(patch: pytest.MonkeyPatch) -> Iterator[Wide]:
    """Let the language be spoken."""
    catalog = Wide()
    patch.setitem(vars(trans_real)["_translations"], CODE, catalog)
    patch.setattr(settings, "LANGUAGES", [*settings.LANGUAGES, (CODE, "Wide")])
    patch.setattr(settings, "LANGUAGE_CODE", CODE)
    with translation.override(CODE):
        yield catalog


class _Page(HTMLParser):
    """Gathers what a page says, read aloud and in hints too; what is code says nothing."""

    SILENT = frozenset({"script", "style", "code", "pre", "kbd", "textarea"})
    # What a search looks in, and what is copied.
    SEARCHED = frozenset({"data-words", "data-copy"})
    SAYING = frozenset({"title", "aria-label", "placeholder", "alt", "aria-description"})

    def __init__(self) -> None:
        super().__init__()
        self.said: list[str] = []
        self._silent: list[str] = []

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        known = dict(attrs)
        if tag in self.SILENT or known.get("translate") == "no":
            self._silent.append(tag)
        for name, value in attrs:
            words = name.startswith("data-") and name not in self.SEARCHED and " " in (value or "")
            if value and (name in self.SAYING or words):
                self.said.append(value)
        if tag == "input" and known.get("type") in {"submit", "button"}:
            self.said.append(known.get("value") or "")

    def handle_endtag(self, tag: str) -> None:
        if self._silent and self._silent[-1] == tag:
            self._silent.pop()

    def handle_data(self, data: str) -> None:
        if not self._silent and data.strip():
            self.said.append(" ".join(data.split()))


def said_on(html: str) -> list[str]:
    """Return what a page says, piece by piece."""
    page = _Page()
    page.feed(html)
    return page.said


def plain_words(pieces: list[str], *, but: re.Pattern[str]) -> list[str]:
    """Return the pieces with words in plain letters, but for what is known to be data."""
    return [piece for piece in pieces if re.search(r"[A-Za-z]{2}", but.sub("", piece))]
