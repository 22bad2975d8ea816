"""Edits of what is there: its settings, its name, its place, its end."""

from collections.abc import Iterator
from typing import Any, Literal

from kianda.lib.errors import Conflict, Invalid
from kianda.lib.i18n import gettext as _
from processes.definition import tree
from processes.definition.tree import Object, Piece
from processes.designer.editing.base import Edit, Place
from processes.designer.editing.naming import follows_title, gives_name, named_columns
from processes.designer.editing.piece_checks import model_of
from processes.designer.editing.unit_of_work import UnitOfWork
from processes.fields import fields
from processes.language.labels import setting_in_words


class ChangeSettings(Edit):
    """Changes settings of one piece. Another `name` is renamed everywhere; lists are not settings.

    Another `type` of a field keeps the settings that the new type has too. With `name_follows` the
    name of a form, field or column goes with its title, as long as it is the one made from it and
    is not in `keep`. A column that others refer to is taken out of a table with `force` only.
    """

    do: Literal["change"] = "change"
    target: str
    settings: dict[str, Any]
    name_follows: bool = False
    # The target, when its name stays, and the names of columns that stay.
    keep: frozenset[str] = frozenset()
    force: bool = False

    def carry_out(self, work: UnitOfWork) -> tuple[str, str]:
        """Set what differs."""
        found = work.find(self.target)
        settings = dict(self.settings)
        self._refuse(found, settings)
        target, words = (
            self.target,
            [setting_in_words(key, model_of(found)) for key in self._differing(found.node)],
        )
        name = settings.pop("name", None)
        if found.kind == "field" and "type" in settings:
            _drop_foreign(work, self.target, str(settings["type"]))
        self._set(work, found, settings)
        if name is None:
            name = self._following(work, found)
        if found.kind != tree.PROCESS and name is not None and name != found.node.get("name"):
            target = work.rename(target, str(name))
        said = {"settings": ", ".join(words[:3]), "piece": found.title}
        return _("Changed %(settings)s of %(piece)s") % said, target

    def touches(self, document: Object) -> Iterator[str]:
        """Yield the settings."""
        yield from (f"{self.target}/{key}" for key in self.settings)
        if self.name_follows and self.target not in self.keep:
            yield f"{self.target}/name"

    def _set(self, work: UnitOfWork, found: Piece, settings: Object) -> None:
        """Set them; what refers to a column that has another name then says the new one."""
        has_columns, before = "columns" in settings, found.node.get("columns")
        if has_columns and self.name_follows:
            settings["columns"] = named_columns(before, settings["columns"], keep=self.keep)
        if has_columns and not self.force:
            work.refuse_lost_columns(self.target, settings["columns"])
        for key, value in settings.items():
            work.set(self.target, (key,), value)
        if has_columns:
            work.rename_columns(self.target, before)

    def _following(self, work: UnitOfWork, found: Piece) -> str | None:
        """Return the name that goes with the new title; None when it stays."""
        name, title = found.node.get("name"), self.settings.get("title")
        if not self.name_follows or self.target in self.keep:
            return None
        if found.kind not in {"form", "field"}:
            return None
        if not (isinstance(name, str) and isinstance(title, str) and gives_name(title)):
            return None
        before = found.node.get("title")
        if not follows_title(name, before if isinstance(before, str) and before else name):
            return None
        return name if follows_title(name, title) else work.new_name(found.kind, title)

    def _differing(self, node: Object) -> list[str]:
        return [k for k, v in self.settings.items() if k not in node or node[k] != v]

    def _refuse(self, found: Piece, settings: Object) -> None:
        for key in set(settings) & tree.STRUCTURE:
            if key in tree.LISTS[found.kind]:
                raise Invalid.at(
                    f"/{key}", _("Its content is added, moved and removed separately.")
                )
        for key in {"rule": ("id", "type"), tree.PROCESS: ("name",)}.get(found.kind, ()):
            if key in settings and settings[key] != found.node.get(key):
                raise Invalid.at(f"/{key}", _("The %(key)s cannot be changed.") % {"key": key})
        if found.kind == "field" and settings.get("type", "") not in {"", *fields.kinds}:
            raise Invalid.at(
                "/type", _("There is no field type %(type)s.") % {"type": settings["type"]}
            )


