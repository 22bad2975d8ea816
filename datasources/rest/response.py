"""What comes back from a call, read tolerantly: an answer may hold anything."""

import codecs
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from datasources.rest.received_files import ReceivedFile
from kianda.lib.i18n import gettext as _

# Legal in JSON, but no text that a database keeps.
_UNKEEPABLE_IN_JSON = re.compile(r"\\u(?:0000|[dD][89a-fA-F])|[\ud800-\udfff]")
_UNKEEPABLE = re.compile("[\0\ud800-\udfff]")
_CHARSET = re.compile(r"charset=\"?([\w.:-]+)", re.IGNORECASE)
_MAYBE_JSON = ("{", "[")
_MARKS = (codecs.BOM_UTF8, codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE, codecs.BOM_UTF32_BE)
# Python's own, no charset of an answer; the first takes hours for a long one.
_NO_CHARSETS = frozenset({"punycode", "unicode-escape", "raw-unicode-escape"})


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
    # What the attempts before this one came to, where a call is made again.
    attempts: tuple[str, ...] = ()
    # What each page brought, where its body is the list of all pages.
    pages: tuple[str, ...] = ()
    # Of its body, unpacked.
    size: int = 0
    # What it answers was led to by a request that may have changed something.
    may_have_acted: bool = False
    # Of a method whose answers are files, for whoever keeps it; the body tells of it.
    content: ReceivedFile | None = None
    # Why a body is a text though it came as JSON, for whoever tries the method.
    not_json: str = ""

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
    charset, low = charset_of(data, media_type), media_type.lower()
    text = data.decode(charset, errors="replace")
    if "json" in low or (text.lstrip().startswith(_MAYBE_JSON) and "html" not in low):
        try:
            # What is not in its charset is no JSON, but a text that can still be read.
            return parsed_json(data.decode(charset))
        except (ValueError, RecursionError):
            return keepable(text)
    return keepable(text)


def why_not_json(data: bytes, media_type: str) -> str:
    """Return why a body cannot be read that its Content-Type says is JSON; else nothing."""
    subtype = media_type.partition(";")[0].strip().lower().rpartition("/")[2]
    if not data.strip() or not (subtype == "json" or subtype.endswith("+json")):
        return ""
    try:
        parsed_json(data.decode(charset_of(data, media_type)))
    except json.JSONDecodeError as error:
        return _(
            "The Content-Type says JSON, but the response could not be read as JSON: line "
            "%(line)s, column %(column)s."
        ) % {"line": error.lineno, "column": error.colno}
    except (ValueError, RecursionError):
        return _("The Content-Type says JSON, but the response could not be read as JSON.")
    return ""


def parsed_json(text: str) -> Any:
    """Return what a JSON text holds, as it can be kept; raises ValueError and RecursionError."""
    body = json.loads(text, parse_float=Decimal, parse_constant=_no_number)
    return _keepable_json(body) if _UNKEEPABLE_IN_JSON.search(text) else body


def _no_number(name: str) -> Any:
    raise ValueError(f"{name} is no JSON")


def charset_of(data: bytes, media_type: str) -> str:
    """Return how a body is written: as its first bytes tell, else as its Content-Type says.

    A byte order mark cannot be mistaken, nor in JSON the zeros of UTF-16 and UTF-32.
    """
    telling = "json" in media_type.lower() or data.startswith(_MARKS)
    seen, named = json.detect_encoding(data) if telling else "utf-8", _CHARSET.search(media_type)
    if seen != "utf-8" or named is None:
        return seen
    try:
        # Codecs of other things, such as hex and host names, do not take this.
        b"{".decode(named[1], errors="replace")
        known = codecs.lookup(named[1]).name
    except (LookupError, ValueError):
        return seen
    return seen if known.replace("_", "-") in _NO_CHARSETS else known


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
