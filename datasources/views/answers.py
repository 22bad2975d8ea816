"""The answer of a trial as it is shown: coloured JSON, what the response definition lacks."""

import base64
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

from datasources.http.curl import as_curl
from datasources.rest.encoding import as_json
from datasources.services.methods import Tried
from datasources.views.answer_samples import described_paths
from kianda.lib.pointers import pointer

LONGEST_SHOWN = 256 * 1024
MOST_FIELDS = 40
DEEPEST = 4
_TOKEN = re.compile(r'("(?:[^"\\]|\\.)*")(\s*:)?|(-?\d[\d.eE+-]*|true|false|null)')


@dataclass(frozen=True)
class AnswerValue:
    """One value of the answer: where it stands, what it is, whether the definition has it."""

    path: str
    value: str
    defined: bool

    @property
    def place(self) -> str:
        """Return the place that the button names which takes it over."""
        return pointer(self.path)


@dataclass(frozen=True)
class ShownAnswer:
    """The answer of a trial, ready to be drawn."""

    status: int | None
    error: str
    elapsed_ms: int
    at: datetime
    headers: list[tuple[str, str]]
    body: SafeString
    # All of a body that is shown cut, as an address to download: it is kept nowhere else.
    whole: str
    is_json: bool
    # Why it is shown as text though it came as JSON.
    not_json: str
    found: list[AnswerValue]
    request: dict[str, Any]
    # The method itself says which answers are one; all others have an error.
    success_by_conditions: bool = False

    @property
    def ok(self) -> bool:
        """Tell whether it is a success, as rules see it."""
        if self.error or self.status is None:
            return False
        return self.success_by_conditions or 200 <= self.status < 300

    @property
    def missing(self) -> list[AnswerValue]:
        """Return what the response definition does not have yet."""
        return [one for one in self.found if not one.defined]

    @property
    def missing_place(self) -> str:
        """Return the place that names all of those, for the button that takes them over."""
        return pointer(*(one.path for one in self.missing))

    @property
    def is_cut(self) -> bool:
        """Tell whether not all of the body is shown."""
        return bool(self.whole)

    @property
    def curl(self) -> str:
        """Return the request as a command for the shell, its secrets masked."""
        return as_curl(self.request) if self.request else ""

    @property
    def request_body(self) -> SafeString:
        """Return the body that was sent, secrets masked."""
        body = self.request.get("body")
        return coloured(_text_of(body)) if body not in (None, "") else mark_safe("")


def shown_answer(tried: Tried, method: Mapping[str, Any]) -> ShownAnswer:
    """Return the answer of a trial as it is shown beside the response definition of its method."""
    rows = method["response_body"]
    answer = tried.answer
    body = answer["body"]
    text = "" if body is None else _text_of(body)
    is_json = not isinstance(body, str) and body is not None
    cut = text[:LONGEST_SHOWN]
    defined = {row.get("path") or row.get("name") for row in rows} | described_paths(method)
    return ShownAnswer(
        status=answer["status"],
        error=answer.get("error", {}).get("message", ""),
        elapsed_ms=answer["elapsed_ms"],
        at=timezone.now(),
        headers=sorted(answer["headers"].items()),
        body=coloured(cut) if is_json else format_html("{}", cut),
        whole=_as_address(text) if len(text) > LONGEST_SHOWN else "",
        is_json=is_json,
        not_json=answer.get("not_json", ""),
        found=[AnswerValue(path, value, path in defined) for path, value in _leaves(body)],
        request=tried.request,
        success_by_conditions=bool(method.get("success_when")),
    )


def _text_of(body: Any) -> str:
    if isinstance(body, str):
        return body
    return json.dumps(json.loads(as_json(body)), indent=2, ensure_ascii=False)


def _as_address(text: str) -> str:
    return f"data:application/octet-stream;base64,{base64.b64encode(text.encode()).decode()}"


def coloured(text: str) -> SafeString:
    """Return a JSON text as HTML that tells names, texts and the rest apart."""
    made, done = [], 0
    for match in _TOKEN.finditer(text):
        made.append(format_html("{}", text[done : match.start()]))
        string, colon, other = match.groups()
        tag = "u" if other else ("b" if colon else "i")
        made.append(format_html(f"<{tag}>{{}}</{tag}>{{}}", other or string, colon or ""))
        done = match.end()
    made.append(format_html("{}", text[done:]))
    return mark_safe("".join(made))  # noqa: S308 - every part is escaped above


def _leaves(body: Any) -> list[tuple[str, str]]:
    """Return the first places of an answer with their values, cut short."""
    found = []
    for path, value in _walk(body, ""):
        found.append((path, value))
        if len(found) == MOST_FIELDS:
            break
    return found


def _walk(value: Any, path: str) -> Iterator[tuple[str, str]]:
    depth = path.count(".") + 1
    if isinstance(value, dict) and value and depth < DEEPEST:
        for key, item in value.items():
            if key and "." not in key:
                yield from _walk(item, f"{path}.{key}" if path else key)
        return
    if path:
        yield path, _short(value)
    # A list as a whole fills a table; what its first item holds can be read by itself too.
    first = value[0] if isinstance(value, list) and value else None
    if isinstance(first, dict) and first and depth + 1 < DEEPEST:
        yield from _walk(first, f"{path}.0" if path else "0")


def _short(value: Any) -> str:
    text = value if isinstance(value, str) else as_json(value)
    return text if len(text) <= 60 else f"{text[:60]}\u2026"
