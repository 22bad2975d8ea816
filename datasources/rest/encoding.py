"""How values are written into a request. Plain Python."""

import json
import secrets
from collections.abc import Sequence
from decimal import Decimal
from typing import Any
from urllib.parse import quote_plus

from datasources.rest.sent_files import FileBody, Payload, SentFile
from kianda.lib.i18n import gettext as _


def as_text(value: Any) -> str:
    """Return a value as text: numbers without exponent, true/false, objects as compact JSON."""
    if isinstance(value, str):
        return value
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (Decimal, float)):
        return _number(Decimal(str(value)))
    if isinstance(value, (dict, list, tuple)):
        return as_json(value)
    return str(value)


def _number(value: Decimal) -> str:
    text = format(value, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def as_json(value: Any) -> str:
    """Return a value as compact JSON; raises ValueError for what JSON cannot hold."""
    return json.dumps(
        value, ensure_ascii=False, separators=(",", ":"), allow_nan=False, default=_plain
    )


def _plain(value: Any) -> int | float:
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    raise ValueError(_("%(value)r cannot be written as JSON.") % {"value": value})


def pairs(name: str, value: Any) -> list[tuple[str, str]]:
    """Return a parameter as name and text; a list repeats the name."""
    if isinstance(value, (list, tuple)):
        return [(name, as_text(item)) for item in value]
    return [(name, as_text(value))]


def form(items: Sequence[tuple[str, str]]) -> str:
    """Return pairs as application/x-www-form-urlencoded, for bodies and queries."""
    # An asterisk stays as it is, as browsers have it: a masked value can then be read as one.
    return "&".join(f"{quote_plus(n, safe='*')}={quote_plus(v, safe='*')}" for n, v in items)


def multipart(items: Sequence[tuple[str, str | SentFile]]) -> tuple[Payload, str]:
    """Return pairs as multipart/form-data, and its media type with the boundary."""
    boundary = secrets.token_hex(16)
    pieces: list[bytes | SentFile] = []
    for name, value in items:
        head = f'--{boundary}\r\nContent-Disposition: form-data; name="{_quoted(name)}"'
        if isinstance(value, SentFile):
            head += f'; filename="{_quoted(value.name)}"\r\nContent-Type: {value.kind}'
        pieces += [f"{head}\r\n\r\n".encode(), as_bytes(value), b"\r\n"]
    pieces.append(f"--{boundary}--\r\n".encode())
    return joined(pieces), f"multipart/form-data; boundary={boundary}"


def as_bytes(value: str | SentFile) -> bytes | SentFile:
    """Return a text as it is sent; a file stays one."""
    return value.encode() if isinstance(value, str) else value


def joined(pieces: Sequence[bytes | SentFile]) -> Payload:
    """Return the pieces of a body as one: bytes, unless there are files among them."""
    texts = [one for one in pieces if isinstance(one, bytes)]
    return b"".join(texts) if len(texts) == len(pieces) else FileBody(tuple(pieces))


def _quoted(name: str) -> str:
    return name.replace('"', "%22").replace("\r", "%0D").replace("\n", "%0A")


class _Branch(dict[str, Any]):
    """An object that a dotted name asked for; told apart from objects that are values."""


def nested(items: Sequence[tuple[str, Any]]) -> Any:
    """Return dotted names as nested objects; parts that are all numbers make a list."""
    root = _Branch()
    for name, value in items:
        *parents, last = name.split(".")
        place = root
        for parent in parents:
            place = place.setdefault(parent, _Branch())
        place[last] = value
    return _finished(root)


def _finished(item: Any) -> Any:
    if not isinstance(item, _Branch):
        return item
    if item and all(key.isdecimal() for key in item):
        return [_finished(item[key]) for key in sorted(item, key=int)]
    return {key: _finished(value) for key, value in item.items()}
