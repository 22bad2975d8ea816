"""The acts of the designer: each button says a verb and what it is about, such as `add field text`.

With script and without, the same form carries them here; the place of a drop comes beside it.
"""

from collections.abc import Callable, Mapping

from django.http import HttpRequest, HttpResponseBase
from django.urls import reverse
from django.utils.translation import gettext as _

from kianda.accounts.roles import DESIGNER
from kianda.lib.errors import ApplicationError, Conflict, Invalid, Missing
from kianda.web.pages import page, toast
from processes.designer import working_copy
from processes.designer.copy_view import CopyView
from processes.views.designer import moving, positions
from processes.views.designer.palette import has_settings
from processes.views.designer.workspace import ActionResult, Workspace

ActionHandler = Callable[..., ActionResult]


@page(roles=(DESIGNER,), methods=("POST",))
def act(request: HttpRequest, name: str) -> HttpResponseBase:
    """Carry out one act, or say why not."""
    workspace = Workspace(request, name)
    verb, *rest = request.POST.get("act", "").split(" ")
    known = ACTS.get(verb)
    try:
        if known is None:
            raise Invalid.at("/act", _("There is no such action in the designer."))
        return workspace.answer(workspace.already_done() or known(workspace, *rest[:4]))
    except Missing:
        raise
    except ApplicationError as refusal:
        if refusal.extra.get("uses") and rest:
            # Somebody refers to it: who does is shown, and asked about, before it goes.
            return workspace.answer(
                ActionResult(
                    workspace.copy, workspace.at, opens=positions.delete_address(name, rest[0])
                )
            )
        return workspace.refuse(refusal)


def add(
    workspace: Workspace, what: str = "", slug: str = "", into: str = "", owner: str = ""
) -> ActionResult:
    """Add a form, or a field or rule behind what is selected, or where it was dropped."""
    if what == "form":
        copy = workspace.edit(do="add_form")
        return _added(copy)
    place = workspace.place or positions.behind(workspace.screen, what, into=into, owner=owner)
    settings = positions.start_settings(workspace, slug, place) if what == "field" else {}
    place.pop("where", None)
    copy = workspace.edit(do=f"add_{what}", type=slug, place=place, settings=settings)
    done = _added(copy)
    if what == "rule" and has_settings(slug):
        done.opens = positions.rule_address(workspace.name, copy.selected, added=True)
    return done


def closing(workspace: Workspace, target: str = "") -> ActionResult:
    """Add a button to a form that submits it, and lead back to the flow, which lacked it.

    By that, too, the next form opens.
    """
    form = workspace.found(target)
    held = {"in": form.target, "list": "fields", "at": len(form.node.get("fields") or ())}
    settings = {"title": _("Submit"), "place": "footer"}
    copy = workspace.edit(do="add_field", type="button", place=held, settings=settings)
    ruled = {"in": copy.selected, "list": "rules", "at": 0}
    done = workspace.edit_next(copy, do="add_rule", type="submit", place=ruled, settings={})
    toast(workspace.request, f"{copy.label}.")
    return ActionResult(done, form.target, goes=reverse("designer-flow", args=[workspace.name]))


def _added(copy: CopyView) -> ActionResult:
    return ActionResult(copy, copy.selected, say=f"{copy.label}.")


def duplicate(workspace: Workspace, target: str = "") -> ActionResult:
    """Put a copy behind an element."""
    copy = workspace.edit(do="duplicate", target=target)
    return ActionResult(copy, copy.selected, say=f"{copy.label}.")


def remove(workspace: Workspace, target: str = "", sure: str = "") -> ActionResult:
    """Remove an element; one that others refer to only when the person is sure."""
    copy = workspace.edit(do="remove", target=target, force=sure == "sure")
    return ActionResult(copy, copy.selected, say=f"{copy.label}.", undoable=True)


def drop(workspace: Workspace, target: str = "", column: str = "") -> ActionResult:
    """Take a column out of a table, whoever refers to it: the person was asked and is sure."""
    held = [
        one for one in workspace.found(target).node.get("columns") or () if isinstance(one, dict)
    ]
    left = [one for one in held if one.get("name") != column]
    copy = workspace.edit(do="change", target=target, settings={"columns": left}, force=True)
    return ActionResult(copy, copy.selected, say=f"{copy.label}.", undoable=True)


def switch(workspace: Workspace, target: str = "") -> ActionResult:
    """Switch a rule on or off."""
    rule = workspace.found(target)
    enabled = rule.node.get("enabled") is False
    copy = workspace.edit(do="switch_rule", target=target, enabled=enabled)
    return ActionResult(copy, copy.selected, say=f"{copy.label}.")


