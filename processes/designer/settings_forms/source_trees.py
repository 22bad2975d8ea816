"""The trees that mapping rows pick from: form fields, a request, an answer, an error, an item."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext_lazy as _

from datasources.rest.document import RestMethod
from kianda.lib.names import as_title
from processes.definition.tree import DefinitionTree, Piece, columns_of, title_of
from processes.designer.settings_forms.labels import Words
from processes.fields import FormField
from processes.language.labels import name_in_words
from processes.language.people import attributes
from processes.language.references import SYSTEM_NAMES
from processes.language.scope import FieldKind


@dataclass(frozen=True)
class Leaf:
    """Something to pick: what is written into the box, what it is called, what it is."""

    value: str
    title: str
    note: str = ""
    icon: str = ""
    # A line of help below it, and what it is called where nothing stands around it.
    help: str = ""
    said: str = ""


@dataclass(frozen=True)
class Branch:
    """Things to pick that belong together."""

    title: Words
    icon: str
    leaves: list[Leaf] = field(default_factory=list)
    below: list["Branch"] = field(default_factory=list)
    note: str = ""
    help: str = ""
    # By which its content is asked for when it is opened; empty: it stands there at once.
    part: str = ""
    folded: bool = False
    # Whether it is as large as what an outside system describes.
    described: bool = False
    # How many there are beyond what is listed.
    more: int = 0


def fields_in(document: Mapping[str, Any]) -> Iterator[Piece]:
    """Yield the fields of a working copy that have a name and a type, in form order."""
    return (one for one in DefinitionTree(document).walk("field") if one.name and one.slug)


def column_titles(document: Mapping[str, Any], table: str) -> dict[str, str]:
    """Return the title of each column of a table of a working copy."""
    return {
        str(column["name"]): title_of(column)
        for one in DefinitionTree(document).walk("field")
        if table and one.name == table
        for column in columns_of(one.node)
        if isinstance(column.get("name"), str)
    }


def field_tree(
    document: Mapping[str, Any], *, brackets: bool = False, rows_only: bool = False
) -> list[Branch]:
    """Return the fields that hold a value, by form; in brackets where a value is written."""
    return _by_form(
        document,
        lambda kind: kind.holds_value and (kind.holds_rows or not rows_only),
        value="[%s]" if brackets else "%s",
    )


def form_names(document: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return name and title of each form that has a name."""
    return [(form.name, form.title) for form in DefinitionTree(document).forms if form.name]


def _by_form(
    document: Mapping[str, Any], wanted: Callable[[type[FormField]], bool], *, value: str = "%s"
) -> list[Branch]:
    """Return the fields of the wanted kinds, by form."""
    branches = {
        form.at: Branch(form.title, "ui-checks-grid") for form in DefinitionTree(document).forms
    }
    for one in fields_in(document):
        if wanted(one.field_kind):
            leaf = Leaf(value % one.name, one.title, one.name, one.field_kind.kind_icon)
            branches[int(one.path[1])].leaves.append(leaf)
    return [branch for branch in branches.values() if branch.leaves]


def system_tree() -> list[Branch]:
    """Return what is known without any field: the process, the person, the time."""
    names = [*SYSTEM_NAMES, *(f"user.{name}" for name in attributes())]
    leaves = [Leaf(f"[{name}]", name_in_words(name), name) for name in sorted(names)]
    return [Branch(_("Process and user"), "person", leaves)]


PARTS: Mapping[str, tuple[Words, str]] = {
    "path": (_("Path"), "signpost"),
    "query": (_("Query"), "question-circle"),
    "header": (_("Headers"), "card-heading"),
    "body": (_("Body"), "braces"),
}


def request_tree(method: RestMethod | None) -> list[Branch]:
    """Return the places of a request: its path, the parts of it, query, headers, body."""
    if method is None:
        return []
    found: dict[str, list[Leaf]] = {part: [] for part in PARTS}
    for target in method.input_targets():
        part, _dot, name = target.partition(".")
        if part in found:
            secret = method.is_secret_target(target)
            found[part].append(Leaf(target, name or str(_("whole body")), target, _lock(secret)))
    title = _("URL path")
    path = Leaf("url_path", "urlPath", method.url_path, said=str(title))
    whole = Branch(title, "link-45deg", [path])
    return [whole, *(Branch(*PARTS[part], leaves) for part, leaves in found.items() if leaves)]


def _lock(secret: object) -> str:
    return "lock" if secret else ""


def item_tree(process: Mapping[str, Any] | None) -> list[Branch]:
    """Return the values of an item found in a process."""
    if process is None:
        return []
    facts = [
        Leaf(f"[item.process.{name}]", name_in_words(f"process.{name}"), f"item.process.{name}")
        for name in ("id", "name", "status", "created")
    ]
    fields = [
        Leaf(f"[item.{one.name}]", one.title, f"item.{one.name}", one.field_kind.kind_icon)
        for one in fields_in(process)
        if one.field_kind.holds_value
    ]
    return [Branch(_("Item found"), "collection", [*fields, *facts])]


def error_tree() -> list[Branch]:
    """Return what an error tells."""
    words = {"message": _("Message"), "status": _("HTTP status"), "kind": _("Kind of error")}
    leaves = [Leaf(f"[error.{name}]", str(title), f"error.{name}") for name, title in words.items()]
    return [Branch(_("Error"), "exclamation-octagon", leaves)]


def other_tree(process: Mapping[str, Any] | None, prefix: str) -> list[Branch]:
    """Return the fields of another process, as places that a value goes to."""
    if process is None:
        return []
    leaves = [
        Leaf(f"{prefix}{one.name}", one.title, one.name, one.field_kind.kind_icon)
        for one in fields_in(process)
        if one.field_kind.holds_value
    ]
    return [Branch(title_of(process), "diagram-3", leaves)] if leaves else []


def row_tree(
    columns: Mapping[str, type[FieldKind]], titles: Mapping[str, str], *, brackets: bool
) -> list[Branch]:
    """Return the columns of the row that a loop is at."""
    leaves = [
        Leaf(f"[row.{name}]" if brackets else f"row.{name}", titles.get(name) or as_title(name),
             f"row.{name}", kind.kind_icon)
        for name, kind in columns.items()
    ]  # fmt: skip
    return [Branch(_("This row"), "table", leaves)] if leaves else []


def all_fields_tree(document: Mapping[str, Any]) -> list[Branch]:
    """Return every field by form, those without a value too: buttons, panels."""
    return _by_form(document, lambda kind: True)


def forms_tree(document: Mapping[str, Any]) -> list[Branch]:
    """Return the forms."""
    leaves = [Leaf(name, title, name, "ui-checks-grid") for name, title in form_names(document)]
    return [Branch(_("Forms"), "files", leaves)] if leaves else []
