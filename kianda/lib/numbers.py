"""Numbers in what forms and addresses send."""

import re
from typing import Any

_WHOLE = re.compile(r"[+-]?\d{1,18}\Z")
_DECIMAL = re.compile(r"[+-]?\d{0,18}\.\d{1,15}\Z")

# More digits fit no column; a text of very many is slow to read and refused by Python.
DIGITS = 18


def whole_number(text: str, *, digits: int = DIGITS) -> int | None:
    """Return the whole number that is written, of 0 or more; None when it is anything else."""
    return int(text) if text.isascii() and text.isdigit() and len(text) <= digits else None


def number_typed(text: str, *, nullable: bool = False) -> Any:
    """Return the number that was typed; None for nothing where that is allowed; else the text."""
    bare = text.strip().replace(",", "")
    if bare == "" and nullable:
        return None
    if _WHOLE.match(bare):
        return int(bare)
    return float(bare) if _DECIMAL.match(bare) else text
