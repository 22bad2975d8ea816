"""The functions that an expression may call. `FUNCTIONS`, at the end, is the only list."""

from collections.abc import Callable, Mapping
from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_UP, Decimal
from types import MappingProxyType
from typing import NamedTuple

from processes.moments import seconds_of, shifted, to_date, to_moment
from processes.operators import bounded_text, contains, joined, number, order
from processes.patterns import PatternError, found
from processes.values import (
    ARITHMETIC,
    MAX_LIST,
    MAX_TEXT,
    Value,
    ValueFailure,
    as_text,
    is_blank,
    shown,
    to_number,
)

SECONDS = MappingProxyType({"seconds": 1, "minutes": 60, "hours": 3_600, "days": 86_400})


class Function(NamedTuple):
    """One function: how it is written, what it gives, and how many arguments it takes."""

    signature: str
    description: str
    compute: Callable[..., Value]
    least: int = 1
    most: int | None = 1

    @property
    def name(self) -> str:
        """Return the name, `Sum` of `Sum(a, b, ...)`."""
        return self.signature.partition("(")[0]


def _spread(values: tuple[Value, ...]) -> list[Value]:
    """Return the arguments with lists opened, as `Sum([a], [list])` means them."""
    opened: list[Value] = []
    for value in values:
        opened.extend(value if isinstance(value, list) else [value])
        if len(opened) > MAX_LIST:
            raise ValueFailure(f"There are more than {MAX_LIST:,} values.")
    return opened


def _sum(*values: Value) -> Decimal:
    total = Decimal(0)
    for value in _spread(values):
        total = ARITHMETIC.add(total, number(value))
    return total


def _average(*values: Value) -> Value:
    filled = [value for value in _spread(values) if not is_blank(value)]
    return ARITHMETIC.divide(_sum(filled), Decimal(len(filled))) if filled else None


def _extreme(sign: int) -> Callable[..., Value]:
    def pick(*values: Value) -> Value:
        best: Value = None
        for value in _spread(values):
            if not is_blank(value) and (best is None or order(value, best) == sign):
                best = value
        return best

    return pick


def _count(*values: Value) -> Value:
    return Decimal(sum(not is_blank(value) for value in _spread(values)))


def _whole(value: Value) -> int:
    """Return an argument that counts something, cut to what can be counted here."""
    return int(max(Decimal(-MAX_TEXT), min(number(value), Decimal(MAX_TEXT))))


def _rounded(rounding: str) -> Callable[..., Value]:
    def compute(value: Value, places: Value = None) -> Value:
        exact, digits = to_number(value), _whole(places)
        if exact is None or abs(digits) > 20:
            return exact
        step = Decimal(1).scaleb(-digits)
        steps = ARITHMETIC.divide(exact, step).to_integral_value(rounding)
        return ARITHMETIC.multiply(steps, step)

    return compute


def _absolute(value: Value) -> Value:
    exact = to_number(value)
    return None if exact is None else abs(exact)


def _length(value: Value) -> Value:
    return Decimal(len(value if isinstance(value, (list, dict)) else as_text(value)))


def _cased(change: Callable[[str], str]) -> Callable[[Value], Value]:
    def compute(value: Value) -> Value:
        changed = change(as_text(value))
        bounded_text(len(changed))
        return changed

    return compute


def _concat(*values: Value) -> Value:
    return joined([as_text(value) for value in _spread(values)])


def _left(text: Value, count: Value) -> Value:
    return as_text(text)[: max(0, _whole(count))]


def _right(text: Value, count: Value) -> Value:
    taken = max(0, _whole(count))
    return as_text(text)[-taken:] if taken else ""


def _mid(text: Value, start: Value, count: Value) -> Value:
    first = max(0, _whole(start) - 1)
    return as_text(text)[first : first + max(0, _whole(count))]


def _replace(text: Value, old: Value, new: Value) -> Value:
    whole, part, other = as_text(text), as_text(old), as_text(new)
    if not part:
        return whole
    bounded_text(len(whole) + whole.count(part) * (len(other) - len(part)))
    return whole.replace(part, other)


def _split(text: Value, separator: Value = ",") -> Value:
    whole, between = as_text(text), as_text(separator)
    if not between:
        raise ValueFailure("Split needs a separator.")
    if whole.count(between) >= MAX_LIST:
        raise ValueFailure(f"The list would have more than {MAX_LIST:,} items.")
    return [part.strip() for part in whole.split(between)] if whole else []


def _join(items: Value, separator: Value = ", ") -> Value:
    between = as_text(separator)
    parts = [as_text(item) for item in _spread((items,))]
    bounded_text(sum(map(len, parts)) + len(between) * max(0, len(parts) - 1))
    return between.join(parts)


def _item(items: Value, position: Value) -> Value:
    index = _whole(position) - 1
    return items[index] if isinstance(items, list) and 0 <= index < len(items) else None


def _starts(text: Value, part: Value) -> Value:
    return as_text(text).startswith(as_text(part))


def _ends(text: Value, part: Value) -> Value:
    return as_text(text).endswith(as_text(part))


