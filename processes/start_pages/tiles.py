"""Tiles of start pages: what may be chosen, what is wrong with one, what a reader sees of it."""

from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from django.contrib.auth.models import User
from django.utils.translation import gettext as _

from kianda.lib.errors import Flaw
from processes.definition.document import Document
from processes.definition.views import RecordView, ViewChart, chart_names
from processes.document_cache import document_of
from processes.lists.records import RecordList
from processes.lists.state import EVERYTHING
from processes.lists.view_charts import is_open, usual_charts
from processes.lists.views import designed_views_of
from processes.models import ProcessDesign
from processes.rights.querysets import known_designs

NUMBER = ViewChart(show="number")


class TileChart(NamedTuple):
    """A tile as its reader has it: the records, the list, and the chart of it."""

    found: RecordList
    view: RecordView
    chart: ViewChart


def charts_named(view: RecordView) -> dict[str, ViewChart]:
    """Return the charts of a list by their names; the usual ones where it names none."""
    charts = view.charts or usual_charts()
    return dict(zip(chart_names(charts), charts, strict=True))


def lists_of(document: Document) -> dict[str, RecordView]:
    """Return the lists of a process by name, the one of all records among them."""
    found = {view.name: view for view in document.views}
    return {**found, EVERYTHING: found.get(EVERYTHING, RecordView(name=EVERYTHING, title=_("All")))}


def documents_by_name(names: Iterable[str]) -> dict[str, Document]:
    """Return the published definitions of processes by their names."""
    rows = ProcessDesign.objects.filter(name__in=set(names), published__isnull=False)
    rows = rows.select_related("published").defer("published__document")
    return {one.name: document_of(one.published) for one in rows if one.published is not None}


def processes_offered() -> list[tuple[str, str]]:
    """Return name and title of each process that has records to count, by title."""
    rows = ProcessDesign.objects.filter(published__isnull=False)
    return list(rows.order_by("title", "name").values_list("name", "title"))


def trouble_of(tiles: list[dict[str, Any]]) -> dict[int, Flaw]:
    """Return what is wrong with tiles by their number: the setting of the tile, and a sentence."""
    known = documents_by_name(str(tile.get("process")) for tile in tiles)
    found = {at: _flaw(tile, known) for at, tile in enumerate(tiles)}
    return {at: flaw for at, flaw in found.items() if flaw is not None}


def _flaw(tile: dict[str, Any], known: dict[str, Document]) -> Flaw | None:
    process, view, chart = (str(tile.get(key, "")) for key in ("process", "view", "chart"))
    if process not in known:
        words = _("There is no published process %(name)s. Choose another one.")
        return Flaw("/process", words % {"name": process})
    lists = lists_of(known[process])
    if view not in lists:
        words = _("The process has no list %(name)s. Choose another one.")
        return Flaw("/view", words % {"name": view})
    if chart and chart not in charts_named(lists[view]):
        words = _("The list has no chart %(name)s. Choose another one.")
        return Flaw("/chart", words % {"name": chart})
    return None


def seen_tiles(
    tiles: list[dict[str, Any]], user: User
) -> Iterator[tuple[int, RecordList, RecordView]]:
    """Yield the tiles of whose process and list the reader knows, each with its number.

    Whether they may count by the columns of its chart is asked when it is counted: `seen_chart`.
    """
    names = {str(tile.get("process")) for tile in tiles}
    rows = known_designs(user).filter(name__in=names, published__isnull=False)
    rows = rows.select_related("published").defer("published__document")
    known = {one.name: RecordList(one, user) for one in rows}
    for at, tile in enumerate(tiles):
        found = known.get(str(tile.get("process")))
        view = _view(found, tile) if found is not None else None
        if found is not None and view is not None and _chart(view, tile) is not None:
            yield at, found, view


def seen_chart(tile: dict[str, Any], user: User) -> TileChart | None:
    """Return the chart of a tile; None when anything of it is gone or not the reader's."""
    for _at, found, view in seen_tiles([tile], user):
        chart = _chart(view, tile)
        if chart is not None and is_open(found, chart):
            return TileChart(found, view, chart)
    return None


def _view(found: RecordList, tile: dict[str, Any]) -> RecordView | None:
    wanted = str(tile.get("view"))
    return next((view for view in designed_views_of(found) if view.name == wanted), None)


def _chart(view: RecordView, tile: dict[str, Any]) -> ViewChart | None:
    name = str(tile.get("chart", ""))
    return charts_named(view).get(name) if name else NUMBER
