"""Names that nobody has yet: `amount`, `amount_2`; rule ids `save`, `save-2`; column names."""

import re
from collections.abc import Callable, Collection
from typing import Any

from kianda.lib.errors import Invalid
from kianda.lib.i18n import gettext as _
from kianda.lib.names import column_name_flaw, field_name_flaw, plain_letters, slugify
from processes.definition import tree
from processes.definition.tree import Object

LONGEST_NAME = 64
LONGEST_ID = 63
_NUMBERED = re.compile(r"(.+?)[_-](\d{1,2})\Z")


class NameAllocator:
    """The names and rule ids that are taken, and new ones beside them."""

    def __init__(self, document: Object) -> None:
        """Collect what is taken; forms and fields share their names, whatever the case."""
        self.names: set[str] = set()
        self.ids: set[str] = set()
        for element in tree.walk(document):
            self.take(element.kind, tree.name_of(element.target))

    def take(self, kind: str, name: str) -> None:
        """Mark a name as taken."""
        if kind == "rule":
            self.ids.add(name)
        elif kind != tree.PROCESS:
            self.names.add(name.lower())

    def new(self, kind: str, wish: str) -> str:
        """Return the wish made into a free name, and take it."""
        made = self._id(wish) if kind == "rule" else self._name(wish)
        self.take(kind, made)
        return made

    def _name(self, wish: str) -> str:
        stem = as_name(wish)
        return _numbered(stem, "_", LONGEST_NAME, self._is_free_name)

    def _id(self, wish: str) -> str:
        return _numbered(
            slugify(wish, fallback="rule"), "-", LONGEST_ID, lambda made: made not in self.ids
        )

    def _is_free_name(self, name: str) -> bool:
        return name.lower() not in self.names and field_name_flaw(name) is None


def as_name(text: str) -> str:
    """Return a text as the name of a form or field: `Client ID` becomes `client_id`."""
    made = re.sub(r"[^a-z0-9]+", "_", plain_letters(text)).strip("_")[:LONGEST_NAME].rstrip("_")
    if not made:
        return "field"
    return made if made[0].isalpha() else f"field_{made}"[:LONGEST_NAME].rstrip("_")


def new_column_name(title: str, taken: Collection[str]) -> str:
    """Return a name for a column, made from its title; `taken`: those of the table, in lower case.

    Names of fields and reserved names are free for columns.
    """
    return _numbered(
        as_name(title), "_", LONGEST_NAME,
        lambda made: made.lower() not in taken and column_name_flaw(made) is None,
    )  # fmt: skip


def gives_name(title: str) -> bool:
    """Tell whether a title has letters or digits that a name can be made of."""
    return re.search(r"[a-z0-9]", plain_letters(title)) is not None


def follows_title(name: str, title: str) -> bool:
    """Tell whether a name is still the one that was made from a title."""
    stem = as_name(title)
    return name == stem or re.fullmatch(rf"{re.escape(stem)}_\d{{1,2}}", name) is not None


def _numbered(wish: str, joint: str, longest: int, is_free: Callable[[str], bool]) -> str:
    if is_free(wish):
        return wish
    found = _NUMBERED.match(wish)
    stem, number = (found[1], int(found[2])) if found else (wish, 1)
    while True:
        number += 1
        end = f"{joint}{number}"
        made = f"{stem[: longest - len(end)].rstrip(joint)}{end}"
        if is_free(made):
            return made


def check_name(document: Object, name: str, *, but: str = "") -> None:
    """Refuse a name that no form or field can have, or that is taken by another than `but`."""
    if flaw := field_name_flaw(name):
        raise Invalid.at("/name", flaw)
    for element in tree.walk(document):
        same = tree.name_of(element.target).lower() == name.lower()
        if same and element.kind in {"form", "field"} and element.target != but:
            raise Invalid.at(
                "/name",
                _(
                    "The %(kind)s %(element)s already has the name %(name)s. Forms and fields of "
                    "a process need different names; uppercase and lowercase count as the same."
                )
                % {"name": name, "kind": element.kind, "element": element.title},
            )


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
