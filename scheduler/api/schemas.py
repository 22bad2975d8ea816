"""JSON Schemas of what the API takes and gives, for the OpenAPI document."""

from kianda.lib.api.schemas import COUNT, MAYBE_MOMENT, MOMENT, TEXT, Schema, inlined, shape
from scheduler.document import TaskDocument
from scheduler.services.firing import HookBody

TASK_IN = inlined(TaskDocument.model_json_schema())
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
        "hook_url": {"type": "string", "description": "Only in the response that created it."},
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
HOOK_IN = inlined(HookBody.model_json_schema())
HOOK = shape({"occurrence": TEXT})
HOOK_URL = shape({"hook_url": TEXT})
