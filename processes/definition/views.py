"""The lists of a process: which columns a view has, what it filters, sorts, groups and totals."""

from collections.abc import Sequence
from typing import Annotated, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Discriminator,
    Field,
    Tag,
    ValidationInfo,
    field_validator,
    model_validator,
)

from kianda.lib.i18n import gettext as _
from kianda.lib.i18n import gettext_noop
from kianda.lib.names import slug_flaw, titled
from processes.language.comparisons import OPERATORS, Right
from processes.language.conditions import MAX_ITEMS, Condition, ConditionGroup, kind_of_part
from processes.language.people_refs import MOST as MOST_REFS
from processes.language.people_refs import NamedRefs
from processes.language.references import (
    check_field_name,
    flaw,
    is_early_name,
    name_problems,
    names_in,
    parsed,
)
from processes.language.scope import NameTable

MOST_VIEWS = 20
MOST_COLUMNS = 20
MOST_TOTALS = 10
MOST_CHARTS = 12
# What every record has besides its fields, as columns and filters name it.
RECORD_FACTS = (
    "process.status", "process.owners", "process.created", "process.created_by",
    "process.modified", "process.id",
)  # fmt: skip


def check_column(name: str, info: ValidationInfo) -> str:
    """Refuse what is no column: a field that is not there, is secret, or has rows of its own."""
    if name in RECORD_FACTS:
        return name
    check_field_name(name, info)
    names = names_in(info)
    if names is not None and names.is_secret(name):
        raise flaw(
            _("%(name)s is a secret field. Choose a field that may be shown.") % {"name": name}
        )
    if names is not None and name in names.fields and names.fields[name].holds_rows:
        raise flaw(_("%(name)s is a table. Choose a field with one value.") % {"name": name})
    return name


def _columns(names: tuple[str, ...], info: ValidationInfo) -> tuple[str, ...]:
    return tuple(dict.fromkeys(check_column(name, info) for name in names))


def _sort(source: str, info: ValidationInfo) -> str:
    if source.removeprefix("-"):
        check_column(source.removeprefix("-"), info)
    return source


def _group(name: str, info: ValidationInfo) -> str:
    return check_column(name, info) if name else name


def _slug(name: str) -> str:
    if sentence := slug_flaw(name):
        raise flaw(sentence)
    return name


def _slug_or_none(name: str) -> str:
    return _slug(name) if name else name


def _may_be_named(source: str, names: NameTable | None) -> list[str]:
    """Return what is wrong with the right side of a row: it knows no values of a record."""
    template = parsed(source)
    if any(not is_early_name(name) for name in template.references):
        return [_("A list compares with text, numbers, days, [today], [now] and [user.username].")]
    return name_problems(template, names) if names is not None else []


# How long each part of a chart over time is.
Every = Literal["day", "week", "month", "quarter", "year"]


class ViewCondition(Condition):
    """One row of a list's filter: a column, an operator, and what it is compared with."""

    left: str = Field(
        title=gettext_noop("Column"),
        description=gettext_noop("A field such as [amount], or [process.status]."),
        json_schema_extra={"control": "value"},
    )

    @property
    def column(self) -> str:
        """Return the name of the column."""
        return self.left[1:-1]

    @field_validator("left")
    @classmethod
    def _left_is_known(cls, left: str, info: ValidationInfo) -> str:
        name = parsed(left).only_reference
        if name is None or left != f"[{name}]":
            raise flaw(_("Name one column in brackets, such as [amount]."))
        check_column(name, info)
        return left

    @field_validator("operator")
    @classmethod
    def _operator_takes_secrets(cls, operator: str, info: ValidationInfo) -> str:
        if OPERATORS[operator].right is Right.PATTERN:
            raise flaw(_("A list cannot be filtered by a pattern. Use contains."))
        return operator

    @classmethod
    def _check(cls, source: str, info: ValidationInfo) -> None:
        if problems := _may_be_named(source, names_in(info)):
            raise flaw(" ".join(problems))


