"""Designs of the library, made in a line."""

from typing import Any

from processes.library import catalogue
from processes.models import ProcessDesign
from tests.processes.definitions import button, process, text_field

LOOKS_INTO = {
    "type": "find_items", "id": "look", "title": "Look", "datasource": "kianda",
    "on_success": [{"field": "subject", "value": "[item.subject]"}],
}  # fmt: skip


def looking(name: str, into: str) -> dict[str, Any]:
    """Return a process that looks into another one, or into itself."""
    rule = {**LOOKS_INTO, "method": into}
    return process(text_field("subject"), button("look_up", rule), name=name)


def added(
    user: Any, title: str = "Leave request", name: str = "", group: str = ""
) -> ProcessDesign:
    """Add a design with an empty form."""
    return catalogue.add_design(title=title, name=name, description="", group=group, user=user)
