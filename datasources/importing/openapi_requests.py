"""What an operation of OpenAPI asks for: its parameters and its body."""

import re
from collections.abc import Iterator
from typing import Any

from datasources.importing.documents import DocumentNode
from datasources.importing.parameters import OWN_HEADERS, MethodDraft
from datasources.importing.schema_shapes import (
    SchemaShape,
    is_file,
    is_list,
    only_value,
    properties_of,
    root_of,
    type_of,
)
from datasources.rest.payloads import XML_PART
from datasources.rest.typed_values import TypeName, typed
from kianda.lib.i18n import gettext as _

SECTIONS = {"query": "query", "header": "request_headers"}
KINDS = ("json", "form", "multipart", "xml", "raw")
_MEDIA_TYPE = re.compile(r"[\w.+-]+/[\w.+-]+\Z")
MOST_TEXT = 100_000
_STYLES = {"deepObject", "spaceDelimited", "pipeDelimited"}


def kind_of(media_type: str) -> str:
    """Return how a body of a media type is written: one of KINDS."""
    bare = media_type.partition(";")[0].strip().lower()
    if bare.endswith(("/json", "+json")) or bare in ("*/*", "application/*"):
        return "json"
    if bare == "application/x-www-form-urlencoded":
        return "form"
    if bare.startswith("multipart/"):
        return "multipart"
    return "xml" if bare.endswith(("/xml", "+xml")) else "raw"


def put_parameters(draft: MethodDraft, item: DocumentNode, operation: DocumentNode) -> None:
    """Take over the parameters of a path and of its operation; the operation's come first."""
    for parameter in _parameters(item, operation):
        name, place = parameter.text("name"), parameter.text("in")
        if place in SECTIONS and not (place == "header" and name.lower() in OWN_HEADERS):
            _put(draft, SECTIONS[place], parameter)
        elif place == "cookie":
            words = _("The cookie %(name)s is not imported: REST methods send no cookies.")
            parameter.notes.leave(parameter.place, words % {"name": name})


def _parameters(item: DocumentNode, operation: DocumentNode) -> Iterator[DocumentNode]:
    seen: set[tuple[str, str]] = set()
    for holder in (operation, item):
        for parameter in holder.get("parameters").items():
            key = (parameter.text("name"), parameter.text("in"))
            if key not in seen:
                seen.add(key)
                yield parameter


def _put(draft: MethodDraft, section: str, parameter: DocumentNode) -> None:
    schema, name = _schema_of(parameter), parameter.text("name")
    needed = parameter.flag("required")
    if section == "query" and (parts := list(_apart(parameter, schema))):
        for part_name, required, part in parts:
            settings = settings_of(part, required=needed and required)
            draft.add(section, part_name, where=parameter.place, **settings)
        return
    settings = settings_of(schema, required=needed)
    if words := _written_otherwise(parameter, schema):
        parameter.notes.change(parameter.place, words)
        settings.pop("type", None)
    draft.add(section, name, where=parameter.place, **settings)


def _apart(
    parameter: DocumentNode, schema: DocumentNode
) -> Iterator[tuple[str, bool, DocumentNode]]:
    """Yield the parameters that an object in a query is sent as: its properties, by their style."""
    if parameter.get("schema").value is None or is_list(schema):
        return
    if parameter.text("style") == "deepObject":
        yield from _bracketed(parameter.text("name"), schema)
    elif parameter.text("style", "form") == "form" and parameter.held("explode") is not False:
        yield from properties_of(schema)


def _bracketed(name: str, schema: DocumentNode) -> Iterator[tuple[str, bool, DocumentNode]]:
    """Yield `name[part][of_part]` for each value of an object."""
    for part in SchemaShape(writing=True, most=200).read(schema).parts:
        inner = "".join(f"[{one}]" for one in part.path.split("."))
        yield f"{name}{inner}", part.required, part.node


def settings_of(schema: DocumentNode, *, required: bool) -> dict[str, Any]:
    """Return the settings of a parameter: its type, and what it always is where it must be sent."""
    kind = type_of(schema)
    settings: dict[str, Any] = {"type": kind} if kind else {}
    if not required:
        return settings
    value = only_value(schema) if kind != "json" else None
    if value is not None and len(value) <= MOST_TEXT and _fits(value, settings.get("type")):
        settings["value"] = value
    return {**settings, "required": True}


def _fits(value: str, kind: TypeName | None) -> bool:
    try:
        typed(value, kind)
    except ValueError:
        return False
    return True


def _schema_of(parameter: DocumentNode) -> DocumentNode:
    schema = parameter.get("schema")
    if schema.value is not None:
        return schema
    for _media_type, content in parameter.get("content").entries():
        return content.get("schema")
    return parameter


def _written_otherwise(parameter: DocumentNode, schema: DocumentNode) -> str:
    """Return in words how a value must be written that is more than one text."""
    together = parameter.held("explode") is False or parameter.text("collectionFormat") in (
        "csv", "ssv", "tsv", "pipes",
    )  # fmt: skip
    if is_list(schema) and together:
        return _("It takes a list as text, such as a,b. Map that text.")
    if parameter.text("style") in _STYLES or (
        parameter.text("in") == "query" and type_of(schema) == "json" and not is_list(schema)
    ):
        return _("It has nested parts (%(name)s[part]=...). It is sent as JSON text.") % {
            "name": parameter.text("name")
        }
    return ""


# --- bodies ---------------------------------------------------------------------------------------


