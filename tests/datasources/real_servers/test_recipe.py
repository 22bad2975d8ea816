"""The recipe at real servers: a process refreshes a token with credentials that need encoding."""

from collections.abc import Iterator
from typing import Any, NamedTuple

import pytest

from datasources.http.client import client
from datasources.services.datasources import create_datasource, patch_datasource
from processes.designs.lifecycle import create_design, publish_design
from processes.models import ProcessInstance, Run
from tests.datasources.oauth.settings import oauth2
from tests.datasources.real_servers import authlib_server, toolkit_server
from tests.datasources.real_servers.talking import token
from tests.processes.definitions import token_refresh
from tests.processes.stories import live, press, values_of

pytestmark = [pytest.mark.django_db, pytest.mark.integration]
PERSON = {"grant": "password", "username": "emma", "password": "p/w +1", "scopes": ["read"]}
# What Basic says already, and a server may refuse to be told twice.
IN_BASIC = {"body.client_id", "body.client_secret", "body.redirect_uri"}


class AtServer(NamedTuple):
    """A server, the client known to it, and a refresh token that a person has got there."""

    base_url: str
    path: str
    client_id: str
    secret: str
    refresh_token: str


def at_server(base_url: str, path: str, client_id: str, secret: str) -> AtServer:
    known = {"client_id": client_id, "client_secret": secret, "token_url": f"{base_url}{path}"}
    seed = token(oauth2(**known, **PERSON)).refresh_token
    assert seed
    return AtServer(base_url, path, client_id, secret, seed)


@pytest.fixture
def authlib(loopback: None) -> Iterator[AtServer]:
    with authlib_server.running_server() as store:
        yield at_server(store.address, "/token", authlib_server.CLIENT, authlib_server.SECRET)
    client.close()


@pytest.fixture
def toolkit(loopback: None, address: str) -> Iterator[AtServer]:
    name = f"{toolkit_server.CLIENT} password"
    yield at_server(address.removesuffix("/o"), "/o/token/", name, toolkit_server.SECRET)
    client.close()


@pytest.fixture(params=["authlib", "toolkit"])
def server(request: pytest.FixtureRequest) -> AtServer:
    found = request.getfixturevalue(request.param)
    assert isinstance(found, AtServer)
    return found


@pytest.fixture
def instance(server: AtServer, admin: Any) -> ProcessInstance:
    """The process of the recipe, which sends its client in a header."""
    names = ("grant_type", "refresh_token")
    answer = ("access_token", "refresh_token", "expires_in")
    create_datasource(
        raw={
            "name": "token-service",
            "title": "Token service",
            "base_url": server.base_url,
            "auth": {
                "scheme": "basic",
                "username": server.client_id,
                "password": server.secret,
                "form_encoded": "token_methods",
            },
            "methods": [
                {
                    "name": "refresh-token",
                    "http_method": "POST",
                    "url_path": "/token",
                    "content_type": "form",
                    "request_body": [{"name": name} for name in names],
                    "response_body": [{"name": name} for name in answer],
                }
            ],
        },
        user=admin,
    )
    design = token_refresh()
    call = design["forms"][0]["fields"][-1]["rules"][1]
    rows = [row for row in call["input_mapping"] if row["target"] not in IN_BASIC]
    call["input_mapping"] = [
        {**row, "value": server.path} if row["target"] == "url_path" else row for row in rows
    ]
    call["on_success"] = [row for row in call["on_success"] if row["field"] != "created_at"]
    create_design(raw=design, user=admin)
    publish_design(name="token-refresh", user=admin)
    return live(admin, refresh_token=server.refresh_token)


def ended(run: Run) -> str:
    return str(run.status)


def test_the_recipe_keeps_a_rotating_token_with_credentials_that_need_encoding(
    instance: ProcessInstance, server: AtServer, admin: Any
) -> None:
    seen = [values_of(instance)]
    for _ in range(3):
        assert ended(press(instance, admin)) == "succeeded"
        seen.append(values_of(instance))
    tokens = [one["refresh_token"] for one in seen]
    assert tokens[0] == server.refresh_token
    assert len(set(tokens)) == 4
    assert len({one["access_token"] for one in seen}) == 4
    assert int(seen[-1]["expires_in"]) == 1800


def test_credentials_that_are_not_encoded_are_refused_and_nothing_is_lost(
    instance: ProcessInstance, server: AtServer, admin: Any
) -> None:
    auth = {"scheme": "basic", "username": server.client_id, "form_encoded": False}
    patch_datasource(name="token-service", changes={"auth": auth}, user=admin)
    before = values_of(instance)
    run = press(instance, admin)
    assert ended(run) == "failed"
    assert "401" in str(run.error)
    after = values_of(instance)
    assert {**after, "last_error": None} == {**before, "last_error": None}
    # Encoded again, the same refresh token is still good.
    patch_datasource(
        name="token-service", changes={"auth": {**auth, "form_encoded": True}}, user=admin
    )
    assert ended(press(instance, admin)) == "succeeded"
    assert values_of(instance)["refresh_token"] != before["refresh_token"]
