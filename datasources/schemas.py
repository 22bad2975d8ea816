"""JSON Schemas of what the API of datasources takes and gives, for the OpenAPI document."""

from typing import Any

from pydantic.json_schema import GenerateJsonSchema

from datasources.importing import CHOICES
from datasources.kinds import KINDS, DatasourceDocument, RestDatasource
from kianda.lib.api.schemas import (
    MAYBE_MOMENT,
    MAYBE_TEXT,
    MOMENT,
    TEXT,
    Schema,
    inlined,
    page_of,
    shape,
)

STATUS: Schema = {"type": ["integer", "null"]}
META = shape(
    {
        "version": TEXT,
        "published_version": {"type": "null"},
        "created": MOMENT,
        "modified": MOMENT,
        "modified_by": MAYBE_TEXT,
        "warnings": {"type": "array", "items": shape({"pointer": TEXT, "detail": TEXT})},
    }
)


class _Plain(GenerateJsonSchema):
    """Leaves out the generated titles: they repeat the names."""

    def field_title_should_be_set(self, schema: Any) -> bool:
        """Set none."""
        return False


def _taken(kind: type[DatasourceDocument]) -> Schema:
    made = inlined(kind.model_json_schema(schema_generator=_Plain))
    if kind is not RestDatasource:
        # Only the kind that there was first need not be named.
        made["required"] = ["kind", *made["required"]]
    made["properties"]["meta"] = {
        "type": "object",
        "description": "What GET returned here is passed over.",
        "additionalProperties": True,
    }
    return made


def _given(kind: type[DatasourceDocument]) -> Schema:
    made = inlined(kind.model_json_schema(mode="serialization", schema_generator=_Plain))
    made["properties"]["meta"] = META
    made["required"] = list(made["properties"])
    return made


DATASOURCE_IN = {"anyOf": [_taken(kind) for kind in KINDS.values()]}
DATASOURCE_OUT = {"anyOf": [_given(kind) for kind in KINDS.values()]}
DATASOURCE_PATCH = {"anyOf": [{**one, "required": []} for one in DATASOURCE_IN["anyOf"]]}
DATASOURCE_PAGE = page_of(DATASOURCE_OUT)
_NAMES = {"type": "array", "maxItems": 100, "items": {"type": "string", "maxLength": 150}}
_PEOPLE = {
    "type": "object",
    "properties": {"users": _NAMES, "groups": _NAMES},
    "additionalProperties": False,
}
SECURITY = {
    "type": "object",
    "properties": {"editors": _PEOPLE, "callers": _PEOPLE},
    "additionalProperties": False,
}
_NOTES = {"type": "array", "items": shape({"where": TEXT, "why": TEXT})}
_OPERATION = shape(dict.fromkeys(("id", "name", "title", "http_method", "url_path", "group"), TEXT))
_IMPORT = {
    "format": {"type": "string", "enum": list(CHOICES), "default": "auto"},
    "name": {
        **TEXT,
        "description": "Of the draft; the name of one that is there adds the methods to that one.",
    },
    "operations": {
        "type": "array",
        "items": TEXT,
        "maxItems": 20_000,
        "description": "IDs of the operations to import, at most 500. If omitted: the first 500.",
    },
}
IMPORT_IN = shape(
    {
        "content": {**TEXT, "description": "The text of the document."},
        "url": {**TEXT, "description": "Instead of it: where the document is."},
        **_IMPORT,
    },
    required=[],
)
IMPORT_FILES_IN = shape(
    {
        "content": {
            "type": "array",
            "items": {"type": "string", "format": "binary"},
            "minItems": 1,
            "description": "The file, with those that it refers to.",
        },
        **_IMPORT,
    },
    required=["content"],
)
IMPORT_OUT = shape(
    {
        "datasource": {"type": "object", "additionalProperties": True},
        "operations": {"type": "array", "items": _OPERATION},
        "changed": _NOTES,
        "left_out": _NOTES,
    }
)
TEST_OUT = shape(
    {
        "ok": {"type": "boolean", "description": "A verified connection, a status below 500."},
        "status": STATUS,
        "elapsed_ms": {"type": "integer"},
        "detail": TEXT,
    }
)
TEST_IN = shape(
    {"to": {"type": "string", "description": "Of a mail account: who gets a test message."}},
    required=[],
)
CALL_IN = shape(
    {
        "input": {
            "type": "object",
            "description": "Values by target, such as `body.client_id`; for a parameter of the "
            "type file an object, or a list of them: `name`, and `content` as base64.",
            "additionalProperties": True,
        }
    },
    required=[],
)
CALL_OUT = shape(
    {
        "status": STATUS,
        "headers": {"type": "object", "additionalProperties": TEXT},
        "body": {
            "description": "JSON if the response was JSON, else text; null if empty. Of a "
            "file, which is not stored: `name`, `size`, `media_type`."
        },
        "elapsed_ms": {"type": "integer"},
        "error": {
            **shape({"kind": TEXT, "message": TEXT}),
            "description": "Only if there was no response, or an invalid one.",
        },
        "not_json": {
            **TEXT,
            "description": "Only if the Content-Type says JSON and the body is text because it "
            "could not be read as JSON: the reason.",
        },
    },
    required=["status", "headers", "body", "elapsed_ms"],
)

