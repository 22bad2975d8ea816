"""A connection that talks to a real authorization server: requests sent, answers read."""

from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs, urljoin, urlsplit

import pytest
import requests

from datasources.auth.oauth2 import OAuth2Auth
from datasources.http.client import send
from datasources.oauth.discovery import discovered, discovery_requests
from datasources.oauth.token_answers import TokenAnswer, TokenRefused, read_token_answer
from datasources.oauth.token_requests import (
    Code,
    Grant,
    authorize_url,
    first_grant,
    revoke_request,
    token_request,
)
from datasources.rest.document import RestDatasource
from datasources.rest.errors import CallFailed
from datasources.rest.request import PreparedCall
from datasources.rest.response import CallAnswer

VERIFIER = "a-verifier-of-forty-three-characters-at-least"
# Nobody listens there: the browser of the tests stops before it.
BACK = "http://127.0.0.1:9/connections/callback/"


def answer_of(call: PreparedCall) -> CallAnswer:
    """Send a request as the product does, and return whatever came back."""
    source = RestDatasource(name="real", title="The server", base_url="http://127.0.0.1")
    try:
        return send(call, datasource=source)
    except CallFailed as failed:
        if failed.answer is None:
            raise
        return failed.answer


def token(auth: OAuth2Auth, grant: Grant | None = None) -> TokenAnswer:
    """Return the tokens that a grant brings; that of the settings, unless another is given."""
    grant = grant or first_grant(auth)
    assert grant is not None
    now = datetime.now(UTC)
    call = token_request(auth, grant, now=now)
    return read_token_answer(auth, answer_of(call), now=now, secrets=call.secrets)


def refused(auth: OAuth2Auth, grant: Grant | None = None) -> TokenRefused:
    """Return why a grant brings nothing."""
    with pytest.raises(TokenRefused) as caught:
        token(auth, grant)
    return caught.value


def revoke(auth: OAuth2Auth, value: str) -> int:
    """Revoke a token; return the status."""
    return answer_of(revoke_request(auth, value)).status


def found_by_issuer(auth: OAuth2Auth) -> OAuth2Auth:
    """Return settings whose addresses the issuer has told."""
    return discovered(auth, answer_of(discovery_requests(auth)[0]))


def agreed(auth: OAuth2Auth, *, verifier: str = VERIFIER) -> Code:
    """Let somebody agree in a browser; return the code with which it comes back."""
    there = authorize_url(auth, redirect_uri=BACK, state="st-1", code_verifier=VERIFIER)
    browser = requests.Session()
    while not there.startswith(BACK):
        hop = browser.get(there, allow_redirects=False, timeout=10)
        assert hop.is_redirect, hop.text
        there = urljoin(there, hop.headers["Location"])
    query: dict[str, Any] = parse_qs(urlsplit(there).query)
    assert query["state"] == ["st-1"], query
    return Code(query["code"][0], BACK, verifier)
