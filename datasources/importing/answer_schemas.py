"""From a schema of a document to the tree of places that the method's answer has."""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from datasources.importing.documents import DocumentNode, DocumentSpot
from datasources.importing.schema_shapes import (
    element_of,
    properties_of,
    scalar_text,
    variants_of,
)
from datasources.rest.answer_schema import DEEPEST, LONGEST_EXAMPLE, LONGEST_WORDS
from datasources.rest.response import keepable
from kianda.lib.i18n import gettext as _
from kianda.lib.secret_names import is_secret_name

_WORDS = ("string", "number", "integer", "boolean", "object", "array", "null")


@dataclass(slots=True)
class _Open:
    """A schema that is still to be taken apart, and what is written of it so far."""

    schema: DocumentNode
    written: dict[str, Any]
    above: frozenset[DocumentSpot]
    depth: int


@dataclass
class AnswerReader:
    """Writes down what a schema describes: what stands at the top comes first, to a limit."""

    most: int
    xml: bool = False
    # Whether there was more than the limit.
    cut: bool = False
    _waiting: deque[_Open] = field(default_factory=deque)

    def read(self, schema: DocumentNode) -> dict[str, Any]:
        """Return a schema as a method stores it, references put in where they lead."""
        made = self._begin(schema, frozenset(), depth=0)
        while self._waiting:
            one = self._waiting.popleft()
            self._parts(one)
            self._items(one)
        return made

    def _begin(
        self, schema: DocumentNode, above: frozenset[DocumentSpot], *, depth: int
    ) -> dict[str, Any]:
        written = described(schema)
        if schema.spot in above:
            written["cut"] = "recursive"
        else:
            self._waiting.append(_Open(schema, written, above | {schema.spot}, depth))
        return written

    def _parts(self, one: _Open) -> None:
        properties: dict[str, Any] = {}
        required: list[str] = []
        for name, needed, part in self._named_parts(one.schema):
            if not self._has_room(one):
                break
            properties[name] = self._begin(part, one.above, depth=one.depth + 1)
            if is_secret_name(name):
                properties[name].pop("example", None)
            required += [name] * needed
        if properties:
            types = one.written.get("type", ())
            one.written["properties"] = properties
            one.written["type"] = list(dict.fromkeys([*types, *(() if types else ("object",))]))
        if required:
            one.written["required"] = required

    def _named_parts(self, schema: DocumentNode) -> Iterator[tuple[str, bool, DocumentNode]]:
        """Yield what an answer shows, by the name that it has there."""
        for name, needed, part in properties_of(schema):
            name = keepable(element_of(name, part) if self.xml else name)
            if not part.flag("writeOnly") and not self._is_unwritable(name, part):
                yield name, needed, part

    def _items(self, one: _Open) -> None:
        found = next(_lists(one.schema), None)
        if found is not None and found.value is not None and self._has_room(one):
            one.written["items"] = self._begin(found, one.above, depth=one.depth + 1)
            if "type" not in one.written:
                one.written["type"] = ["array"]

    def _has_room(self, one: _Open) -> bool:
        if one.depth >= DEEPEST - 1:
            one.written["cut"] = "deep"
            return False
        if self.most <= 0:
            one.written["cut"] = "many"
            self.cut = True
            return False
        self.most -= 1
        return True

    def _is_unwritable(self, name: str, part: DocumentNode) -> bool:
        if "." not in name and name.strip():
            return False
        words = _("The name %(name)r contains a dot, which separates the levels of a path.")
        part.notes.leave(part.place, words % {"name": name})
        return True


def _lists(schema: DocumentNode) -> Iterator[DocumentNode]:
    for one in variants_of(schema):
        if "items" in (one.value if isinstance(one.value, dict) else ()):
            yield one.get("items")


def described(schema: DocumentNode) -> dict[str, Any]:
    """Return what a schema says of a value itself: its types, a description, an example."""
    types: dict[str, None] = {}
    description = example = ""
    nullable = False
    for one in variants_of(schema):
        named = one.held("type")
        words = named if isinstance(named, list) else [named]
        types.update(dict.fromkeys(word for word in words if word in _WORDS))
        nullable = nullable or one.flag("nullable") or one.flag("x-nullable")
        description = description or " ".join(one.text("description").split())
        example = example or _example(one)
    if nullable and types:
        types["null"] = None
    found = {
        "type": list(types),
        "description": _cut(description, LONGEST_WORDS),
        "example": _cut(example, LONGEST_EXAMPLE),
    }
    return {key: value for key, value in found.items() if value}


def _example(schema: DocumentNode) -> str:
    """Return a value that stands there: the example of the document, or what it allows."""
    examples = schema.held("examples")
    held = [schema.held("example"), *(examples if isinstance(examples, list) else [])]
    held += [schema.held("const"), schema.held("default")]
    text = next((text for one in held if (text := scalar_text(one))), "")
    choices = schema.held("enum")
    if text or not isinstance(choices, list):
        return text
    return ", ".join(filter(None, map(scalar_text, choices[:20])))


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[: most - 1]}\u2026"
