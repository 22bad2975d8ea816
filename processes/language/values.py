"""The values that fields hold, and every conversion between them, JSON and text.

In memory a text or secret is `str`, a number `Decimal | None`, a date an ISO 8601 `str | None`, a
toggle `bool | None`, a list `list[str]`; an answer from outside may also hold objects and lists.
"""

import json
import re
from collections.abc import Mapping
from decimal import ROUND_HALF_EVEN, Context, Decimal, DivisionByZero, InvalidOperation, Overflow
from typing import Any, TypeAlias, cast

from kianda.lib.i18n import gettext as _
from kianda.lib.i18n import grouped

JSONValue: TypeAlias = "bool | int | float | str | list[Any] | dict[str, Any] | None"


Value: TypeAlias = "bool | Decimal | str | list[Any] | dict[str, Any] | None"

MAX_TEXT = 1_000_000
MAX_LIST = 10_000
# What JSON numbers keep on their way through other people's floating point.
SIGNIFICANT_DIGITS = 15
LARGEST_EXPONENT = 308

ARITHMETIC = Context(
    prec=28,
    rounding=ROUND_HALF_EVEN,
    Emin=-LARGEST_EXPONENT,
    Emax=LARGEST_EXPONENT,
    traps=[InvalidOperation, DivisionByZero, Overflow],
)

_NUMBER = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]{1,4})?\Z")
_TOGGLE_WORDS = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}
# NUL cannot be stored by every database, half of a surrogate pair cannot be sent as UTF-8.
_SURROGATE = re.compile("[\ud800-\udfff]")


class ValueFailure(Exception):
    """A value cannot be used as what it should be. The message is a sentence for the user."""


def shown(value: Value) -> str:
    """Return a value as it stands in a message: text in quotes, cut when it is long."""
    text = as_text(value)
    cut = text if len(text) <= 60 else f"{text[:57]}..."
    return f'"{cut}"' if isinstance(value, str) else cut or "nothing"


def is_blank(value: Value) -> bool:
    """Tell whether nothing is set. 0 and false are something."""
    return value is None or value in ("", [], {})


# What a file is in a value: the row that has its content, and what people are told of it.
FILE_KEYS = frozenset({"id", "name", "size", "media_type"})


def is_file(value: object) -> bool:
    """Tell whether a value is a file, as a file field holds it."""
    return isinstance(value, Mapping) and value.keys() == FILE_KEYS and bool(value["id"])


def files_in(value: object) -> list[dict[str, Any]]:
    """Return the files that a value holds: one, or a list of them."""
    many: list[Any] = value if isinstance(value, list) else [value]
    return [dict(one) for one in many if is_file(one)]


def names_of_files(value: object) -> str | None:
    """Return the names of the files that a value is, None when it is anything else."""
    files = files_in(value)
    many = len(value) if isinstance(value, list) else 1
    return ", ".join(str(one["name"]) for one in files) if files and len(files) == many else None


def column_of(rows: Value, column: str) -> list[Value]:
    """Return what the rows of a table hold in one column, blank where they hold nothing."""
    found = rows if isinstance(rows, list) else []
    return [row.get(column) if isinstance(row, dict) else None for row in found]


def from_json(value: object) -> Value:
    """Return a JSON value with its numbers as decimals, all the way down."""
    if value is None or isinstance(value, (str, bool)):
        return value
    if isinstance(value, (int, float, Decimal)):
        return to_decimal(value)
    if isinstance(value, Mapping):
        return {str(key): from_json(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [from_json(item) for item in value]
    raise ValueFailure(f"{type(value).__name__} is not a JSON value.")


def to_json(value: Value) -> JSONValue:
    """Return a value as JSON: an integral number as an integer, another as a float."""
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, Decimal):
        return _number_to_json(value)
    if isinstance(value, dict):
        return {key: to_json(item) for key, item in value.items()}
    if isinstance(value, list):
        return [to_json(item) for item in value]
    return value


class KnownJson:
    """Values as JSON where most are asked for again and again: lists and objects are made once.

    A value is replaced and never changed, so that it is known by its identity.
    """

    def __init__(self) -> None:
        """Know nothing yet: values by their identity, kept alive, with their JSON."""
        self._known: dict[int, tuple[Value, Any]] = {}
        self._whole = 0

    def begin(self) -> None:
        """Begin anew: what is known is forgotten once most of it has been replaced."""
        self._whole = self._whole or len(self._known)
        if len(self._known) > 3 * self._whole:
            self._known, self._whole = {}, 0

    def of(self, value: Value) -> JSONValue:
        """Return a value as JSON; nobody may change what it returns."""
        if not isinstance(value, (dict, list)):
            return to_json(value)
        known = self._known.get(id(value))
        if known is None:
            made = list(map(self.of, value)) if isinstance(value, list) else to_json(value)
            known = self._known[id(value)] = value, made
        return cast(JSONValue, known[1])


def _number_to_json(value: Decimal) -> int | float:
    kept = significant(value)
    return int(kept) if kept == kept.to_integral_value() else float(kept)


def significant(value: Decimal) -> Decimal:
    """Return a number with its fraction cut so that 15 significant digits are kept.

    The part before the point is never touched: a large whole number stays exact.
    """
    if len(value.as_tuple().digits) <= SIGNIFICANT_DIGITS or value == value.to_integral_value():
        return value
    places = max(0, SIGNIFICANT_DIGITS - 1 - value.adjusted())
    return round(value, places) if places else value.to_integral_value()


def as_text(value: object) -> str:
    """Return a value as text.

    Numbers without exponent or added `.0`, booleans as `true` and `false`, files as their names,
    objects and lists as compact JSON, nothing as the empty text.
    """
    if isinstance(value, str):
        return value
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float, Decimal)):
        return _number_as_text(to_decimal(value))
    if (names := names_of_files(value)) is not None:
        return names
    plain = to_json(from_json(value))
    return json.dumps(plain, separators=(",", ":"), ensure_ascii=False)


