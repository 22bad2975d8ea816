"""A chart that somebody adds to a list of a design: an edit of the working copy."""

from django.contrib.auth.models import User
from django.utils.translation import gettext as _

from kianda.lib.errors import Conflict
from processes.definition.document import Document
from processes.definition.views import MOST_VIEWS, ViewChart
from processes.designer import working_copy
from processes.lists.state import EVERYTHING
from processes.lists.view_charts import with_chart


def takes_charts(document: Document, view: str) -> bool:
    """Tell whether a list is one of the design: the list of all is added to it when needed."""
    return view == EVERYTHING or any(one.name == view for one in document.views)


def add_chart(name: str, view: str, chart: ViewChart, *, user: User) -> None:
    """Add a chart to a list of the working copy of a process; it is seen once that is published.

    Raises Conflict when the list is no longer there, Invalid when it has MOST_CHARTS, Stale when
    somebody changes the lists just now.
    """
    copy = working_copy.open_copy(name, user=user)
    raw = copy.document.get("views")
    views = [dict(one) for one in raw if isinstance(one, dict)] if isinstance(raw, list) else []
    wanted = next((one for one in views if one.get("name") == view), None)
    if wanted is None:
        if view != EVERYTHING or len(views) >= MOST_VIEWS:
            raise Conflict(_("The design has no list %(name)s any more.") % {"name": view})
        wanted = {"name": EVERYTHING, "title": _("All")}
        views.append(wanted)
    wanted["charts"] = with_chart(wanted.get("charts") or (), chart)
    change = {"do": "change", "target": "process", "settings": {"views": views}}
    working_copy.edit(name, user=user, revision=copy.revision, edit=change)
