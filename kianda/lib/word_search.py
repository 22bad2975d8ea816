"""Searches of lists: each word that was typed stands in one of the columns."""

from collections.abc import Iterable
from functools import reduce
from operator import and_, or_

from django.db import connection
from django.db.models import F, Q, TextField, Value
from django.db.models.functions import Collate, Concat
from django.db.models.lookups import IContains


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
