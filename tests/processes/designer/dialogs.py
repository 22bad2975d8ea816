"""The dialogs of rules: opened and filled in as a browser does, and what they say and keep."""

import html
import re
from typing import Any

from django.test import Client

from processes.designer import working_copy
from tests.processes.sending import sent_by

RULE = "/designs/token-refresh/designer/rule/get-token/"
PARTS = "/designs/token-refresh/designer/parts/"
SHOP = "/designs/shop/designer/"
HTMX = {"HX-Request": "true", "HX-Target": "dialog"}


def rule_of(user: Any, rule_id: str = "get-token") -> dict[str, Any]:
    """Return a rule as the working copy has it now."""
    document = working_copy.open_copy("token-refresh", user=user).document
    fields = document["forms"][0]["fields"]
    found: dict[str, Any] = next(
        rule for field in fields for rule in field.get("rules", []) if rule["id"] == rule_id
    )
    return found


def page(client: Client, url: str = RULE) -> str:
    """Open a dialog."""
    response = client.get(url)
    assert response.status_code == 200, response.content[:500]
    return response.content.decode()


def said(text: str) -> str:
    """Return what a dialog says, without its marks and the rows kept for script."""
    plain = re.sub(r"<(script|style|template)[\s\S]*?</\1>|<[^>]+>", " ", text)
    return re.sub(r"\s+", " ", html.unescape(plain))


def filled(client: Client, url: str = RULE, **changes: str) -> dict[str, Any]:
    """Open a dialog and fill in some settings; return what is sent."""
    query = sent_by(page(client, url), **{f"rule{key}": value for key, value in changes.items()})
    query["next"] = ""
    return {key: query.getlist(key) for key in query}


def sent_again(text: str, **changes: str) -> dict[str, Any]:
    """Return what a dialog that was answered sends, with some controls filled in otherwise."""
    query = sent_by(text, **changes)
    return {key: query.getlist(key) for key in query}
