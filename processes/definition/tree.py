"""The pieces of a definition and where they stand: the process, forms, fields and rules.

It bears with anything: a working copy may be half made, and what has no shape is left out.
"""

from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property
from typing import Any, NamedTuple

from kianda.lib.errors import Conflict
from kianda.lib.i18n import gettext as _
from kianda.lib.i18n import gettext_noop
from kianda.lib.names import as_title
from kianda.lib.pointers import pointer
from processes.fields import FormField, fields, kind_named
from processes.language.labels import piece_in_words
from processes.language.scope import FieldKind, NameTable
from processes.rules import rules

Object = dict[str, Any]
Path = tuple[str | int, ...]

PROCESS = "process"
RULE_LISTS = ("rules", "load_rules")
# Which lists a piece may hold, by its kind, and what stands in them.
LISTS: dict[str, tuple[str, ...]] = {
    "process": ("rules", "forms"),
    "form": ("rules", "load_rules", "fields"),
    "field": ("rules", "fields"),
    "rule": ("rules",),
}
HELD = {"forms": "form", "fields": "field", "rules": "rule", "load_rules": "rule"}
STRUCTURE = frozenset(HELD)
_OUTLINE = {kind: tuple(key for key in keys if HELD[key] != "rule") for kind, keys in LISTS.items()}


class Gone(Conflict):
    """A piece that somebody else has taken out of the design."""

    title = gettext_noop("No longer exists")
    sentence = gettext_noop("This part of the design no longer exists.")


class Piece(NamedTuple):
    """A piece: its target, kind and place, its settings, and the piece that it stands in.

    It knows what it stands in and reads what it holds, so that no two pieces know each other.
    """

    target: str
    kind: str
    path: Path
    node: Object
    owner: "Piece | None" = None

    @property
    def holder(self) -> str:
        """Return the target of what it stands in; nothing of one that stands alone."""
        return self.owner.target if self.owner is not None else ""

    @property
    def key(self) -> str:
        """Return the list that it stands in."""
        return str(self.path[-2]) if self.path else ""

    @property
    def at(self) -> int:
        """Return its position there."""
        return int(self.path[-1]) if self.path else 0

    @property
    def slug(self) -> str:
        """Return the type of a field or rule."""
        return _text(self.node.get("type"))

    @property
    def name(self) -> str:
        """Return the name by which others refer to it: the id of a rule."""
        return _text(self.node.get(name_key(self.kind)))

    @property
    def field_kind(self) -> type[FormField]:
        """Return the kind of a field."""
        return kind_named(self.slug)

    @property
    def title(self) -> str:
        """Return what it is called: its title, else its name in words, else what it is."""
        return title_of(self.node, self.name) or self.label

    @property
    def label(self) -> str:
        """Return what it is: `Text`, `Create item`, `Form`."""
        known: Mapping[str, Any] = rules.kinds if self.kind == "rule" else fields.kinds
        is_known = self.kind in {"field", "rule"} and self.slug in known
        return _(known[self.slug].label) if is_known else piece_in_words(self.kind).capitalize()

    @property
    def is_new(self) -> bool:
        """Tell whether it is a rule that has nothing yet but what it began with."""
        begun = set(self.node) <= {"type", "id", "title", *RULE_LISTS}
        return self.kind == "rule" and begun and not self.rules

    def held(self, key: str) -> "list[Piece]":
        """Return the pieces of one of its lists."""
        return [*_standing_in(self, key)] if key in LISTS[self.kind] else []

    def holds_pieces_at(self, place: str) -> bool:
        """Tell whether a place in it is a list of pieces, which are edited by themselves."""
        return place.removeprefix("/") in LISTS[self.kind]

    def walk(self, *, rules: bool = True) -> "Iterator[Piece]":
        """Yield it and every piece in it, or all but rules, each before what it holds."""
        lists = LISTS if rules else _OUTLINE
        yield self
        # One generator with a stack of its own: a walk is taken for each edit, more than once.
        waiting = [_standing_in(self, key) for key in reversed(lists[self.kind])]
        while waiting:
            piece = next(waiting[-1], None)
            if piece is None:
                waiting.pop()
                continue
            yield piece
            waiting += [
                _standing_in(piece, key)
                for key in reversed(lists[piece.kind])
                if piece.node.get(key)
            ]

    @property
    def rules(self) -> "list[Piece]":
        """Return its rules."""
        return self.held("rules")

    @property
    def load_rules(self) -> "list[Piece]":
        """Return what a form runs when it is opened."""
        return self.held("load_rules")

    @property
    def fields(self) -> "list[Piece]":
        """Return the fields that stand in it; of the process, its forms."""
        return self.held("forms" if self.kind == PROCESS else "fields")

    @property
    def form(self) -> "Piece | None":
        """Return the form that it is, or stands on."""
        if self.kind == "form":
            return self
        return self.owner.form if self.owner is not None else None

    @property
    def place_owner(self) -> "Piece":
        """Return the piece whose properties show it: of a rule, what its list belongs to."""
        here = self
        while here.kind == "rule" and here.owner is not None:
            here = here.owner
        return here

    def siblings(self) -> "list[Piece]":
        """Return the list that it stands in."""
        return [] if self.owner is None else self.owner.held(self.key)

    def has(self, other: "Piece") -> bool:
        """Tell whether another piece is this one or stands inside it."""
        return other.path[: len(self.path)] == self.path


def _standing_in(owner: Piece, key: str) -> Iterator[Piece]:
    held = owner.node.get(key)
    if not isinstance(held, list):
        return
    kind = HELD[key]
    path = (*owner.path, key)
    for at, item in enumerate(held):
        if isinstance(item, dict):
            yield Piece(target_of(kind, item), kind, (*path, at), item, owner)