def names_in(value: object) -> list[str]:
    """Return the names that a value gives: a list, or a text with commas or lines."""
    texts = value if isinstance(value, list) else re.split(r"[,;\n]", as_text(value))
    return [name for name in (as_text(text).strip() for text in texts) if name]


def _number_as_text(value: Decimal) -> str:
    text = format(value, "f")
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


def to_decimal(value: int | float | Decimal) -> Decimal:
    """Return a JSON number as a decimal; not-a-number and infinity are refused."""
    number = value if isinstance(value, Decimal) else Decimal(str(value))
    if not number.is_finite() or number.adjusted() > LARGEST_EXPONENT:
        raise ValueFailure(_("The number is too large, or is not a number."))
    # Anything nearer to 0 than a float can tell is 0; as text it would be hundreds of zeros.
    return number if number.adjusted() >= -LARGEST_EXPONENT else Decimal(0)


def is_numeric(text: str) -> bool:
    """Tell whether a text reads as a number: `12`, ` -1.5 `, `1e3`, but not `1,000` or `NaN`."""
    return _NUMBER.match(text.strip()) is not None


def to_number(value: object) -> Decimal | None:
    """Return a JSON number or a numeric text as a decimal; blank is None."""
    if value is None or value == "":
        return None
    if isinstance(value, str) and is_numeric(value):
        return to_decimal(Decimal(value.strip()))
    if isinstance(value, (int, float, Decimal)) and not isinstance(value, bool):
        return to_decimal(value)
    if isinstance(value, str) and not value.strip():
        return None
    raise ValueFailure(_("%(value)s is not a number.") % {"value": shown(from_json(value))})


def to_text(value: object) -> str:
    """Return any value as text that can be stored and sent."""
    text = as_text(value)
    if len(text) > MAX_TEXT:
        raise ValueFailure(
            _("The text has %(count)s characters; at most %(most)s are allowed.")
            % {"count": grouped(len(text)), "most": grouped(MAX_TEXT)}
        )
    if "\x00" in text or (not text.isascii() and _SURROGATE.search(text)):
        raise ValueFailure(_("The text contains a NUL or half a character. Remove it."))
    return text


def to_toggle(value: object) -> bool | None:
    """Return a boolean, or one of the words `true false 1 0 yes no`, as a boolean."""
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, (list, dict)):
        raise ValueFailure(
            _("%(value)s is neither true nor false.") % {"value": shown(from_json(value))}
        )
    word = as_text(value).strip().lower()
    if not word:
        return None
    if word not in _TOGGLE_WORDS:
        raise ValueFailure(
            _("%(value)s is neither true nor false. Use true, false, yes or no.")
            % {"value": shown(from_json(value))}
        )
    return _TOGGLE_WORDS[word]


def to_list(value: object) -> list[str]:
    """Return a list of texts; one value alone becomes a list of one, blank an empty list."""
    if value is None or value == "":
        return []
    if isinstance(value, Mapping):
        raise ValueFailure(
            _("%(value)s is an object, not a list of texts.") % {"value": shown(from_json(value))}
        )
    items = list(value) if isinstance(value, (list, tuple)) else [value]
    if len(items) > MAX_LIST:
        raise ValueFailure(
            _("The list has %(count)s items; at most %(most)s are allowed.")
            % {"count": grouped(len(items)), "most": grouped(MAX_LIST)}
        )
    if any(isinstance(item, (Mapping, list, tuple)) for item in items):
        raise ValueFailure(
            _("%(items)s holds objects or lists; texts are needed.")
            % {"items": shown(from_json(items))}
        )
    return [to_text(item) for item in items]
