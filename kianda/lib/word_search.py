"""Searches of lists: each word that was typed stands in one of the columns, in capitals or not.

Whoever is named by a user name or an address is looked up in the same way.

SQLite takes no capitals but those of ASCII for the same letter. Of a text with other letters it is
asked by LIKE for any letter in their places, which is quick and rules most rows out, and then by
GLOB for each letter in both its cases.
"""

import json
from collections.abc import Callable, Iterable
from functools import reduce
from operator import and_, or_
from typing import Any

from django.db import connection
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import CharField, F, Q, TextField, Value
from django.db.models.functions import Collate, Concat
from django.db.models.lookups import IContains, IExact, IStartsWith
from django.db.models.sql.compiler import SQLCompiler

# What GLOB takes for more than itself.
_GLOB_SIGNS = "*?["


def holds_words(words: Iterable[str], *columns: str) -> Q:
    """Return the filter that every word stands in one of some columns, in capitals or not."""
    return reduce(and_, (holds_word(word, *columns) for word in words), Q())


def holds_word(word: str, *columns: str) -> Q:
    """Return the filter that a word stands in one of some columns, in capitals or not."""
    if connection.vendor != "postgresql":
        return reduce(or_, (Q(**{f"{column}__icontains": word}) for column in columns))
    # It looks into one text of several lines twice as quickly as into as many texts.
    lines = [part for column in columns for part in (F(column), Value("\n"))]
    text = Concat(*lines, output_field=TextField()) if len(columns) > 1 else F(columns[0])
    # Capitals of other letters than these take their rules, and several times as long.
    return Q(IContains(Collate(text, "C") if word.isascii() else text, word))


def found_in(
    value: str, text: str, *, vendor: str, begins: bool = False, ends: bool = False
) -> tuple[str, tuple[str, ...]]:
    """Write that a text stands in a value, or begins or ends it, in capitals or not.

    `value` is SQL without parameters.
    """
    first, last = "" if begins else "%", "" if ends else "%"
    if vendor == "postgresql":
        return f"{value} ILIKE %s ESCAPE '\\'", (f"{first}{like_pattern(text)}{last}",)
    sql, given = f"{value} LIKE %s ESCAPE '\\'", f"{first}{loose_pattern(text)}{last}"
    if not any(_has_other_case(letter) for letter in text):
        return sql, (given,)
    first, last = "" if begins else "*", "" if ends else "*"
    return f"({sql} AND {value} GLOB %s)", (given, f"{first}{_glob_pattern(text)}{last}")


def like_pattern(text: str) -> str:
    """Return a text as a pattern of LIKE finds it, escaped by a backslash."""
    return text.replace("\\", "\\\\").replace("%", r"\%").replace("_", r"\_")


def loose_pattern(text: str, *, stored: Callable[[str], str] = str) -> str:
    """Return a pattern of SQLite's LIKE that finds a text in capitals or not, and may find more.

    `stored` writes a letter as the database has it.
    """
    return "".join(
        "_" * len(stored(letter)) if _has_other_case(letter) else like_pattern(stored(letter))
        for letter in text
    )


def as_in_json(text: str) -> str:
    r"""Return a text as it stands inside of stored JSON: of letters beyond ASCII as `\u00fc`."""
    return json.dumps(text)[1:-1]


def _has_other_case(letter: str) -> bool:
    """Tell whether a letter beyond ASCII has another case, which leads back to it: ß has none."""
    other = letter.swapcase()
    is_one = len(other) == 1 and other != letter and not letter.isascii()
    return is_one and other.swapcase() == letter


def _glob_pattern(text: str) -> str:
    return "".join(_glob_letter(letter) for letter in text)


def _glob_letter(letter: str) -> str:
    if _has_other_case(letter) or (letter.isascii() and letter.isalpha()):
        return f"[{letter}{letter.swapcase()}]"
    return f"[{letter}]" if letter in _GLOB_SIGNS else letter


class _InCapitalsOrNot:
    """A search in a column that SQLite answers as PostgreSQL does."""

    begins = ends = False

    def as_sqlite(
        self: Any, compiler: SQLCompiler, connection: BaseDatabaseWrapper
    ) -> tuple[str, tuple[Any, ...]]:
        """Write it; of ASCII alone, or of another column, as Django does."""
        if not isinstance(self.rhs, str) or self.rhs.isascii():
            sql, given = self.as_sql(compiler, connection)
            return sql, tuple(given)
        column, before = self.process_lhs(compiler, connection)
        sql, given = found_in(
            column, self.rhs, vendor=connection.vendor, begins=self.begins, ends=self.ends
        )
        return sql, tuple(one for pattern in given for one in (*before, pattern))


@CharField.register_lookup
@TextField.register_lookup
class Contains(_InCapitalsOrNot, IContains):
    """Whether a column holds a text, in capitals or not."""


@CharField.register_lookup
@TextField.register_lookup
class StartsWith(_InCapitalsOrNot, IStartsWith):
    """Whether a column begins with a text, in capitals or not."""

    begins = True


@CharField.register_lookup
@TextField.register_lookup
class Exact(_InCapitalsOrNot, IExact):
    """Whether a column is a text, in capitals or not."""

    begins = ends = True