class ViewFilter(ConditionGroup):
    """Which records a list shows."""

    items: tuple[
        Annotated[
            Annotated[ViewCondition, Tag("condition")] | Annotated["ViewFilter", Tag("group")],
            Discriminator(kind_of_part),
        ],
        ...,
    ] = Field(
        (),
        title=gettext_noop("Conditions"),
        description=gettext_noop("The rows, and groups of rows."),
        max_length=MAX_ITEMS,
        json_schema_extra={"control": "conditions"},
    )


class ViewTotal(BaseModel):
    """A number that a list shows of all its records."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    field: Annotated[str, AfterValidator(check_column)] = Field(
        title=gettext_noop("Column"), json_schema_extra={"control": "field"}
    )
    calculate: Literal["sum", "average"] = Field(
        default="sum", title=gettext_noop("Calculation"), json_schema_extra={"control": "select"}
    )


class ViewChart(BaseModel):
    """A chart of the records of a list: what is counted, by which column, and how it is drawn."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: Annotated[str, AfterValidator(_slug_or_none)] = Field(
        default="", title=gettext_noop("Name"),
        description=gettext_noop("Start pages find the chart by it, such as per-month."),
        json_schema_extra={"control": "view_name"},
    )  # fmt: skip
    title: str = Field(
        default="", max_length=60, title=gettext_noop("Title"),
        description=gettext_noop("If empty, it comes from the settings."),
        json_schema_extra={"control": "line"},
    )  # fmt: skip
    show: Literal["bars", "line", "number"] = Field(
        default="bars",
        title=gettext_noop("Show as"),
        json_schema_extra={"control": "select", "half": True},
    )
    calculate: Literal["count", "sum", "average"] = Field(
        default="count",
        title=gettext_noop("Calculation"),
        json_schema_extra={"control": "select", "half": True},
    )
    field: Annotated[str, AfterValidator(_group)] = Field(
        default="", title=gettext_noop("Of"),
        description=gettext_noop("The number field of a sum or an average."),
        json_schema_extra={"control": "column", "half": True},
    )  # fmt: skip
    by: Annotated[str, AfterValidator(_group)] = Field(
        default="", title=gettext_noop("By"),
        description=gettext_noop("The column whose values are compared, or a date."),
        json_schema_extra={"control": "column", "half": True},
    )  # fmt: skip
    every: Every = Field(
        default="week", title=gettext_noop("Every"),
        description=gettext_noop("How long each part of a chart by a date is."),
        json_schema_extra={"control": "select", "half": True},
    )  # fmt: skip
    split: Annotated[str, AfterValidator(_group)] = Field(
        default="", title=gettext_noop("Split by"),
        description=gettext_noop("A column that divides each bar in two, or draws two lines."),
        json_schema_extra={"control": "column", "half": True},
    )  # fmt: skip
    split_value: str = Field(
        default="", max_length=200, title=gettext_noop("First part"),
        description=gettext_noop("A value to compare with all others. If empty, the column may "
                                 "have two values."),
        json_schema_extra={"control": "line", "half": True},
    )  # fmt: skip

    @model_validator(mode="after")
    def _is_whole(self) -> "ViewChart":
        if self.calculate != "count" and not self.field:
            raise flaw(_("Name the number field of which the sum or the average is shown."))
        if self.calculate == "count" and self.field:
            raise flaw(_("Records are counted without a field. Remove the field."))
        if (self.show == "number") == bool(self.by):
            raise flaw(_("Bars and lines need a column in “by”; a number has none."))
        if sentence := self._flaw_of_split():
            raise flaw(sentence)
        return self

    def _flaw_of_split(self) -> str:
        if self.split_value and not self.split:
            return _("Name the column of the first part in “split by”.")
        if self.split and self.show == "number":
            return _("A number cannot be split. Show bars or a line.")
        if self.split and self.split == self.by:
            return _("Split a chart by another column than “by”.")
        if self.split and self.calculate == "average" and self.show == "bars":
            return _("Averages do not add up in a bar. Show two lines instead.")
        return ""


