"""The type that a parameter of a REST method may have: what is given becomes it, or is refused."""

import json
from collections.abc import Callable
from decimal import Decimal, InvalidOperation
from typing import Any, Literal, TypeAlias

from datasources.rest.encoding import as_text
from datasources.rest.sent_files import as_files
from kianda.lib.i18n import gettext as _

TypeName: TypeAlias = Literal["text", "number", "boolean", "json", "file"]
_BOOLEANS = {
    "true": True, "1": True, "yes": True, "false": False, "0": False, "no": False,
}  # fmt: skip
# Of what a number is made when it is written: no NaN, no Infinity, no digits of other scripts.
_SIGNS = frozenset("0123456789+-.eE")
_MOST_DIGITS = 300


def typed(value: Any, kind: TypeName | None) -> Any:
    """Return a value as its parameter's type has it; None stays, without a type all stays.

    Raises ValueError with a sentence that never repeats the value: it may be a secret.
    """
    return value if kind is None or value is None else _TYPES[kind](value)


def _number(value: Any) -> Any:
    if isinstance(value, (int, float, Decimal)) and not isinstance(value, bool):
        return value
    text = value.strip() if isinstance(value, str) else "x"
    if not text:
        return None
    try:
        number = Decimal(text) if _SIGNS.issuperset(text) else Decimal("NaN")
        # Written out, 1e999999999 would fill the memory.
        if number.is_nan() or abs(number.adjusted()) > _MOST_DIGITS:
            raise InvalidOperation
        return number
    except InvalidOperation:
        raise ValueError(_("Enter a number, such as 12 or 12.5.")) from None


def _boolean(value: Any) -> Any:
    if isinstance(value, bool):
        return value
    text = as_text(value).strip().lower()
    if not text:
        return None
    if text not in _BOOLEANS:
        raise ValueError(_("Enter true or false."))
    return _BOOLEANS[text]


def _json(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    if not value.strip():
        return None
    try:
        return json.loads(value, parse_float=Decimal, parse_constant=_refuse)
    except (ValueError, RecursionError):
        raise ValueError(
            _("Enter JSON, such as a list in square brackets or an object in braces.")
        ) from None


def _refuse(name: str) -> Any:
    raise ValueError(f"{name} is no JSON")


_TYPES: dict[str, Callable[[Any], Any]] = {
    "text": as_text, "number": _number, "boolean": _boolean, "json": _json,
    "file": as_files,
}  # fmt: skip
