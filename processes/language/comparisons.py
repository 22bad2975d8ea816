"""The operators of conditions: what each asks of its two sides, and how it reads in a sentence."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, tzinfo
from enum import Enum
from types import MappingProxyType

from kianda.lib.i18n import gettext as _
from kianda.lib.i18n import gettext_noop
from processes.language.dates import date_in
from processes.language.expressions import Template
from processes.language.labels import called_by
from processes.language.operators import contains, order, same
from processes.language.patterns import PatternError, found
from processes.language.values import Value, ValueFailure, as_text, is_blank

Titles = Mapping[str, str]


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
    # The right side is not written: it is whoever the run works for.
    about_me: bool = False
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


def _is_me(left: Value, me: Value) -> bool:
    return bool(me) and _items(left) == _items(me)[:1]


def _has_me(left: Value, me: Value) -> bool:
    return any(one in _items(me) for one in _items(left) if not is_blank(one))


OPERATORS: Mapping[str, Operator] = MappingProxyType(
    {
        "eq": Operator(gettext_noop("is"), _plain(same), takes_secret=True),
        "neq": Operator(gettext_noop("is not"), _plain(same, wanted=False), takes_secret=True),
        "contains": Operator(gettext_noop("contains"), _plain(contains)),
        "not_contains": Operator(gettext_noop("does not contain"), _plain(contains, wanted=False)),
        "starts_with": Operator(gettext_noop("starts with"), _plain(_starts)),
        "gt": Operator(gettext_noop("is more than"), _signed(1)),
        "gte": Operator(gettext_noop("is at least"), _signed(0, 1)),
        "lt": Operator(gettext_noop("is less than"), _signed(-1)),
        "lte": Operator(gettext_noop("is at most"), _signed(-1, 0)),
        "blank": Operator(
            gettext_noop("is blank"), _plain(_blank), Right.NOTHING, takes_secret=True
        ),
        "not_blank": Operator(
            gettext_noop("is not blank"),
            _plain(_blank, wanted=False),
            Right.NOTHING,
            takes_secret=True,
        ),
        "matches": Operator(gettext_noop("matches"), _plain(_matches), Right.PATTERN),
        "not_matches": Operator(
            gettext_noop("does not match"), _plain(_matches, wanted=False), Right.PATTERN
        ),
        "in": Operator(gettext_noop("is one of"), _plain(_in), Right.LIST),
        "between": Operator(gettext_noop("is between"), _plain(_between), Right.PAIR),
        "before_today": Operator(gettext_noop("is before today"), _dated(-1), Right.NOTHING),
        "today": Operator(gettext_noop("is today"), _dated(0), Right.NOTHING),
        "after_today": Operator(gettext_noop("is after today"), _dated(1), Right.NOTHING),
        "is_me": Operator(gettext_noop("is me"), _plain(_is_me), Right.NOTHING, about_me=True),
        "has_me": Operator(
            gettext_noop("is me, or one of my groups"),
            _plain(_has_me),
            Right.NOTHING,
            about_me=True,
        ),
    }
)

# What the facts of an instance are called; those of an item are its own.
_FACTS = {
    "process.id": gettext_noop("Process ID"), "process.name": gettext_noop("process"),
    "process.status": gettext_noop("status"), "process.created": gettext_noop("time of creation"),
}  # fmt: skip


def side_in_words(source: str, titles: Titles) -> str:
    """Return one side in words: `[access_token]` as its title, nothing as `empty`."""
    template = Template.parse(source)
    name = template.only_reference
    if name is not None:
        return titles.get(name) or _fact(name) or called_by(name, titles)
    return source or _("empty")


def _fact(name: str) -> str:
    fact = _FACTS.get(name.removeprefix("item."))
    if fact is None:
        return ""
    return _("its %(fact)s") % {"fact": _(fact)} if name.startswith("item.") else _(fact)
