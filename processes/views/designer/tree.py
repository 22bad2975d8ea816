"""The working copy as a tree of elements, each with its target string and its place.

It bears with anything: a working copy may be broken, and what has no shape is left out.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from weakref import ref

from kianda.lib.names import as_title
from processes.language.labels import of_the_row

PROCESS = "process"
RULE_LISTS = ("rules", "load_rules")


@dataclass(slots=True, weakref_slot=True)
class TreeNode:
    """The process, a form, a field or a rule: what it is, where it stands, what it holds.

    It lives as long as its tree: it knows what it stands in weakly, so that a tree of a thousand
    elements is gone when its request is, and is no work for the collector of garbage.
    """

    target: str
    kind: str
    raw: dict[str, Any]
    in_: "ref[TreeNode] | None" = None
    key: str = ""
    at: int = 0
    fields: "list[TreeNode]" = field(default_factory=list)
    rules: "list[TreeNode]" = field(default_factory=list)
    load_rules: "list[TreeNode]" = field(default_factory=list)

    @property
    def owner(self) -> "TreeNode | None":
        """Return what it stands in."""
        return None if self.in_ is None else self.in_()

    @property
    def slug(self) -> str:
        """Return the type of a field or rule."""
        return _text(self.raw.get("type"))

    @property
    def name(self) -> str:
        """Return the name by which others refer to it: the id of a rule."""
        return _text(self.raw.get("id" if self.kind == "rule" else "name"))

    @property
    def title(self) -> str:
        """Return what it is called; without a title, its name in words."""
        return _text(self.raw.get("title")).strip() or as_title(self.name) or self.slug or "?"

    @property
    def is_new(self) -> bool:
        """Tell whether it is a rule that has nothing yet but what it began with."""
        begun = set(self.raw) <= {"type", "id", "title", *RULE_LISTS}
        return self.kind == "rule" and begun and not self.rules

    @property
    def form(self) -> "TreeNode | None":
        """Return the form that it is, or stands on."""
        here: TreeNode | None = self
        while here is not None and here.kind != "form":
            here = here.owner
        return here

    @property
    def place_owner(self) -> "TreeNode":
        """Return the element whose properties show it: of a rule, what its list belongs to."""
        here = self
        while here.kind == "rule" and here.owner is not None:
            here = here.owner
        return here

    def siblings(self) -> "list[TreeNode]":
        """Return the list that it stands in."""
        return [] if self.owner is None else self.owner.listed(self.key)

    def listed(self, name: str) -> "list[TreeNode]":
        """Return one of its lists by name."""
        if name in RULE_LISTS:
            return self.rules if name == "rules" else self.load_rules
        return self.fields

    def has(self, other: "TreeNode") -> bool:
        """Tell whether another element is this one or stands inside it."""
        here: TreeNode | None = other
        while here is not None and here is not self:
            here = here.owner
        return here is self


class DesignTree:
    """All elements of a working copy by target."""

    def __init__(self, document: dict[str, Any]) -> None:
        """Walk the document once."""
        self.process = TreeNode(PROCESS, PROCESS, document)
        self._by: dict[str, TreeNode] = {PROCESS: self.process}
        self._add_rules(self.process)
        for at, raw in _objects(document.get("forms")):
            form = self._add("form", raw, self.process, "forms", at)
            self.process.fields.append(form)
            self._add_rules(form)
            self._add_fields(form)

    def get(self, target: str) -> TreeNode | None:
        """Return an element, or None when the working copy has it no more."""
        return self._by.get(target)

    @property
    def forms(self) -> list[TreeNode]:
        """Return the forms in their order."""
        return self.process.fields

    def all_fields(self) -> Iterator[TreeNode]:
        """Yield every field, a container before what it holds."""
        return (one for one in self._by.values() if one.kind == "field")

    def all_rules(self) -> Iterator[TreeNode]:
        """Yield every rule, one that holds rules before them."""
        return (one for one in self._by.values() if one.kind == "rule")

    def count(self, kind: str) -> int:
        """Count the elements of a kind."""
        return sum(one.kind == kind for one in self._by.values())

    def titles(self) -> dict[str, str]:
        """Return the titles of forms and fields by name, and of columns as a loop names them."""
        named = {one.name: one.title for one in self._by.values() if one.kind in {"form", "field"}}
        columns = {
            f"row.{raw.get('name')}": of_the_row(_title_of(raw))
            for field in self.all_fields()
            for _at, raw in _objects(field.raw.get("columns"))
        }
        return {**named, **columns}

    def _add_fields(self, owner: TreeNode) -> None:
        for at, raw in _objects(owner.raw.get("fields")):
            child = self._add("field", raw, owner, "fields", at)
            owner.fields.append(child)
            self._add_rules(child)
            self._add_fields(child)

    def _add_rules(self, owner: TreeNode) -> None:
        for name in RULE_LISTS:
            for at, raw in _objects(owner.raw.get(name)):
                rule = self._add("rule", raw, owner, name, at)
                owner.listed(name).append(rule)
                self._add_rules(rule)

    def _add(self, kind: str, raw: dict[str, Any], owner: TreeNode, name: str, at: int) -> TreeNode:
        own = _text(raw.get("id" if kind == "rule" else "name"))
        made = TreeNode(f"{kind}:{own}", kind, raw, ref(owner), name, at)
        # Of two with one name, the first is what the target means; the flaws say so.
        self._by.setdefault(made.target, made)
        return made


def _title_of(column: Mapping[str, Any]) -> str:
    return str(column.get("title") or as_title(str(column.get("name") or "")))


def _objects(raw: Any) -> Iterator[tuple[int, dict[str, Any]]]:
    if isinstance(raw, list):
        for at, one in enumerate(raw):
            if isinstance(one, dict):
                yield at, one


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""
