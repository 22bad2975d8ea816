"""The operators of conditions: what each asks of its two sides, and how it reads in a sentence."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, tzinfo
from enum import Enum
from types import MappingProxyType

from kianda.lib.words import mark as _
from processes.moments import date_in
from processes.operators import contains, order, same
from processes.patterns import PatternError, found
from processes.values import Value, ValueFailure, as_text, is_blank


@dataclass(frozen=True)
class Day:
    """Today, and the zone in which moments are put on a day."""

    today: str
    zone: tzinfo = UTC

    def sign(self, value: Value) -> int | None:
        """Return -1, 0, 1 for a date before today, today, after today; None for blank."""
        if is_blank(value):
            return None
        day, today = date.fromisoformat(date_in(value, self.zone)), date.fromisoformat(self.today)
        return (day > today) - (day < today)


class Right(Enum):
    """What the right side of an operator is."""

    VALUE = "value"
    PATTERN = "pattern"
    LIST = "list"
    PAIR = "pair"
    NOTHING = "nothing"


@dataclass(frozen=True)
class Operator:
    """One operator: `{left} words {right}`."""

    words: str
    test: Callable[[Value, Value, Day], bool]
    right: Right = Right.VALUE
    # A secret may be asked whether it is set, and compared with another secret.
    takes_secret: bool = False


def _in(left: Value, choices: Value) -> bool:
    wanted = left if isinstance(left, list) else [left]
    return any(same(one, choice) for one in wanted for choice in _items(choices))


def _items(value: Value) -> list[Value]:
    return value if isinstance(value, list) else [value]


def _between(left: Value, bounds: Value) -> bool:
    pair = _items(bounds)
    if len(pair) != 2:
        raise ValueFailure(_("between needs two values, with a comma between them."))
    low, high = order(left, pair[0]), order(left, pair[1])
    return low in (0, 1) and high in (-1, 0)


def _matches(left: Value, pattern: Value) -> bool:
    try:
        return found(as_text(pattern), as_text(left))
    except PatternError as error:
        raise ValueFailure(str(error)) from error


def _signed(*signs: int) -> Callable[[Value, Value, Day], bool]:
    return lambda left, right, day: order(left, right) in signs


def _dated(sign: int) -> Callable[[Value, Value, Day], bool]:
    return lambda left, right, day: day.sign(left) == sign


def _starts(left: Value, right: Value) -> bool:
    return as_text(left).startswith(as_text(right))


def _plain(
    test: Callable[[Value, Value], bool], *, wanted: bool = True
) -> Callable[[Value, Value, Day], bool]:
    return lambda left, right, day: test(left, right) is wanted


def _blank(left: Value, _right: Value) -> bool:
    return is_blank(left)


OPERATORS: Mapping[str, Operator] = MappingProxyType(
    {
        "eq": Operator(_("is"), _plain(same), takes_secret=True),
        "neq": Operator(_("is not"), _plain(same, wanted=False), takes_secret=True),
        "contains": Operator(_("contains"), _plain(contains)),
        "not_contains": Operator(_("does not contain"), _plain(contains, wanted=False)),
        "starts_with": Operator(_("starts with"), _plain(_starts)),
        "gt": Operator(_("is more than"), _signed(1)),
        "gte": Operator(_("is at least"), _signed(0, 1)),
        "lt": Operator(_("is less than"), _signed(-1)),
        "lte": Operator(_("is at most"), _signed(-1, 0)),
        "blank": Operator(_("is blank"), _plain(_blank), Right.NOTHING, takes_secret=True),
        "not_blank": Operator(
            _("is not blank"), _plain(_blank, wanted=False), Right.NOTHING, takes_secret=True
        ),
        "matches": Operator(_("matches"), _plain(_matches), Right.PATTERN),
        "not_matches": Operator(_("does not match"), _plain(_matches, wanted=False), Right.PATTERN),
        "in": Operator(_("is one of"), _plain(_in), Right.LIST),
        "between": Operator(_("is between"), _plain(_between), Right.PAIR),
        "before_today": Operator(_("is before today"), _dated(-1), Right.NOTHING),
        "today": Operator(_("is today"), _dated(0), Right.NOTHING),
        "after_today": Operator(_("is after today"), _dated(1), Right.NOTHING),
    }
)
