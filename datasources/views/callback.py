"""Where a provider sends people back to whom it has asked for access."""

from django.http import HttpRequest, HttpResponseBase
from django.utils.translation import gettext as _

from datasources.services.connecting import come_back
from datasources.views.access import CHANGERS
from kianda.accounts.permissions import signed_in
from kianda.web.pages import go, page, toast


@page(roles=CHANGERS)
def callback(request: HttpRequest) -> HttpResponseBase:
    """Fetch the tokens that a person has allowed, and show the data source that has them."""
    row = come_back(
        query={name: str(request.GET[name]) for name in request.GET},
        user=signed_in(request),
        session_key=request.session.session_key or "",
    )
    toast(request, _("%(title)s is connected.") % {"title": row.datasource.title})
    return go(request, "datasource", name=row.datasource.name)
