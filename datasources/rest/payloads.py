"""The body of a request in each content type, and how the trace shows it. Plain Python."""

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import xmltodict

from datasources.rest.encoding import as_json, as_text, form, multipart, nested, pairs
from datasources.rest.errors import CallFailed
from kianda.lib.i18n import gettext as _
from kianda.lib.secret_names import MASK

if TYPE_CHECKING:
    from datasources.rest.document import RestMethod

# Name, value, whether it is secret.
RequestItem = tuple[str, Any, bool]
Writer = Callable[["RestMethod", list[RequestItem]], tuple[bytes, str]]
WITH_BODY = frozenset({"POST", "PUT", "PATCH"})
# One part of the dotted name of an XML parameter: an element, `@attribute`, `#text`, a number.
XML_PART = re.compile(r"@?[^\W\d][\w.:-]*\Z|#text\Z|[0-9]+\Z")
XML_ROOT = re.compile(r"[^\W\d][\w:-]*\Z")
_NO_XML = re.compile("[\0-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")


def payload(method: "RestMethod", body: list[RequestItem]) -> tuple[bytes | None, str]:
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
    shown = [(name, MASK if secret and value else value) for name, value, secret in body]
    if method.content_type == "raw":
        return as_text(shown[0][1]) if shown else ""
    if method.content_type == "xml":
        return _as_xml(shown) if shown else ""
    return nested(shown) if method.content_type == "json" else dict(shown)


def _json(_method: "RestMethod", body: list[RequestItem]) -> tuple[bytes, str]:
    made = nested([(name, value) for name, value, _ in body])
    return as_json(made).encode(), "application/json"


def _form(_method: "RestMethod", body: list[RequestItem]) -> tuple[bytes, str]:
    return form(_pairs(body)).encode(), "application/x-www-form-urlencoded"


def _multipart(_method: "RestMethod", body: list[RequestItem]) -> tuple[bytes, str]:
    return multipart(_pairs(body))


def _raw(method: "RestMethod", body: list[RequestItem]) -> tuple[bytes, str]:
    return as_text(body[0][1] if body else "").encode(), method.media_type


def _xml(_method: "RestMethod", body: list[RequestItem]) -> tuple[bytes, str]:
    made = _as_xml([(name, value) for name, value, _ in body]) if body else ""
    return made.encode(), "application/xml"


def _as_xml(items: list[tuple[str, Any]]) -> str:
    """Return dotted names as elements: numbers repeat one, `@x` is an attribute, `#text` a text."""
    tree = _texts(nested(items))
    try:
        made: str = xmltodict.unparse(tree, short_empty_elements=True)
    except ValueError:
        raise ValueError(_("there is one root, and names are those of elements.")) from None
    return made


def _texts(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _texts(item) for name, item in value.items()}
    if isinstance(value, list):
        return [_texts(item) for item in value]
    text = as_text(value)
    if _NO_XML.search(text):
        raise ValueError(_("it holds a character that XML cannot hold."))
    return text or None


def _pairs(body: list[RequestItem]) -> list[tuple[str, str]]:
    return [pair for name, value, _ in body for pair in pairs(name, value)]


PAYLOADS: dict[str, Writer] = {
    "json": _json, "form": _form, "multipart": _multipart, "xml": _xml, "raw": _raw,
}  # fmt: skip
