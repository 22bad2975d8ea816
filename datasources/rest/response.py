"""What comes back from a call, read tolerantly: an answer may hold anything."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

# Legal in JSON, but no text that a database keeps.
_UNKEEPABLE_IN_JSON = re.compile(rb"\\u(?:0000|[dD][89a-fA-F])")
_UNKEEPABLE = re.compile("[\0\ud800-\udfff]")
_CHARSET = re.compile(r"charset=\"?([\w.:-]+)", re.IGNORECASE)
_MAYBE_JSON = (b"{", b"[")


@dataclass(frozen=True, slots=True)
class CallAnswer:
    """The answer of an outside system.

    `headers` are spelt as sent, a repeated one joined by commas; `body` is parsed JSON (fractions
    as Decimal), a text, or None when it was empty.
    """

    status: int
    reason: str
    headers: dict[str, str]
    body: Any
    elapsed_ms: int

    def header(self, name: str) -> str | None:
        """Return a header, whatever its spelling."""
        low = name.lower()
        return next((value for key, value in self.headers.items() if key.lower() == low), None)


def read_headers(headers: Mapping[str, str]) -> dict[str, str]:
    """Return the headers of an answer as texts that can be kept."""
    # Its items() would yield a repeated header several times; by key they come joined.
    return {name: keepable(headers[name]) for name in headers}


def read_body(data: bytes, media_type: str) -> Any:
    """Return a body as JSON where it is that, else as text; None when it is empty."""
    if not data.strip():
        return None
    low = media_type.lower()
    if "json" in low or (data.lstrip().startswith(_MAYBE_JSON) and "html" not in low):
        try:
            body = json.loads(data, parse_float=Decimal, parse_constant=_no_number)
        except (ValueError, RecursionError):
            return _text(data, media_type)
        return _keepable_json(body) if _UNKEEPABLE_IN_JSON.search(data) else body
    return _text(data, media_type)


def _no_number(name: str) -> Any:
    raise ValueError(f"{name} is no JSON")


def _text(data: bytes, media_type: str) -> str:
    named = _CHARSET.search(media_type)
    try:
        return keepable(data.decode(named.group(1) if named else "utf-8", errors="replace"))
    except LookupError:
        return keepable(data.decode("utf-8", errors="replace"))


def keepable(text: str) -> str:
    """Return a text with NUL and lone surrogates replaced: databases refuse them."""
    return _UNKEEPABLE.sub("\ufffd", text)


def _keepable_json(value: Any) -> Any:
    if isinstance(value, str):
        return keepable(value)
    if isinstance(value, list):
        return [_keepable_json(item) for item in value]
    if isinstance(value, dict):
        return {keepable(key): _keepable_json(item) for key, item in value.items()}
    return value
