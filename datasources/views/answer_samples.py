"""A pasted answer as a tree of places, to tick which of them rules may read."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext as _

from datasources.rest.answer_forms import NotInForm, read_as
from datasources.rest.encoding import as_json
from datasources.rest.paging import place_in
from kianda.lib.errors import Invalid

PLACE = "/sample"
MOST_PLACES, DEEPEST, LONGEST_VALUE = 300, 12, 60
FORMS = frozenset({"auto", "json", "xml", "csv", "text"})


@dataclass
class SampleNode:
    """One place of a sample: what ticking it takes over, and what stands below it."""

    target: str
    name: str
    value: str = ""
    defined: bool = False
    below: list["SampleNode"] = field(default_factory=list)


def sample_tree(text: str, method: Mapping[str, Any], *, title: str) -> list[SampleNode]:
    """Return the places of a pasted answer, its headers first; raises Invalid at the sample.

    The answer may stand as it came over the wire, beginning with `HTTP/`, or be the body alone.
    """
    head, body = _parted(text)
    nodes = [
        SampleNode(f"header.{name}", name, _short(value), name in _defined(method, "headers"))
        for name, value in head.items()
    ]
    read = _read(body, method, head.get("Content-Type", ""), title=title)
    left = iter(range(MOST_PLACES))
    nodes += _below(read, "", _defined(method, "body"), left, depth=0)
    if not nodes:
        raise Invalid.at(PLACE, _("There is no object and no list of objects in this sample."))
    return nodes


def _parted(text: str) -> tuple[dict[str, str], str]:
    text = text.replace("\r\n", "\n").strip()
    if not text.startswith("HTTP/"):
        return {}, text
    head, _blank, body = text.partition("\n\n")
    lines = (line.partition(":") for line in head.split("\n")[1:])
    return {name.strip().title(): value.strip() for name, colon, value in lines if colon}, body


def _read(text: str, method: Mapping[str, Any], media_type: str, *, title: str) -> Any:
    form = method.get("answer", "auto")
    media_type = media_type.partition(";")[0]
    try:
        body = read_as(
            form if form in FORMS else "auto", text.encode("utf-8", "replace"), media_type,
            title=title,
        )  # fmt: skip
    except NotInForm as error:
        raise Invalid.at(PLACE, str(error)) from error
    paging = method.get("paging")
    # With pages rules read one list: the items.
    items = place_in(body, str(paging.get("items", ""))) if isinstance(paging, dict) else None
    return items if isinstance(items, list) else body


def _defined(method: Mapping[str, Any], section: str) -> set[Any]:
    rows = method.get(f"response_{section}", [])
    return {row.get("path") or row.get("name") for row in rows}


def _below(
    value: Any, path: str, defined: set[Any], left: Iterator[int], *, depth: int
) -> list[SampleNode]:
    found = []
    for name, inner in _parts(value) if depth < DEEPEST else ():
        if next(left, None) is None:
            break
        place = f"{path}.{name}" if path else name
        below = _below(inner, place, defined, left, depth=depth + 1)
        shown = "" if below else _short(inner)
        found.append(SampleNode(f"body.{place}", name, shown, place in defined, below))
    return found


def _parts(value: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict):
        # A name with a dot in it cannot be asked for.
        yield from ((name, inner) for name, inner in value.items() if name and "." not in name)
    elif isinstance(value, list) and value and isinstance(value[0], (dict, list)):
        # All items are like the first one.
        yield "0", value[0]


def _short(value: Any) -> str:
    text = value if isinstance(value, str) else as_json(value)
    return text if len(text) <= LONGEST_VALUE else f"{text[:LONGEST_VALUE]}\u2026"
