"""Which charts a view of a list has: the usual ones, its own, one more, and who may see one."""

from collections.abc import Sequence
from typing import Any

from django.utils.translation import gettext as _

from kianda.lib.errors import Invalid
from processes.definition.views import MOST_CHARTS, ViewChart
from processes.lists.records import RecordList


def usual_charts() -> tuple[ViewChart, ...]:
    """Return the charts of a list that names none: how many, by status, and over time."""
    by_status = ViewChart(name="by-status", by="process.status")
    number = ViewChart(name="records", show="number")
    return (number, by_status, ViewChart(name="per-week", by="process.created"))


def with_chart(charts: Sequence[Any], chart: ViewChart) -> list[Any]:
    """Return the charts of a list, as they are stored, and one more.

    A list that names no charts gets its usual ones first. Raises Invalid when it has MOST_CHARTS.
    """
    held = list(charts or map(_raw, usual_charts()))
    if full := full_with(held):
        raise Invalid(full)
    taken = {one.get("name") for one in held if isinstance(one, dict)}
    return [*held, {"name": free_name(taken), **_raw(chart)}]


def full_with(charts: Sequence[Any]) -> str:
    """Return why a list with these charts takes no more of them; nothing when it does."""
    words = _("A list has at most %(most)s charts. Remove one first.")
    return words % {"most": MOST_CHARTS} if len(charts) >= MOST_CHARTS else ""


def free_name(taken: set[Any]) -> str:
    """Return a name for a chart that no other chart of its list has."""
    return next(
        name for at in range(1, len(taken) + 2) for name in [f"chart-{at}"] if name not in taken
    )


def _raw(chart: ViewChart) -> dict[str, Any]:
    return chart.model_dump(mode="json", exclude_defaults=True)


def is_open(found: RecordList, chart: ViewChart) -> bool:
    """Tell whether a chart names no field of the process that the person may not count by."""
    named = [name for name in (chart.field, chart.by, chart.split) if name]
    columns = [(name, found.columns.get(name)) for name in named]
    hidden = [name for name, column in columns if column is None or not column.openly]
    return not any(name in found.document.fields for name in hidden)
