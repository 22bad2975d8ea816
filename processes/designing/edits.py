"""The edits that a designer makes, as typed models; each knows how to carry itself out.

`AnyEdit` is what the designer sends: `do` says which edit it is. A place is `{"in": target,
"list": "forms"|"fields"|"rules"|"load_rules", "at": position}`; without `at` it is the end.
"""

from abc import abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from kianda.lib.errors import Conflict, Invalid
from kianda.lib.pointers import flaws_of
from processes.designing import copies, tree
from processes.designing.patches import Patch, inverse
from processes.designing.starters import new_field, new_form, new_rule
from processes.designing.tree import Element, Object
from processes.designing.work import Work
from processes.fields import fields


@dataclass(frozen=True)
class Applied:
    """What an edit did: the definition after it, what to call it, what to select, its changes."""

    document: Object
    label: str
    selected: str
    patch: Patch

    @property
    def undo(self) -> Patch:
        """Return the changes that take it back."""
        return inverse(self.patch)


class Place(BaseModel):
    """Where a piece goes: whose list, which list, at which position (left out: the end).

    A piece that moves within its list is not counted: `at` is the position that it then has.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)

    owner: str = Field(alias="in")
    key: Literal["forms", "fields", "rules", "load_rules"] = Field(alias="list")
    at: Annotated[int, Field(ge=0)] | None = None


class Edit(BaseModel):
    """One edit of a definition."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    @abstractmethod
    def carry_out(self, work: Work) -> tuple[str, str]:
        """Do it; return what was done, for the undo button, and the target to select."""

    def touches(self, document: Object) -> Iterator[str]:
        """Yield what it would overwrite if somebody else changed that meanwhile."""
        yield from ()

    def goes_to(self) -> Place | None:
        """Return the place that it counts a position in."""
        place = getattr(self, "place", None)
        return place if isinstance(place, Place) else None


class AddForm(Edit):
    """Adds an empty form; without a position at the end."""

    do: Literal["add_form"] = "add_form"
    title: str = Field("", max_length=200)
    at: Annotated[int, Field(ge=0)] | None = None

    def carry_out(self, work: Work) -> tuple[str, str]:
        """Add it under a free name made from the title."""
        made = new_form(self.title, work.new_name)
        work.insert(tree.PROCESS, "forms", self.at, made)
        return f"Added form {made['title']}", f"form:{made['name']}"


class AddField(Edit):
    """Adds a field of a type, with settings that it starts with."""

    do: Literal["add_field"] = "add_field"
    type: str
    place: Place
    settings: dict[str, Any] = {}

    def carry_out(self, work: Work) -> tuple[str, str]:
        """Add it under a free name made from its title or type."""
        made = new_field(self.type, self.settings, work.new_name, work.document)
        work.insert(self.place.owner, _list(self.place, "fields"), self.place.at, made)
        return f"Added {made['title']}", f"field:{made['name']}"


class AddRule(Edit):
    """Adds a rule of a type, with settings that it starts with."""

    do: Literal["add_rule"] = "add_rule"
    type: str
    place: Place
    settings: dict[str, Any] = {}

    def carry_out(self, work: Work) -> tuple[str, str]:
        """Add it under a free id made from its title."""
        made = new_rule(self.type, self.settings, work.new_name)
        work.insert(self.place.owner, _list(self.place, "rules", "load_rules"), self.place.at, made)
        return f"Added rule {made['title']}", f"rule:{made['id']}"


