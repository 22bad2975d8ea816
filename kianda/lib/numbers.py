"""Whole numbers in what forms and addresses send."""

# More digits fit no column; a text of very many is slow to read and refused by Python.
DIGITS = 18


def whole_number(text: str, *, digits: int = DIGITS) -> int | None:
    """Return the whole number that is written, of 0 or more; None when it is anything else."""
    return int(text) if text.isascii() and text.isdigit() and len(text) <= digits else None
