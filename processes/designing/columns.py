"""Names of the columns of a table, made from their titles as those of fields are."""

from collections.abc import Collection
from typing import Any

from processes.designing.names import follows_title, gives_name, new_column_name
from processes.designing.tree import Object


def named_columns(before: object, after: object, *, keep: Collection[str]) -> Any:
    """Return the columns with names: one without gets it from its title, one made from it follows.

    Names in `keep` stay, whatever the title.
    """
    if not isinstance(after, list):
        return after
    titles = {text_at(column, "name"): text_at(column, "title") for column in _listed(before)}
    taken = {name.lower() for name in names_of(after)}
    made = []
    for column in after:
        if isinstance(column, dict) and _follows(column, titles, keep):
            name = new_column_name(text_at(column, "title"), taken)
            taken.add(name.lower())
            column = column | {"name": name}
        made.append(column)
    return made


def names_of(columns: object) -> set[str]:
    """Return the names that columns have."""
    return {text_at(column, "name") for column in _listed(columns)} - {""}


def text_at(column: object, key: str) -> str:
    """Return a setting of a column that is a text; empty when it is none."""
    value = column.get(key) if isinstance(column, dict) else None
    return value if isinstance(value, str) else ""


def _follows(column: Object, titles: dict[str, str], keep: Collection[str]) -> bool:
    name, title = text_at(column, "name"), text_at(column, "title")
    if not gives_name(title) or name in keep:
        return False
    if not name.strip():
        return True
    before = titles.get(name, "")
    return bool(before) and follows_title(name, before) and not follows_title(name, title)


def _listed(columns: object) -> list[Any]:
    return columns if isinstance(columns, list) else []
