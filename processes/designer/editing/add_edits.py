"""Edits that bring something in: new pieces, copies, what is pasted."""

from typing import Annotated, Any, Literal

from pydantic import Field

from kianda.lib.errors import Conflict, Invalid
from kianda.lib.i18n import gettext as _
from kianda.lib.i18n import gettext_noop
from processes.definition import tree
from processes.designer.editing import clipboard
from processes.designer.editing.base import Edit, Place
from processes.designer.editing.new_pieces import new_field, new_form, new_rule
from processes.designer.editing.unit_of_work import UnitOfWork
from processes.language.labels import piece_in_words, setting_in_words

_MANY_PASTED = {
    "form": gettext_noop("Pasted %(count)s forms"),
    "field": gettext_noop("Pasted %(count)s fields"),
    "rule": gettext_noop("Pasted %(count)s rules"),
}


class AddForm(Edit):
    """Adds an empty form; without a position at the end."""

    do: Literal["add_form"] = "add_form"
    title: str = Field("", max_length=200)
    at: Annotated[int, Field(ge=0)] | None = None

    def carry_out(self, work: UnitOfWork) -> tuple[str, str]:
        """Add it under a free name made from the title."""
        made = new_form(self.title, work.new_name)
        work.insert(tree.PROCESS, "forms", self.at, made)
        return _("Added form %(title)s") % {"title": made["title"]}, f"form:{made['name']}"


class AddField(Edit):
    """Adds a field of a type, with settings that it starts with."""

    do: Literal["add_field"] = "add_field"
    type: str
    place: Place
    settings: dict[str, Any] = {}

    def carry_out(self, work: UnitOfWork) -> tuple[str, str]:
        """Add it under a free name made from its title or type."""
        made = new_field(self.type, self.settings, work.new_name, work.document)
        work.insert(self.place.owner, _list(self.place, "fields"), self.place.at, made)
        return _("Added %(title)s") % {"title": made["title"]}, f"field:{made['name']}"


class AddRule(Edit):
    """Adds a rule of a type, with settings that it starts with."""

    do: Literal["add_rule"] = "add_rule"
    type: str
    place: Place
    settings: dict[str, Any] = {}

    def carry_out(self, work: UnitOfWork) -> tuple[str, str]:
        """Add it under a free id made from its title."""
        made = new_rule(self.type, self.settings, work.new_name)
        work.insert(self.place.owner, _list(self.place, "rules", "load_rules"), self.place.at, made)
        return _("Added rule %(title)s") % {"title": made["title"]}, f"rule:{made['id']}"


class Duplicate(Edit):
    """Makes a copy of a piece behind it; what refers to itself does so in the copy."""

    do: Literal["duplicate"] = "duplicate"
    target: str

    def carry_out(self, work: UnitOfWork) -> tuple[str, str]:
        """Put the copy behind the piece, under free names."""
        found = work.find(self.target)
        if found.kind == tree.PROCESS:
            raise Conflict(_("A process is duplicated in the list of designs."))
        made = clipboard.renewed(found.kind, found.node, work.new_name)
        work.insert(found.holder, found.key, found.at + 1, made)
        label = _("Duplicated %(piece)s") % {"piece": found.title}
        return label, tree.target_of(found.kind, made)


class Paste(Edit):
    """Puts copied pieces into a list, under free names; `content` is the text that was copied."""

    do: Literal["paste"] = "paste"
    place: Place
    content: str

    def carry_out(self, work: UnitOfWork) -> tuple[str, str]:
        """Put them in, one after the other."""
        kind, pieces = clipboard.read(self.content)
        if kind != tree.HELD[self.place.key]:
            raise Conflict(
                _("A %(kind)s cannot be among the %(list)s.")
                % {"kind": piece_in_words(kind), "list": setting_in_words(self.place.key)}
            )
        selected, at = "", self.place.at
        for piece in pieces:
            made = clipboard.renewed(kind, piece, work.new_name)
            work.insert(self.place.owner, self.place.key, at, made)
            selected, at = tree.target_of(kind, made), None if at is None else at + 1
        if len(pieces) == 1:
            return _("Pasted %(piece)s") % {"piece": work.find(selected).title}, selected
        return _(_MANY_PASTED[kind]) % {"count": len(pieces)}, selected


def _list(place: Place, *allowed: str) -> str:
    if place.key not in allowed:
        raise Invalid.at(
            "/place/list", _("Choose one of %(names)s.") % {"names": ", ".join(allowed)}
        )
    return place.key
