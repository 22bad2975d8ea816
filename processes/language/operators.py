"""What `+ - * / == < in` mean between values, for expressions and conditions alike."""

import ast
from collections.abc import Callable, Mapping
from decimal import Decimal
from types import MappingProxyType
from typing import Any

from kianda.lib.i18n import gettext as _
from kianda.lib.i18n import grouped
from processes.language.dates import is_moment, parse_moment, seconds_of, shifted
from processes.language.values import (
    ARITHMETIC,
    MAX_LIST,
    MAX_TEXT,
    Value,
    ValueFailure,
    as_text,
    is_blank,
    is_file,
    is_numeric,
    shown,
    to_decimal,
    to_number,
    to_toggle,
)

LARGEST_POWER = 100


def bounded_text(length: int) -> None:
    """Refuse to make a text that is too long, before it is made."""
    if length > MAX_TEXT:
        raise ValueFailure(
            _("The text would have more than %(most)s characters.") % {"most": grouped(MAX_TEXT)}
        )


def joined(parts: list[str]) -> str:
    """Return texts put together, bounded."""
    bounded_text(sum(map(len, parts)))
    return "".join(parts)


def number(value: Value) -> Decimal:
    """Return a value as a number that is there; blank counts as 0."""
    found = to_number(value)
    return Decimal(0) if found is None else found


def add(left: Value, right: Value) -> Value:
    """Numbers are added, a moment moves by seconds, texts and lists are put together."""
    if isinstance(left, list) and isinstance(right, list):
        if len(left) + len(right) > MAX_LIST:
            raise ValueFailure(
                _("The list would have more than %(most)s items.") % {"most": grouped(MAX_LIST)}
            )
        return left + right
    _refuse_structures("+", left, right)
    if isinstance(left, str) and isinstance(right, str):
        return joined([left, right])
    if _counts(left) and _counts(right):
        return ARITHMETIC.add(number(left), number(right))
    if isinstance(left, str) and isinstance(right, Decimal) and is_moment(left):
        return shifted(left, seconds=right)
    return joined([as_text(left), as_text(right)])


def subtract(left: Value, right: Value) -> Value:
    """Numbers are subtracted; moment minus moment is seconds, moment minus seconds a moment."""
    _refuse_structures("-", left, right)
    if isinstance(left, str) and is_moment(left):
        if isinstance(right, str) and is_moment(right):
            return ARITHMETIC.subtract(seconds_of(left), seconds_of(right))
        return shifted(left, seconds=-number(right))
    return ARITHMETIC.subtract(number(left), number(right))


def _counts(value: Value) -> bool:
    """Tell whether a value counts in a sum: a number, a numeric text, or blank."""
    if isinstance(value, str):
        return not value.strip() or is_numeric(value)
    return value is None or isinstance(value, Decimal)


def _refuse_structures(sign: str, *values: Value) -> None:
    for value in values:
        if isinstance(value, (bool, list, dict)):
            raise ValueFailure(
                _("%(value)s cannot be used with %(sign)s.") % {"value": shown(value), "sign": sign}
            )


def _arithmetic(
    compute: Callable[[Decimal, Decimal], Decimal],
) -> Callable[[Value, Value], Value]:
    def operator(left: Value, right: Value) -> Value:
        one, two = to_number(left), to_number(right)
        return None if one is None or two is None else compute(one, two)

    return operator


def _divided(left: Decimal, right: Decimal) -> Decimal:
    if not right:
        raise ValueFailure(_("%(left)s cannot be divided by 0.") % {"left": as_text(left)})
    return ARITHMETIC.divide(left, right)


def _remainder(left: Decimal, right: Decimal) -> Decimal:
    if not right:
        raise ValueFailure(_("%(left)s cannot be divided by 0.") % {"left": as_text(left)})
    rest = ARITHMETIC.remainder(left, right)
    return ARITHMETIC.add(rest, right) if rest and (rest < 0) != (right < 0) else rest