def _matches(text: Value, pattern: Value) -> Value:
    try:
        return found(as_text(pattern), as_text(text))
    except PatternError as error:
        raise ValueFailure(str(error)) from error


def _coalesce(*values: Value) -> Value:
    return next((value for value in values if not is_blank(value)), None)


def _shift(unit: str) -> Callable[[Value, Value], Value]:
    def compute(moment: Value, count: Value) -> Value:
        seconds = ARITHMETIC.multiply(number(count), Decimal(SECONDS[unit]))
        return None if is_blank(moment) else shifted(moment, seconds=seconds)

    return compute


def _date_diff(start: Value, end: Value, unit: Value = "days") -> Value:
    name = as_text(unit)
    if name not in SECONDS:
        raise ValueFailure(f"{shown(unit)} is not a unit. Use one of {', '.join(SECONDS)}.")
    if is_blank(start) or is_blank(end):
        return None
    passed = ARITHMETIC.subtract(seconds_of(end), seconds_of(start))
    return ARITHMETIC.divide(passed, Decimal(SECONDS[name]))


def _seconds(moment: Value) -> Value:
    return None if is_blank(moment) else seconds_of(moment)


_ALL = (
    Function("Sum(a, b, ...)", "The sum. Blank counts as 0; a list counts with its items.", _sum, most=None),
    Function("Average(a, b, ...)", "The mean of those that are not blank.", _average, most=None),
    Function("Min(a, b, ...)", "The least of those that are not blank: numbers, dates or texts.", _extreme(-1), most=None),
    Function("Max(a, b, ...)", "The greatest of those that are not blank.", _extreme(1), most=None),
    Function("Count(a, b, ...)", "How many are not blank.", _count, most=None),
    Function("Round(number, places)", "Rounded, 5 away from 0, to 0 or that many places.", _rounded(ROUND_HALF_UP), most=2),
    Function("Floor(number, places)", "Rounded down.", _rounded(ROUND_FLOOR), most=2),
    Function("Ceiling(number, places)", "Rounded up.", _rounded(ROUND_CEILING), most=2),
    Function("Abs(number)", "Without its sign.", _absolute),
    Function("Length(value)", "How many characters a text has, or items a list.", _length),
    Function("Upper(text)", "In capital letters.", _cased(str.upper)),
    Function("Lower(text)", "In small letters.", _cased(str.lower)),
    Function("Trim(text)", "Without blanks at both ends.", _cased(str.strip)),
    Function("Concat(a, b, ...)", "All of them as one text.", _concat, most=None),
    Function("Left(text, count)", "The first characters.", _left, 2, 2),
    Function("Right(text, count)", "The last characters.", _right, 2, 2),
    Function("Mid(text, start, count)", "Characters from a place on, counted from 1.", _mid, 3, 3),
    Function("Replace(text, old, new)", "With every old part replaced by the new one.", _replace, 3, 3),
    Function("Split(text, separator)", "A list of the parts between commas or that separator.", _split, most=2),
    Function("Join(list, separator)", "The items as one text, with a comma or that between them.", _join, most=2),
    Function("Item(list, position)", "One item of a list, counted from 1; blank when there is none.", _item, 2, 2),
    Function("Contains(container, part)", "Whether a text holds a part, or a list an item.", contains, 2, 2),
    Function("StartsWith(text, part)", "Whether a text starts with a part.", _starts, 2, 2),
    Function("EndsWith(text, part)", "Whether a text ends with a part.", _ends, 2, 2),
    Function("Matches(text, pattern)", "Whether an RE2 pattern is found in a text.", _matches, 2, 2),
    Function("IsBlank(value)", "Whether nothing is set. 0 and false are something.", is_blank),
    Function("Coalesce(a, b, ...)", "The first that is not blank.", _coalesce, most=None),
    Function("Number(text)", "A numeric text as a number.", to_number),
    Function("Text(value)", "Any value as text.", as_text),
    Function("AddDays(date, count)", "The date or moment so many days later.", _shift("days"), 2, 2),
    Function("AddHours(date, count)", "The moment so many hours later.", _shift("hours"), 2, 2),
    Function("AddMinutes(date, count)", "The moment so many minutes later.", _shift("minutes"), 2, 2),
    Function("AddSeconds(date, count)", "The moment so many seconds later.", _shift("seconds"), 2, 2),
    Function("DateDiff(from, to, unit)", 'From one to the other in "days", "hours", "minutes" or "seconds".', _date_diff, 2, 3),
    Function("DatePart(date)", "The date of a moment, as it is written.", to_date),
    Function("Moment(value)", "A date or seconds since 1970 as a moment, 2026-11-23T10:00:00Z.", to_moment),
    Function("Seconds(date)", "A moment as seconds since 1970.", _seconds),
)  # fmt: skip

FUNCTIONS: Mapping[str, Function] = MappingProxyType({function.name: function for function in _ALL})
# `If` is not among them: the reader turns it into a choice that evaluates one branch only.
IF = Function(
    "If(condition, then, otherwise)", "One of two, the other is not looked at.", is_blank, 3, 3
)
