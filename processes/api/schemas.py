"""JSON Schemas of what the API takes and gives, for the OpenAPI document."""

from kianda.lib.api.schemas import (
    COUNT,
    MAYBE_MOMENT,
    MAYBE_TEXT,
    MOMENT,
    OBJECT,
    TEXT,
    Schema,
    inlined,
    shape,
)
from processes.engine.instance_state import LONGEST_NOTE
from processes.lists.saved_views import SavedViewSettings

FLAW = shape({"pointer": TEXT, "detail": TEXT})
META = shape(
    {
        "version": {"type": ["string", "null"]},
        "published_version": {"type": ["string", "null"]},
        "created": MOMENT,
        "modified": MOMENT,
        "modified_by": {"type": ["string", "null"]},
        "warnings": {"type": "array", "items": FLAW},
    }
)
DEFINITION_IN: Schema = {"$ref": "#/components/schemas/ProcessDefinition"}
DEFINITION_OUT: Schema = {
    "type": "object",
    "properties": {"name": TEXT, "title": TEXT, "meta": META},
    "required": ["name", "title", "forms", "meta"],
    "additionalProperties": True,
}
DESIGN_LINE = shape({"name": TEXT, "title": TEXT, "description": TEXT, "meta": META})
VERSION = shape(
    {
        "version": TEXT,
        "published": {"type": "boolean"},
        "note": TEXT,
        "created": MOMENT,
        "created_by": {"type": ["string", "null"]},
    }
)
PUBLISH_IN = shape(
    {
        "move_instances": {"type": "boolean", "default": False},
        "note": {"type": "string", "maxLength": 500, "default": ""},
    },
    required=[],
)
PUBLISHED = {
    **DEFINITION_OUT,
    "properties": {
        **DEFINITION_OUT["properties"],
        "stayed": {
            "type": "array",
            "items": shape({"process_id": TEXT, "reason": TEXT}),
            "description": "The live instances that were not moved, each with its reason.",
        },
    },
}
FILE = shape(
    {
        "id": TEXT,
        "name": TEXT,
        "size": COUNT,
        "media_type": TEXT,
        "received": COUNT,
        "state": {"enum": ["uploading", "scanning", "ready", "refused"]},
        "sha256": MAYBE_TEXT,
        "process_id": MAYBE_TEXT,
        "field": MAYBE_TEXT,
        "created": MOMENT,
        "finding": {"type": "string", "description": "What the check said, for administrators."},
    },
    required=[
        "id", "name", "size", "media_type", "received", "state", "sha256", "process_id", "field",
        "created",
    ],
)  # fmt: skip
INSTANCE = shape(
    {
        "process_id": TEXT,
        "process": TEXT,
        "version": TEXT,
        "mode": {"enum": ["live", "preview"]},
        "status": TEXT,
        "data": OBJECT,
        "revision": {"type": "integer"},
        "created": MOMENT,
        "modified": MOMENT,
    }
)
INSTANCE_IN = shape(
    {
        "process": {"type": "string"},
        "mode": {"enum": ["live", "preview"], "default": "live"},
        "data": {**OBJECT, "default": {}},
    },
    required=["process"],
)
PATCH_IN = shape({"data": OBJECT, "revision": {"type": "integer", "minimum": 1}})
TRIGGER_IN = shape(
    {
        "target": {"type": "string"},
        "data": OBJECT,
        "revision": {"type": "integer", "minimum": 1},
        "async": {"type": "boolean", "default": False},
    },
    required=["target"],
)
SEND_BACK_IN = shape(
    {
        "form": {"type": "string", "description": "A form that was completed."},
        "note": {
            "type": "string",
            "minLength": 1,
            "maxLength": LONGEST_NOTE,
            "description": "Why; the owners of the form read it.",
        },
        "revision": {"type": "integer", "minimum": 1},
    },
    required=["form", "note"],
)
_NAMES = {"type": "array", "items": {"type": "string"}, "default": []}
REASSIGN_IN = shape(
    {
        "users": _NAMES | {"description": "User names or email addresses."},
        "groups": _NAMES,
        "note": {"type": "string", "maxLength": LONGEST_NOTE, "description": "For the history."},
        "revision": {"type": "integer", "minimum": 1},
    },
    required=[],
)
EDIT_AGAIN_IN = shape({"revision": {"type": "integer", "minimum": 1}}, required=[])
PRESS_IN = shape(
    {
        "revision": {"type": "integer", "minimum": 1},
        "data": OBJECT | {"description": "Field, value: the text that the button asks for."},
    },
    required=[],
)
QUICK_ACTION = shape(
    {
        "form": TEXT,
        "button": TEXT,
        "title": TEXT,
        "icon": TEXT | {"description": "One of the icons of the product; empty for none."},
        "ask": TEXT | {"description": "The text field to send in `data`; empty for none."},
        "required": {"type": "boolean", "description": "Whether that text has to be sent."},
        "url": {"type": "string", "description": "Where to POST it."},
    }
)
CHECK_AS_IN = shape(
    {
        "person": {"type": "string", "description": "A user name."},
        "process_id": {
            "type": ["string", "null"],
            "description": "An instance. If omitted, one that the person would create.",
        },
    },
    required=["person"],
)
CHECKED_ACT = shape(
    {
        "act": {
            "enum": [
                "start",
                "see",
                "change",
                "press",
                "delete",
                "reassign",
                "edit_again",
                "quick_action",
            ]
        },
        "on": {"type": "string", "description": "A form, field or button; empty: the process."},
        "allowed": {"type": "boolean"},
        "reason": {"type": "string", "description": "The line of the rights that decides."},
    }
)
FORM_STATE = shape(
    {
        "form": TEXT,
        "title": TEXT,
        "status": {"enum": ["not_started", "current", "completed"]},
        "users": {"type": "array", "items": TEXT},
        "groups": {"type": "array", "items": TEXT},
        "started": MAYBE_MOMENT,
        "completed": MAYBE_MOMENT,
        "completed_by": TEXT,
        "acted_for": MAYBE_TEXT
        | {"description": "For whom a substitute has completed the form, or sent it back."},
        "sent_back": {
            "anyOf": [shape({"by": TEXT, "at": MOMENT, "note": TEXT}), {"type": "null"}],
            "description": "Of a form that is open again: who sent it back, when and why.",
        },
    }
)
FORM_LINK = shape(
    {
        "id": TEXT,
        "form": TEXT,
        "state": {
            "enum": [
                "open", "expired", "used_up", "revoked", "replaced", "closed", "deleted",
            ]
        },
        "created": MOMENT,
        "created_by": TEXT,
        "uses": {"type": "integer", "description": "Presses through it that stored something."},
        "most_uses": {"anyOf": [{"type": "integer"}, {"type": "null"}]},
        "expires": MAYBE_MOMENT,
        "ended": MAYBE_MOMENT,
        "ended_by": MAYBE_TEXT,
    }
)  # fmt: skip
COMMENT = shape(
    {
        "id": TEXT,
        "created": MOMENT,
        "changed": MAYBE_MOMENT | {"description": "When its author changed it last."},
        "author": MAYBE_TEXT | {"description": "The user name; null when the account is gone."},
        "author_name": TEXT,
        "text": TEXT,
        "told": {
            "type": "array",
            "items": TEXT,
            "description": "The user names of the people named with @ who were notified.",
        },
    }
)
ACTIVITY = shape(
    {
        "next": {"type": ["string", "null"], "format": "uri"},
        "results": {
            "type": "array",
            "items": shape(
                {
                    "id": TEXT,
                    "kind": TEXT,
                    "at": MOMENT,
                    "by": MAYBE_TEXT | {"description": "The user name; null where it is none."},
                    "by_name": MAYBE_TEXT,
                    "sentence": TEXT | {"description": "What has happened, as the page says it."},
                },
                more=True,
            ),
        },
    }
)
COMMENT_IN = shape({"text": TEXT | {"maxLength": 5_000}})
_GROUP = shape(
    {
        "value": MAYBE_TEXT | {"description": "As stored; of a part of time its first day."},
        "label": TEXT,
        "count": COUNT,
        "result": {"type": ["number", "null"]},
        "parts": {
            "type": "array",
            "items": {"type": ["number", "null"]},
            "description": "The result of each series, where it is split.",
        },
    }
)
NUMBERS = shape(
    {
        "calculate": TEXT,
        "field": TEXT,
        "by": TEXT,
        "every": MAYBE_TEXT,
        "split": TEXT,
        "series": {"type": "array", "items": TEXT, "description": "At most two."},
        "all": _GROUP,
        "groups": {
            "type": "array",
            "items": _GROUP,
            "description": "The 20 largest, or the newest 60 parts of time.",
        },
        "rest": {"oneOf": [_GROUP, {"type": "null"}], "description": "What is left of all."},
    }
)
_OUTCOMES = ["waiting", "running", "succeeded", "failed", "refused", "stopped"]
BULK_PRESS = shape(
    {
        "id": TEXT,
        "process": TEXT,
        "target": TEXT | {"description": "The button."},
        "title": TEXT | {"description": "What the button was called."},
        "status": {"type": "string", "enum": ["queued", "running", "finished", "stopped"]},
        "created": MOMENT,
        "created_by": TEXT,
        "started": MAYBE_MOMENT,
        "finished": MAYBE_MOMENT
        | {"description": "Null while a row is left; a stopped one ends its last run first."},
        "stopped_by": MAYBE_TEXT,
        "total": {"type": "integer"},
        "counts": {
            "type": "object",
            "properties": {one: {"type": "integer"} for one in _OUTCOMES},
            "description": "How many rows have each outcome.",
        },
    }
)
BULK_PRESS_ROW = shape(
    {
        "process_id": TEXT,
        "outcome": {"type": "string", "enum": _OUTCOMES},
        "reason": TEXT | {"description": "Why it failed, or was not done (`refused`)."},
        "run": MAYBE_TEXT,
    }
)
BULK_PRESS_IN = shape(
    {
        "process": TEXT,
        "target": TEXT | {"description": "A button."},
        "process_ids": {"type": "array", "items": TEXT, "minItems": 1},
        "filter": OBJECT
        | {"description": "Instead: a filter as a list has it, of the records you see."},
        "data": OBJECT | {"description": "What each run is sent with: field, value."},
    },
    required=["process", "target"],
)
_SETTINGS = SavedViewSettings.model_json_schema()
# Groups of conditions hold groups: written out, there would be no end of it.
_SETTINGS["properties"]["filter"] = OBJECT | {
    "description": "Conditions, as a definition has them."
}
_SAVED_VIEW = inlined(_SETTINGS)["properties"] | {
    "process": TEXT,
    "owner": TEXT | {"description": "You. Only you can change your views."},
    "position": COUNT | {"description": "Among your views of the process, from 1."},
}
SAVED_VIEW = shape(
    {"id": TEXT, **_SAVED_VIEW, "meta": shape({"created": MOMENT, "modified": MOMENT})}
)
SAVED_VIEW_IN = shape(_SAVED_VIEW, required=["process", "name"])
_STEP: Schema = {
    "position": {"type": "integer"},
    "rule": TEXT,
    "type": TEXT,
    "title": TEXT,
    "status": TEXT,
    "reason": TEXT,
    "read": OBJECT,
    "request": {},
    "response": {},
    "changes": {"type": "array", "items": OBJECT},
    "error": {"type": ["object", "null"]},
    "duration_ms": {"type": "number"},
}
GROUP = shape({"title": TEXT, "steps": {"type": "array", "items": OBJECT}}, more=True)
STEP = shape(
    {
        **_STEP,
        "groups": {
            "type": "array",
            "items": GROUP,
            "description": "The steps of the rules in this one: for each row, or for the form.",
        },
        "left_out": {"type": "integer", "description": "How many groups the trace omits."},
    },
    required=list(_STEP),
)
RUN = shape(
    {
        "id": TEXT,
        "process_id": TEXT,
        "version": TEXT,
        "target": TEXT,
        "trigger": TEXT,
        "run_as": TEXT,
        "acted_for": MAYBE_TEXT | {"description": "For whom it acted as a substitute."},
        "status": {"enum": ["queued", "running", "succeeded", "failed", "interrupted", "refused"]},
        "started": MAYBE_MOMENT,
        "finished": MAYBE_MOMENT,
        "error": {"type": ["object", "null"]},
        "handled_errors": {"type": "integer"},
        "saved": {"type": "boolean"},
        "unsaved_answer": {"type": "boolean"},
        "data": {"type": ["object", "null"]},
        "display": {
            "type": "object",
            "additionalProperties": {"enum": ["edit", "read"]},
            "description": "How rules Field display mode let a page show fields and forms after "
            "the run. For information: it opens nothing to the API.",
        },
        "steps": {"type": "array", "items": STEP},
    }
)
