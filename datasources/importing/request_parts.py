"""A request with its values, as a collection or a command line has it, as a REST method.

Values are taken over as they stand; where a variable stands, the parameter has no value and is
filled by mapping.
"""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote_plus

from datasources.importing.openapi_requests import kind_of, raw_type
from datasources.importing.parameters import OWN_HEADERS, MethodDraft
from datasources.importing.schema_shapes import sample_parts, scalar_text

VARIABLE = re.compile(r"\{\{\s*([^{}]+?)\s*\}\}")
# Stands for a variable that has no quotes around it: which type it has is not known.
OPEN = "{{}}"
NamedValues = list[tuple[str, str | None]]


@dataclass
class RequestParts:
    """The parts of a request: names with values, None where a value is still to be mapped."""

    query: NamedValues = field(default_factory=list)
    headers: NamedValues = field(default_factory=list)
    fields: NamedValues = field(default_factory=list)
    # `form`, `multipart`, `json`; empty: as Content-Type and the text tell.
    kind: str = ""
    text: str = ""
    # The names of the files of a form, and whether the whole body is a file; none is ever read.
    files: list[str] = field(default_factory=list)
    is_file: bool = False

    def filled(self, variables: Mapping[str, str]) -> None:
        """Put known variables in; a value with an unknown one is left to be mapped."""
        self.query = [(name, _filled(value, variables)) for name, value in self.query]
        self.headers = [(name, _filled(value, variables)) for name, value in self.headers]
        self.fields = [(name, _filled(value, variables)) for name, value in self.fields]
        self.text = VARIABLE.sub(lambda found: variables.get(found[1], found[0]), self.text)

    def header(self, name: str) -> str:
        """Return a header, whatever its spelling."""
        return next((value or "" for key, value in self.headers if key.lower() == name), "")


def _filled(value: str | None, variables: Mapping[str, str]) -> str | None:
    if value is None:
        return None
    made = VARIABLE.sub(lambda found: variables.get(found[1], found[0]), value)
    return None if VARIABLE.search(made) else made


def put_request(draft: MethodDraft, parts: RequestParts, *, place: str) -> None:
    """Take over query, headers and body of a request."""
    query = [(unquote_plus(name), value and unquote_plus(value)) for name, value in parts.query]
    for name, settings in _together(query):
        draft.add("query", name, where=place, **settings)
    for name, value in parts.headers:
        if name.lower() not in OWN_HEADERS or (name.lower() == "accept" and value != "*/*"):
            draft.add("request_headers", name, where=place, **valued(value))
    if parts.is_file:
        _put_file(draft, parts, place=place)
    elif parts.fields or parts.files:
        _put_fields(draft, parts, place=place)
    elif parts.text.strip():
        _put_text(draft, parts, place=place)


def _put_file(draft: MethodDraft, parts: RequestParts, *, place: str) -> None:
    draft.set(content_type="raw")
    if media_type := parts.header("content-type"):
        draft.set(media_type=raw_type(media_type))
    draft.add("request_body", "body", where=place, type="file")


def _put_fields(draft: MethodDraft, parts: RequestParts, *, place: str) -> None:
    draft.set(content_type=parts.kind)
    for name in parts.files:
        draft.add("request_body", name, where=place, type="file")
    for name, settings in _together(parts.fields):
        draft.add("request_body", name, where=place, **settings)


def _together(pairs: NamedValues) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield each name once, with its settings: what is there several times is sent as a list."""
    found: dict[str, list[str | None]] = {}
    for name, value in pairs:
        found.setdefault(name, []).append(value)
    for name, values in found.items():
        if len(values) == 1:
            yield name, valued(values[0])
        else:
            known = None if None in values else json.dumps(values, ensure_ascii=False)
            yield name, {"type": "json", **valued(known)}


def valued(value: str | None) -> dict[str, Any]:
    """Return the settings of a parameter with a value, or without one."""
    return {} if value is None else {"value": value}


def _put_text(draft: MethodDraft, parts: RequestParts, *, place: str) -> None:
    media_type = parts.header("content-type")
    kind = parts.kind or (kind_of(media_type) if media_type else _looks_like(parts.text))
    if kind == "form":
        draft.set(content_type="form")
        pairs = (pair.partition("=") for pair in parts.text.split("&") if pair)
        fields = [
            (unquote_plus(name), _filled(unquote_plus(value), {})) for name, _e, value in pairs
        ]
        for name, settings in _together(fields):
            draft.add("request_body", name, where=place, **settings)
        return
    if kind == "json" and _put_json(draft, parts.text, place=place):
        if media_type and media_type.partition(";")[0].strip().lower() != "application/json":
            draft.add("request_headers", "Content-Type", where=place, value=media_type)
        return
    fallback = "application/json" if kind == "json" else "text/plain"
    draft.set(content_type="raw", media_type=raw_type(media_type or fallback))
    draft.add("request_body", "body", where=place, **valued(_filled(parts.text, {})))


def _looks_like(text: str) -> str:
    return "json" if text.lstrip()[:1] in ("{", "[") else "raw"


def _put_json(draft: MethodDraft, text: str, *, place: str) -> bool:
    """Take over a body of JSON whose values have names; tell whether it is one."""
    try:
        # A variable outside quotes is no JSON, but stands for a value.
        sample = json.loads(re.sub(r'(?<!["\w])\{\{[^{}]+\}\}(?!["\w])', f'"{OPEN}"', text))
    except (ValueError, RecursionError):
        return False
    found = list(sample_parts(sample)) if isinstance(sample, dict) else []
    if not found:
        return False
    draft.set(content_type="json")
    for path, value in found:
        draft.add("request_body", path, where=place, **_json_value(value))
    return True


def _json_value(value: Any) -> dict[str, Any]:
    """Return the settings of a value of a sample: its type, and the value unless it is open."""
    if value == OPEN:
        return {}
    text = scalar_text(value)
    if text is None:
        return {"type": "json", **valued(_filled(json.dumps(value, ensure_ascii=False), {}))}
    kind = "text" if isinstance(value, str) else "boolean" if isinstance(value, bool) else "number"
    return {"type": kind, **valued(_filled(text, {}))}
