"""JSON Schemas of what the API takes and gives, for the OpenAPI document."""

from typing import Any

from scheduler.document import TaskDocument
from scheduler.services.firing import HookBody

Schema = dict[str, Any]

TEXT: Schema = {"type": "string"}
MOMENT: Schema = {"type": "string", "format": "date-time"}
MAYBE_MOMENT: Schema = {"type": ["string", "null"], "format": "date-time"}
COUNT: Schema = {"type": "integer"}


def _inlined(schema: Schema) -> Schema:
    """Return a schema of pydantic's with its definitions put where they are used."""
    known = schema.pop("$defs", {})

    def put(node: Any) -> Any:
        if isinstance(node, dict):
            if "$ref" in node:
                return put(known[node["$ref"].rsplit("/", 1)[-1]])
            # The mapping of a discriminator points into the definitions that are gone.
            return {key: put(value) for key, value in node.items() if key != "discriminator"}
        return [put(item) for item in node] if isinstance(node, list) else node

    found: Schema = put(schema)
    return found


def shape(properties: Schema) -> Schema:
    """Return an object schema whose properties are all required."""
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


def page_of(item: Schema) -> Schema:
    """Return the schema of one page of a list."""
    link = {"type": ["string", "null"], "format": "uri"}
    results = {"type": "array", "items": item}
    return shape({"count": COUNT, "next": link, "previous": link, "results": results})


TASK_IN = _inlined(TaskDocument.model_json_schema())
for _kind in TASK_IN["properties"]["schedule"]["oneOf"]:
    # In a model the kind is a constant with a default; in a body it tells the kinds apart.
    _kind["required"] = ["kind", *_kind.get("required", [])]
READ_ONLY: Schema = {
    "id": TEXT,
    "next_run_at": MAYBE_MOMENT,
    "last_run_at": MAYBE_MOMENT,
    "last_outcome": {"type": ["string", "null"]},
    "description": TEXT,
    "meta": shape(
        {
            "created": MOMENT,
            "modified": MOMENT,
            "modified_by": {"type": ["string", "null"]},
            "paused_at": MAYBE_MOMENT,
            "finished_at": MAYBE_MOMENT,
        }
    ),
}
TASK: Schema = {
    **TASK_IN,
    "properties": {
        **TASK_IN["properties"],
        **READ_ONLY,
        "hook_url": {"type": "string", "description": "Once, in the answer that made the hook."},
    },
    "required": [*TASK_IN["properties"], *READ_ONLY],
}
# What GET gave may be sent back: the read-only keys change nothing.
TASK_IN = {
    **TASK_IN,
    "properties": {
        **TASK_IN["properties"],
        **{key: {"readOnly": True} for key in (*READ_ONLY, "hook_url")},
    },
}
TASK_PATCH: Schema = {**TASK_IN, "required": []}
OCCURRENCE = shape(
    {
        "id": TEXT,
        "planned_at": MOMENT,
        "planned_until": MAYBE_MOMENT,
        "count": COUNT,
        "trigger": {"enum": ["planned", "manual", "webhook"]},
        "started_at": MAYBE_MOMENT,
        "finished_at": MAYBE_MOMENT,
        "outcome": {
            "enum": [
                None, "succeeded", "failed", "interrupted", "skipped", "missed", "coalesced",
            ]
        },
        "reason": TEXT,
        "run": {"type": ["string", "null"]},
    }
)  # fmt: skip
HOOK_IN = _inlined(HookBody.model_json_schema())
HOOK = shape({"occurrence": TEXT})
HOOK_URL = shape({"hook_url": TEXT})
KIND = shape(
    {
        "type": TEXT,
        "title": TEXT,
        "category": TEXT,
        "description": TEXT,
        "schema": {"type": "object", "additionalProperties": True},
    }
)
