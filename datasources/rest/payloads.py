"""The body of a request in each content type, and how the trace shows it. Plain Python."""

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import xmltodict

from datasources.rest.encoding import as_json, as_text, form, multipart, nested, pairs
from datasources.rest.errors import CallFailed
from datasources.rest.sent_files import FileBody, Payload, SentFile, as_told, is_told
from kianda.lib.i18n import gettext as _
from kianda.lib.secret_names import MASK

if TYPE_CHECKING:
    from datasources.rest.document import RestMethod

# Name, value, whether it is secret.
RequestItem = tuple[str, Any, bool]
Writer = Callable[["RestMethod", list[RequestItem]], tuple[Payload, str]]
WITH_BODY = frozenset({"POST", "PUT", "PATCH"})
# The content types of bodies that files go in.
WITH_FILES = frozenset({"multipart", "raw"})
# One part of the dotted name of an XML parameter: an element, `@attribute`, `#text`, a number.
XML_PART = re.compile(r"@?[^\W\d][\w.:-]*\Z|#text\Z|[0-9]+\Z")
XML_ROOT = re.compile(r"[^\W\d][\w:-]*\Z")
_NO_XML = re.compile("[\0-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")


def payload(method: "RestMethod", body: list[RequestItem]) -> tuple[Payload | None, str]:
    """Return the body and its media type; None where the request has none. Raises CallFailed."""
    if not body and not (method.request_body and method.http_method in WITH_BODY):
        return None, ""
    try:
        return PAYLOADS[method.content_type](method, body)
    except (ValueError, UnicodeError) as error:
        raise CallFailed(
            "value", _("The request body cannot be written: %(error)s") % {"error": error}
        ) from error


def shown_body(method: "RestMethod", body: list[RequestItem]) -> Any:
    """Return the body as the trace shows it, secret places masked."""
    shown = [(name, MASK if secret and value else as_told(value)) for name, value, secret in body]
    if method.content_type == "raw":
        return _shown_raw(shown[0][1]) if shown else ""
    if method.content_type == "xml":
        return _as_xml(shown) if shown else ""
    return nested(shown) if method.content_type == "json" else dict(shown)


def _shown_raw(value: Any) -> Any:
    files = value if isinstance(value, list) else [value]
    return files[0] if len(files) == 1 and is_told(files[0]) else as_text(value)


def _json(_method: "RestMethod", body: list[RequestItem]) -> tuple[bytes, str]:
    made = nested([(name, value) for name, value, _ in body])
    return as_json(made).encode(), "application/json"


def _form(_method: "RestMethod", body: list[RequestItem]) -> tuple[bytes, str]:
    return form(_pairs(body)).encode(), "application/x-www-form-urlencoded"


def _multipart(_method: "RestMethod", body: list[RequestItem]) -> tuple[Payload, str]:
    return multipart([
        (name, one if isinstance(one, SentFile) else as_text(one))
        for name, value, _ in body
        for one in (value if isinstance(value, (list, tuple)) else [value])
    ])  # fmt: skip


def _raw(method: "RestMethod", body: list[RequestItem]) -> tuple[Payload, str]:
    value = body[0][1] if body else ""
    files = [one for one in (value if isinstance(value, list) else [value])
             if isinstance(one, SentFile)]  # fmt: skip
    if len(files) > 1:
        raise ValueError(_("only 1 file is allowed, not %(count)s.") % {"count": len(files)})
    if files:
        # Whoever wrote another media type means it; the usual one is that of a text.
        usual = type(method).model_fields["media_type"].default
        kind = files[0].kind if method.media_type == usual else method.media_type
        return FileBody((files[0],)), kind
    return as_text(value).encode(), method.media_type


def _xml(_method: "RestMethod", body: list[RequestItem]) -> tuple[bytes, str]:
    made = _as_xml([(name, value) for name, value, _ in body]) if body else ""
    return made.encode(), "application/xml"


def _as_xml(items: list[tuple[str, Any]]) -> str:
    """Return dotted names as elements: numbers repeat one, `@x` is an attribute, `#text` a text."""
    tree = _texts(nested(items))
    try:
        made: str = xmltodict.unparse(tree, short_empty_elements=True)
    except ValueError:
        raise ValueError(_("XML needs one root and valid element names.")) from None
    return made


def _texts(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _texts(item) for name, item in value.items()}
    if isinstance(value, list):
        return [_texts(item) for item in value]
    text = as_text(value)
    if _NO_XML.search(text):
        raise ValueError(_("it contains a character that XML does not allow."))
    return text or None


def _pairs(body: list[RequestItem]) -> list[tuple[str, str]]:
    return [pair for name, value, _ in body for pair in pairs(name, value)]


PAYLOADS: dict[str, Writer] = {
    "json": _json, "form": _form, "multipart": _multipart, "xml": _xml, "raw": _raw,
}  # fmt: skip