CONNECTION = shape(
    {
        "datasource": TEXT,
        "grant": TEXT,
        "state": {"enum": ["disconnected", "healthy", "refreshing", "failing", "needs_attention"]},
        "reason": TEXT,
        "scopes": {"type": "array", "items": TEXT},
        "account": TEXT,
        "expires_at": MAYBE_MOMENT,
        "refreshed_at": MAYBE_MOMENT,
        "next_refresh_at": MAYBE_MOMENT,
        "refresh_expires_at": MAYBE_MOMENT,
        "failures": {"type": "integer"},
    }
)
CONNECTION_PAGE = page_of(CONNECTION)
CONNECT_BEGUN = shape({"authorize_url": TEXT, "expires_at": MOMENT})
REFRESH_PAGE = page_of(
    shape(
        {
            "at": MOMENT,
            "cause": {"enum": ["ahead", "call", "401", "manual", "connect"]},
            "outcome": {"enum": ["refreshed", "failed", "lost_answer", "no_progress"]},
            "reason": TEXT,
            "took_ms": STATUS,
            "expires_at": MAYBE_MOMENT,
        }
    )
)
LIVE_TOKEN = shape({"access_token": TEXT, "token_type": TEXT, "expires_at": MAYBE_MOMENT})
CALL_PAGE = page_of(
    shape(
        {
            "id": TEXT,
            "at": MOMENT,
            "datasource": TEXT,
            "method": {**MAYBE_TEXT, "description": "Null: a connection test."},
            "run": {**MAYBE_TEXT, "description": "Null: sent by a person."},
            "status": STATUS,
            "outcome": {**TEXT, "description": "`succeeded`, or the kind of the error."},
            "took_ms": {"type": "integer"},
            "request_bytes": {"type": "integer"},
            "response_bytes": {"type": "integer"},
            "attempt": {"type": "integer", "description": "The last one of the call."},
            "curl": {**TEXT, "description": "The request as a command, secrets masked."},
        }
    )
)
REHEARSAL_IN = shape(
    {
        "faults": {
            "type": "array",
            "maxItems": 100,
            "items": {"type": "string", "maxLength": 40},
            "description": "Such as `500`, `slow`, `lost_answer`. None named are all.",
        }
    },
    required=[],
)
REHEARSAL_OUT = {
    "type": "array",
    "items": shape(
        {
            "fault": TEXT,
            "outcome": {"enum": ["refreshed", "failed", "lost_answer", "needs_attention"]},
            "sentence": TEXT,
        }
    ),
}
