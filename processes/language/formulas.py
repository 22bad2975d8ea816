"""What the functions of expressions compute; `functions` lists them for users."""

from collections.abc import Callable
from decimal import Decimal
from types import MappingProxyType

from kianda.lib.i18n import gettext as _
from kianda.lib.i18n import grouped
from processes.language.dates import seconds_of, shifted
from processes.language.operators import bounded_text, joined, number, order
from processes.language.patterns import PatternError, found
from processes.language.values import (
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


def _spread(values: tuple[Value, ...]) -> list[Value]:
    """Return the arguments with lists opened, as `Sum([a], [list])` means them."""
    opened: list[Value] = []
    for value in values:
        opened.extend(value if isinstance(value, list) else [value])
        if len(opened) > MAX_LIST:
            raise ValueFailure(
                _("There are more than %(most)s values.") % {"most": grouped(MAX_LIST)}
            )
    return opened


def total(*values: Value) -> Decimal:
    """Return the sum; blank counts as 0."""
    added = Decimal(0)
    for value in _spread(values):
        added = ARITHMETIC.add(added, number(value))
    return added


def average(*values: Value) -> Value:
    """Return the mean of those that are not blank."""
    filled = [value for value in _spread(values) if not is_blank(value)]
    return ARITHMETIC.divide(total(filled), Decimal(len(filled))) if filled else None


def extreme(sign: int) -> Callable[..., Value]:
    """Return a function that picks the least (-1) or the greatest (1)."""

    def pick(*values: Value) -> Value:
        best: Value = None
        for value in _spread(values):
            if not is_blank(value) and (best is None or order(value, best) == sign):
                best = value
        return best

    return pick


def filled_count(*values: Value) -> Value:
    """Return how many are not blank."""
    return Decimal(sum(not is_blank(value) for value in _spread(values)))


def _whole(value: Value) -> int:
    """Return an argument that counts something, cut to what can be counted here."""
    return int(max(Decimal(-MAX_TEXT), min(number(value), Decimal(MAX_TEXT))))


def rounded(rounding: str) -> Callable[..., Value]:
    """Return a function that rounds to places, in one way."""

    def compute(value: Value, places: Value = None) -> Value:
        exact, digits = to_number(value), _whole(places)
        if exact is None or abs(digits) > 20:
            return exact
        step = Decimal(1).scaleb(-digits)
        steps = ARITHMETIC.divide(exact, step).to_integral_value(rounding)
        return ARITHMETIC.multiply(steps, step)

    return compute


def absolute(value: Value) -> Value:
    """Return a number without its sign."""
    exact = to_number(value)
    return None if exact is None else abs(exact)


def length(value: Value) -> Value:
    """Return how many characters or items there are."""
    return Decimal(len(value if isinstance(value, (list, dict)) else as_text(value)))


def cased(change: Callable[[str], str]) -> Callable[[Value], Value]:
    """Return a function that changes a text as a whole."""

    def compute(value: Value) -> Value:
        changed = change(as_text(value))
        bounded_text(len(changed))
        return changed

    return compute


def concatenated(*values: Value) -> Value:
    """Return all as one text."""
    return joined([as_text(value) for value in _spread(values)])


def left_part(text: Value, count: Value) -> Value:
    """Return the first characters."""
    return as_text(text)[: max(0, _whole(count))]


def right_part(text: Value, count: Value) -> Value:
    """Return the last characters."""
    taken = max(0, _whole(count))
    return as_text(text)[-taken:] if taken else ""


def middle_part(text: Value, start: Value, count: Value) -> Value:
    """Return characters from a place on, counted from 1."""
    first = max(0, _whole(start) - 1)
    return as_text(text)[first : first + max(0, _whole(count))]


def replaced(text: Value, old: Value, new: Value) -> Value:
    """Return a text with every part replaced, bounded before it is made."""
    whole, part, other = as_text(text), as_text(old), as_text(new)
    if not part:
        return whole
    bounded_text(len(whole) + whole.count(part) * (len(other) - len(part)))
    return whole.replace(part, other)


def split_up(text: Value, separator: Value = ",") -> Value:
    """Return the parts of a text, without blanks around them."""
    whole, between = as_text(text), as_text(separator)
    if not between:
        raise ValueFailure(_("Split needs a separator."))
    if whole.count(between) >= MAX_LIST:
        raise ValueFailure(
            _("The list would have more than %(most)s items.") % {"most": grouped(MAX_LIST)}
        )
    return [part.strip() for part in whole.split(between)] if whole else []


def joined_up(items: Value, separator: Value = ", ") -> Value:
    """Return items as one text."""
    between = as_text(separator)
    parts = [as_text(item) for item in _spread((items,))]
    bounded_text(sum(map(len, parts)) + len(between) * max(0, len(parts) - 1))
    return between.join(parts)


def item_at(items: Value, position: Value) -> Value:
    """Return one item of a list, counted from 1."""
    index = _whole(position) - 1
    return items[index] if isinstance(items, list) and 0 <= index < len(items) else None


def starts_with(text: Value, part: Value) -> Value:
    """Tell whether a text starts with a part."""
    return as_text(text).startswith(as_text(part))


def ends_with(text: Value, part: Value) -> Value:
    """Tell whether a text ends with a part."""
    return as_text(text).endswith(as_text(part))


def matches(text: Value, pattern: Value) -> Value:
    """Tell whether a pattern is found in a text."""
    try:
        return found(as_text(pattern), as_text(text))
    except PatternError as error:
        raise ValueFailure(str(error)) from error


def first_filled(*values: Value) -> Value:
    """Return the first that is not blank."""
    return next((value for value in values if not is_blank(value)), None)


def shift_by(unit: str) -> Callable[[Value, Value], Value]:
    """Return a function that moves a date or moment by units."""

    def compute(moment: Value, count: Value) -> Value:
        seconds = ARITHMETIC.multiply(number(count), Decimal(SECONDS[unit]))
        return None if is_blank(moment) else shifted(moment, seconds=seconds)

    return compute


def date_difference(start: Value, end: Value, unit: Value = "days") -> Value:
    """Return the time from one moment to another."""
    name = as_text(unit)
    if name not in SECONDS:
        raise ValueFailure(
            _("%(unit)s is not a unit. Use one of %(known)s.")
            % {"unit": shown(unit), "known": ", ".join(SECONDS)}
        )
    if is_blank(start) or is_blank(end):
        return None
    passed = ARITHMETIC.subtract(seconds_of(end), seconds_of(start))
    return ARITHMETIC.divide(passed, Decimal(SECONDS[name]))


def seconds_since_1970(moment: Value) -> Value:
    """Return a moment as seconds since 1970."""
    return None if is_blank(moment) else seconds_of(moment)
