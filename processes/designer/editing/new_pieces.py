"""What a new form, field and rule starts with."""

from collections.abc import Callable, Mapping
from typing import Any

from kianda.lib.errors import Invalid
from kianda.lib.i18n import gettext as _
from kianda.lib.names import as_title
from processes.designer.editing import tree
from processes.designer.editing.naming import check_name
from processes.designer.editing.tree import Object
from processes.fields import fields
from processes.rules import rules

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
        name = new_name("field", title or kind.label)
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
