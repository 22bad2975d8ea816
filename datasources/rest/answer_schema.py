"""What the body of an answer holds: a tree of places, written as a subset of JSON Schema."""

import re
from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Literal, TypeAlias

from pydantic import Field, SerializerFunctionWrapHandler, model_serializer

from datasources.rest.shapes import Shape
from kianda.lib.i18n import gettext as _
from kianda.lib.i18n import grouped

TypeWord: TypeAlias = Literal["string", "number", "integer", "boolean", "object", "array", "null"]
MOST_PLACES, DEEPEST = 5000, 12
LONGEST_WORDS, LONGEST_EXAMPLE = 200, 60
_UNWRITABLE = re.compile(r"[^A-Za-z0-9_]")


class AnswerSchema(Shape):
    """What stands at one place of an answer. A subset of JSON Schema without references.

    `cut` tells why less is described than there may be: it holds itself again, it goes deeper, or
    there were too many places.
    """

    type: Annotated[list[TypeWord], Field(max_length=7)] = []
    description: Annotated[str, Field(max_length=2000)] = ""
    example: Annotated[str, Field(max_length=2000)] = ""
    required: list[str] = []
    properties: "dict[str, AnswerSchema]" = {}
    items: "AnswerSchema | None" = None
    cut: Literal["recursive", "deep", "many"] | None = None

    @model_serializer(mode="wrap")
    def _short(self, written: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """Leave out what says nothing: a data source may describe thousands of places."""
        return {key: value for key, value in written(self).items() if value}


# What rules read of an answer that is kept as a file.
OF_A_FILE = AnswerSchema(
    type=["object"],
    required=["id", "name", "size", "media_type"],
    properties={
        "id": AnswerSchema(type=["string"]),
        "name": AnswerSchema(type=["string"]),
        "size": AnswerSchema(type=["integer"]),
        "media_type": AnswerSchema(type=["string"]),
    },
)


@dataclass(frozen=True, slots=True)
class AnswerPlace:
    """A place of an answer: what it is called there, where it stands, how mappings write it."""

    title: str
    path: str
    name: str
    schema: AnswerSchema
    required: bool = False

    @property
    def has_parts(self) -> bool:
        """Tell whether places stand below it."""
        return bool(self.schema.properties) or self.schema.items is not None


def places_below(place: AnswerPlace) -> Iterator[AnswerPlace]:
    """Yield the places one level below: the parts of an object, of a list those of its first item.

    A part whose name no mapping can write gets one that can be written.
    """
    schema, path, name = place.schema, place.path, place.name
    if schema.items is not None:
        first = AnswerPlace("[0]", _joined(path, "0"), _joined(name, "0"), schema.items)
        if schema.items.properties:
            yield from places_below(first)
        else:
            yield first
    taken = {part for part in schema.properties if not _UNWRITABLE.search(part)}
    for part, inner in schema.properties.items():
        word = written = _UNWRITABLE.sub("_", part)
        number = 1
        while word != part and word in taken:
            number += 1
            word = f"{written}_{number}"
        taken.add(word)
        title = f"{part}[]" if inner.items is not None else part
        here = part in schema.required
        yield AnswerPlace(title, _joined(path, part), _joined(name, word), inner, here)


def _joined(path: str, part: str) -> str:
    return f"{path}.{part}" if path else part


def whole_of(schema: AnswerSchema) -> AnswerPlace:
    """Return the place of the whole body."""
    return AnswerPlace("", "", "", schema)


def all_places(schema: AnswerSchema) -> Iterator[AnswerPlace]:
    """Yield every place below the whole body, those nearer to the top first."""
    waiting = deque([whole_of(schema)])
    while waiting:
        for place in places_below(waiting.popleft()):
            yield place
            if place.has_parts:
                waiting.append(place)


def place_named(schema: AnswerSchema, name: str) -> AnswerPlace | None:
    """Return the place that mappings write so; the whole body for nothing."""
    found: AnswerPlace | None = whole_of(schema)
    while found is not None and found.name != name:
        below = places_below(found)
        found = next((one for one in below if f"{name}.".startswith(f"{one.name}.")), None)
    return found


def renamed_places(schema: AnswerSchema) -> dict[str, str]:
    """Return the paths of the places that mappings write otherwise, by how they write them."""
    return {place.name: place.path for place in all_places(schema) if place.name != place.path}


def as_rules_read(schema: AnswerSchema, items: str | None) -> AnswerSchema:
    """Return what rules read of an answer: with pages, the list of their items."""
    found: AnswerSchema | None = schema
    for part in items.split(".") if items else ():
        found = found.properties.get(part) if found is not None else None
    return found if items is not None and found is not None and found.items else schema


def flaw_of(schema: AnswerSchema) -> str | None:
    """Return what is wrong with a schema, in words: it may have so many places, so deep."""
    level, places = [schema], 0
    for _depth in range(DEEPEST + 1):
        level = [inner for one in level for inner in _inner(one)]
        places += len(level)
        if places > MOST_PLACES:
            return _("A response can be described with at most %(most)s fields.") % {
                "most": grouped(MOST_PLACES)
            }
    return (
        _("A response can be described up to %(most)s levels deep.") % {"most": DEEPEST}
        if level
        else None
    )


def _inner(schema: AnswerSchema) -> list[AnswerSchema]:
    return [*schema.properties.values(), *([schema.items] if schema.items is not None else [])]


# --- out of a sample, put together, made smaller --------------------------------------------------


def schema_of_sample(sample: Any, *, depth: int = DEEPEST) -> AnswerSchema:
    """Return what a sample holds, its values as examples; the items of a list are put together."""
    if isinstance(sample, dict):
        if not depth:
            return AnswerSchema(type=["object"], cut="deep")
        parts = {
            name: schema_of_sample(held, depth=depth - 1)
            for name, held in sample.items()
            # A name with a dot in it cannot be asked for.
            if name.strip() and "." not in name
        }
        return AnswerSchema(type=["object"], properties=parts, required=list(parts))
    if isinstance(sample, list):
        if not depth:
            return AnswerSchema(type=["array"], cut="deep")
        items: AnswerSchema | None = None
        for one in sample[:20]:
            read = schema_of_sample(one, depth=depth - 1)
            items = read if items is None else put_together(items, read, both=True)
        return AnswerSchema(type=["array"], items=items)
    return AnswerSchema(type=[_word(sample)], example=_short(sample))


def _word(value: Any) -> TypeWord:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, str):
        return "string"
    return "integer" if isinstance(value, int) else "number"


