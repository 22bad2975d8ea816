"""Functions about dates and moments."""

from kianda.lib.i18n import gettext_noop
from processes.language import formulas
from processes.language.dates import to_date, to_moment
from processes.language.functions.function import (
    DATE,
    DATE_AND_TIME,
    NUMBER,
    Argument,
    Example,
    Function,
)

_DATE = Argument("date", gettext_noop("a date, or a date and time"))
_MOMENT = Argument("date", gettext_noop("a date and time; a date alone is its start in UTC"))

DATES = (
    Function(
        "AddDays",
        gettext_noop("The date or moment that many days later."),
        formulas.shift_by("days"),
        DATE,
        (_DATE, Argument("count", gettext_noop("how many days; below 0 is earlier"))),
        Example('AddDays("2026-12-24", 7)', "2026-12-31"),
    ),
    Function(
        "AddHours",
        gettext_noop("The moment that many hours later."),
        formulas.shift_by("hours"),
        DATE_AND_TIME,
        (_MOMENT, Argument("count", gettext_noop("how many hours; below 0 is earlier"))),
        Example('AddHours("2026-11-23T10:00:00Z", 2)', "2026-11-23T12:00:00Z"),
    ),
    Function(
        "AddMinutes",
        gettext_noop("The moment that many minutes later."),
        formulas.shift_by("minutes"),
        DATE_AND_TIME,
        (_MOMENT, Argument("count", gettext_noop("how many minutes; below 0 is earlier"))),
        Example('AddMinutes("2026-11-23T10:00:00Z", 90)', "2026-11-23T11:30:00Z"),
    ),
    Function(
        "AddSeconds",
        gettext_noop("The moment that many seconds later."),
        formulas.shift_by("seconds"),
        DATE_AND_TIME,
        (_MOMENT, Argument("count", gettext_noop("how many seconds; below 0 is earlier"))),
        Example('AddSeconds("2026-11-23T10:00:00Z", -60)', "2026-11-23T09:59:00Z"),
    ),
    Function(
        "DateDiff",
        gettext_noop('From one to the other in "days", "hours", "minutes" or "seconds".'),
        formulas.date_difference,
        NUMBER,
        (
            Argument("from", gettext_noop("the earlier date, or date and time")),
            Argument("to", gettext_noop("the later one; if it is earlier, the result is below 0")),
            Argument("unit", gettext_noop("the unit of the result, in quotes"), omitted='"days"'),
        ),
        Example('DateDiff("2026-12-24", "2026-12-31")', "7"),
    ),
    Function(
        "DatePart",
        gettext_noop("The date of a moment, as it is written."),
        to_date,
        DATE,
        (_DATE,),
        Example('DatePart("2026-11-23T10:00:00Z")', "2026-11-23"),
    ),
    Function(
        "Moment",
        gettext_noop("A date or seconds since 1970 as a moment, 2026-11-23T10:00:00Z."),
        to_moment,
        DATE_AND_TIME,
        (Argument("value", gettext_noop("a date, or seconds since 1970")),),
        Example('Moment("2026-11-23")', "2026-11-23T00:00:00Z"),
    ),
    Function(
        "Seconds",
        gettext_noop("A moment as seconds since 1970."),
        formulas.seconds_since_1970,
        NUMBER,
        (_MOMENT,),
        Example('Seconds("1970-01-02")', "86400"),
    ),
)
