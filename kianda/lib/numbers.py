"""Numbers in what forms and addresses send.

A person types them as the own language writes them; addresses, the API and what is stored have
them in figures with a dot.
"""

import re
from functools import lru_cache
from typing import Any

from kianda.lib.i18n import writing

_WHOLE = re.compile(r"[+-]?\d{1,18}\Z")
_DECIMAL = re.compile(r"[+-]?\d{0,18}\.\d{1,15}\Z")

# More digits fit no column; a text of very many is slow to read and refused by Python.
DIGITS = 18


def whole_number(text: str, *, digits: int = DIGITS) -> int | None:
    """Return the whole number that is written, of 0 or more; None when it is anything else."""
    return int(text) if text.isascii() and text.isdigit() and len(text) <= digits else None


def with_point(figures: str) -> str:
    """Write a number in figures with the point of the reader's language: 1200.5 or 1200,5."""
    return figures.replace(".", writing().point)


def figures_typed(text: str) -> str | None:
    """Return a number that the reader has typed in figures with a dot; None when it is none.

    Its thousands may be grouped, all of them by threes: in German 1.200 is 1200, and 1.5 is none.
    """
    signs, bare = writing(), text.strip()
    if not _typed(signs.thousands, signs.point).match(bare):
        return None
    return bare.replace(signs.thousands, "").replace(signs.point, ".")


@lru_cache
def _typed(thousands: str, point: str) -> re.Pattern[str]:
    group, dot = re.escape(thousands), re.escape(point)
    # No number begins with a group of 0: 0.200 is a fraction that somebody wrote in English.
    whole = f"(?:[1-9][0-9]{{0,2}}(?:{group}[0-9]{{3}})+|[0-9]+)"
    places = f"(?:{whole}(?:{dot}[0-9]*)?|{dot}[0-9]+)"
    return re.compile(rf"[+-]?{places}(?:[eE][+-]?[0-9]{{1,4}})?\Z")


def number_typed(text: str, *, nullable: bool = False) -> Any:
    """Return the number that was typed; None for nothing where that is allowed; else the text."""
    if not text.strip() and nullable:
        return None
    figures = figures_typed(text) or ""
    if _WHOLE.match(figures):
        return int(figures)
    return float(figures) if _DECIMAL.match(figures) else text