def _short(value: Any) -> str:
    if value is None:
        return "null"
    text = str(value).lower() if isinstance(value, bool) else str(value)
    return text if len(text) <= LONGEST_EXAMPLE else f"{text[:LONGEST_EXAMPLE]}\u2026"


def without_examples(schema: AnswerSchema) -> AnswerSchema:
    """Return the same without the values of whoever gave the sample."""
    return _changed(schema, without_examples, example="")


def _changed(schema: AnswerSchema, change: Any, **more: Any) -> AnswerSchema:
    inner = {name: change(held) for name, held in schema.properties.items()}
    items = change(schema.items) if schema.items is not None else None
    return schema.model_copy(update={**more, "properties": inner, "items": items})


def put_together(first: AnswerSchema, second: AnswerSchema, *, both: bool = False) -> AnswerSchema:
    """Return what either describes; `both`: only what both have is always there."""
    properties: dict[str, AnswerSchema] = dict(first.properties)
    for name, held in second.properties.items():
        known = properties.get(name)
        properties[name] = held if known is None else put_together(known, held, both=both)
    items = first.items or second.items
    if first.items is not None and second.items is not None:
        items = put_together(first.items, second.items, both=both)
    required = first.required
    if both and "object" in second.type:
        required = [name for name in first.required if name in second.required]
    return AnswerSchema(
        type=list(dict.fromkeys([*first.type, *second.type])),
        description=first.description or second.description,
        example=first.example or second.example,
        required=required,
        properties=properties,
        items=items,
        cut=first.cut,
    )


def made_smaller(raw: Mapping[str, Any], most: int) -> dict[str, Any]:
    """Return a written schema with so many places at most: what stands at the top comes first."""
    made = dict(raw)
    waiting = deque([made])
    while waiting:
        node = waiting.popleft()
        inner: dict[str, Any] = {}
        for name, held in node.pop("properties", {}).items():
            if most <= 0:
                node["cut"] = "many"
                break
            most -= 1
            inner[name] = dict(held)
        if inner:
            node["properties"] = inner
            waiting.extend(inner.values())
        if items := node.pop("items", None):
            if most > 0:
                most -= 1
                node["items"] = dict(items)
                waiting.append(node["items"])
            else:
                node["cut"] = "many"
    return made
