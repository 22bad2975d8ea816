"""From the editor of a REST method to its body, and back: `/query/0/name` is one control."""

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from datasources.forms import line_of, number_of, text_of
from datasources.method_settings.paging import paging_body
from datasources.method_settings.repeating import retry_body
from datasources.method_settings.success import ROWS, success_body
from datasources.rest.document import TARGETS, RestMethod
from kianda.lib.dialogs.posted import Node, posted
from kianda.lib.dialogs.row_actions import rearranged
from kianda.lib.secret_names import MASK, is_secret_name

REQUEST = ("query", "request_headers", "request_body")
RESPONSE = ("response_headers", "response_body")
VERBS = ("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS")
CONTENT_TYPES = (
    ("json", _("JSON")), ("form", _("Form")), ("multipart", _("Multipart")), ("xml", _("XML")),
    ("raw", _("Raw")),
)  # fmt: skip
# Whether a row is secret: as its name tells, or said so.
BY_NAME, YES, NO = "", "yes", "no"
SECRET_CHOICES = ((BY_NAME, _("By name")), (YES, _("Yes")), (NO, _("No")))
ANSWERS = (
    ("auto", _("JSON if possible, else text")), ("json", _("JSON")), ("xml", _("XML")),
    ("csv", _("CSV")), ("text", _("Text")), ("file", _("File, stored with the record")),
)  # fmt: skip
TYPES = (
    ("", _("Any")), ("text", _("Text")), ("number", _("Number")),
    ("boolean", _("Yes or no")), ("json", _("JSON")), ("file", _("File")),
)  # fmt: skip
REDIRECTS = (("", _("As set in the data source")), ("yes", _("Yes")), ("no", _("No")))
SAMPLE = "/input/"
# What makes a row one: that it is secret does not.
_FILLED = ("name", "value", "path")


@dataclass(frozen=True)
class ParameterRow:
    """One row of a section as its controls show it."""

    key: str
    at: int
    name: str
    value: str = ""
    secret: str = BY_NAME
    stored: bool = False
    retype: bool = False
    path: str = ""
    type: str = ""
    required: bool = False

    @property
    def id(self) -> str:
        """Return what the ids of its controls begin with."""
        return f"f-{self.key}-{self.at}"

    @property
    def pointer(self) -> str:
        """Return its place in the method."""
        return f"/{self.key}/{self.at}"

    @property
    def name_pointer(self) -> str:
        """Return the place of its name."""
        return f"{self.pointer}/name"

    @property
    def value_pointer(self) -> str:
        """Return the place of its fixed value."""
        return f"{self.pointer}/value"

    @property
    def type_pointer(self) -> str:
        """Return the place of its type."""
        return f"{self.pointer}/type"

    @property
    def path_pointer(self) -> str:
        """Return the place of its path."""
        return f"{self.pointer}/path"

    @property
    def is_secret(self) -> bool:
        """Tell whether its value is hidden."""
        return self.secret == YES or (self.secret == BY_NAME and is_secret_name(self.name))


@dataclass(frozen=True)
class ParameterTable:
    """One list of a method with the words of its table."""

    key: str
    title: Any
    add: Any
    what: Any
    rows: list[ParameterRow]

    @property
    def pointer(self) -> str:
        """Return its place in the method."""
        return f"/{self.key}"

    @property
    def blank(self) -> ParameterRow:
        """Return the row that the page copies to add one; the script puts the number in."""
        return ParameterRow(self.key, -1, "")

    @property
    def is_request(self) -> bool:
        """Tell whether its rows are sent; the others are read."""
        return self.key in REQUEST


WORDS: dict[str, tuple[Any, Any, Any]] = {
    "query": (_("Query parameters"), _("Add query parameter"), _("Query parameter")),
    "request_headers": (_("Request headers"), _("Add header"), _("Header")),
    "request_body": (_("Request body"), _("Add parameter"), _("Body parameter")),
    "response_headers": (_("Response headers"), _("Add response header"), _("Response header")),
    "response_body": (_("Response body"), _("Add field"), _("Response field")),
}


def method_body(post: QueryDict, *, stored: RestMethod | None, act: str = "") -> dict[str, Any]:
    """Return a REST method as it was typed; a button for rows is carried out on it."""
    body: dict[str, Any] = {
        "title": line_of(post, "/title") or None,
        "http_method": post.get("/http_method", "GET"),
        "url_path": line_of(post, "/url_path"),
        "content_type": post.get("/content_type", "json"),
        "answer": post.get("/answer", "auto"),
        "timeout_s": number_of(post, "/timeout_s") if post.get("/timeout_s") else None,
        "follow_redirects": {"yes": True, "no": False}.get(post.get("/follow_redirects", "")),
        "max_answer_bytes": (
            number_of(post, "/max_answer_bytes") if post.get("/max_answer_bytes") else None
        ),
    }
    body |= {"paging": paging_body(post), **retry_body(post)}
    schema = stored.answer_schema if stored is not None else None
    body["answer_schema"] = schema.model_dump(mode="json") if schema is not None else None
    if media_type := line_of(post, "/media_type"):
        body["media_type"] = media_type
    if stored is None:
        body["name"] = line_of(post, "/name")
    root = posted(post)
    rearranged(root, act)
    body["success_when"] = success_body(post, root, act=act)
    for key in REQUEST + RESPONSE:
        sent = root.at(key) or Node()
        rows = [
            _parameter(row, _held(stored, key, row)) if key in REQUEST else _response(row)
            for row in sent.rows()
        ]
        # A row that was added and left empty is none, unless rows are still worked on.
        body[key] = [row for row in rows if act or any(map(row.get, _FILLED))]
    return body