def _power(left: Decimal, right: Decimal) -> Decimal:
    if abs(right) > LARGEST_POWER:
        raise ValueFailure(
            _("A power of %(right)s is too large; %(most)s is allowed.")
            % {"right": as_text(right), "most": LARGEST_POWER}
        )
    # Decimals call 0 ** -1 infinite; here it is a failure.
    return to_decimal(ARITHMETIC.power(left, right))


def _negated(value: Value) -> Value:
    found = to_number(value)
    return None if found is None else -found


def same(left: Value, right: Value) -> bool:
    """Tell whether two values are equal.

    Blank equals blank. A number equals the text that spells it, a boolean the word for it, a file
    its name, a list of one the text in it. Two texts are compared letter by letter.
    """
    if is_blank(left) or is_blank(right):
        return is_blank(left) and is_blank(right)
    if isinstance(left, list) != isinstance(right, list):
        left, right = _alone(left), _alone(right)
    if is_file(left) != is_file(right):
        left, right = as_text(left), as_text(right)
    if isinstance(left, str) and isinstance(right, str):
        return left == right
    for kind, convert in _SPELLINGS:
        if isinstance(left, kind) or isinstance(right, kind):
            return _same_as(convert, left, right)
    return left == right


def _alone(value: Value) -> Value:
    return value[0] if isinstance(value, list) and len(value) == 1 else value


def _same_as(convert: Callable[[object], Value], left: Value, right: Value) -> bool:
    try:
        return convert(left) == convert(right)
    except ValueFailure:
        return False


_SPELLINGS: tuple[tuple[type, Callable[[object], Value]], ...] = (
    (bool, to_toggle),
    (Decimal, to_number),
)


def order(left: Value, right: Value) -> int | None:
    """Return -1, 0 or 1 as left is less than, equal to or more than right; None if one is blank.

    Numbers and numeric texts are compared as numbers, dates as moments, other texts by letter.
    """
    if is_blank(left) or is_blank(right):
        return None
    if isinstance(left, Decimal) or isinstance(right, Decimal) or _both(is_numeric, left, right):
        return _sign(to_number(left), to_number(right))
    if not (isinstance(left, str) and isinstance(right, str)):
        raise ValueFailure(
            _("%(left)s and %(right)s have no order.")
            % {"left": shown(left), "right": shown(right)}
        )
    if is_moment(left) or is_moment(right):
        return _sign(parse_moment(left), parse_moment(right))
    return _sign(left, right)


def _both(test: Callable[[str], bool], *values: Value) -> bool:
    return all(isinstance(value, str) and test(value) for value in values)


def _sign(left: Any, right: Any) -> int:
    return int(left > right) - int(left < right)


def contains(container: Value, wanted: Value) -> bool:
    """Tell whether a list holds an item equal to the wanted one, or a text holds a part."""
    if isinstance(container, list):
        return any(same(item, wanted) for item in container)
    if isinstance(container, dict) and not is_file(container):
        return as_text(wanted) in container
    return as_text(wanted) in as_text(container)


def _ordered(*signs: int) -> Callable[[Value, Value], bool]:
    return lambda left, right: order(left, right) in signs


# What a formula may use, by the node of Python's parser. What is not here does not parse.
OPERATORS: Mapping[type[ast.AST], Callable[..., Value]] = MappingProxyType(
    {
        ast.Add: add,
        ast.Sub: subtract,
        ast.Mult: _arithmetic(ARITHMETIC.multiply),
        ast.Div: _arithmetic(_divided),
        ast.Mod: _arithmetic(_remainder),
        ast.Pow: _arithmetic(_power),
        ast.UAdd: to_number,
        ast.USub: _negated,
        ast.Not: lambda value: not value,
        ast.Eq: same,
        ast.NotEq: lambda left, right: not same(left, right),
        ast.Lt: _ordered(-1),
        ast.LtE: _ordered(-1, 0),
        ast.Gt: _ordered(1),
        ast.GtE: _ordered(0, 1),
        ast.In: lambda left, right: contains(right, left),
        ast.NotIn: lambda left, right: not contains(right, left),
    }
)
