"""Datasources over the API: made, changed, listed, deleted, audited."""

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from datasources.models import Datasource
from kianda.accounts.models import AuditEntry
from kianda.lib import usage
from kianda.lib.secret_names import MASK
from tests.datasources.api.addresses import CALL, LIST, ONE, TEST, pointers
from tests.datasources.conftest import raw_datasource
from tests.factories import Api


@pytest.fixture
def in_use(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a process use the datasource and its one method."""
    use = {"kind": "process", "name": "refresh 1.0", "url": "/api/v1/processes/refresh/"}
    table = {
        "datasource": [lambda name: [use] if name == "token-service" else []],
        "method": [lambda name: [use] if name == "token-service/refresh-token" else []],
    }
    monkeypatch.setattr(usage, "_checks", table)


def test_a_new_datasource_is_201_with_its_address(manager: APIClient) -> None:
    response = manager.post(LIST, raw_datasource())
    assert response.status_code == 201
    assert response["Location"].endswith(ONE)
    body = response.json()
    assert response["ETag"] == manager.get(ONE)["ETag"]
    assert set(body["meta"]) == {
        "version", "published_version", "created", "modified", "modified_by", "warnings",
    }  # fmt: skip
    assert (body["meta"]["version"], body["meta"]["modified_by"]) == ("1", "dan")


def test_what_get_returns_put_takes(manager: APIClient, made: dict[str, Any]) -> None:
    response = manager.put(ONE, made)
    assert response.status_code == 200
    # Nothing differs, so there is no new revision; the masked token is still there.
    assert response.json() == made
    row = Datasource.objects.get()
    assert row.document["auth"] == {"scheme": "bearer", "token": "tok-12345"}


def test_secrets_are_encrypted_in_the_database_and_masked_everywhere(
    manager: APIClient, made: dict[str, Any]
) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM datasources_datasource")
        assert "tok-12345" not in str(cursor.fetchall())
    for response in (manager.get(ONE), manager.get(LIST), manager.put(ONE, made)):
        assert "tok-12345" not in response.content.decode()
        assert MASK in response.content.decode()
    assert "tok-12345" not in str(list(AuditEntry.objects.values()))


def test_all_errors_of_a_body_come_together(manager: APIClient, made: dict[str, Any]) -> None:
    raw = raw_datasource(base_url="http://127.0.0.1", timeout_s=0, colour=1)
    assert pointers(manager.post(LIST, raw)) == {"/name", "/base_url", "/timeout_s", "/colour"}


@pytest.mark.parametrize(
    ("base_url", "words"),
    [
        ("http://127.0.0.1:9", "KIANDA_EGRESS_ALLOW"),
        ("http://10.0.0.1", "KIANDA_EGRESS_ALLOW"),
        ("http://0x7f.1", "KIANDA_EGRESS_ALLOW"),
        (
            "http://169.254.169.254/latest",
            "is a link-local address, which is never allowed",
        ),
    ],
)
def test_a_base_url_that_spells_out_a_refused_address_is_400(
    manager: APIClient, base_url: str, words: str
) -> None:
    response = manager.post(LIST, raw_datasource(base_url=base_url))
    assert pointers(response) == {"/base_url"}
    assert words in response.json()["errors"][0]["detail"]


def test_a_taken_name_is_400_and_changes_nothing(manager: APIClient, made: dict[str, Any]) -> None:
    response = manager.post(LIST, raw_datasource(title="Other"))
    assert pointers(response) == {"/name"}
    assert "already exists" in response.json()["errors"][0]["detail"]
    assert Datasource.objects.get().title == "Token service"


def test_a_name_cannot_be_changed(manager: APIClient, made: dict[str, Any]) -> None:
    assert pointers(manager.put(ONE, made | {"name": "other"})) == {"/name"}
    assert pointers(manager.patch(ONE, {"name": "other"})) == {"/name"}


def test_patch_replaces_the_given_settings_alone(manager: APIClient, made: dict[str, Any]) -> None:
    body = manager.patch(ONE, {"title": "New", "timeout_s": 5}).json()
    assert (body["title"], body["timeout_s"], body["meta"]["version"]) == ("New", 5, "2")
    assert body["methods"] == made["methods"]
    assert Datasource.objects.get().document["auth"]["token"] == "tok-12345"


def test_a_new_address_wants_the_secrets_again(manager: APIClient, made: dict[str, Any]) -> None:
    response = manager.patch(ONE, {"base_url": "https://evil.example.org"})
    assert pointers(response) == {"/auth/token"}
    auth = {"scheme": "bearer", "token": "new"}
    response = manager.patch(ONE, {"base_url": "https://new.example.org", "auth": auth})
    assert response.status_code == 200


@pytest.mark.parametrize("verb", ["put", "patch", "delete"])
def test_an_if_match_that_no_longer_holds_is_412(
    manager: APIClient, made: dict[str, Any], verb: str
) -> None:
    old = manager.get(ONE)["ETag"]
    new = manager.patch(ONE, {"title": "New"})["ETag"]
    assert old != new
    body = None if verb == "delete" else {**made, "title": "Mine"}
    response = getattr(manager, verb)(ONE, body, headers={"If-Match": old})
    assert response.status_code == 412
    assert Datasource.objects.get().title == "New"
    response = getattr(manager, verb)(ONE, body, headers={"If-Match": new})
    assert response.status_code in {200, 204}


def test_the_list_is_paged_searched_and_ordered(manager: APIClient) -> None:
    for name, title in [("alpha", "Zulu"), ("beta", "Yankee"), ("gamma", "Xray")]:
        manager.post(LIST, raw_datasource(name=name, title=title))
    body = manager.get(LIST).json()
    assert (body["count"], body["next"], body["previous"]) == (3, None, None)
    assert [item["name"] for item in body["results"]] == ["alpha", "beta", "gamma"]
    assert "methods" in body["results"][0]

    def names(query: str) -> list[str]:
        return [item["name"] for item in manager.get(LIST + query).json()["results"]]

    assert names("?ordering=title") == ["gamma", "beta", "alpha"]
    assert names("?search=yank") == ["beta"]
    assert names("?name=gamma") == ["gamma"]
    assert names("?page=2&page_size=2") == ["gamma"]
    assert manager.get(f"{LIST}?colour=red").status_code == 400


def test_the_list_costs_the_same_number_of_queries_for_any_number_of_rows(
    manager: APIClient, django_assert_num_queries: Any
) -> None:
    manager.post(LIST, raw_datasource(name="first"))
    # The first call also writes down when the token was last used.
    manager.get(LIST)
    with CaptureQueriesContext(connection) as captured:
        manager.get(LIST)
        few = len(captured)
    for index in range(5):
        manager.post(LIST, raw_datasource(name=f"more-{index}"))
    with django_assert_num_queries(few):
        manager.get(LIST)


def test_a_datasource_that_is_not_there_is_404(manager: APIClient) -> None:
    for response in (
        manager.get(ONE),
        manager.put(ONE, raw_datasource()),
        manager.patch(ONE, {}),
        manager.delete(ONE),
        manager.post(TEST),
        manager.post(CALL, {"input": {}}),
    ):
        assert response.status_code == 404


def test_deleting_what_is_in_use_is_409_unless_an_administrator_forces_it(
    api: Api, manager: APIClient, admin: Any, made: dict[str, Any], in_use: None
) -> None:
    response = manager.delete(ONE)
    assert response.status_code == 409
    assert response.json()["used_by"][0]["name"] == "refresh 1.0"
    assert manager.delete(f"{ONE}?force=true").status_code == 403
    assert api(admin).delete(f"{ONE}?force=maybe").status_code == 400
    assert api(admin).delete(f"{ONE}?force=true").status_code == 204
    assert not Datasource.objects.exists()


@pytest.mark.parametrize("verb", ["put", "patch"])
def test_taking_away_a_method_in_use_is_409_unless_forced(
    api: Api, manager: APIClient, admin: Any, made: dict[str, Any], in_use: None, verb: str
) -> None:
    body = {**made, "methods": []}
    response = getattr(manager, verb)(ONE, body)
    assert response.status_code == 409
    assert response.json()["used_by"]
    assert getattr(manager, verb)(ONE, {**made, "title": "New"}).status_code == 200
    assert getattr(api(admin), verb)(f"{ONE}?force=true", body).status_code == 200


def test_what_nobody_uses_is_deleted(manager: APIClient, made: dict[str, Any]) -> None:
    assert manager.delete(ONE).status_code == 204
    assert manager.get(ONE).status_code == 404


def test_changes_are_audited(manager: APIClient, made: dict[str, Any]) -> None:
    manager.patch(ONE, {"title": "New"})
    manager.delete(ONE)
    entries = (
        AuditEntry.objects.filter(kind="datasource")
        .order_by("pk")
        .values_list("user_name", "action", "kind", "name")
    )
    assert list(entries) == [
        ("dan", action, "datasource", "token-service")
        for action in ("created", "changed", "deleted")
    ]


def test_the_admin_shows_no_secret(client: Any, made: dict[str, Any]) -> None:
    from tests.factories import make_user

    client.force_login(make_user("root", is_staff=True, is_superuser=True))
    row = Datasource.objects.get()
    for url in ("", f"{row.pk}/change/"):
        page = client.get(f"/django-admin/datasources/datasource/{url}")
        assert page.status_code == 200
        assert "tok-12345" not in page.content.decode()
    assert client.post(f"/django-admin/datasources/datasource/{row.pk}/delete/").status_code == 403


def test_the_auth_schemes_are_listed_with_their_schemas(api: Api, ben: Any) -> None:
    body = api(ben).get("/api/v1/auth-schemes/").json()
    assert [kind["type"] for kind in body] == [
        "none",
        "basic",
        "bearer",
        "api_key",
        "headers",
        "oauth2",
        "instance_token",
    ]
    for kind in body:
        assert set(kind) == {"type", "title", "category", "description", "schema"}
        assert kind["title"]
        assert kind["description"]
        assert kind["schema"]["properties"]["scheme"]


@pytest.mark.parametrize(
    ("address", "known"),
    [("datasources/?kind=carrier-pigeon", "rest"), ("calls/?outcome=eaten", "timeout")],
)
def test_a_list_says_which_words_its_filter_knows(
    manager: APIClient, address: str, known: str
) -> None:
    answer = manager.get(f"/api/v1/{address}")
    assert answer.status_code == 400
    (flaw,) = answer.json()["errors"]
    assert flaw["pointer"] == "/" + address.split("?")[1].split("=")[0]
    assert known in flaw["detail"]
    assert manager.get(f"/api/v1/{address.split('=')[0]}={known}").status_code == 200