class Rename(Edit):
    """Gives a form or field another name, in every rule, condition, mapping and pattern too."""

    do: Literal["rename"] = "rename"
    target: str
    name: str

    def carry_out(self, work: UnitOfWork) -> tuple[str, str]:
        """Rename it."""
        found = work.find(self.target)
        if found.kind not in {"form", "field"}:
            raise Invalid.at(
                "/name", _("The name of a %(kind)s cannot be changed.") % {"kind": found.kind}
            )
        names = {"old": tree.name_of(self.target), "new": self.name}
        label = _("Renamed %(old)s to %(new)s") % names
        return label, work.rename(self.target, self.name)

    def touches(self, document: Object) -> Iterator[str]:
        """Yield its name."""
        yield f"{self.target}/name"


class MovePiece(Edit):
    """Moves a form, field or rule to another place, also to another form or list."""

    do: Literal["move"] = "move"
    target: str
    place: Place

    def carry_out(self, work: UnitOfWork) -> tuple[str, str]:
        """Move it."""
        found = work.find(self.target)
        work.move(self.target, self.place.owner, self.place.key, self.place.at)
        return _("Moved %(piece)s") % {"piece": found.title}, self.target

    def touches(self, document: Object) -> Iterator[str]:
        """Yield its place."""
        yield f"{self.target}/@place"


class RemovePiece(Edit):
    """Removes a piece. While others refer to it that is refused with who does; `force` goes on."""

    do: Literal["remove"] = "remove"
    target: str
    force: bool = False

    def carry_out(self, work: UnitOfWork) -> tuple[str, str]:
        """Remove it, and select what is now in its place."""
        found = work.find(self.target)
        if not self.force:
            work.refuse_used(self.target)
        work.remove(self.target)
        return _("Removed %(piece)s") % {"piece": found.title}, _neighbour(work, found)

    def touches(self, document: Object) -> Iterator[str]:
        """Yield the piece and all in it."""
        found = tree.find(document, self.target)
        yield from (inner.target for inner in tree.walk_piece(found.kind, found.node))


class SwitchRule(Edit):
    """Switches a rule on or off."""

    do: Literal["switch_rule"] = "switch_rule"
    target: str
    enabled: bool

    def carry_out(self, work: UnitOfWork) -> tuple[str, str]:
        """Switch it."""
        found = work.find(self.target)
        if found.kind != "rule":
            raise Conflict(_("Only rules are switched on and off."))
        work.set(self.target, ("enabled",), self.enabled)
        said = _("Switched on %(rule)s") if self.enabled else _("Switched off %(rule)s")
        return said % {"rule": found.title}, self.target

    def touches(self, document: Object) -> Iterator[str]:
        """Yield its switch."""
        yield f"{self.target}/enabled"


class SetProcess(Edit):
    """Changes title, description or pattern of the Process ID."""

    do: Literal["set_process"] = "set_process"
    settings: dict[Literal["title", "description", "process_id"], Any]

    def carry_out(self, work: UnitOfWork) -> tuple[str, str]:
        """Set what differs."""
        for key, value in self.settings.items():
            work.set(tree.PROCESS, (key,), value)
        words = ", ".join(setting_in_words(key) for key in self.settings)
        return _("Changed %(settings)s of the process") % {"settings": words}, tree.PROCESS

    def touches(self, document: Object) -> Iterator[str]:
        """Yield the settings."""
        yield from (f"{tree.PROCESS}/{key}" for key in self.settings)


def _drop_foreign(work: UnitOfWork, target: str, slug: str) -> None:
    """Take out the settings that the new type of a field does not have."""
    known = fields.kinds[slug].model_fields
    for key in list(work.find(target).node):
        if key not in known:
            work.unset(target, key)


def _neighbour(work: UnitOfWork, found: Piece) -> str:
    held = work.find(found.holder).node[found.key]
    at = min(found.at, len(held) - 1)
    return (tree.target_of(found.kind, held[at]) if held else "") or found.holder
