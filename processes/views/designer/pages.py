"""The designer's page and its panes, the outline, who else is here, the keys."""

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.utils.translation import gettext_lazy as _

from kianda.accounts.roles import DESIGNER
from kianda.accounts.services.profiles import profile_of
from kianda.web.pages import page
from processes import selectors
from processes.views.designer.workspace import Workspace, designer_dialog

KEYS = (
    (("F6", "Shift F6"), _("next, previous pane: palette, form, properties")),
    (("Tab",), _("into and out of a group; one stop for each group")),
    (("↑", "↓", "←", "→", "Home", "End"), _("move the selection in form, palette, rules, outline")),
    (("Enter",), _("palette: add after the selection; rule: open its dialog")),
    (("F2",), _("to the properties of the selection")),
    (("A",), _("add here: search fields and rules; Enter adds, Esc returns")),
    (("Alt ↑", "Alt ↓"), _("move the selected field, rule or form")),
    (
        ("Ctrl X", "Ctrl C", "Ctrl V"),
        _("cut, copy, paste; choose another form first to paste there"),
    ),
    (("Ctrl D", "Del"), _("duplicate, delete")),
    (("Space",), _("on a rule: switch it on or off")),
    (("Ctrl Z", "Ctrl Shift Z"), _("undo, redo")),
    (("Ctrl S", "Ctrl Enter"), _("save a version; preview")),
    (("Ctrl Page Up", "Ctrl Page Down"), _("previous, next form")),
    (("Esc",), _("close the menu or dialog, else select the form, then the process")),
    (("?",), _("this list")),
)


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
    return designer_dialog(
        request, "designer/_keys.html", context, title=str(_("Keys of the designer"))
    )
