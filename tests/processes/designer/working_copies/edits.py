"""Edits of a working copy, and what stands in it."""

from typing import Any

from processes.definition import tree
from processes.designer import working_copy as copies
from tests.processes.definitions import process, set_rule, text_field

NAME = "token-refresh"


def change(target: str, **settings: Any) -> dict[str, Any]:
    return {"do": "change", "target": target, "settings": settings}


def add(kind: str, **place: Any) -> dict[str, Any]:
    made = {"in": "form:token", "list": "fields", **place}
    return {"do": "add_field", "type": kind, "place": made}


def title_of(copy: Any, target: str) -> str:
    return str(tree.find(copy.document, target).node["title"])


def edited(user: Any, revision: int, raw: dict[str, Any]) -> Any:
    return copies.edit(NAME, user=user, revision=revision, edit=raw)


def plain() -> dict[str, Any]:
    """Return a design that can be published."""
    return process(
        text_field("a"), text_field("b", rules=[set_rule("a", "[b]", id="r")]), name=NAME
    )
