"""Acts on a connection: connecting it, coming back from the provider, refreshing, disconnecting."""

from urllib.parse import urlsplit

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.utils import timezone
from django.utils.translation import gettext as _

from datasources.models import Connection
from datasources.selectors import get_document
from datasources.services import connecting, connections
from datasources.services.connection_tests import test_connection as run_test
from datasources.views.access import CHANGERS
from datasources.views.connections import REFUSED, connection
from kianda.accounts.permissions import signed_in
from kianda.lib.errors import Conflict, Invalid
from kianda.web.form_once import once
from kianda.web.pages import go, page, render_dialog, render_page, toast


@page(roles=CHANGERS, methods=("POST",))
@once
def start(request: HttpRequest, name: str) -> HttpResponseBase:
    """Connect it: at once, or by sending the person to the provider."""
    return connect(request, name)


def connect(request: HttpRequest, name: str) -> HttpResponseBase:
    """Connect a datasource for the person: lead to the provider, or to what came of it."""
    session = request.session.session_key or ""
    try:
        begun = connecting.connect(name=name, user=signed_in(request), session_key=session)
    except Conflict as refusal:
        return _not_connected(request, name, refusal.detail)
    if isinstance(begun, Connection):
        return _arrive(request, begun)
    # A form must not lead to another host, by the policy of our pages: the page goes on by itself.
    host = urlsplit(begun.authorize_url).hostname or ""
    title = _("Connect %(title)s") % {"title": get_document(name).title}
    context = {"url": begun.authorize_url, "host": host, "title": title}
    return render_page(request, "connections/going.html", context)


def _arrive(request: HttpRequest, row: Connection) -> HttpResponse:
    """Make the first call with the new token, and lead to what came of it."""
    run_test(name=row.datasource.name, user=request.user, to="")
    return go(request, "connection-connected", name=row.datasource.name)


def _not_connected(request: HttpRequest, name: str, why: str) -> HttpResponse:
    """Lead to its page, which says once why it is not connected."""
    request.session[REFUSED] = {"name": name, "why": why}
    return go(request, "connection", name=name)


@page(roles=CHANGERS)
def callback(request: HttpRequest) -> HttpResponseBase:
    """Take the person back from the provider, with a code or with why there is none."""
    if not request.GET:
        # Nobody comes back so: it is the page of a datasource of that name.
        return connection(request, "callback")
    try:
        row = connecting.come_back(
            query={name: str(request.GET[name]) for name in request.GET},
            user=signed_in(request),
            session_key=request.session.session_key or "",
        )
    except (Conflict, Invalid) as refusal:
        context = {"why": refusal.detail}
        return render_page(request, "connections/refused.html", context, status=refusal.status)
    return _arrive(request, row)


@page(roles=CHANGERS)
def connected(request: HttpRequest, name: str) -> HttpResponseBase:
    """Show that it is connected, what the first call brought, and what comes next."""
    row, source, auth = connections.to_change(name, request.user)
    context = {
        "row": row, "source": row.datasource, "state": connections.state_of(row, timezone.now()),
        "methods": len(source.methods),
        "refused": [one for one in auth.scopes if row.scopes and one not in row.scopes],
    }  # fmt: skip
    return render_page(request, "connections/connected.html", context)


@page(roles=CHANGERS, methods=("POST",))
@once
def refresh(request: HttpRequest, name: str) -> HttpResponseBase:
    """Fetch a new token now; when that fails, the page of the connection says why."""
    try:
        row = connections.refresh_now(name, signed_in(request))
    except Conflict as refusal:
        return _not_connected(request, name, refusal.detail)
    toast(request, _("Token of %(title)s refreshed.") % {"title": row.datasource.title})
    return go(request, "connection", name=name)


@page(roles=CHANGERS, methods=("GET", "POST"))
@once
def disconnect(request: HttpRequest, name: str) -> HttpResponseBase:
    """Ask, then delete the tokens and revoke them at the provider."""
    user = signed_in(request)
    row, _source, _auth = connections.to_change(name, user)
    title = row.datasource.title
    if request.method == "GET":
        context = {"source": row.datasource}
        named = _("Disconnect %(title)s") % {"title": title}
        return render_dialog(request, "connections/_disconnect.html", context, title=named)
    connections.disconnect(name, user)
    toast(request, _("%(title)s disconnected.") % {"title": title})
    return go(request, "connection", name=name)
