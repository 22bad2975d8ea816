"""The designer as its script asks it: acts and settings that are sent, and what is kept then."""

import html
import json
import re
from typing import Any

from django.test import Client

from processes.models import WorkingCopy
from tests.processes.definitions import button, process, set_rule, text_field

HERE = "/designs/orders/designer/"


def orders() -> dict[str, Any]:
    """Return two forms: fields, a panel with one, a button in the bar with two rules."""
    made = process(
        text_field("subject"), text_field("status"),
        {"type": "panel", "name": "box", "fields": [text_field("inside")]},
        button("go", set_rule("status", "Open", id="open"), {"type": "save", "id": "save"})
        | {"place": "footer"},
        title="Orders",
    )  # fmt: skip
    made["forms"].append(
        {"name": "second", "owners": {"users": ["ada"]}, "fields": [text_field("remark")]}
    )
    return made


def document() -> dict[str, Any]:
    """Return the working copy as it is kept now."""
    found: dict[str, Any] = WorkingCopy.objects.get(design__name="orders").document
    return found


def names(form: int = 0) -> list[str]:
    return [field["name"] for field in document()["forms"][form]["fields"]]


def rules_of(name: str) -> list[str]:
    fields = [field for form in document()["forms"] for field in form["fields"]]
    return [rule["id"] for field in fields if field["name"] == name for rule in field["rules"]]


def revision() -> int:
    found = WorkingCopy.objects.filter(design__name="orders").first()
    return found.revision if found else 0


def do(client: Client, act: str, *, at: str = "field:subject", **more: Any) -> Any:
    """Carry out one act as the page's script does; return the answer and what it says."""
    place = more.pop("place", None)
    sent = {"act": act, "at": at, "revision": str(more.pop("revision", revision())), **more}
    if place is not None:
        sent["place"] = json.dumps(place)
    answer = client.post(f"{HERE}act/", sent, headers={"X-Designer": "1"})
    marks = re.search(r"<div data-answer([^>]*)>", answer.content.decode())
    assert marks, answer.content[:500]
    pairs = re.findall(r'data-([a-z]+)="([^"]*)"', marks[1])
    return answer, {name: html.unescape(value) for name, value in pairs}


def typed(client: Client, target: str, *, seen: int | None = None, **settings: str) -> Any:
    """Send the properties pane with some settings changed."""
    sent = {
        "target": target, "at": target, "revision": str(revision() if seen is None else seen),
        "s!shown": list(settings), **{f"s/{name}": value for name, value in settings.items()},
    }  # fmt: skip
    return client.post(f"{HERE}settings/", sent, headers={"X-Designer": "1"})
