"""Moving forms, fields and rules: one step, or to where they were dropped."""

from django.utils.translation import gettext as _

from kianda.lib.errors import Conflict
from processes.designer.copy_view import CopyView
from processes.views.designer.positions import Place
from processes.views.designer.screen import in_footer
from processes.views.designer.tree import Element, Tree
from processes.views.designer.workspace import Desk, Done


def earlier(desk: Desk, target: str = "") -> Done:
    """Move an element one place up."""
    return _step(desk, target, -1)


def later(desk: Desk, target: str = "") -> Done:
    """Move an element one place down."""
    return _step(desk, target, 1)


def move(desk: Desk, target: str = "") -> Done:
    """Move an element to the place that was sent, or to the end of the list that was chosen."""
    place = desk.place
    if place is None:
        owner, _bar, key = desk.request.POST.get("to", "").partition("|")
        if not owner or not key:
            raise Conflict(_("Choose where it should go."))
        place = {"in": owner, "list": key}
    return to_place(desk, target, place)


def to_place(desk: Desk, target: str, place: Place) -> Done:
    """Move an element; a place counts the list as the person sees it, the element included."""
    element = _found(desk.screen.tree, target)
    where = place.pop("where", "")
    at = place.get("at")
    same = element.owner is not None and (place.get("in"), place.get("list")) == (
        element.owner.target,
        element.key,
    )
    if same and isinstance(at, int) and at > element.at:
        place["at"] = at - 1
    if where == "footer" and element.slug != "button":
        raise Conflict(_("Only buttons stand in the bar at the end of a form. Nothing was moved."))
    copy = desk.edit(do="move", target=target, place=place)
    if element.slug == "button" and where in {"body", "footer"} and where != _where(element):
        copy = desk.edit_next(copy, do="change", target=target, settings={"where": where})
    return _said(copy, target)


def _where(element: Element) -> str:
    return "footer" if in_footer(element) else "body"


def _step(desk: Desk, target: str, by: int) -> Done:
    element = _found(desk.screen.tree, target)
    beside = _beside(element)
    now = beside.index(element)
    if not 0 <= now + by < len(beside):
        words = _("It is the first of %(n)s.") if by < 0 else _("It is the last of %(n)s.")
        return Done(desk.copy, target, say=words % {"n": len(beside)})
    assert element.owner is not None  # what has neighbours stands in something
    # Counted without the element, the neighbour's number is the place on its other side.
    place = {"in": element.owner.target, "list": element.key, "at": beside[now + by].at}
    return _said(desk.edit(do="move", target=target, place=place), target)


def _said(copy: CopyView, target: str) -> Done:
    tree = Tree(copy.document)
    element = tree.get(target)
    if element is None:
        return Done(copy, target)
    beside = _beside(element)
    words = _("Moved to position %(at)s of %(n)s.")
    return Done(copy, target, say=words % {"at": beside.index(element) + 1, "n": len(beside)})


def _beside(element: Element) -> list[Element]:
    """Return the elements among which it is seen: the fields, or the buttons of the bar."""
    if element.kind != "field":
        return element.siblings()
    return [one for one in element.siblings() if in_footer(one) == in_footer(element)]


def _found(tree: Tree, target: str) -> Element:
    element = tree.get(target)
    if element is None:
        raise Conflict(_("That is no longer there: somebody has removed or renamed it."))
    return element
