"""The functions that an expression may call. `FUNCTIONS`, at the end, is the only list."""

from collections.abc import Callable, Mapping
from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_UP
from types import MappingProxyType
from typing import NamedTuple

from kianda.lib.i18n import gettext_noop
from processes.language import formulas
from processes.language.dates import to_date, to_moment
from processes.language.operators import contains
from processes.language.values import Value, as_text, is_blank, to_number


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


_ALL = (
    Function(
        "Sum(a, b, ...)",
        gettext_noop("The sum. Blank counts as 0; a list counts with its items."),
        formulas.total,
        most=None,
    ),
    Function(
        "Average(a, b, ...)",
        gettext_noop("The average of those that are not blank."),
        formulas.average,
        most=None,
    ),
    Function(
        "Min(a, b, ...)",
        gettext_noop("The smallest of those that are not blank: numbers, dates or texts."),
        formulas.extreme(-1),
        most=None,
    ),
    Function(
        "Max(a, b, ...)",
        gettext_noop("The largest of those that are not blank."),
        formulas.extreme(1),
        most=None,
    ),
    Function(
        "Count(a, b, ...)",
        gettext_noop("How many are not blank."),
        formulas.filled_count,
        most=None,
    ),
    Function(
        "Round(number, places)",
        gettext_noop("Rounded, 5 away from 0, to 0 or that many places."),
        formulas.rounded(ROUND_HALF_UP),
        most=2,
    ),
    Function(
        "Floor(number, places)",
        gettext_noop("Rounded down."),
        formulas.rounded(ROUND_FLOOR),
        most=2,
    ),
    Function(
        "Ceiling(number, places)",
        gettext_noop("Rounded up."),
        formulas.rounded(ROUND_CEILING),
        most=2,
    ),
    Function("Abs(number)", gettext_noop("Without its sign."), formulas.absolute),
    Function(
        "Length(value)",
        gettext_noop("How many characters a text has, or items a list."),
        formulas.length,
    ),
    Function("Upper(text)", gettext_noop("In uppercase."), formulas.cased(str.upper)),
    Function("Lower(text)", gettext_noop("In lowercase."), formulas.cased(str.lower)),
    Function("Trim(text)", gettext_noop("Without spaces at both ends."), formulas.cased(str.strip)),
    Function(
        "Concat(a, b, ...)",
        gettext_noop("All of them as one text."),
        formulas.concatenated,
        most=None,
    ),
    Function("Left(text, count)", gettext_noop("The first characters."), formulas.left_part, 2, 2),
    Function("Right(text, count)", gettext_noop("The last characters."), formulas.right_part, 2, 2),
    Function(
        "Mid(text, start, count)",
        gettext_noop("Characters from a position on, counted from 1."),
        formulas.middle_part,
        3,
        3,
    ),
    Function(
        "Replace(text, old, new)",
        gettext_noop("With every old part replaced by the new one."),
        formulas.replaced,
        3,
        3,
    ),
    Function(
        "Split(text, separator)",
        gettext_noop("A list of the parts between commas or that separator."),
        formulas.split_up,
        most=2,
    ),
    Function(
        "Join(list, separator)",
        gettext_noop("The items as one text, with a comma or that separator between them."),
        formulas.joined_up,
        most=2,
    ),
    Function(
        "Item(list, position)",
        gettext_noop("One item of a list, counted from 1; blank when there is none."),
        formulas.item_at,
        2,
        2,
    ),
    Function(
        "Contains(container, part)",
        gettext_noop("Whether a text holds a part, or a list an item."),
        contains,
        2,
        2,
    ),
    Function(
        "StartsWith(text, part)",
        gettext_noop("Whether a text starts with a part."),
        formulas.starts_with,
        2,
        2,
    ),
    Function(
        "EndsWith(text, part)",
        gettext_noop("Whether a text ends with a part."),
        formulas.ends_with,
        2,
        2,
    ),
    Function(
        "Matches(text, pattern)",
        gettext_noop("Whether an RE2 pattern is found in a text."),
        formulas.matches,
        2,
        2,
    ),
    Function(
        "IsBlank(value)",
        gettext_noop("Whether it is empty. 0 and false are not empty."),
        is_blank,
    ),
    Function(
        "Coalesce(a, b, ...)",
        gettext_noop("The first that is not blank."),
        formulas.first_filled,
        most=None,
    ),
    Function("Number(text)", gettext_noop("A numeric text as a number."), to_number),
    Function("Text(value)", gettext_noop("Any value as text."), as_text),
    Function(
        "AddDays(date, count)",
        gettext_noop("The date or moment that many days later."),
        formulas.shift_by("days"),
        2,
        2,
    ),
    Function(
        "AddHours(date, count)",
        gettext_noop("The moment that many hours later."),
        formulas.shift_by("hours"),
        2,
        2,
    ),
    Function(
        "AddMinutes(date, count)",
        gettext_noop("The moment that many minutes later."),
        formulas.shift_by("minutes"),
        2,
        2,
    ),
    Function(
        "AddSeconds(date, count)",
        gettext_noop("The moment that many seconds later."),
        formulas.shift_by("seconds"),
        2,
        2,
    ),
    Function(
        "DateDiff(from, to, unit)",
        gettext_noop('From one to the other in "days", "hours", "minutes" or "seconds".'),
        formulas.date_difference,
        2,
        3,
    ),
    Function("DatePart(date)", gettext_noop("The date of a moment, as it is written."), to_date),
    Function(
        "Moment(value)",
        gettext_noop("A date or seconds since 1970 as a moment, 2026-11-23T10:00:00Z."),
        to_moment,
    ),
    Function(
        "Seconds(date)",
        gettext_noop("A moment as seconds since 1970."),
        formulas.seconds_since_1970,
    ),
)

FUNCTIONS: Mapping[str, Function] = MappingProxyType({function.name: function for function in _ALL})
# `If` is not among them: the reader turns it into a choice that evaluates one branch only.
IF = Function(
    "If(condition, then, otherwise)",
    gettext_noop("One of two; the other is not evaluated."),
    is_blank,
    3,
    3,
)
