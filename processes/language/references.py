"""What a design refers to, checked while it is validated.

With `context={"names": NameTable}` every name is checked; without it (a stored design) only the
writing is.
"""

from collections.abc import Mapping

from pydantic import ValidationInfo
from pydantic_core import PydanticCustomError

from kianda.lib.i18n import gettext as _
from kianda.lib.i18n import gettext_noop
from kianda.lib.names import FIELD_NAME
from processes.language.expressions import Template, TemplateError
from processes.language.people import PARTS, attributes
from processes.language.scope import FieldKind, NameTable

USER_NAMES = frozenset(f"user.{part}" for part in PARTS)
# What is known before an instance is there.
EARLY_NAMES = USER_NAMES | {"process.name", "now", "today"}
SYSTEM_NAMES = EARLY_NAMES | {"process.id", "process.status", "process.created", "process.url"}


def is_system_name(name: str) -> bool:
    """Tell whether a name is known without any field: of the process, the person, the time."""
    return name in SYSTEM_NAMES or _is_attribute(name)


def is_early_name(name: str) -> bool:
    """Tell whether a name is known before an instance is there."""
    return name in EARLY_NAMES or _is_attribute(name)


def _is_attribute(name: str) -> bool:
    root, _dot, part = name.partition(".")
    return root == "user" and bool(part) and part in attributes()


_ERROR_NAMES = frozenset({"error.message", "error.status", "error.kind"})
_ROOTS = {
    "response": gettext_noop(
        "response.status, response.headers.<Name>, response.body or response.body.<path>"
    ),
    "error": gettext_noop("error.message, error.status or error.kind"),
    "item": "item.<field>",
    "row": "row.<column>",
}
_PLACES = {
    "response": gettext_noop("in an on-success mapping"),
    "error": gettext_noop("in an on-error mapping"),
    "item": gettext_noop("in the filter and the on-success mapping of a rule that finds items"),
    "row": gettext_noop("in a rule that works on a table"),
}


def flaw(detail: str) -> PydanticCustomError:
    """Return a validation error whose message is exactly the sentence."""
    return PydanticCustomError("flaw", "{detail}", {"detail": detail})


def names_in(info: ValidationInfo) -> NameTable | None:
    """Return the names that the validation knows, or None when it is not to check them."""
    context = info.context
    names = context.get("names") if isinstance(context, Mapping) else None
    return names if isinstance(names, NameTable) else None


def parsed(source: str) -> Template:
    """Return the template of a text; a validation error when it cannot be read."""
    try:
        return Template.parse(source)
    except TemplateError as error:
        raise flaw(str(error)) from error


def name_problems(
    template: Template, names: NameTable, *, roots: tuple[str, ...] = ()
) -> list[str]:
    """Return a sentence for each name that means nothing at this place."""
    found = []
    for name in dict.fromkeys(template.references):
        root = name.partition(".")[0]
        if root == "row" and names.row is not None:
            problem = _column_problem(name, names)
        elif root in _ROOTS:
            problem = _root_problem(name, root, roots)
        else:
            problem = "" if is_system_name(name) else _field_problem(name, names)
        if problem:
            found.append(f"{problem} {escape_hint(name)}")
    return found


def _root_problem(name: str, root: str, roots: tuple[str, ...]) -> str:
    if root not in roots:
        where = {"name": name, "where": _(_PLACES[root])}
        return _("Use [%(name)s] only %(where)s.") % where
    if not _is_place(name, root):
        known = {"name": name, "known": _(_ROOTS[root])}
        return _("[%(name)s] is not known here: write %(known)s.") % known
    return ""


def _column_problem(name: str, names: NameTable) -> str:
    column = name.partition(".")[2]
    if column in (names.row or {}):
        return ""
    known = ", ".join(f"[row.{one}]" for one in names.row or {})
    sentence = _("The table has no column %(column)s. There are: %(known)s.")
    return sentence % {"column": column, "known": known}


