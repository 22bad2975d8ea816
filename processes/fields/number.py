"""Number: a decimal number."""

import math
from datetime import tzinfo
from decimal import ROUND_HALF_UP, Decimal
from typing import Annotated, Any, Literal

from pydantic import Field, PlainValidator, ValidationInfo, WithJsonSchema, field_validator

from kianda.lib.i18n import gettext as _
from kianda.lib.i18n import gettext_noop, grouped
from kianda.lib.numbers import figures_typed, number_typed, with_point
from processes.fields.base import ANY_VALUE, ORDERED, InputField, Written
from processes.language.references import flaw
from processes.language.scope import ListedAs
from processes.language.setting_types import DefaultValue
from processes.language.values import (
    Value,
    ValueFailure,
    as_text,
    from_json,
    shown,
    significant,
    to_decimal,
    to_number,
)


def _bound(raw: object) -> object:
    """Refuse anything but a JSON number; a number in quotes is a slip in a definition."""
    if raw is not None and (isinstance(raw, bool) or not isinstance(raw, (int, float))):
        raise flaw(_("Enter a number."))
    if raw is not None and not math.isfinite(raw):
        raise flaw(_("Enter a finite number."))
    return raw


Bound = Annotated[
    int | float | None, PlainValidator(_bound), WithJsonSchema({"type": ["number", "null"]})
]


class MistypedNumber(str):
    """What somebody has typed that is no number as the own language writes them.

    It may well be one in figures, which the API takes: `1200.5` on a German page.
    """

    __slots__ = ()


def not_a_number(typed: str) -> str:
    """Say that what was typed is no number, and how one is written in the reader's language."""
    words = _("%(value)s is not a number. Write it in the form %(example)s.")
    return words % {"value": shown(str(typed)), "example": grouped(Decimal("1200.50"))}


class Number(InputField):
    """Holds a number, with a fixed number of decimal places if you want.

    Numbers and texts that read as a number are accepted, such as 12 or -1.5. A blank number counts
    as 0 in sums. Whole numbers are exact; others have 15 digits.
    """

    label = gettext_noop("Number")
    kind_icon = "123"
    in_table = True
    needs_words = True
    operators = (*ANY_VALUE, *ORDERED, "in")

    type: Literal["number"] = "number"
    decimals: int | None = Field(
        default=None,
        ge=0,
        le=10,
        strict=True,
        title=gettext_noop("Decimal places"),
        description=gettext_noop(
            "Values are rounded to this many places, 5 away from 0. If empty, they are not rounded."
        ),
        json_schema_extra={"control": "number"},
    )
    min: Bound = Field(
        default=None,
        title=gettext_noop("Minimum"),
        description=gettext_noop("The smallest number that people can enter."),
        json_schema_extra={"control": "number"},
    )
    max: Bound = Field(
        default=None,
        title=gettext_noop("Maximum"),
        description=gettext_noop("The largest number that people can enter."),
        json_schema_extra={"control": "number"},
    )
    default: DefaultValue = None

    @field_validator("max")
    @classmethod
    def _not_below_min(cls, most: float | None, info: ValidationInfo) -> float | None:
        least = info.data.get("min")
        if most is not None and least is not None and most < least:
            raise flaw(_("The maximum is below the minimum. Change one of them."))
        return most

    @property
    def listed_as(self) -> ListedAs:
        """Return as what lists of records filter and sort by it."""
        return "quantity"

    def to_python(self, raw: object) -> Value:
        """Return a number or numeric text as a decimal."""
        if isinstance(raw, MistypedNumber):
            raise ValueFailure(not_a_number(raw))
        value = to_number(raw)
        if value is None:
            return None
        if self.decimals is not None and value != value.to_integral_value():
            value = _rounded(value, self.decimals)
        return significant(value)

    def clean(self, value: Value) -> Value:
        """Check that a number lies between the least and the greatest."""
        number = to_number(value)
        if number is None:
            return None
        if self.min is not None and number < to_decimal(self.min):
            raise ValueFailure(
                _("%(number)s is too small. Enter %(min)s or more.")
                % {"number": _as_written(number), "min": _as_written(self.min)}
            )
        if self.max is not None and number > to_decimal(self.max):
            raise ValueFailure(
                _("%(number)s is too large. Enter %(max)s or less.")
                % {"number": _as_written(number), "max": _as_written(self.max)}
            )
        return number

    def shown(self, value: Value) -> str:
        """Return the number, with all its places when their number is set."""
        number = to_number(from_json(value))
        if number is None or not self.decimals:
            return as_text(number)
        return format(number, f".{self.decimals}f")

    def to_control(self, value: Value, *, zone: tzinfo) -> Written:
        """Return the number with its places, as the reader's language writes it."""
        return with_point(self.shown(value))

    def from_control(self, written: Written, *, zone: tzinfo) -> Any:
        """Return the number that was typed in figures; what is none is left to be refused."""
        text = super().from_control(written, zone=zone)
        if not isinstance(text, str) or not text.strip():
            return text
        figures = figures_typed(text)
        return MistypedNumber(text) if figures is None else figures

    @classmethod
    def default_from(cls, text: str) -> Any:
        """Return a number when it is one."""
        return number_typed(text)


def _as_written(number: int | float | Decimal) -> str:
    return with_point(as_text(number))


def _rounded(value: Decimal, places: int) -> Decimal:
    # Not quantize: it fails on numbers with more digits than its context.
    cut = significant(value)
    steps = cut.scaleb(places).to_integral_value(ROUND_HALF_UP)
    return steps.scaleb(-places)
