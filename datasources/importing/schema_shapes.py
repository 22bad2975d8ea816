"""From a JSON Schema, or from a sample, to the dotted names that parameters and answers have."""

from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from datasources.importing.documents import DocumentNode, DocumentSpot
from datasources.rest.payloads import XML_ROOT
from datasources.rest.response import keepable
from kianda.lib.i18n import gettext as _

MOST_DEPTH = 4
# A schema may be wide without end.
MOST_LOOKED_AT = 5000
# Contents that are no text; of a range of them, whatever file there is.
_FILES = ("image/", "audio/", "video/", "font/", "application/vnd.openxmlformats-officedocument",
          "application/vnd.ms-", "application/vnd.oasis.opendocument")  # fmt: skip
_FILE_TYPES = frozenset({
    "application/octet-stream", "application/pdf", "application/zip", "application/gzip",
    "application/msword", "application/x-zip-compressed",
})  # fmt: skip
_TYPES = {"integer": "number", "number": "number", "boolean": "boolean", "string": ""}


@dataclass(frozen=True, slots=True)
class SchemaPart:
    """One value of a body: its dotted name, what type it has, and what it always is."""

    path: str
    type: str
    required: bool
    node: DocumentNode


@dataclass(slots=True)
class _Level:
    """A schema that is still to be taken apart."""

    schema: DocumentNode
    path: str
    above: frozenset[DocumentSpot]
    depth: int
    required: bool


@dataclass
class SchemaShape:
    """Takes a schema apart: what stands at the top comes first, and it goes down some levels."""

    writing: bool
    most: int
    # The name of the root element, of what is XML.
    root: str = ""
    parts: list[SchemaPart] = field(default_factory=list)
    cut: bool = False

    def read(self, schema: DocumentNode) -> "SchemaShape":
        """Take a schema apart; what it refers to again inside itself is one value."""
        waiting = deque(
            [_Level(schema, self.root, frozenset({schema.spot}), depth=0, required=True)]
        )
        looked_at = 0
        while waiting and not self.cut:
            level = waiting.popleft()
            for name, required, part in properties_of(level.schema):
                looked_at += 1
                if looked_at > MOST_LOOKED_AT or len(self.parts) >= self.most:
                    self.cut = True
                    break
                if part.flag("readOnly" if self.writing else "writeOnly"):
                    continue
                self._take(level, name, part, required=required, waiting=waiting)
        return self

    def _take(
        self,
        level: _Level,
        name: str,
        part: DocumentNode,
        *,
        required: bool,
        waiting: deque[_Level],
    ) -> None:
        name = element_of(name, part) if self.root else name
        if "." in name or not name.strip():
            part.notes.leave(
                part.place,
                _("The name %(name)r contains a dot, which separates the levels of a path.")
                % {"name": name},
            )
            return
        path = f"{level.path}.{name}" if level.path else keepable(name)
        needed = required and level.required
        inner = part.spot not in level.above and level.depth < MOST_DEPTH - 1
        if inner and any(True for _found in properties_of(part)):
            above = level.above | {part.spot}
            waiting.append(_Level(part, path, above, depth=level.depth + 1, required=needed))
        elif len(path) <= 200:
            self.parts.append(SchemaPart(path, type_of(part), needed, part))


def element_of(name: str, schema: DocumentNode) -> str:
    """Return what a property is called in XML: an element, or an attribute with an @."""
    written = schema.get("xml")
    name = written.text("name") or name
    return f"@{name}" if written.flag("attribute") else name


def root_of(schema: DocumentNode) -> str:
    """Return the root element that a schema names itself, or is named by; nothing otherwise."""
    *above, last = schema.spot.pointer.rpartition("/")
    named = last if above[0] in ("/components/schemas", "/definitions") else ""
    name = schema.get("xml").text("name") or named
    return name if XML_ROOT.match(name) else ""


def properties_of(schema: DocumentNode) -> Iterator[tuple[str, bool, DocumentNode]]:
    """Yield the properties of a schema, whether each is required, its variants' and parts' too.

    What stands only in one of several variants is not required.
    """
    seen: set[str] = set()
    certain = {one.spot for one in variants_of(schema, words=("allOf",))}
    for one in variants_of(schema):
        needed = one.get("required").value if one.spot in certain else None
        needed = set(map(str, needed)) if isinstance(needed, list) else set()
        for name, part in one.get("properties").entries():
            if name not in seen:
                seen.add(name)
                yield name, name in needed, part


def variants_of(
    schema: DocumentNode, *, words: Sequence[str] = ("allOf", "oneOf", "anyOf")
) -> Iterator[DocumentNode]:
    """Yield a schema and all that it is put together from, each once."""
    waiting, seen = deque([schema]), {schema.spot}
    while waiting:
        one = waiting.popleft()
        yield one
        for word in words:
            for part in one.get(word).items():
                if part.spot not in seen and len(seen) < 100:
                    seen.add(part.spot)
                    waiting.append(part)


def type_of(schema: DocumentNode) -> str:
    """Return what a parameter of a schema takes: `number`, `boolean`, `json`; nothing for text."""
    for one in variants_of(schema):
        named = one.held("type")
        for word in named if isinstance(named, list) else [named]:
            if word in ("array", "object"):
                return "json"
            if isinstance(word, str) and word in _TYPES:
                return _TYPES[word]
    return "json" if any(True for _found in properties_of(schema)) else ""


def is_list(schema: DocumentNode) -> bool:
    """Tell whether a schema is one of a list."""
    named = schema.held("type")
    return named == "array" or (isinstance(named, list) and "array" in named)


def only_value(schema: DocumentNode) -> str | None:
    """Return the one value that a schema allows, or what it takes where nothing is sent."""
    for one in variants_of(schema):
        choices = one.held("enum")
        single = choices[0] if isinstance(choices, list) and len(choices) == 1 else None
        for held in (one.held("const"), single, one.held("default")):
            if held is not None and (text := scalar_text(held)) is not None:
                return text
    return None


def scalar_text(value: Any) -> str | None:
    """Return a simple value as text; None for a list, a map and null."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return keepable(value)
    return str(value) if isinstance(value, (int, float)) else None


def sample_parts(sample: Any, *, depth: int = MOST_DEPTH) -> Iterator[tuple[str, Any]]:
    """Yield the dotted names of a sample and their values; lists stay whole."""
    waiting: deque[tuple[str, Any, int]] = deque([("", sample, 0)])
    while waiting:
        path, value, level = waiting.popleft()
        if isinstance(value, dict) and value and level < depth:
            for key, held in value.items():
                name = keepable(str(key))
                if name.strip() and "." not in name:
                    waiting.append((f"{path}.{name}" if path else name, held, level + 1))
        elif path and len(path) <= 200:
            yield path, value


def is_file_type(media_type: str) -> bool:
    """Tell whether what is of a media type is a file and no text."""
    bare = media_type.partition(";")[0].strip().lower()
    return bare in _FILE_TYPES or (bare.startswith(_FILES) and not bare.endswith("+xml"))


def is_file(schema: DocumentNode, media_type: str = "") -> bool:
    """Tell whether a schema is of a file, or of several; one that says nothing is as its type."""
    if is_list(schema):
        schema, media_type = schema.get("items"), ""
    if schema.text("format") == "binary" or schema.text("type") == "file":
        return True
    if schema.text("contentMediaType") and not schema.text("contentEncoding"):
        return is_file_type(schema.text("contentMediaType"))
    says_nothing = schema.value is None or not (schema.held("type") or schema.held("properties"))
    return says_nothing and is_file_type(media_type)
