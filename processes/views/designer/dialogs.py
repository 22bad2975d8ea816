"""Questions and lists in dialogs: who uses what is to be deleted, where something should move."""

from django.http import HttpRequest, HttpResponseBase
from django.utils.translation import gettext as _

from kianda.accounts.roles import DESIGNER
from kianda.lib.errors import Missing
from kianda.lib.names import FIELD_NAME
from kianda.web.pages import page
from processes.definition.tree import Piece
from processes.designer.editing.new_pieces import may_hold
from processes.designer.uses import all_uses
from processes.views.designer import palette
from processes.views.designer.screen import Screen, runs_rules
from processes.views.designer.workspace import Workspace, designer_dialog

MOST_USES = 50


@page(roles=(DESIGNER,))
def delete(request: HttpRequest, name: str) -> HttpResponseBase:
    """Ask before something is deleted that others refer to, and say who does."""
    workspace = Workspace(request, name)
    element, column = _asked(workspace), _column(request)
    uses = all_uses(name, element.target, column)
    sure = f"drop {element.target} {column}" if column else f"remove {element.target} sure"
    called = _title_of(element, column) if column else element.title
    context = _context(workspace, element) | {
        "uses": uses[:MOST_USES], "rest": len(uses[MOST_USES:]), "called": called, "sure": sure,
    }  # fmt: skip
    title = _("Delete %(title)s") % {"title": called}
    return designer_dialog(request, "designer/_delete.html", context, title=title)


@page(roles=(DESIGNER,))
def uses(request: HttpRequest, name: str) -> HttpResponseBase:
    """List who refers to a form or field."""
    workspace = Workspace(request, name)
    element = _asked(workspace)
    found = all_uses(name, element.target)
    context = _context(workspace, element) | {
        "uses": found[:MOST_USES],
        "rest": len(found[MOST_USES:]),
    }
    title = _("Who uses %(title)s") % {"title": element.title}
    return designer_dialog(request, "designer/_uses.html", context, title=title)


@page(roles=(DESIGNER,))
def move(request: HttpRequest, name: str) -> HttpResponseBase:
    """Ask where a field or rule should go: another form, panel or list of rules."""
    workspace = Workspace(request, name)
    element = _asked(workspace)
    context = _context(workspace, element) | {"groups": _destinations(workspace.screen, element)}
    title = _("Move %(title)s") % {"title": element.title}
    return designer_dialog(request, "designer/_move.html", context, title=title)


@page(roles=(DESIGNER,))
def retype(request: HttpRequest, name: str) -> HttpResponseBase:
    """Ask which type a field should have instead."""
    workspace = Workspace(request, name)
    element = _asked(workspace)
    if element.kind != "field":
        raise Missing(_("Only fields have a type that can be changed."))
    context = _context(workspace, element) | {"sections": palette.field_sections()}
    title = _("Change the type of %(title)s") % {"title": element.title}
    return designer_dialog(request, "designer/_retype.html", context, title=title)


def _asked(workspace: Workspace) -> Piece:
    element = workspace.screen.tree.get(workspace.request.GET.get("target", ""))
    if element is None or element.kind == "process":
        raise Missing(_("This form, field or rule no longer exists."))
    return element


def _column(request: HttpRequest) -> str:
    """Return the column of a table that is asked about, when it is one."""
    column = request.GET.get("column", "")
    return column if FIELD_NAME.match(column) else ""


def _title_of(table: Piece, column: str) -> str:
    """Return what people call a column of a table."""
    held = [one for one in table.node.get("columns") or () if isinstance(one, dict)]
    return next(
        (str(one.get("title") or column) for one in held if one.get("name") == column), column
    )


def _context(workspace: Workspace, element: Piece) -> dict[str, object]:
    return {
        "design": {"name": workspace.name}, "copy": workspace.copy, "element": element,
        "back": workspace.address(element.target),
    }  # fmt: skip


def _destinations(screen: Screen, element: Piece) -> list[tuple[str, list[tuple[str, str]]]]:
    """Return what may take the element, by form: (title, [(`target|list`, words)])."""
    if element.kind == "rule":
        load = [(f"{screen.tree.process.target}|rules", _("When the process is opened"))]
        groups = [(screen.tree.process.title, load)]
        return [*groups, *((form.title, _rule_lists(form, element)) for form in screen.tree.forms)]
    return [
        (form.title, [(f"{one.target}|fields", one.title) for one in _holders(form, element)])
        for form in screen.tree.forms
    ]


def _rule_lists(form: Piece, element: Piece) -> list[tuple[str, str]]:
    owners = [one for one in _inside(form) if runs_rules(one)]
    rules = [rule for one in (form, *owners) for rule in (*one.rules, *one.load_rules)]
    loops = [one for one in rules if may_hold("rule", one.node, "rules") and not element.has(one)]
    return [
        (f"{form.target}|rules", _("When the form is submitted")),
        (f"{form.target}|load_rules", _("When the form is opened")),
        *((f"{one.target}|rules", one.title) for one in owners),
        *((f"{one.target}|rules", _("In %(rule)s") % {"rule": one.title}) for one in loops),
    ]


def _holders(form: Piece, element: Piece) -> list[Piece]:
    inside = [one for one in _inside(form) if may_hold("field", one.node, "fields")]
    return [form, *(one for one in inside if not element.has(one))]


def _inside(owner: Piece) -> list[Piece]:
    return [found for one in owner.fields for found in (one, *_inside(one))]