def put_body(
    draft: MethodDraft,
    root: DocumentNode,
    item: DocumentNode,
    operation: DocumentNode,
    *,
    old: bool,
) -> None:
    """Take over the body of an operation."""
    if old:
        _put_old_body(draft, root, item, operation)
        return
    content = list(operation.get("requestBody", "content").entries())
    if not content:
        return
    media_type, body = min(content, key=lambda one: KINDS.index(kind_of(one[0])))
    kind = kind_of(media_type)
    if kind in ("form", "multipart"):
        draft.set(content_type=kind)
        _put_fields(draft, body)
    else:
        if kind == "raw" and is_file(body.get("schema"), media_type):
            needed = operation.get("requestBody").flag("required")
            _put_file(draft, media_type, place=body.place, required=needed)
            return
        _put_content(draft, media_type, body.get("schema"), place=body.place)


def _put_file(draft: MethodDraft, media_type: str, *, place: str, required: bool) -> None:
    draft.set(content_type="raw")
    if "*" not in media_type:
        # Of a range of types it is that of each file.
        draft.set(media_type=raw_type(media_type))
    draft.add("request_body", "body", where=place, type="file", required=required)


def _put_fields(draft: MethodDraft, body: DocumentNode) -> None:
    for name, required, part in properties_of(body.get("schema")):
        if part.flag("readOnly"):
            continue
        parts = [(name, required, part)]
        if body.get("encoding", name).text("style") == "deepObject":
            inner = [
                (one, needed and required, node) for one, needed, node in _bracketed(name, part)
            ]
            parts = inner or parts
        for part_name, needed, node in parts:
            _put_field(draft, part_name, node, required=needed)


def _put_old_body(
    draft: MethodDraft, root: DocumentNode, item: DocumentNode, operation: DocumentNode
) -> None:
    consumed = operation.held("consumes") or root.held("consumes")
    types = [one for one in consumed if isinstance(one, str)] if isinstance(consumed, list) else []
    parameters = list(_parameters(item, operation))
    fields = [one for one in parameters if one.text("in") == "formData"]
    for body in parameters:
        if body.text("in") == "body":
            media_type = min(
                types or ["application/json"], key=lambda one: KINDS.index(kind_of(one))
            )
            _put_content(draft, media_type, body.get("schema"), place=body.place)
            return
    if fields:
        several = any(kind_of(one) == "multipart" for one in types)
        draft.set(content_type="multipart" if several else "form")
        for field in fields:
            _put_field(draft, field.text("name"), field, required=field.flag("required"))


def _put_content(draft: MethodDraft, media_type: str, schema: DocumentNode, *, place: str) -> None:
    kind = kind_of(media_type)
    if kind in ("form", "multipart"):
        draft.set(content_type=kind)
        for name, required, part in properties_of(schema):
            _put_field(draft, name, part, required=required)
    elif kind == "json":
        _put_json(draft, media_type, schema, place=place)
    elif kind == "xml" and _put_xml(draft, media_type, schema, place=place):
        pass  # Its elements are parameters.
    else:
        draft.set(content_type="raw", media_type=raw_type(media_type))
        draft.add("request_body", "body", where=place)
        words = _("The body is %(type)s. Map it as text.") % {"type": media_type[:100]}
        schema.notes.change(place, words)


def raw_type(media_type: str) -> str:
    """Return a media type that can be sent; for a range of them the most general one."""
    bare = media_type.partition(";")[0].strip()
    return bare if _MEDIA_TYPE.match(bare) else "application/octet-stream"


def _put_field(draft: MethodDraft, name: str, part: DocumentNode, *, required: bool) -> None:
    if is_file(part):
        # Files go in this sort of form alone, whatever the document says of it.
        draft.set(content_type="multipart")
        draft.add("request_body", name, where=part.place, type="file", required=required)
        return
    draft.add("request_body", name, where=part.place, **settings_of(part, required=required))


def _put_json(draft: MethodDraft, media_type: str, schema: DocumentNode, *, place: str) -> None:
    shape = SchemaShape(writing=True, most=500).read(schema)
    bare = media_type.partition(";")[0].strip()
    if shape.parts and not is_list(schema):
        draft.set(content_type="json")
        if bare.lower() != "application/json" and _MEDIA_TYPE.match(bare):
            draft.add("request_headers", "Content-Type", where=place, value=bare)
        for part in shape.parts:
            settings = {"type": "text", **settings_of(part.node, required=part.required)}
            draft.add("request_body", part.path, where=part.node.place, **settings)
        if shape.cut:
            schema.notes.leave(place, _("The body has more values than a REST method can have."))
        tell_of_variants(schema)
        return
    draft.set(
        content_type="raw", media_type=bare if _MEDIA_TYPE.match(bare) else "application/json"
    )
    draft.add("request_body", "body", where=place, type="json")
    words = _("The body has no named values. Map it as one JSON value.")
    schema.notes.change(place, words)


def _put_xml(draft: MethodDraft, media_type: str, schema: DocumentNode, *, place: str) -> bool:
    """Take over the elements of a body; tell whether they are known, and have names."""
    root = root_of(schema)
    shape = SchemaShape(writing=True, most=500, root=root).read(schema)
    parts = [part for part in shape.parts if all(map(XML_PART.match, part.path.split(".")[1:]))]
    if not root or not parts or len(parts) < len(shape.parts):
        return False
    draft.set(content_type="xml")
    bare = raw_type(media_type)
    if bare.lower() != "application/xml":
        draft.add("request_headers", "Content-Type", where=place, value=bare)
    for part in parts:
        settings = settings_of(part.node, required=part.required)
        draft.add("request_body", part.path, where=part.node.place, **settings)
    return True


def tell_of_variants(schema: DocumentNode) -> None:
    """Tell that which of several shapes a body has is not checked."""
    for word in ("oneOf", "anyOf"):
        if len(list(schema.get(word).items())) > 1:
            words = _(
                "%(word)s: the values of all variants are imported. Valid combinations are "
                "not checked."
            )
            schema.notes.leave(f"{schema.place}/{word}", words % {"word": word})
