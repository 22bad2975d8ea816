"""What an answer holds as a tree of places, to tick which of them rules may read.

The tree is of a pasted answer, or of what the method describes.
"""

from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from django.utils.translation import gettext as _

from datasources.rest.answer_forms import NotInForm, read_as
from datasources.rest.answer_schema import MOST_PLACES as MOST_KEPT
from datasources.rest.answer_schema import (
    AnswerPlace,
    AnswerSchema,
    all_places,
    as_rules_read,
    made_smaller,
    place_named,
    places_below,
    schema_of_sample,
    whole_of,
    without_examples,
)
from datasources.rest.answer_words import about_in_words, title_in_words, type_in_words
from kianda.lib.errors import Invalid

PLACE = "/sample"
KEEP, FORGET = "/sample!keep", "/answer_schema!remove"
MOST_SHOWN = 300
FORMS = frozenset({"auto", "json", "xml", "csv", "text"})


@dataclass
class AnswerNode:
    """One place of an answer: what ticking it takes over, and what stands below it."""

    target: str
    name: str
    value: str = ""
    type: str = ""
    help: str = ""
    defined: bool = False
    below: list["AnswerNode"] = field(default_factory=list)
    # By which what is below it is asked for, when that is not shown at once.
    part: str = ""


class SampleAnswer(NamedTuple):
    """A pasted answer: its headers, and what its body holds, values included."""

    headers: dict[str, str]
    schema: AnswerSchema

    @property
    def description(self) -> dict[str, Any]:
        """Return what a method stores of it: its places without the values."""
        return made_smaller(without_examples(self.schema).model_dump(mode="json"), MOST_KEPT)


def read_sample(text: str, method: Mapping[str, Any], *, title: str) -> SampleAnswer:
    """Return what a pasted answer holds; raises Invalid at the sample.

    The answer may stand as it came over the wire, beginning with `HTTP/`, or be the body alone.
    """
    head, body = _parted(text)
    form = method.get("answer", "auto")
    media_type = head.get("Content-Type", "").partition(";")[0]
    try:
        read = read_as(
            form if form in FORMS else "auto", body.encode("utf-8", "replace"), media_type,
            title=title,
        )  # fmt: skip
    except NotInForm as error:
        raise Invalid.at(PLACE, str(error)) from error
    found = SampleAnswer(head, schema_of_sample(read))
    if not head and not any(places_below(whole_of(found.schema))):
        raise Invalid.at(PLACE, _("The sample contains no object or list of objects."))
    return found


def _parted(text: str) -> tuple[dict[str, str], str]:
    text = text.replace("\r\n", "\n").strip()
    if not text.startswith("HTTP/"):
        return {}, text
    head, _blank, body = text.partition("\n\n")
    lines = (line.partition(":") for line in head.split("\n")[1:])
    return {name.strip().title(): value.strip() for name, colon, value in lines if colon}, body


def sample_nodes(sample: SampleAnswer, method: Mapping[str, Any]) -> list[AnswerNode]:
    """Return the places of a pasted answer with their values, its headers first."""
    known = _defined(method, "headers")
    nodes = [
        AnswerNode(f"header.{name}", name, _short(value), defined=name in known)
        for name, value in sample.headers.items()
    ]
    return nodes + _nodes(_read_by_rules(sample.schema, method), method, values=True)


def described_nodes(method: Mapping[str, Any], *, part: str = "") -> list[AnswerNode]:
    """Return the places that a method describes, or those below one of them."""
    return _nodes(_described(method), method, part=part)


def described_paths(method: Mapping[str, Any]) -> set[str]:
    """Return the paths of the places that a method describes: rules are offered them."""
    return {place.path for place in all_places(_described(method))}


def _described(method: Mapping[str, Any]) -> AnswerSchema:
    raw = method.get("answer_schema")
    return _read_by_rules(AnswerSchema.model_validate(raw), method) if raw else AnswerSchema()


def _read_by_rules(schema: AnswerSchema, method: Mapping[str, Any]) -> AnswerSchema:
    paging = method.get("paging")
    # With pages rules read one list: the items.
    return as_rules_read(schema, str(paging.get("items", "")) if isinstance(paging, dict) else None)


def _defined(method: Mapping[str, Any], section: str) -> set[Any]:
    rows = method.get(f"response_{section}", [])
    return {row.get("path") or row.get("name") for row in rows}


def _nodes(
    schema: AnswerSchema, method: Mapping[str, Any], *, part: str = "", values: bool = False
) -> list[AnswerNode]:
    """Return the first places as a tree, those nearer to the top before others."""
    start, defined = place_named(schema, part), _defined(method, "body")
    if start is None:
        return []
    top = AnswerNode("", "")
    waiting: deque[tuple[AnswerNode, AnswerPlace]] = deque([(top, start)])
    shown = 0
    while waiting:
        node, place = waiting.popleft()
        if shown >= MOST_SHOWN:
            node.part = "" if values else place.name
            continue
        for one in _some_below(place, MOST_SHOWN - shown):
            shown += 1
            node.below.append(made := _node(one, defined, values=values))
            if one.has_parts:
                waiting.append((made, one))
    return top.below


def _some_below(place: AnswerPlace, most: int) -> Iterator[AnswerPlace]:
    for at, one in enumerate(places_below(place)):
        if at >= most:
            return
        yield one


def _node(place: AnswerPlace, defined: set[Any], *, values: bool) -> AnswerNode:
    return AnswerNode(
        f"body.{place.path}",
        title_in_words(place),
        place.schema.example if values else "",
        type_in_words(place),
        about_in_words(place.schema, example=not values),
        place.path in defined,
    )


def _short(value: str) -> str:
    return value if len(value) <= 60 else f"{value[:60]}\u2026"
