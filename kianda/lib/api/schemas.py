"""JSON Schemas for the OpenAPI document: the pieces that every part makes its own ones of."""

from typing import Any

Schema = dict[str, Any]

TEXT: Schema = {"type": "string"}
MAYBE_TEXT: Schema = {"type": ["string", "null"]}
MOMENT: Schema = {"type": "string", "format": "date-time"}
MAYBE_MOMENT: Schema = {"type": ["string", "null"], "format": "date-time"}
COUNT: Schema = {"type": "integer"}
OBJECT: Schema = {"type": "object", "additionalProperties": True}


def shape(properties: Schema, *, required: list[str] | None = None, more: bool = False) -> Schema:
    """Return an object schema whose properties are all required unless said otherwise."""
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties) if required is None else required,
        "additionalProperties": more,
    }


def page_of(item: Schema) -> Schema:
    """Return the schema of one page of a list."""
    link = {"type": ["string", "null"], "format": "uri"}
    results = {"type": "array", "items": item}
    return shape({"count": COUNT, "next": link, "previous": link, "results": results})


def inlined(schema: Schema) -> Schema:
    """Return a schema with its `$defs` put where they are used: the document has one place only."""
    definitions = schema.get("$defs", {})

    def put(node: Any) -> Any:
        if isinstance(node, list):
            return [put(item) for item in node]
        if not isinstance(node, dict):
            return node
        if "$ref" in node:
            rest = {key: value for key, value in node.items() if key != "$ref"}
            return {**put(definitions[node["$ref"].rsplit("/", 1)[1]]), **rest}
        # The mapping of a discriminator would point at definitions that are gone.
        return {
            key: put(item) for key, item in node.items() if key not in {"$defs", "discriminator"}
        }

    made: Schema = put(schema)
    return made


KIND = shape({"type": TEXT, "title": TEXT, "category": TEXT, "description": TEXT, "schema": OBJECT})
