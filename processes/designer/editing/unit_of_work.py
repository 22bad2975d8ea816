"""One edit under way: each act changes the definition and notes how to take it back."""

from collections.abc import Sequence
from typing import Any

from kianda.lib.errors import Conflict, Invalid
from kianda.lib.i18n import as_in_sentence
from kianda.lib.i18n import gettext as _
from processes.definition import tree
from processes.definition.tree import Object, Path, Piece
from processes.designer.editing.naming import NameAllocator, check_name, text_at
from processes.designer.editing.new_pieces import may_hold, may_stand_in
from processes.designer.editing.patched_document import PatchedDocument
from processes.designer.editing.patches import Change, Insert, Move, Patch, Remove, Set, Spot, same
from processes.designer.editing.uses import (
    Use,
    rename_columns,
    rename_references,
    uses_of,
    uses_of_column,
)
from processes.language.labels import piece_in_words, pieces_in_words, setting_in_words
from processes.language.limits import LIMITS


class UnitOfWork:
    """The definition in the middle of an edit."""

    def __init__(self, document: Object, *, outside: Sequence[Use] = ()) -> None:
        """Start with the definition as it is; it stays untouched. `outside`: uses by others."""
        self._outside = outside
        self._sheet = PatchedDocument(document)
        self._done: list[Change] = []
        self._names: NameAllocator | None = None

    @property
    def document(self) -> Object:
        """Return the definition as it is now."""
        return self._sheet.document

    @property
    def patch(self) -> Patch:
        """Return what was done."""
        return tuple(self._done)

    def find(self, target: str) -> Piece:
        """Return a piece; raises Gone."""
        found = self._sheet.find(target)
        if found is None:
            raise tree.gone(target)
        return found

    def new_name(self, kind: str, wish: str) -> str:
        """Return a free name or rule id, and take it."""
        if self._names is None:
            self._names = NameAllocator(self.document)
        return self._names.new(kind, wish)

    def set(self, target: str, path: Path, value: Any) -> None:
        """Give a setting a value, when it has another one."""
        node = self.find(target).node
        try:
            holder: Any = tree.at(node, path[:-1])
            before: tuple[Any, ...] = (holder[path[-1]],)
        except LookupError:
            before = ()
        self._do(Set(target=target, path=path, before=before, after=(value,)))

    def unset(self, target: str, key: str) -> None:
        """Take a setting out."""
        node = self.find(target).node
        if key in node:
            self._do(Set(target=target, path=(key,), before=(node[key],), after=()))

    def insert(self, owner: str, key: str, at: int | None, value: Object) -> None:
        """Put a piece into a list; `at` None is the end."""
        holder = self._holder(owner, key)
        held = holder.node.get(key)
        if not isinstance(held, list):
            held = []
            self.set(owner, (key,), held)
        _refuse_full(self.document, holder, key, value, count=len(held) + 1)
        _refuse_foreign(holder, value)
        self._do(Insert(spot=_spot(owner, key, at, held), value=value))

    def remove(self, target: str) -> None:
        """Take a piece out."""
        found = self._movable(target)
        held = self.find(found.holder).node[found.key]
        spot = _spot(found.holder, found.key, found.at, held)
        self._do(Remove(spot=spot, value=found.node))

    def move(self, target: str, owner: str, key: str, at: int | None) -> bool:
        """Bring a piece to another place, counted without it; tell whether that is another one."""
        found, holder = self._movable(target), self._holder(owner, key)
        if tree.HELD[key] != found.kind:
            raise Conflict(
                _("A %(kind)s cannot be among the %(list)s.")
                % {"kind": piece_in_words(found.kind), "list": setting_in_words(key)}
            )
        if holder.path[: len(found.path)] == found.path:
            raise Conflict(_("%(found)s cannot be moved into itself.") % {"found": found.title})
        held = holder.node.get(key)
        if not isinstance(held, list):
            held = []
            self.set(owner, (key,), held)
        rest = [item for item in held if item is not found.node]
        _refuse_foreign(holder, found.node)
        if len(rest) == len(held):
            _refuse_full(self.document, holder, key, found.node, count=len(held) + 1, moved=True)
        before = [item for item in self.find(found.holder).node[found.key] if item != found.node]
        origin = _spot(found.holder, found.key, found.at, before)
        spot = _spot(owner, key, at, rest)
        if (origin.owner, origin.key, origin.at) == (spot.owner, spot.key, spot.at):
            return False
        self._do(Move(target=target, origin=origin, spot=spot))
        return True

    def rename(self, target: str, name: str) -> str:
        """Give a form or field another name, everywhere; return its new target."""
        found = self.find(target)
        check_name(self.document, name, but=target)
        for change in rename_references(self.document, {tree.name_of(target): name}):
            self._do(change)
        self.set(target, ("name",), name)
        return f"{found.kind}:{name}"

    def rename_columns(self, table: str, before: object) -> None:
        """Rename what refers to columns of a table that have other names now, row by row."""
        after = self.find(table).node.get("columns")
        if not isinstance(before, list) or not isinstance(after, list) or len(before) != len(after):
            return
        pairs = zip(map(_name, before), map(_name, after), strict=True)
        names = {old: new for old, new in pairs if old and new and old != new}
        # Columns that changed places have no new names.
        if names and not set(names.values()) & {_name(column) for column in before}:
            for change in rename_columns(self.document, tree.name_of(table), names):
                self._do(change)

    def refuse_lost_columns(self, table: str, after: object) -> None:
        """Refuse to take columns out of a table while others refer to them, as `refuse_used`."""
        before = self.find(table).node.get("columns")
        if not isinstance(before, list) or not isinstance(after, list) or len(before) <= len(after):
            return
        kept = {_name(column) for column in after}
        for column in before:
            name = _name(column)
            if name and name not in kept:
                uses = uses_of_column(self.document, tree.name_of(table), name)
                _refuse(str(column.get("title") or name), uses, name)

    def refuse_used(self, target: str) -> None:
        """Refuse to go on while others refer to a piece; the uses are in the error's `uses`."""
        uses = [*uses_of(self.document, target), *self._outside]
        _refuse(self.find(target).title, uses)

    def _do(self, change: Change) -> None:
        if isinstance(change, Set) and change.before and same(change.before, change.after):
            return
        self._sheet.apply(change)
        self._done.append(change)

    def _movable(self, target: str) -> Piece:
        found = self.find(target)
        if found.kind == tree.PROCESS:
            raise Conflict(_("The process itself cannot be moved or removed here."))
        return found

    def _holder(self, owner: str, key: str) -> Piece:
        holder = self.find(owner)
        if may_hold(holder.kind, holder.node, key):
            return holder
        if (holder.kind, key) == ("field", "fields"):
            raise Conflict(
                _(
                    "%(holder)s is a %(kind)s and holds no fields. "
                    "Drop it on a form, a panel or a group of fields."
                )
                % {"holder": holder.title, "kind": as_in_sentence(holder.label)}
            )
        if key in {"rules", "load_rules"}:
            raise Conflict(
                _(
                    "%(holder)s is a %(kind)s and has no rules. "
                    "Put the rule on a button, a field to fill in, the form or the process."
                )
                % {"holder": holder.title, "kind": as_in_sentence(holder.label)}
            )
        raise Conflict(
            _("%(holder)s has no list of %(list)s.")
            % {"holder": holder.title, "list": setting_in_words(key)}
        )


