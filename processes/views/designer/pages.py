"""The designer's page and its panes, the outline, who else is here, the keys."""

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.utils.translation import gettext as _

from kianda.accounts.roles import DESIGNER
from kianda.accounts.services.profiles import profile_of
from kianda.web.pages import page, render_dialog
from processes import selectors
from processes.views.designer.keyboard import KEYS
from processes.views.designer.workspace import Workspace


@page(roles=(DESIGNER,))
def designer(request: HttpRequest, name: str) -> HttpResponseBase:
    """Show the designer; for its own script, only the panes.

    With `since`, the revision that the script has, nothing is sent while that is the newest and
    the same people are here.
    """
    workspace = Workspace(request, name)
    if not workspace.by_script:
        return workspace.page(workspace.copy)
    seen = request.GET.get("since", "")
    here = ",".join(other.name for other in workspace.copy.others)
    if seen == str(workspace.copy.revision) and request.GET.get("here", "") == here:
        return HttpResponse(status=204)
    return workspace.panes()


@page(roles=(DESIGNER,))
def keys(request: HttpRequest, name: str) -> HttpResponseBase:
    """List the keys of the designer."""
    context = {
        "design": selectors.get_design(name), "keys": KEYS,
        "letters": profile_of(request.user).single_keys,
    }  # fmt: skip
    return render_dialog(request, "designer/_keys.html", context, title=_("Keys of the designer"))