class DefinitionTree:
    """All pieces of a definition, read once."""

    def __init__(self, raw: object) -> None:
        """Walk the definition."""
        whole: Any = raw if isinstance(raw, Mapping) else {}
        self.process = Piece(PROCESS, PROCESS, (), whole)

    @cached_property
    def _pieces(self) -> list[Piece]:
        return list(self.process.walk())

    @cached_property
    def _outline(self) -> list[Piece]:
        return list(self.process.walk(rules=False))

    @cached_property
    def _by_target(self) -> dict[str, Piece]:
        # Of two with one name, the first is what the target means; the flaws say so.
        return {piece.target: piece for piece in reversed(self._pieces) if piece.target}

    def get(self, target: str) -> Piece | None:
        """Return a piece, or None when the definition has it no more."""
        return self._by_target.get(target)

    def __getitem__(self, target: str) -> Piece:
        """Return a piece; raises Gone."""
        found = self.get(target)
        if found is None:
            raise gone(target)
        return found

    def walk(self, *kinds: str) -> Iterator[Piece]:
        """Yield the pieces of some kinds, or all, each before what it holds."""
        found = self._pieces if not kinds or "rule" in kinds else self._outline
        return (piece for piece in found if not kinds or piece.kind in kinds)

    @property
    def forms(self) -> list[Piece]:
        """Return the forms in their order."""
        return self.process.fields

    def names(self) -> NameTable:
        """Return the fields and their kinds, the forms, the columns of the tables."""
        forms = _objects(self.process.node, "forms")
        fields = [field for form in forms for field in _fields_below(form) if _is_named(field)]
        return NameTable(
            _kinds_of(fields),
            forms=frozenset(form["name"] for form in forms if isinstance(form.get("name"), str)),
            tables={
                field["name"]: parts
                for field in fields
                for kind in [kind_named(field["type"])]
                for parts in [
                    _kinds_of(filter(_is_named, columns_of(field)))
                    if kind.holds_rows
                    else kind.parts_in(field)
                ]
                if parts or kind.holds_rows
            },
        )


def _objects(node: Mapping[str, Any], key: str) -> list[Object]:
    held = node.get(key)
    return [one for one in held if isinstance(one, dict)] if isinstance(held, list) else []


def _fields_below(node: Object) -> Iterator[Object]:
    for field in _objects(node, "fields"):
        yield field
        yield from _fields_below(field)


def _is_named(node: Object) -> bool:
    return isinstance(node.get("name"), str) and isinstance(node.get("type"), str)


def _kinds_of(named: Iterable[Object]) -> dict[str, type[FieldKind]]:
    return {one["name"]: kind_named(one["type"]) for one in named}


def columns_of(table: Mapping[str, Any]) -> list[Object]:
    """Return the columns of a table that have a shape."""
    return _objects(table, "columns")


def title_of(node: Mapping[str, Any], name: str = "") -> str:
    """Return the title of a piece or column, else its name in words."""
    return _text(node.get("title")).strip() or as_title(name or _text(node.get("name")))


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def kind_of(target: str) -> str:
    """Return `field` for `field:amount`."""
    return target.partition(":")[0]


def name_of(target: str) -> str:
    """Return `amount` for `field:amount`; empty for the process."""
    return target.partition(":")[2]


def name_key(kind: str) -> str:
    """Return the setting that a piece of this kind is known by."""
    return "id" if kind == "rule" else "name"


def target_of(kind: str, node: object) -> str:
    """Return the target of a piece; empty when it has no name."""
    name = node.get(name_key(kind)) if isinstance(node, Mapping) else None
    return f"{kind}:{name}" if isinstance(name, str) and name else ""


def walk(document: Object) -> Iterator[Piece]:
    """Yield the process and every piece in it, each before what it holds."""
    return Piece(PROCESS, PROCESS, (), document).walk()


def walk_piece(kind: str, node: Object) -> Iterator[Piece]:
    """Yield a piece that stands alone, and every piece in it."""
    return Piece(target_of(kind, node), kind, (), node).walk()


def find(document: Object, target: str) -> Piece:
    """Return a piece; raises Gone."""
    for piece in walk(document):
        if piece.target == target:
            return piece
    raise gone(target)


def gone(target: str) -> Gone:
    """Return the error for a piece that is not there."""
    kind, name = kind_of(target), name_of(target)
    if kind not in HELD.values() or not name:
        return Gone(_("The design has no part %(target)s.") % {"target": target})
    return Gone(
        _("The %(kind)s %(name)s no longer exists.") % {"kind": piece_in_words(kind), "name": name}
    )


def at(node: Any, path: Path) -> Any:
    """Return what stands at a path; raises LookupError."""
    for part in path:
        node = node[part]
    return node


def place_of(document: Object, place: str) -> tuple[str, str]:
    """Return the target of the innermost piece that a pointer lies in, and the pointer from there.

    A place that is not there counts for the piece that lacks it.
    """
    node, kind, target, rest = document, PROCESS, PROCESS, list(_parts(place))
    while len(rest) >= 2 and rest[0] in LISTS[kind]:
        held = node.get(rest[0])
        index = int(rest[1]) if rest[1].isdecimal() else -1
        if not isinstance(held, list) or not 0 <= index < len(held):
            break
        inner, item = HELD[rest[0]], held[index]
        if not target_of(inner, item):
            break
        node, kind, target, rest = item, inner, target_of(inner, item), rest[2:]
    return target, pointer(*rest)


def _parts(place: str) -> Iterator[str]:
    for part in place.split("/")[1:]:
        yield part.replace("~1", "/").replace("~0", "~")