def _parameter(row: Node, held: Any) -> dict[str, Any]:
    name, said = row.text_at("name").strip(), row.text_at("secret")
    secret = {YES: True, NO: False}.get(said, is_secret_name(name))
    return {
        "name": name,
        "type": row.text_at("type") or None,
        "value": _value(row, held, secret=secret),
        "secret": secret,
        "required": bool(row.at("required")),
    }


def _value(row: Node, held: Any, *, secret: bool) -> str | None:
    value = row.text_at("value")
    if secret and row.at("value!remove"):
        return ""
    if secret:
        return value or (MASK if held and held.secret and held.value else "")
    # One that is sent as empty stays so.
    return value or ("" if held is not None and held.value == "" else None)


def _held(stored: RestMethod | None, key: str, row: Node) -> Any:
    if stored is None or key not in REQUEST:
        return None
    low, name = key == "request_headers", row.text_at("name").strip()
    wanted = name.lower() if low else name
    rows = getattr(stored, key)
    return next((row for row in rows if (row.name.lower() if low else row.name) == wanted), None)


def _response(row: Node) -> dict[str, Any]:
    name, path = row.text_at("name").strip(), row.text_at("path").strip()
    return {"name": name or path, "path": path if path and path != (name or path) else None}


def sections(body: Mapping[str, Any], keys: tuple[str, ...]) -> list[ParameterTable]:
    """Return the sections of a method as rows."""
    return [
        ParameterTable(
            key,
            *WORDS[key],
            rows=[_row(key, at, item) for at, item in enumerate(body.get(key, []))],
        )
        for key in keys
    ]


def _row(key: str, at: int, item: Mapping[str, Any]) -> ParameterRow:
    name, value = str(item.get("name", "")), item.get("value") or ""
    if "secret" not in item:
        return ParameterRow(key, at, name, path=item.get("path") or name)
    secret = bool(item["secret"])
    by_name = secret == is_secret_name(name)
    return ParameterRow(
        key,
        at,
        name,
        value="" if secret else value,
        secret=BY_NAME if by_name else (YES if secret else NO),
        stored=secret and value == MASK,
        retype=secret and value not in {MASK, ""},
        type=item.get("type") or "",
        required=bool(item.get("required")),
    )


def focus_of(body: Mapping[str, Any], key: str) -> str:
    """Return the place to look at after rows of a section were changed."""
    if key == ROWS.partition("/")[0]:
        return f"/{ROWS}/{len(body[key]['items']) - 1}/left" if body[key] else ""
    rows = body[key] if key in REQUEST + RESPONSE else ()
    return f"/{key}/{len(rows) - 1}/name" if rows else ""


def take(body: dict[str, Any], paths: Iterable[str]) -> None:
    """Add a field of the answer for each path that has none."""
    rows = body["response_body"]
    taken = {row.get("path") or row["name"] for row in rows}
    rows += [field_for(one) for one in paths if one not in taken]


def pick(body: dict[str, Any], places: Iterable[str]) -> None:
    """Add what was ticked in a sample: `body.<path>`, `header.<name>`."""
    parted = [place.partition(".") for place in places]
    take(body, [path for part, _dot, path in parted if part == "body" and path])
    known = {(row.get("path") or row["name"]).lower() for row in body["response_headers"]}
    for part, _dot, name in parted:
        if part == "header" and name and name.lower() not in known:
            body["response_headers"].append({"name": name, "path": None})
            known.add(name.lower())


def field_for(path: str) -> dict[str, Any]:
    """Return the row that takes a place of an answer over; its name is the words of the path."""
    name = "_".join(part for part in path.split(".") if not part.isdecimal()) or path
    return {"name": name, "path": None if name == path else path}


def typed_samples(post: QueryDict) -> dict[str, str]:
    """Return the sample values that were typed, by target."""
    return {
        name.removeprefix(SAMPLE): text_of(post, name)
        for name in post
        if name.startswith(SAMPLE) and post.get(name)
    }


def as_input(target: str, text: str, body: Mapping[str, Any]) -> Any:
    """Return a typed sample as it is sent: in a JSON body, JSON that is no plain text is JSON.

    One of a parameter with a type becomes that when the request is built.
    """
    if target in _typed_targets(body):
        return text
    if body.get("content_type") != "json" or not target.startswith("body."):
        return text
    try:
        return json.loads(text, parse_constant=_refuse)
    except (ValueError, RecursionError):
        return text


def _typed_targets(body: Mapping[str, Any]) -> set[str]:
    return {
        f"{prefix}.{row['name']}"
        for prefix, key in TARGETS.items()
        for row in body.get(key, [])
        if row.get("type")
    }


def file_targets(body: Mapping[str, Any]) -> frozenset[str]:
    """Return the parameters of the typed method that take files."""
    rows = [row for row in body.get("request_body", []) if row.get("type") == "file"]
    if body.get("content_type") == "raw":
        return frozenset({"body"} if rows else ())
    return frozenset(f"body.{row['name']}" for row in rows)


def _refuse(name: str) -> Any:
    raise ValueError(f"{name} is no JSON")


def targets_of(body: Mapping[str, Any]) -> list[tuple[str, bool]]:
    """Return every parameter that the typed method takes, and whether it is secret."""
    path = re.findall(r"\{([A-Za-z0-9_][A-Za-z0-9_.-]*)\}", str(body.get("url_path") or ""))
    found = [(f"path.{name}", is_secret_name(name)) for name in dict.fromkeys(path)]
    raw = body.get("content_type") == "raw"
    for prefix, key in TARGETS.items():
        for row in body.get(key, []):
            if row.get("name") and not (raw and key == "request_body"):
                found.append((f"{prefix}.{row['name']}", bool(row.get("secret"))))
    return [*found, ("body", False)] if raw else found
