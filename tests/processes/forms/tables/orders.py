"""Orders with lines on the page of an instance: what is posted, and what is stored."""

from typing import Any

from django.test import Client

from processes.models import ProcessInstance
from tests.processes.sending import sent_by
from tests.processes.stories import values_of

COLUMNS: list[dict[str, Any]] = [
    {"type": "text", "name": "what", "required": True},
    {"type": "number", "name": "amount", "default": 1, "min": 0},
    {"type": "list", "name": "size", "choices": ["S", "M"]},
    {"type": "toggle", "name": "sent"},
    {"type": "text", "name": "hidden", "visible": False, "default": "[user.name]"},
]
URL = "/instances/orders-1/"


def pens(count: int) -> list[dict[str, Any]]:
    """Return lines as they are stored."""
    return [{"what": f"Pen {n}", "amount": n, "hidden": f"h{n}"} for n in range(1, count + 1)]


def rows_of(instance: ProcessInstance) -> Any:
    """Return the rows as they are stored."""
    return values_of(instance)["lines"]


def whats(instance: ProcessInstance) -> list[str]:
    """Return the first cell of each stored row."""
    return [row["what"] for row in rows_of(instance)]


def form_of(page: Any) -> dict[str, Any]:
    """Return what a browser would post of the form as it is shown."""
    text = page.content.decode()
    query = sent_by(text[text.index('id="form"') :].partition("</form>")[0])
    return {name: query.getlist(name) for name in query}


def keys(sent: dict[str, Any]) -> list[str]:
    """Return the keys of the rows that are shown, in their order."""
    return list(sent.get("v-lines-row", []))


def post(client: Client, page: Any, act: Any = "save", **changes: Any) -> Any:
    """Post the form of a page with some controls filled in otherwise."""
    sent = {**form_of(page), "act": act}
    sent.update({name.replace("__", "-"): value for name, value in changes.items()})
    return client.post(URL, sent, headers={"hx-request": "true", "hx-target": "instance"})
