"""Moving forms, fields and rules: one step, or to where they were dropped."""

from django.utils.translation import gettext as _

from kianda.lib.errors import Conflict
from processes.definition.tree import DefinitionTree, Piece
from processes.designer.copy_view import CopyView
from processes.fields import kind_named
from processes.views.designer.positions import Position
from processes.views.designer.screen import in_footer
from processes.views.designer.workspace import ActionResult, Workspace


def earlier(workspace: Workspace, target: str = "") -> ActionResult:
    """Move an element one place up."""
    return _step(workspace, target, -1)


def later(workspace: Workspace, target: str = "") -> ActionResult:
    """Move an element one place down."""
    return _step(workspace, target, 1)


def move(workspace: Workspace, target: str = "") -> ActionResult:
    """Move an element to the place that was sent, or to the end of the list that was chosen."""
    place = workspace.place
    if place is None:
        owner, _bar, key = workspace.request.POST.get("to", "").partition("|")
        if not owner or not key:
            raise Conflict(_("Choose where it should go."))
        place = {"in": owner, "list": key}
    return to_place(workspace, target, place)


def to_place(workspace: Workspace, target: str, place: Position) -> ActionResult:
    """Move an element; a place counts the list as the person sees it, the element included."""
    element = workspace.found(target)
    where = place.pop("where", "")
    at = place.get("at")
    same = element.owner is not None and (place.get("in"), place.get("list")) == (
        element.owner.target,
        element.key,
    )
    if same and isinstance(at, int) and at > element.at:
        place["at"] = at - 1
    is_button = kind_named(element.slug).is_button
    if where == "footer" and not is_button:
        raise Conflict(_("Only buttons can be in the bar at the end of a form. Nothing was moved."))
    copy = workspace.edit(do="move", target=target, place=place)
    if is_button and where in {"body", "footer"} and where != _where(element):
        copy = workspace.edit_next(
            copy, do="change", target=copy.selected, settings={"place": where}
        )
    return _moved_in_words(copy)


def _where(element: Piece) -> str:
    return "footer" if in_footer(element) else "body"


def _step(workspace: Workspace, target: str, by: int) -> ActionResult:
    element = workspace.found(target)
    beside = _beside(element)
    now = beside.index(element)
    if not 0 <= now + by < len(beside):
        words = _("It is the first of %(n)s.") if by < 0 else _("It is the last of %(n)s.")
        return ActionResult(workspace.copy, target, say=words % {"n": len(beside)})
    assert element.owner is not None  # what has neighbours stands in something
    # Counted without the element, the neighbour's number is the place on its other side.
    place = {"in": element.owner.target, "list": element.key, "at": beside[now + by].at}
    return _moved_in_words(workspace.edit(do="move", target=target, place=place))


def _moved_in_words(copy: CopyView) -> ActionResult:
    tree = DefinitionTree(copy.document)
    element = tree.get(copy.selected)
    if element is None:
        return ActionResult(copy, copy.selected)
    beside = _beside(element)
    words = _("Moved to position %(at)s of %(n)s.")
    return ActionResult(
        copy, copy.selected, say=words % {"at": beside.index(element) + 1, "n": len(beside)}
    )


def _beside(element: Piece) -> list[Piece]:
    """Return the elements among which it is seen: the fields, or the buttons of the bar."""
    if element.kind != "field":
        return element.siblings()
    return [one for one in element.siblings() if in_footer(one) == in_footer(element)]