def chart_names(charts: Sequence[ViewChart]) -> list[str]:
    """Return by what each chart is found; one without a name is known by its position."""
    return [chart.name or f"chart-{at}" for at, chart in enumerate(charts, 1)]


def _charts_once_each(charts: tuple[ViewChart, ...]) -> tuple[ViewChart, ...]:
    names = [chart.name for chart in charts if chart.name]
    for name in names:
        if names.count(name) > 1:
            raise flaw(_("Two charts have the name %(name)s.") % {"name": name})
    return charts


class RecordView(BaseModel):
    """A list of the records of a process, as a tab of its page shows it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: Annotated[str, AfterValidator(_slug)] = Field(
        title=gettext_noop("Name"),
        description=gettext_noop("Used in addresses, such as this-month."),
        json_schema_extra={"control": "view_name"},
    )
    title: str = Field(
        default="", max_length=60, title=gettext_noop("Title"),
        description=gettext_noop("Such as: This month."), json_schema_extra={"control": "line"},
    )  # fmt: skip
    columns: Annotated[tuple[str, ...], AfterValidator(_columns)] = Field(
        default=(), max_length=MOST_COLUMNS, title=gettext_noop("Columns"),
        description=gettext_noop("If empty: the summary of a record and its status."),
        json_schema_extra={"control": "column_list"},
    )  # fmt: skip
    filter: ViewFilter = Field(
        default=ViewFilter(), title=gettext_noop("Filter"),
        description=gettext_noop("Which records it shows. Without conditions: all."),
        json_schema_extra={"control": "view_filter"},
    )  # fmt: skip
    sort: Annotated[str, AfterValidator(_sort)] = Field(
        default="", title=gettext_noop("Sort by"),
        description=gettext_noop("A column; with - before it, the largest first. "
                                 "If empty: newest first."),
        json_schema_extra={"control": "sort", "half": True},
    )  # fmt: skip
    group_by: Annotated[str, AfterValidator(_group)] = Field(
        default="", title=gettext_noop("Group by"),
        description=gettext_noop("A column whose values head groups of records."),
        json_schema_extra={"control": "column", "half": True},
    )  # fmt: skip
    totals: tuple[ViewTotal, ...] = Field(
        default=(), max_length=MOST_TOTALS, title=gettext_noop("Totals"),
        description=gettext_noop("Sums and averages of all records that match."),
        json_schema_extra={"control": "rows", "add": gettext_noop("Add total")},
    )  # fmt: skip
    charts: Annotated[tuple[ViewChart, ...], AfterValidator(_charts_once_each)] = Field(
        default=(), max_length=MOST_CHARTS, title=gettext_noop("Charts"),
        description=gettext_noop("Numbers and charts of its records. "
                                 "If empty: by status and over time."),
        json_schema_extra={"control": "elements", "add": gettext_noop("Add chart"),
                           "new": gettext_noop("Chart %(n)s")},
    )  # fmt: skip
    see: NamedRefs = Field(
        default=(), max_length=MOST_REFS, title=gettext_noop("May see"),
        description=gettext_noop("People and groups who see this list. If empty: everyone who "
                                 "sees records of the process."),
        json_schema_extra={"control": "refs"},
    )  # fmt: skip

    @model_validator(mode="before")
    @classmethod
    def _title_from_name(cls, data: object) -> object:
        return titled(data)


def _once_each(views: tuple[RecordView, ...]) -> tuple[RecordView, ...]:
    seen: set[str] = set()
    for view in views:
        if view.name in seen:
            raise flaw(_("Two lists have the name %(name)s.") % {"name": view.name})
        seen.add(view.name)
    return views


Views = Annotated[
    tuple[RecordView, ...],
    AfterValidator(_once_each),
    Field(
        max_length=MOST_VIEWS,
        title=gettext_noop("Lists"),
        description=gettext_noop("The tabs of the page that lists the records of this process."),
        json_schema_extra={"control": "views"},
    ),
]
