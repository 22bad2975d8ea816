"""What a new form, field and rule starts with."""

from collections.abc import Callable, Mapping
from typing import Any, get_args

from kianda.lib.errors import Invalid
from kianda.lib.i18n import gettext as _
from kianda.lib.names import as_title
from processes.definition import tree
from processes.definition.tree import Object
from processes.designer.editing.naming import check_name
from processes.fields import fields
from processes.rules import Rule, rules

NewName = Callable[[str, str], str]


def new_form(title: str, new_name: NewName) -> Object:
    """Return an empty form."""
    name = new_name("form", title or "form")
    return {"name": name, "title": title or as_title(name), "rules": [], "load_rules": [],
            "fields": []}  # fmt: skip


def new_field(
    slug: str, settings: Mapping[str, Any], new_name: NewName, document: Object
) -> Object:
    """Return a field of a type; a name that was sent must be free, else one is made."""
    kind = fields.kinds.get(slug)
    if kind is None:
        raise Invalid.at("/type", _("There is no field type %(slug)s.") % {"slug": slug})
    own = _own(settings)
    title = str(own.pop("title", "") or "")
    name = own.pop("name", None)
    if isinstance(name, str) and name:
        check_name(document, name)
    else:
        name = new_name("field", title or kind.usual_name or kind.label)
    made = {"type": slug, "name": name, "title": title or as_title(name), **own}
    return made | {key: [] for key in tree.LISTS["field"] if key in kind.model_fields}


def new_rule(slug: str, settings: Mapping[str, Any], new_name: NewName) -> Object:
    """Return a rule of a type, with an id made from its title."""
    kind = rules.kinds.get(slug)
    if kind is None:
        raise Invalid.at("/type", _("There is no rule type %(slug)s.") % {"slug": slug})
    own = _own(settings)
    title = str(own.pop("title", "") or "")
    made = {
        "type": slug, "id": new_name("rule", title or kind.label),
        "title": title or _(kind.label), **own,
    }  # fmt: skip
    return made | {key: [] for key in tree.LISTS["rule"] if key in kind.model_fields}


def _own(settings: Mapping[str, Any]) -> Object:
    """Leave out what is made here, and what a piece holds: that is added by itself."""
    left_out = {"type", "id", "load_rules", "forms", "rules"}
    return {key: value for key, value in settings.items() if key not in left_out}


def may_stand_in(holder: Object, slug: str) -> bool:
    """Tell whether a rule of a kind can stand in another one, to be done row by row."""
    kind = rules.kinds.get(str(holder.get("type")))
    held = kind.model_fields.get("rules") if kind is not None else None
    return held is not None and slug in _slugs(held.annotation)


def _slugs(annotation: Any) -> set[str]:
    if isinstance(annotation, type) and issubclass(annotation, Rule):
        return {annotation.slug()}
    return {slug for inner in get_args(annotation) for slug in _slugs(inner)}


def may_hold(kind: str, node: Object, key: str) -> bool:
    """Tell whether a piece can hold such a list: only containers hold fields, only loops rules."""
    if key not in tree.LISTS.get(kind, ()):
        return False
    slug = str(node.get("type"))
    if kind == "rule":
        rule = rules.kinds.get(slug)
        return rule is not None and key in rule.model_fields
    if kind == "field":
        field = fields.kinds.get(slug)
        runs = field is not None and (key != "rules" or field.runs_rules)
        return field is not None and runs and key in field.model_fields
    return True
