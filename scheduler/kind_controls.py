"""The controls of each schedule kind, built from its typed model: a new kind brings its own.

A kind that wants one of several settings, such as a day of the month or a weekday, has a line for
each of these ways, and a radio button in front of the line.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from kianda.lib.dialogs.specs import Spec, specs_of
from kianda.lib.pointers import control_id, pointer
from scheduler.schedules import schedules
from scheduler.schedules.base import DAYS

Words = str | Promise
# How the controls are drawn that a setting names.
TYPES = {"datetime": "moment", "weekdays": "days", "switch": "check"}
EARLY = "09:00"
CHOICES: Mapping[str, Words] = {
    **{day: _(word) for day, word in DAYS.items()},
    "1": _("first"), "2": _("second"), "3": _("third"), "4": _("fourth"), "last": _("last"),
}  # fmt: skip
# Which settings stand for each other, by kind; the first way is the usual one.
WAYS: Mapping[str, Mapping[str, tuple[Words, tuple[str, ...]]]] = {
    "once": {"at": (_("At"), ("at",)), "in": (_("In"), ("in",))},
    "monthly": {
        "day": (_("On day"), ("day",)), "weekday": (_("On the"), ("nth", "weekday")),
    },
}  # fmt: skip
# What a setting is called, and what stands behind it. Without an entry it has the model's title.
WORDS: Mapping[tuple[str, str], tuple[Words, Words]] = {
    ("seconds", "every"): (_("Every"), _("seconds")),
    ("minutes", "every"): (_("Every"), _("minutes")),
    ("hourly", "every"): (_("Every"), _("hours")),
    ("hourly", "minute"): (_("At"), _("minutes past the hour")),
    ("daily", "every"): (_("Every"), _("days")),
    ("daily", "weekdays_only"): (_("Working days only (Monday to Friday)"), ""),
    ("weekly", "every"): (_("Every"), _("weeks")),
    ("weekly", "days"): (_("On these days"), ""),
    ("monthly", "every"): (_("Every"), _("months")),
    ("monthly", "day"): (_("Day of the month"), _("of the month, or its last")),
    ("monthly", "nth"): (_("Which one"), ""),
    ("once", "at"): (_("Date and time"), ""),
    ("once", "in/days"): (_("Days"), _("days")),
    ("once", "in/hours"): (_("Hours"), _("hours")),
    ("once", "in/minutes"): (_("Minutes"), _("minutes from now")),
    ("cron", "expression"): (_("Cron line"), ""),
}


@dataclass(frozen=True)
class ScheduleControl:
    """One control: what it is called in the form, and what it stands for.

    Its name holds the kind: 55 minutes do not become 55 weeks when another kind is chosen.
    """

    name: str
    path: tuple[str, ...]
    type: str
    label: Words
    unit: Words = ""
    usual: str = ""
    help: Words = ""
    longest: int = 18
    choices: tuple[tuple[str, Words], ...] = ()

    @property
    def pointer(self) -> str:
        """Return the place of its value in the body."""
        return pointer("schedule", *self.path)

    @property
    def id(self) -> str:
        """Return the id that errors lead to."""
        return control_id(self.pointer)

    @property
    def error_id(self) -> str:
        """Return the id of what is wrong with it."""
        return f"{self.id}-error"


@dataclass(frozen=True)
class ControlLine:
    """The controls of one line; with a way, the radio button that chooses it."""

    pointer: str
    controls: tuple[ScheduleControl, ...]
    way_name: str = ""
    way: str = ""
    word: Words = ""

    @property
    def id(self) -> str:
        """Return the id that errors of the line as a whole lead to."""
        return control_id(self.pointer)

    @property
    def error_id(self) -> str:
        """Return the id of what is wrong with the line as a whole."""
        return f"{self.id}-error"


@cache
def lines_of(kind: str) -> tuple[ControlLine, ...]:
    """Return the lines of a kind, in the order of its model; none for an unknown one."""
    model = schedules.kinds.get(kind)
    if model is None:
        return ()
    ways = {name: way for way, (_word, names) in WAYS.get(kind, {}).items() for name in names}
    made: dict[str, list[ScheduleControl]] = {}
    for spec in specs_of(model):
        found = _controls(kind, (spec.name,), spec)
        made.setdefault(ways.get(spec.name, f"/{spec.name}"), []).extend(found)
    return tuple(_control_line(kind, key, tuple(controls)) for key, controls in made.items())


def _control_line(kind: str, key: str, controls: tuple[ScheduleControl, ...]) -> ControlLine:
    place = pointer("schedule", controls[0].path[0])
    if key.startswith("/"):
        return ControlLine(place, controls)
    return ControlLine(place, controls, way_name(kind), key, WAYS[kind][key][0])


def way_name(kind: str) -> str:
    """Return the name of the radio buttons that choose between the ways of a kind."""
    return f"{kind}_by"


def controls_of(kind: str) -> Iterator[ScheduleControl]:
    """Yield the controls of a kind."""
    for line in lines_of(kind):
        yield from line.controls


def _controls(kind: str, path: tuple[str, ...], spec: Spec) -> Iterator[ScheduleControl]:
    if spec.model is not None:
        for inner in specs_of(spec.model):
            yield from _controls(kind, (*path, inner.name), inner)
        return
    sort = TYPES.get(spec.control, spec.control)
    label, unit = WORDS.get((kind, "/".join(path)), (_(spec.title), ""))
    usual = sort == "number" and len(path) == 1 and spec.default is not None
    yield ScheduleControl(
        name=pointer("schedule", kind, *path),
        path=path,
        type=sort,
        label=label,
        unit=unit,
        usual=EARLY if sort == "time" else str(spec.default) if usual else "",
        help=_(spec.help) if sort == "text" else "",
        longest=spec.longest or 18,
        choices=tuple((one, CHOICES.get(one, one)) for one in spec.choices),
    )
