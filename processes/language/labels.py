"""What pieces and settings of a definition are called within a sentence."""

from collections.abc import Mapping

from pydantic import BaseModel

from kianda.lib.i18n import gettext as _
from kianda.lib.i18n import gettext_noop
from kianda.lib.names import as_title
from processes.language.people import attributes

PIECES = {
    "process": gettext_noop("process"),
    "form": gettext_noop("form"),
    "field": gettext_noop("field"),
    "rule": gettext_noop("rule"),
}
_MANY = {
    "form": gettext_noop("Forms"), "field": gettext_noop("Fields"), "rule": gettext_noop("Rules"),
}  # fmt: skip
# A setting is called as in its kind, or by its name; these are written in another way.
_WRITTEN = {
    "process_id": gettext_noop("Process ID"),
    "datasource": gettext_noop("data source"),
    "on_failure": gettext_noop("if the call fails"),
}

_SYSTEM = {
    "now": gettext_noop("Now"),
    "today": gettext_noop("Today"),
    "user.name": gettext_noop("Name of the user"),
    "user.username": gettext_noop("User name"),
    "user.email": gettext_noop("User email"),
    "user.manager": gettext_noop("Manager of the user"),
    "user.department": gettext_noop("Department of the user"),
    "user.job_title": gettext_noop("Job title of the user"),
    "user.phone": gettext_noop("Phone of the user"),
    "user.groups": gettext_noop("Groups of the user"),
    "process.id": gettext_noop("Process id"),
    "process.name": gettext_noop("Process name"),
    "process.status": gettext_noop("Process status"),
    "process.created": gettext_noop("Process created"),
    "process.url": gettext_noop("Address of the record"),
    "response.status": gettext_noop("HTTP status"),
    "response.body": gettext_noop("Whole response"),
    "error.message": gettext_noop("Error message"),
    "error.status": gettext_noop("HTTP status of the error"),
    "error.kind": gettext_noop("Kind of error"),
}


_PARTS = {
    "name": gettext_noop("Name"), "username": gettext_noop("User name"),
    "email": gettext_noop("Email"), "manager": gettext_noop("Manager"),
    "department": gettext_noop("Department"), "job_title": gettext_noop("Job title"),
    "phone": gettext_noop("Phone"), "groups": gettext_noop("Groups"),
}  # fmt: skip


def part_in_words(part: str) -> str:
    """Return what a part of a person is called, as `email` of `[manager.email]`."""
    return _(_PARTS[part]) if part in _PARTS else attributes().get(part, as_title(part))


def called_by(name: str, titles: Mapping[str, str]) -> str:
    """Return what a name is called: by its title, or that of its field, else in words of its own.

    `[asked_by.manager]` is `Requested by: Manager`.
    """
    field, _dot, part = name.partition(".")
    if name not in titles and part and field in titles:
        return f"{titles[field]}: {part_in_words(part)}"
    return titles.get(name) or name_in_words(name)


def name_in_words(name: str) -> str:
    """Return what a name that is no title's is called: `User name`, `Access token`."""
    if name.startswith("row."):
        return of_the_row(as_title(name.removeprefix("row.")))
    if name in _SYSTEM:
        return _(_SYSTEM[name])
    root, _dot, part = name.partition(".")
    if root == "user" and part:
        return _("%(property)s of the user") % {"property": part_in_words(part)}
    return as_title(name.replace(".", " "))


def place_in_words(path: str) -> str:
    """Return what a place of a request or a response is called there, from the outside in."""
    root, *parts = path.split(".")
    if root in {"header", "headers"}:
        return ".".join(parts)
    return " \u203a ".join(_part_of_a_place(part) for part in parts)


def _part_of_a_place(part: str) -> str:
    if not part.isdigit():
        return as_title(part)
    return _("first item") if part == "0" else _("item %(number)s") % {"number": int(part) + 1}


def of_the_row(column: str) -> str:
    """Return what a column of the row that a loop is at is called: `Price of the row`."""
    return _("%(column)s of the row") % {"column": column}


def piece_in_words(kind: str) -> str:
    """Return what a kind of piece is called: `form`."""
    return _(PIECES[kind]) if kind in PIECES else kind


def pieces_in_words(kind: str) -> str:
    """Return what several of a kind are called, at the start of a sentence: `Forms`."""
    return _(_MANY[kind])


def setting_name(key: str) -> str:
    """Return what a setting is called in English: `on success`."""
    return _WRITTEN.get(key, key.replace("_", " "))


def setting_in_words(key: str, of: type[BaseModel] | None = None) -> str:
    """Return what a setting is called within a sentence: as on the pages, where its kind is known.

    `makemessages` collects the names of all of them.
    """
    info = of.model_fields.get(key) if of is not None else None
    if key in _WRITTEN or info is None or not info.title:
        return _(setting_name(key))
    said = _(info.title)
    return said[:1].lower() + said[1:]
