"""The settings of an element: kept as they are typed into the properties pane."""

from django.http import HttpRequest, HttpResponseBase
from django.utils.translation import gettext as _

from kianda.accounts.roles import DESIGNER
from kianda.lib.dialogs.dialog import changed_settings
from kianda.lib.errors import ApplicationError, Conflict, Invalid, Missing
from kianda.web.pages import page
from processes.definition.tree import Piece
from processes.designer.copy_view import CopyView
from processes.designer.editing.piece_checks import model_of
from processes.views.designer.positions import delete_address
from processes.views.designer.workspace import PREFIX, ActionResult, Workspace


@page(roles=(DESIGNER,), methods=("POST",))
def keep(request: HttpRequest, name: str) -> HttpResponseBase:
    """Keep what was typed into the properties of an element."""
    workspace = Workspace(request, name)
    try:
        done = workspace.already_done()
        if done is not None:
            return workspace.answer(done)
        seen = request.POST.get("target", "")
        element = workspace.found(seen)
        copy = _store_changes(workspace, element, seen)
        if copy is None:
            return workspace.answer(ActionResult(workspace.copy, workspace.at))
        at = copy.selected if workspace.at == element.target else workspace.at
        renamed = seen if copy.selected != seen else ""
        return workspace.answer(ActionResult(copy, at, renamed=renamed))
    except Missing:
        raise
    except ApplicationError as refusal:
        if column := refusal.extra.get("column"):
            # Somebody refers to it: who does is shown, and asked about, before it goes.
            asks = delete_address(name, element.target, column)
            return workspace.answer(ActionResult(workspace.copy, workspace.at, opens=asks))
        return workspace.refuse(refusal)


def _store_changes(workspace: Workspace, element: Piece, seen: str) -> CopyView | None:
    """Keep what differs from the element, which the person has `seen`; None when nothing does."""
    kind = model_of(element)
    if kind is None:
        raise Conflict(_("Unknown type. Remove the element."))
    settings = changed_settings(kind, element.node, workspace.request.POST, prefix=PREFIX)
    if not settings:
        return None
    try:
        return workspace.edit(
            do="change", target=seen, settings=settings, name_follows=True
        )  # fmt: skip
    except Invalid as refusal:
        # The sentence alone, where the panes have no place for it.
        raise Invalid(" ".join(flaw.detail for flaw in refusal.errors) or refusal.detail,
                      errors=refusal.errors) from refusal  # fmt: skip