class ChangeSettings(Edit):
    """Changes settings of one piece. Another `name` is renamed everywhere; lists are not settings.

    Another `type` of a field keeps the settings that the new type has too.
    """

    do: Literal["change"] = "change"
    target: str
    settings: dict[str, Any]

    def carry_out(self, work: Work) -> tuple[str, str]:
        """Set what differs."""
        found = work.find(self.target)
        settings = dict(self.settings)
        self._refuse(found, settings)
        target, words = self.target, [_word(key) for key in self._differing(found.node)]
        name = settings.pop("name", None)
        if found.kind == "field" and "type" in settings:
            _drop_foreign(work, self.target, str(settings["type"]))
        for key, value in settings.items():
            work.set(target, (key,), value)
        if found.kind != tree.PROCESS and name is not None and name != found.node.get("name"):
            target = work.rename(target, str(name))
        return f"Changed {', '.join(words[:3])} of {tree.called(found)}", target

    def touches(self, document: Object) -> Iterator[str]:
        """Yield the settings."""
        yield from (f"{self.target}/{key}" for key in self.settings)

    def _differing(self, node: Object) -> list[str]:
        return [k for k, v in self.settings.items() if k not in node or node[k] != v]

    def _refuse(self, found: Element, settings: Object) -> None:
        for key in set(settings) & tree.STRUCTURE:
            if key in tree.LISTS[found.kind]:
                raise Invalid.at(f"/{key}", "What it holds is added, moved and removed by itself.")
        for key in {"rule": ("id", "type"), tree.PROCESS: ("name",)}.get(found.kind, ()):
            if key in settings and settings[key] != found.node.get(key):
                raise Invalid.at(f"/{key}", f"The {key} cannot be changed.")
        if found.kind == "field" and settings.get("type", "text") not in fields.kinds:
            raise Invalid.at("/type", f"There is no field type {settings['type']}.")


class Rename(Edit):
    """Gives a form or field another name, in every rule, condition, mapping and pattern too."""

    do: Literal["rename"] = "rename"
    target: str
    name: str

    def carry_out(self, work: Work) -> tuple[str, str]:
        """Rename it."""
        found = work.find(self.target)
        if found.kind not in {"form", "field"}:
            raise Invalid.at("/name", f"The name of a {found.kind} cannot be changed.")
        label = f"Renamed {tree.name_of(self.target)} to {self.name}"
        return label, work.rename(self.target, self.name)

    def touches(self, document: Object) -> Iterator[str]:
        """Yield its name."""
        yield f"{self.target}/name"


class MovePiece(Edit):
    """Moves a form, field or rule to another place, also to another form or list."""

    do: Literal["move"] = "move"
    target: str
    place: Place

    def carry_out(self, work: Work) -> tuple[str, str]:
        """Move it."""
        found = work.find(self.target)
        work.move(self.target, self.place.owner, self.place.key, self.place.at)
        return f"Moved {tree.called(found)}", self.target

    def touches(self, document: Object) -> Iterator[str]:
        """Yield its place."""
        yield f"{self.target}/@place"


class Duplicate(Edit):
    """Makes a copy of a piece behind it; what refers to itself does so in the copy."""

    do: Literal["duplicate"] = "duplicate"
    target: str

    def carry_out(self, work: Work) -> tuple[str, str]:
        """Put the copy behind the piece, under free names."""
        found = work.find(self.target)
        if found.kind == tree.PROCESS:
            raise Conflict("A process is duplicated in the list of designs.")
        made = copies.renewed(found.kind, found.node, work.new_name)
        work.insert(found.owner, found.list, found.at + 1, made)
        return f"Duplicated {tree.called(found)}", tree.target_of(found.kind, made)


class RemovePiece(Edit):
    """Removes a piece. While others refer to it that is refused with who does; `force` goes on."""

    do: Literal["remove"] = "remove"
    target: str
    force: bool = False

    def carry_out(self, work: Work) -> tuple[str, str]:
        """Remove it, and select what is now in its place."""
        found = work.find(self.target)
        if not self.force:
            work.refuse_used(self.target)
        work.remove(self.target)
        return f"Removed {tree.called(found)}", _neighbour(work, found)

    def touches(self, document: Object) -> Iterator[str]:
        """Yield the piece and all in it."""
        found = tree.find(document, self.target)
        yield from (inner.target for inner in tree.walk_piece(found.kind, found.node))


