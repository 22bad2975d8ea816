"""The lists of a design: their columns, filters, totals and charts, in a form.

What is saved here is an edit of the working copy, as all of the designer does.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from django.http import HttpRequest, HttpResponseBase
from django.utils.translation import gettext as _
from pydantic import BaseModel, Field

from kianda.accounts.roles import DESIGNER
from kianda.lib.dialogs.dialog import read_with_act
from kianda.lib.dialogs.row_actions import act_of
from kianda.lib.errors import ApplicationError, Flaw, Invalid
from kianda.lib.i18n import gettext_noop
from kianda.web.pages import go, page, render_page, toast
from processes import selectors
from processes.definition.views import MOST_VIEWS, RecordView
from processes.designer.settings_forms.form import SettingsForm
from processes.lists.view_charts import free_name
from processes.views.designer.workspace import Workspace


class ListsOfProcess(BaseModel):
    """The lists of a process, as their page asks for them."""

    views: tuple[RecordView, ...] = Field(
        default=(), max_length=MOST_VIEWS, title=gettext_noop("Lists"),
        description=gettext_noop("The tabs of the page that lists the records of this process."),
        json_schema_extra={"control": "elements", "add": gettext_noop("Add list"),
                           "new": gettext_noop("List %(n)s")},
    )  # fmt: skip


@page(roles=(DESIGNER,), methods=("GET", "POST"))
def lists(request: HttpRequest, name: str) -> HttpResponseBase:
    """Show and save the lists and charts of a process."""
    workspace = Workspace(request, name)
    whole = _form(workspace)
    if request.method == "GET":
        return _page(workspace, whole)
    typed, place = read_with_act(ListsOfProcess, request.POST, prefix=whole.prefix)
    if whole.act in request.POST:
        focus = place or _holder(request.POST[whole.act])
        return _page(workspace, replace(whole, raw=typed, flaws=[], focus=focus))
    try:
        workspace.edit(do="change", target="process", settings=_named(typed))
    except ApplicationError as refusal:
        flaws = list(refusal.errors) if isinstance(refusal, Invalid) else []
        return _page(workspace, replace(whole, raw=typed, flaws=flaws), refused=refusal)
    saved = _form(Workspace(request, name))
    if saved.flaws:
        return _page(workspace, saved, refused=Invalid(_("Saved with errors. Correct them before "
                                                         "you publish.")))  # fmt: skip
    toast(request, _("Lists saved. They apply once you publish."))
    return go(request, "designer-lists", name=name)


def _named(typed: dict[str, Any]) -> dict[str, Any]:
    """Return the lists with a name for each chart, so that it is found wherever it is."""
    for view in typed.get("views", ()):
        for chart in view.get("charts", ()):
            if not chart.get("name"):
                chart["name"] = free_name({one.get("name") for one in view["charts"]})
    return typed


def _holder(act: str) -> str:
    """Return the place of the rows that a button moves in or takes from: it stays open."""
    return act_of(act).place.rpartition("/")[0]


def _form(workspace: Workspace) -> SettingsForm:
    """Return the lists as a form, as the working copy has them."""
    screen = workspace.screen_of(workspace.copy, "process")
    whole = workspace.settings(screen, screen.tree.process)
    assert whole is not None  # the model of a process is known
    raw: Mapping[str, Any] = {"views": whole.raw.get("views", [])}
    flaws: list[Flaw] = [one for one in whole.flaws if one.pointer.startswith("/views")]
    return replace(whole, kind=ListsOfProcess, raw=raw, flaws=flaws, hints=[])


def _page(
    workspace: Workspace, form: SettingsForm, *, refused: ApplicationError | None = None
) -> HttpResponseBase:
    design = selectors.get_design(workspace.name)
    context = {
        "design": design, "copy": workspace.copy, "form": form, "refused": refused,
        **workspace.publishing(design, workspace.copy),
    }  # fmt: skip
    return render_page(
        workspace.request, "designer/lists.html", context,
        partials={"lists-form": "designer/_lists.html"}, status=422 if refused else 200,
    )  # fmt: skip