def _is_place(name: str, root: str) -> bool:
    if root == "error":
        return name in _ERROR_NAMES
    if root != "response":
        return "." in name
    part, _dot, rest = name.removeprefix("response.").partition(".")
    return (part == "status" and not rest) or part == "body" or (part == "headers" and bool(rest))


def _field_problem(name: str, names: NameTable) -> str:
    kind = names.fields.get(name)
    table, _dot, column = name.partition(".")
    root = names.fields.get(table) if column else None
    if root is not None and (root.names_people or root.holds_rows or root.holds_files):
        return _part_problem(table, column, names.tables.get(table, {}), root)
    if kind is None:
        near = names.nearest(name)
        meant = _(" Did you mean [%(near)s]?") % {"near": near} if near else ""
        return _("There is no field or name %(name)s.") % {"name": name} + meant
    if not kind.holds_value:
        sentence = _("The field %(name)s is a %(kind)s and has no value.")
        return sentence % {"name": name, "kind": kind.slug()}
    return ""


def _part_problem(
    field: str, part: str, parts: Mapping[str, type[FieldKind]], kind: type[FieldKind]
) -> str:  # fmt: skip
    if part in parts:
        return ""
    said = {"field": field, "part": part, "known": ", ".join(f"[{field}.{one}]" for one in parts)}
    if kind.holds_rows:
        sentence = _("The table %(field)s has no column %(part)s. There are: %(known)s.")
    elif kind.holds_files:
        sentence = _("A file has no property %(part)s. There are: %(known)s.")
    elif parts:
        sentence = _("A person has no property %(part)s. There are: %(known)s.")
    else:
        sentence = _("[%(field)s.%(part)s] needs one person, and %(field)s allows more than one.")
    return sentence % said


def escape_hint(name: str) -> str:
    """Say how a name in brackets is written when it is plain text."""
    return _("For the plain text [%(name)s] write [[%(name)s].") % {"name": name}


def secret_names(template: Template, names: NameTable) -> list[str]:
    """Return the secret fields that a template refers to."""
    return [name for name in template.references if names.is_secret(name)]


def check_field_name(name: str, info: ValidationInfo) -> str:
    """Refuse a field that is not there, or holds no value; in a loop `row.<column>` is one too."""
    names = names_in(info)
    if name.startswith("row."):
        return _check_column(name, names)
    if not FIELD_NAME.match(name):
        raise flaw(_("Enter the name of a field, such as access_token, without brackets."))
    if names is None or names.holds_value(name):
        return name
    kind = names.fields.get(name)
    if kind is not None:
        raise flaw(
            _("The field %(name)s is a %(kind)s and has no value. Choose another field.")
            % {"name": name, "kind": kind.slug()}
        )
    near = names.nearest(name)
    sentence = (
        _("There is no field %(name)s. Did you mean %(near)s?")
        if near
        else _("There is no field %(name)s. Add it, or choose another one.")
    )
    raise flaw(sentence % {"name": name, "near": near})


def check_own_field_name(name: str, info: ValidationInfo) -> str:
    """Refuse what is no field that holds a value, a column of the loop's table too."""
    if name.startswith("row.") and names_in(info) is not None:
        sentence = _(
            "%(name)s is a column. Columns are required in every row or in none, by their own "
            "setting Required. Choose a field."
        )
        raise flaw(sentence % {"name": name})
    return check_field_name(name, info)


def _check_column(name: str, names: NameTable | None) -> str:
    if not FIELD_NAME.match(name.removeprefix("row.")):
        raise flaw(_("Write row. and the name of a column, such as row.price."))
    if names is not None and names.row is None:
        sentence = _("%(name)s is a column; it can be set only in a rule that works on a table.")
        raise flaw(sentence % {"name": name})
    if names is not None and (problem := _column_problem(name, names)):
        raise flaw(f"{problem} {escape_hint(name)}")
    return name
