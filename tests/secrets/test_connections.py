"""No token of a connection stands readable anywhere, whatever the provider quotes of it."""

import json
from typing import Any

import pytest
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from datasources.models import Connection
from tests.secrets.searching import SECRETS, Search, press, quoting, set_up, spellings

pytestmark = pytest.mark.django_db(transaction=True)
CLIENT, ACCESS, REFRESH = "cs-2b7f/of=books", "at-live-6d1c/9+a==", "rt-live-3e8b/7+b=="
PERSON = "pw-of-somebody-5a4c/=+x"
TOKENS = (CLIENT, ACCESS, REFRESH, PERSON)


def grants(_request: Request) -> Response:
    """Give tokens."""
    body = {"access_token": ACCESS, "refresh_token": REFRESH, "expires_in": 3600}
    return Response(json.dumps(body), content_type="application/json")


def complains(request: Request) -> Response:
    """Refuse, and quote in the reason everything that was sent."""
    sent = [text for value in request.form.values() for text in sorted(spellings(value))]
    words = " ".join([*sent, *request.headers.values()])
    body = {"error": "invalid_grant", "error_description": words[:280], "error_uri": words}
    return Response(json.dumps(body), status=400, content_type="application/json")


def auth(service: HTTPServer, **more: Any) -> dict[str, Any]:
    """Return settings whose token endpoint is the service's."""
    return {
        "scheme": "oauth2",
        "grant": "password",
        "token_url": service.url_for("/token"),
        "revoke_url": service.url_for("/revoke"),
        "client_id": "books",
        "client_secret": CLIENT,
        "username": "somebody",
        "password": PERSON,
        **more,
    }


@pytest.mark.parametrize("client_auth", ["basic", "post"])
@pytest.mark.parametrize("status", [400, 500])
def test_the_tokens_of_a_connection_are_shown_nowhere(
    search: Search, service: HTTPServer, client_auth: str, status: int
) -> None:
    service.expect_ordered_request("/token").respond_with_handler(grants)
    service.expect_request("/token").respond_with_handler(complains)
    for path in ("/oauth/token", "/", "/revoke"):
        service.expect_request(path).respond_with_handler(quoting(status, "application/json"))
    settings = auth(service, client_auth=client_auth)
    process_id = set_up(search, service, auth=settings, test_path="/?probe=1")
    one = "/connections/token-service/"
    assert search.call("post", f"{one}connect/")["state"] == "healthy"
    assert press(search, process_id)["error"]["kind"] == "http_status"
    search.call("post", "/datasources/token-service/test/")
    search.call("post", "/datasources/token-service/methods/refresh-token/call/", {"input": {}})
    assert "detail" in search.call("post", f"{one}refresh/")
    assert Connection.objects.get().tokens["access_token"] == ACCESS
    search.call("get", f"{one}refreshes/")
    search.call("get", "/connections/")
    assert search.call("post", f"{one}disconnect/")["state"] == "disconnected"
    sent = [str(request.headers) for request, _answer in service.log]
    assert any(ACCESS in headers for headers in sent)
    assert search.finds(*TOKENS, *SECRETS.values()) == []
