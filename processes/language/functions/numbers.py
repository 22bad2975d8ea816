"""Functions that give numbers, or the least and the greatest of any values."""

from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_UP

from kianda.lib.i18n import gettext_noop
from processes.language import formulas
from processes.language.functions.function import ANY, NUMBER, Argument, Example, Function, many

_NUMBERS = gettext_noop("numbers, or lists of numbers")
_VALUES = gettext_noop("values, or lists of values")
_COMPARED = gettext_noop("numbers, dates or texts, or lists of them")
_ROUNDED = Argument("number", gettext_noop("the number to round"))
_PLACES = Argument("places", gettext_noop("how many decimal places"), omitted="0")

NUMBERS = (
    Function(
        "Sum",
        gettext_noop("The sum. Blank counts as 0; a list counts with its items."),
        formulas.total,
        NUMBER,
        many(_NUMBERS),
        Example("Sum(1, 2, 3.5)", "6.5"),
    ),
    Function(
        "Average",
        gettext_noop("The average of those that are not blank."),
        formulas.average,
        NUMBER,
        many(_NUMBERS),
        Example("Average(1, 2, 6)", "3"),
    ),
    Function(
        "Min",
        gettext_noop("The smallest of those that are not blank: numbers, dates or texts."),
        formulas.extreme(-1),
        ANY,
        many(_COMPARED),
        Example("Min(3, 1, 2)", "1"),
    ),
    Function(
        "Max",
        gettext_noop("The largest of those that are not blank."),
        formulas.extreme(1),
        ANY,
        many(_COMPARED),
        Example('Max("2026-11-23", "2026-12-24")', "2026-12-24"),
    ),
    Function(
        "Count",
        gettext_noop("How many are not blank."),
        formulas.filled_count,
        NUMBER,
        many(_VALUES),
        Example('Count("a", "", "b")', "2"),
    ),
    Function(
        "Round",
        gettext_noop("Rounded, 5 away from 0, to 0 or that many places."),
        formulas.rounded(ROUND_HALF_UP),
        NUMBER,
        (_ROUNDED, _PLACES),
        Example("Round(2.345, 2)", "2.35"),
    ),
    Function(
        "Floor",
        gettext_noop("Rounded down."),
        formulas.rounded(ROUND_FLOOR),
        NUMBER,
        (_ROUNDED, _PLACES),
        Example("Floor(2.9)", "2"),
    ),
    Function(
        "Ceiling",
        gettext_noop("Rounded up."),
        formulas.rounded(ROUND_CEILING),
        NUMBER,
        (_ROUNDED, _PLACES),
        Example("Ceiling(2.1)", "3"),
    ),
    Function(
        "Abs",
        gettext_noop("Without its sign."),
        formulas.absolute,
        NUMBER,
        (Argument("number", gettext_noop("a number")),),
        Example("Abs(-3)", "3"),
    ),
)