class Paste(Edit):
    """Puts copied pieces into a list, under free names; `content` is the text that was copied."""

    do: Literal["paste"] = "paste"
    place: Place
    content: str

    def carry_out(self, work: Work) -> tuple[str, str]:
        """Put them in, one after the other."""
        kind, pieces = copies.read(self.content)
        if kind != tree.HELD[self.place.key]:
            raise Conflict(f"A {kind} cannot stand among the {self.place.key.replace('_', ' ')}.")
        selected, at = "", self.place.at
        for piece in pieces:
            made = copies.renewed(kind, piece, work.new_name)
            work.insert(self.place.owner, self.place.key, at, made)
            selected, at = tree.target_of(kind, made), None if at is None else at + 1
        what = tree.called(work.find(selected)) if len(pieces) == 1 else f"{len(pieces)} {kind}s"
        return f"Pasted {what}", selected


class SwitchRule(Edit):
    """Switches a rule on or off."""

    do: Literal["switch_rule"] = "switch_rule"
    target: str
    enabled: bool

    def carry_out(self, work: Work) -> tuple[str, str]:
        """Switch it."""
        found = work.find(self.target)
        if found.kind != "rule":
            raise Conflict("Only rules are switched on and off.")
        work.set(self.target, ("enabled",), self.enabled)
        return f"Switched {'on' if self.enabled else 'off'} {tree.called(found)}", self.target

    def touches(self, document: Object) -> Iterator[str]:
        """Yield its switch."""
        yield f"{self.target}/enabled"


class SetProcess(Edit):
    """Changes title, description or pattern of the Process ID."""

    do: Literal["set_process"] = "set_process"
    settings: dict[Literal["title", "description", "process_id"], Any]

    def carry_out(self, work: Work) -> tuple[str, str]:
        """Set what differs."""
        for key, value in self.settings.items():
            work.set(tree.PROCESS, (key,), value)
        words = ", ".join(_word(key) for key in self.settings)
        return f"Changed {words} of the process", tree.PROCESS

    def touches(self, document: Object) -> Iterator[str]:
        """Yield the settings."""
        yield from (f"{tree.PROCESS}/{key}" for key in self.settings)


AnyEdit = Annotated[
    AddForm | AddField | AddRule | ChangeSettings | Rename | MovePiece | Duplicate | RemovePiece
    | Paste | SwitchRule | SetProcess,
    Field(discriminator="do"),
]  # fmt: skip
_EDITS: TypeAdapter[Edit] = TypeAdapter(AnyEdit)


def parse_edit(raw: object) -> Edit:
    """Return the edit that was sent; raises Invalid."""
    try:
        return _EDITS.validate_python(raw)
    except ValidationError as error:
        raise Invalid(errors=flaws_of(error, raw)) from error


def apply_edit(document: Object, edit: Edit) -> Applied:
    """Return what an edit makes of a definition, which itself stays as it is.

    Raises Invalid at the setting that is wrong, Conflict when the edit does not fit: the piece is
    gone, cannot stand there, or is used (`extra["uses"]`).
    """
    work = Work(document)
    label, selected = edit.carry_out(work)
    return Applied(work.document, label[:200] if work.patch else "", selected, work.patch)


def _list(place: Place, *allowed: str) -> str:
    if place.key not in allowed:
        raise Invalid.at("/place/list", f"Choose one of {', '.join(allowed)}.")
    return place.key


def _drop_foreign(work: Work, target: str, slug: str) -> None:
    """Take out the settings that the new type of a field does not have."""
    known = fields.kinds[slug].model_fields
    for key in list(work.find(target).node):
        if key not in known:
            work.unset(target, key)


def _neighbour(work: Work, found: Element) -> str:
    held = work.find(found.owner).node[found.list]
    at = min(found.at, len(held) - 1)
    return (tree.target_of(found.kind, held[at]) if held else "") or found.owner


def _word(key: str) -> str:
    return "Process ID" if key == "process_id" else key.replace("_", " ")
