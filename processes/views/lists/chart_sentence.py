"""The sentence that asks for a chart: Show the sum of Days by Department as bars."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from pydantic import ValidationError

from kianda.lib.i18n import with_small_beginning
from kianda.lib.pointers import flaws_of
from processes.definition.views import ViewChart
from processes.lists.records import RecordList
from processes.lists.view_charts import is_open

# What a query names the parts of the sentence; the first says that it was asked.
MEASURE, BY, EVERY, SHOW, SPLIT = "measure", "by", "every", "show", "split"
_MOST_VALUES = 30


class ChartChoice(NamedTuple):
    """One choice of a part of the sentence."""

    value: str
    title: str
    chosen: bool


class ChartWord(NamedTuple):
    """A part of the sentence: what stands before it, and what may be chosen."""

    name: str
    label: str
    choices: tuple[ChartChoice, ...]


@dataclass
class ChartSentence:
    """A chart as a person asks for it; `chart` is None when none was asked for, or none can be."""

    found: RecordList
    asked: Mapping[str, str]
    # Why the chart that was asked for was not added.
    refused: str = ""

    @property
    def is_asked(self) -> bool:
        """Tell whether a chart was asked for."""
        return MEASURE in self.asked

    @cached_property
    def _read(self) -> tuple[ViewChart | None, str]:
        if not self.is_asked:
            return None, ""
        calculate, _colon, field = self.asked[MEASURE].partition(":")
        split, _sign, first = self._text(SPLIT).partition("=")
        raw: dict[str, Any] = {
            "calculate": calculate, "field": field, "by": self._text(BY),
            "show": self._text(SHOW), "every": self._text(EVERY), "split": split,
            "split_value": first,
        }  # fmt: skip
        try:
            return ViewChart.model_validate(raw), ""
        except ValidationError as error:
            return None, " ".join(one.detail for one in flaws_of(error, raw, model=ViewChart))

    @property
    def chart(self) -> ViewChart | None:
        """Return the chart."""
        return self._read[0]

    @property
    def open_chart(self) -> ViewChart | None:
        """Return the chart as the person may have it: of what they may count by."""
        return self.chart if self.chart and is_open(self.found, self.chart) else None

    @property
    def trouble(self) -> str:
        """Return why there is none, or why it was not added."""
        return self.refused or self._read[1]

    @property
    def hidden(self) -> list[tuple[str, str]]:
        """Return what was asked, to be sent again."""
        return [(one, self._text(one)) for one in (MEASURE, BY, EVERY, SHOW, SPLIT)]

    @property
    def words(self) -> list[ChartWord]:
        """Return the parts of the sentence with what may be chosen."""
        each = {
            "day": _("day"), "week": _("week"), "month": _("month"), "quarter": _("quarter"),
            "year": _("year"),
        }  # fmt: skip
        shown = {"bars": _("bars"), "line": _("a line"), "number": _("one number")}
        return [
            self._word(MEASURE, _("Show"), dict(self._measures())),
            self._word(BY, pgettext("in groups", "by"), dict(self._bys()), "process.status"),
            self._word(EVERY, _("per"), each, "week"),
            self._word(SHOW, _("as"), shown),
            self._word(SPLIT, _("split by"), dict(self._splits())),
        ]

    def _text(self, name: str) -> str:
        return self.asked.get(name, "").replace("\0", "")[:300]

    def _word(
        self, name: str, label: str, known: Mapping[str, str], usual: str = ""
    ) -> ChartWord:  # fmt: skip
        chosen = self._text(name) if self.is_asked else usual or next(iter(known))
        choices = (ChartChoice(value, title, value == chosen) for value, title in known.items())
        return ChartWord(name, label, tuple(choices))

    def _measures(self) -> Iterator[tuple[str, str]]:
        many = with_small_beginning(self.found.document.many_records)
        yield "count", _("the number of %(records)s") % {"records": many}
        for one in self.found.columns.values():
            if one.countable:
                yield f"sum:{one.name}", _("the sum of %(name)s") % {"name": one.title}
                yield f"average:{one.name}", _("the average of %(name)s") % {"name": one.title}

    def _bys(self) -> Iterator[tuple[str, str]]:
        yield "", _("nothing: all together")
        for one in self.found.columns.values():
            if one.groupable or (one.sortable and one.kind in {"day", "moment"}):
                yield one.name, one.title

    def _splits(self) -> Iterator[tuple[str, str]]:
        yield "", _("nothing")
        for one in self.found.columns.values():
            if not one.groupable or one.kind == "day":
                continue
            yield one.name, one.title
            for value, title in one.choices[:_MOST_VALUES]:
                said = _("%(name)s: %(value)s and others")
                yield f"{one.name}={value}", said % {"name": one.title, "value": title}


def sentence_of(found: RecordList, asked: Mapping[str, str]) -> ChartSentence:
    """Return the sentence about a list as a query or a form fills it in."""
    return ChartSentence(found, asked)
