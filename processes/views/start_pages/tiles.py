"""The tiles of start pages on Home: each is counted after the page, of what its reader may see."""

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.template.loader import render_to_string
from django.utils.translation import gettext as _

from kianda.lib.errors import Invalid, Missing
from kianda.web.pages import page
from processes.lists.state import state_of
from processes.start_pages.services import pages_for
from processes.start_pages.tiles import TileChart, seen_chart
from processes.views.common import person
from processes.views.lists.chart_panels import ChartPanel, panel_of


@page()
def tile(request: HttpRequest, page_id: int, at: int) -> HttpResponseBase:
    """Show a tile; nothing of one that is gone, or of which the person may not see all."""
    user = person(request)
    row = next((one for one in pages_for(user) if one.pk == page_id), None)
    if row is None or at >= len(row.tiles):
        raise Missing(_("There is no such tile."))
    found = seen_chart(row.tiles[at], user)
    panel = _panel(found) if found is not None else None
    if found is None or panel is None:
        return HttpResponse("")
    context = {
        "panel": panel, "document": found.found.document, "view": found.view,
        "id": f"tile-{page_id}-{at}",
    }  # fmt: skip
    return HttpResponse(render_to_string("start_pages/_tile.html", context, request))


def _panel(tile: TileChart) -> ChartPanel | None:
    try:
        filter = state_of(tile.view).filter
        tile.found.rows(filter, at="/filter")
    except Invalid:
        return None
    return panel_of(tile.found, tile.chart, filter)