def retype(workspace: Workspace, target: str = "", slug: str = "") -> ActionResult:
    """Make a field one of another type; what the new type knows too is kept."""
    copy = workspace.edit(do="change", target=target, settings={"type": slug})
    return ActionResult(copy, copy.selected, say=f"{copy.label}.", undoable=True)


def cut(workspace: Workspace, target: str = "") -> ActionResult:
    """Hold an element, to be moved where it is pasted."""
    element = workspace.found(target)
    workspace.clipboard.take(workspace.name, workspace.copy.document, element, cut=True)
    words = _("%(title)s is cut. Choose the place and paste it.") % {"title": element.title}
    return ActionResult(workspace.copy, workspace.at or target, say=words)


def copy(workspace: Workspace, target: str = "") -> ActionResult:
    """Hold a copy of an element."""
    element = workspace.found(target)
    workspace.clipboard.take(workspace.name, workspace.copy.document, element, cut=False)
    words = _("%(title)s is copied. Choose the place and paste it.") % {"title": element.title}
    return ActionResult(workspace.copy, workspace.at or target, say=words)


def paste(workspace: Workspace, target: str = "", into: str = "") -> ActionResult:
    """Put what is held behind an element: moved when it was cut here, else as a copy."""
    held = workspace.clipboard.held
    if held is None:
        raise Conflict(_("Nothing was copied yet. Select a field, rule or form and copy it."))
    screen = workspace.screen_of(workspace.copy, target) if target else workspace.screen
    place = positions.behind(screen, held["kind"], into=into)
    moved = workspace.clipboard.cut_of(workspace.name)
    if moved and workspace.copy.document and workspace.screen.tree.get(moved):
        done = moving.to_place(workspace, moved, place)
        workspace.clipboard.moved()
        return done
    pasted = workspace.edit(do="paste", place=place, content=held["content"])
    return ActionResult(pasted, pasted.selected, say=f"{pasted.label}.")


def undo(workspace: Workspace) -> ActionResult:
    """Take the last edit back."""
    label = workspace.copy.undo_label
    if not label:
        return ActionResult(workspace.copy, workspace.at, say=_("There is nothing to undo."))
    undone = working_copy.undo(workspace.name, user=workspace.user, revision=workspace.revision)
    return ActionResult(
        undone, undone.selected or workspace.at, say=_("Undone: %(what)s.") % {"what": label}
    )


def withdraw(workspace: Workspace, target: str = "") -> ActionResult:
    """Take away what was added and never saved: its dialog was closed without OK."""
    left = working_copy.withdraw(
        workspace.name, user=workspace.user, revision=workspace.revision, target=target
    )
    return ActionResult(left, left.selected or workspace.at, say=f"{left.label}.".lstrip("."))


def redo(workspace: Workspace) -> ActionResult:
    """Carry out again what was taken back."""
    label = workspace.copy.redo_label
    if not label:
        return ActionResult(workspace.copy, workspace.at, say=_("There is nothing to redo."))
    redone = working_copy.redo(workspace.name, user=workspace.user, revision=workspace.revision)
    return ActionResult(
        redone, redone.selected or workspace.at, say=_("Redone: %(what)s.") % {"what": label}
    )


def save(workspace: Workspace) -> ActionResult:
    """Stamp the working copy as the next draft version."""
    before = workspace.copy.base_version
    saved = working_copy.save_version(
        workspace.name, user=workspace.user, revision=workspace.revision
    )
    now = saved.base_version
    words = _("Saved as draft %(v)s.") if before != now else _("Nothing was changed since %(v)s.")
    return ActionResult(saved, workspace.at, say=words % {"v": now})


def take(workspace: Workspace) -> ActionResult:
    """Go on with the version that somebody has saved meanwhile."""
    taken = working_copy.take_theirs(
        workspace.name, user=workspace.user, revision=workspace.revision
    )
    return ActionResult(taken, taken.selected, say=f"{taken.label}.", undoable=True)


def mine(workspace: Workspace) -> ActionResult:
    """Go on with this copy although somebody has saved another version."""
    kept = working_copy.keep_mine(workspace.name, user=workspace.user, revision=workspace.revision)
    return ActionResult(kept, workspace.at, say=f"{kept.label}.")


ACTS: Mapping[str, ActionHandler] = {
    "add": add, "closing": closing, "duplicate": duplicate, "remove": remove, "drop": drop,
    "switch": switch,
    "retype": retype, "cut": cut, "copy": copy, "paste": paste, "undo": undo, "redo": redo,
    "withdraw": withdraw,
    "save": save,
    "earlier": moving.earlier, "later": moving.later, "move": moving.move,
    "take": take, "mine": mine,
}  # fmt: skip
