"""The addresses of the pages of data sources, what their forms send, what controls show."""

import html
import re
from typing import Any

LIST = "/datasources/"
NEW = "/datasources/new/"
ONE = "/datasources/token-service/"
METHOD = f"{ONE}methods/refresh-token/"
NEW_METHOD = f"{ONE}methods/new/"
SETTINGS = {
    "/title": "Token service", "/base_url": "https://auth.example.org", "/auth/scheme": "none",
    "/timeout_s": "30", "/test_path": "", "/max_answer_bytes": "5242880",
}  # fmt: skip
EDITED = {
    "/title": "Refresh token", "/http_method": "POST", "/url_path": "/oauth/token",
    "/content_type": "form", "/request_body/0/name": "grant_type", "/request_body/0/value": "",
    "/request_body/0/secret": "", "/request_body/1/name": "client_secret",
    "/request_body/1/value": "", "/request_body/1/secret": "",
}  # fmt: skip


def value_of(response: Any, name: str) -> str:
    """Return the value that a control of a page shows."""
    tag = re.search(rf'<input[^>]*name="{re.escape(name)}"[^>]*>', response.content.decode())
    assert tag, f"there is no control {name}"
    value = re.search(r'value="([^"]*)"', tag[0])
    return html.unescape(value[1]) if value else ""


def is_ticked(response: Any, name: str) -> bool:
    """Tell whether a box of a page is ticked."""
    tag = re.search(rf'<input[^>]*name="{re.escape(name)}"[^>]*>', response.content.decode())
    assert tag, f"there is no control {name}"
    return " checked" in tag[0]


def wrong(response: Any) -> list[str]:
    """Return the ids of the controls that are marked wrong."""
    assert response.status_code == 422, response.status_code
    tags = re.findall(r"<(?:input|select|textarea)[^>]*is-invalid[^>]*>", response.content.decode())
    return [re.search(r' id="([^"]+)"', tag)[1] for tag in tags]


def base(response: Any) -> dict[str, str]:
    """Return what a page was made from, as its form sends it."""
    return {"revision": value_of(response, "revision")}
