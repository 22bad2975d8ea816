"""Where things go: behind what is selected, and the addresses of the designer's dialogs."""

from typing import TYPE_CHECKING, Any

from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _

from kianda.lib.errors import Conflict
from processes.definition.tree import RULE_LISTS, Piece
from processes.designer.editing.new_pieces import may_hold
from processes.fields import kind_named
from processes.views.designer.screen import Screen, in_footer, runs_rules

if TYPE_CHECKING:
    from processes.views.designer.workspace import Workspace

Position = dict[str, Any]


def behind(screen: Screen, kind: str, *, into: str = "", owner: str = "") -> Position:
    """Return the place behind what is selected for a form, field or rule."""
    if kind == "form":
        after = screen.form
        return _place(screen.tree.process, "forms", after.at + 1 if after else 0)
    if kind == "rule":
        return _behind_rule(screen, into, screen.tree.get(owner) or screen.selected)
    return _behind_field(screen)


def _behind_field(screen: Screen) -> Position:
    chosen = screen.owner
    if chosen.kind == "field":
        if may_hold("field", chosen.node, "fields"):
            return _place(chosen, "fields", _end(chosen, "fields"))
        assert chosen.owner is not None  # a field stands on a form or in a container
        return _place(chosen.owner, "fields", chosen.at + 1)
    if screen.form is None:
        raise Conflict(_("There is no form yet. Add a form, then its fields."))
    return _place(screen.form, "fields", _end(screen.form, "fields"))


def _behind_rule(screen: Screen, into: str, chosen: Piece) -> Position:
    if chosen.kind == "rule" and may_hold("rule", chosen.node, "rules"):
        return _place(chosen, "rules", _end(chosen, "rules"))
    if chosen.kind == "rule" and chosen.owner is not None and not into:
        return _place(chosen.owner, chosen.key, chosen.at + 1)
    holder = chosen.place_owner
    if not runs_rules(holder):
        raise Conflict(
            _("%(title)s has no rules. Select a button, a field that has a value, or a form.")
            % {"title": holder.title}
        )
    key = into if into in RULE_LISTS and (into == "rules" or holder.kind == "form") else "rules"
    return _place(holder, key, _end(holder, key))


def _place(owner: Piece, key: str, at: int) -> Position:
    return {"in": owner.target, "list": key, "at": at}


def _end(owner: Piece, key: str) -> int:
    held = owner.node.get(key)
    return len(held) if isinstance(held, list) else 0


def start_settings(workspace: "Workspace", slug: str, place: Position) -> dict[str, Any]:
    """Return the settings that a new field starts with: a button's part of the form."""
    if not kind_named(slug).is_button:
        return {}
    if place.get("where") in {"body", "footer"}:
        return {"place": place["where"]}
    chosen = workspace.screen.owner
    inside = str(place.get("in", "")).startswith("field:")
    beside_field = kind_named(chosen.slug).is_button and not in_footer(chosen)
    return {"place": "body" if inside or beside_field else "footer"}


def rule_address(name: str, target: str, *, added: bool = False) -> str:
    """Return the address of a rule's dialog; closed without OK it takes away what was `added`."""
    address = reverse("designer-rule", args=[name, target.partition(":")[2]])
    return f"{address}?added=1" if added else address


def delete_address(name: str, target: str, column: str = "") -> str:
    """Return the address of the question before something used is deleted, or a column of it."""
    about = {"target": target} | ({"column": column} if column else {})
    return f"{reverse('designer-delete', args=[name])}?{urlencode(about)}"