def _refuse(name: str, uses: Sequence[Use], column: str = "") -> None:
    """Refuse to remove what is used; `column` tells which one of a table it is."""
    about: dict[str, Any] = {"column": column} if column else {}
    if uses:
        first = " ".join(use.sentence for use in uses[:3])
        more = _(" And %(count)s more.") % {"count": len(uses) - 3} if len(uses) > 3 else ""
        raise Conflict(
            _("%(name)s is still used. %(uses)s%(more)s")
            % {"name": name, "uses": first, "more": more},
            uses=[use._asdict() for use in uses],
            **about,
        )


def _name(column: object) -> str:
    return text_at(column, "name")


def _spot(owner: str, key: str, at: int | None, held: list[Any]) -> Spot:
    index = len(held) if at is None else max(0, min(at, len(held)))
    after = tree.target_of(tree.HELD[key], held[index - 1]) if index else ""
    return Spot(owner=owner, key=key, at=index, after=after)


def _refuse_full(
    document: Object, holder: Piece, key: str, value: Object, *, count: int, moved: bool = False
) -> None:
    """Keep to the limits of contract 1; a piece that only moves makes no more of them."""
    limit = {"forms": LIMITS.forms, "fields": None}.get(key, LIMITS.rules)
    if limit and count > limit:
        raise Invalid.at(
            "",
            _("At most %(limit)s %(pieces)s are allowed here.")
            % {"limit": limit, "pieces": setting_in_words(key)},
        )
    new = [element.kind for element in tree.walk_piece(tree.HELD[key], value)].count("field")
    old = sum(element.kind == "field" for element in tree.walk(document))
    if new and not moved and new + old > LIMITS.fields:
        raise Invalid.at(
            "",
            _("At most %(most)s fields are allowed in a process.") % {"most": LIMITS.fields},
        )
    if key == "forms":
        return
    kind = tree.HELD[key]
    if _depth(kind, holder.path) + 1 + _deepest(kind, value) > LIMITS.nesting:
        raise Invalid.at(
            "",
            _("%(kinds)s can be nested at most %(most)s levels deep.")
            % {"kinds": pieces_in_words(kind), "most": LIMITS.nesting},
        )


def _refuse_foreign(holder: Piece, value: Object) -> None:
    """Refuse a rule that cannot be done row by row."""
    if holder.kind == "rule" and not may_stand_in(holder.node, str(value.get("type"))):
        rule = next(tree.walk_piece("rule", value))
        raise Conflict(
            _("%(rule)s cannot be inside %(holder)s. Move it before or after it.")
            % {"rule": rule.label, "holder": holder.label}
        )


def _deepest(kind: str, value: Object) -> int:
    return max(_depth(kind, element.path) for element in tree.walk_piece(kind, value))


def _depth(kind: str, path: Path) -> int:
    """Return how many pieces of a kind lie around a place, it included."""
    if kind == "field":
        return path.count("fields")
    return path.count("rules") + path.count("load_rules")
