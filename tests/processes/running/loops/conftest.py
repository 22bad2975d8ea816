"""A service that is called for each row."""

import json
from typing import Any

import pytest
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from datasources.services.datasources import create_datasource

PUT_ITEM = {
    "name": "put-item", "title": "Put item", "http_method": "POST", "url_path": "/items",
    "content_type": "json", "request_body": [{"name": "what"}],
}  # fmt: skip


@pytest.fixture
def erp(provider: HTTPServer, admin: Any) -> list[str]:
    """A service that gives each item a ticket and refuses bad ones; what it was asked for."""
    create_datasource(
        raw={"name": "erp", "base_url": provider.url_for("/").rstrip("/"), "methods": [PUT_ITEM]},
        user=admin,
    )
    asked: list[str] = []

    def answer(request: Request) -> Response:
        what = request.json["what"] if request.json else ""
        asked.append(what)
        status = 409 if what == "bad" else 200
        body = json.dumps({"id": f"T-{what}-{len(asked)}"})
        return Response(body, status=status, content_type="application/json")

    provider.expect_request("/items", method="POST").respond_with_handler(answer)
    return asked
