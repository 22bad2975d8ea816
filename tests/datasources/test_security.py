"""Who may change a datasource, and whose runs may call it."""

from typing import Any

import pytest

from datasources.models import Datasource
from datasources.selectors import get_document_to_call
from datasources.services.datasources import create_datasource
from kianda.accounts.models import AuditEntry
from kianda.lib.errors import Forbidden
from tests.datasources.conftest import raw_datasource
from tests.factories import api_client, make_user
from tests.pages import client_of

pytestmark = pytest.mark.django_db
ONE = "/datasources/token-service/"
PAGE = f"{ONE}security/"
API = "/api/v1/datasources/token-service/"
METHOD = f"{ONE}methods/refresh-token/"


@pytest.fixture
def dora() -> Any:
    return make_user("dora", "Data source manager", "Buyers")


@pytest.fixture
def made(dan: Any, dora: Any) -> Datasource:
    return create_datasource(raw=raw_datasource(), user=dan)


def restrict(user: Any, **parts: Any) -> Any:
    return api_client(user).put(f"{API}security/", parts)


def test_nobody_named_is_everybody(made: Datasource, dan: Any, ben: Any) -> None:
    everybody: dict[str, Any] = {"users": [], "groups": []}
    answer = api_client(dan).get(f"{API}security/")
    assert answer.json() == {"editors": everybody, "callers": everybody}
    assert get_document_to_call("token-service", ben).name == "token-service"


ACTS = [
    ("post", ONE, {"/title": "Mine", "/base_url": "https://auth.example.org"}),
    ("post", f"{ONE}test/", {}),
    ("post", f"{ONE}delete/", {}),
    ("post", PAGE, {}),
    ("get", PAGE, {}),
    ("post", METHOD, {"/title": "Mine", "/url_path": "/mine"}),
    ("post", f"{METHOD}send/", {"/title": "Mine", "/url_path": "/mine"}),
    ("post", f"{METHOD}duplicate/", {}),
    ("post", f"{METHOD}delete/", {}),
]


@pytest.mark.parametrize(("verb", "path", "body"), ACTS)
def test_who_is_not_named_changes_nothing(
    made: Datasource, dan: Any, dora: Any, verb: str, path: str, body: dict[str, str]
) -> None:
    assert restrict(dan, editors={"users": ["dan"]}).status_code == 200
    assert getattr(client_of(dora), verb)(path, body).status_code == 403
    kept = Datasource.objects.get()
    assert (kept.revision, kept.last_test_at) == (1, None)


CALLS = [
    ("put", API, raw_datasource(title="Mine")),
    ("patch", API, {"title": "Mine"}),
    ("delete", API, None),
    ("post", f"{API}test/", {}),
    ("post", f"{API}methods/refresh-token/call/", {"input": {}}),
    ("put", f"{API}security/", {}),
]


@pytest.mark.parametrize(("verb", "path", "body"), CALLS)
def test_nor_over_the_api(
    made: Datasource, dan: Any, dora: Any, verb: str, path: str, body: Any
) -> None:
    restrict(dan, editors={"users": ["dan"]})
    answer = getattr(api_client(dora), verb)(path, body)
    assert answer.status_code == 403
    assert "Only dan and administrators may manage and test" in answer.json()["detail"]


def test_who_is_not_named_still_reads_and_is_told_who_may(
    made: Datasource, dan: Any, dora: Any
) -> None:
    restrict(dan, editors={"users": ["dan"]})
    page = client_of(dora).get(ONE).content.decode()
    assert "read only: dan can change them" in page
    assert "btn-primary" not in page


def test_a_group_and_administrators_may(made: Datasource, dan: Any, dora: Any, admin: Any) -> None:
    restrict(dan, editors={"groups": ["Buyers"]})
    assert api_client(dan).patch(API, {"title": "No"}).status_code == 403
    for user in (dora, admin):
        assert api_client(user).patch(API, {"title": f"By {user}"}).status_code == 200


def test_to_be_named_gives_no_role(made: Datasource, dan: Any, ben: Any) -> None:
    restrict(dan, editors={"users": ["dan", "ben"]})
    assert client_of(ben).get(ONE).status_code == 403


def test_a_run_of_somebody_else_may_not_call(
    made: Datasource, dan: Any, ben: Any, admin: Any
) -> None:
    restrict(dan, callers={"users": ["dan"], "groups": ["Buyers"]})
    for user in (dan, admin):
        assert get_document_to_call("token-service", user).name == "token-service"
    for user in (ben, None):
        with pytest.raises(Forbidden, match="dan and the group Buyers may"):
            get_document_to_call("token-service", user)


def test_unknown_names_are_told_at_their_places(made: Datasource, dan: Any) -> None:
    answer = restrict(
        dan, editors={"users": ["dan", "nobody"]}, callers={"groups": ["none"]}, more=1
    )
    assert answer.status_code == 400
    assert [flaw["pointer"] for flaw in answer.json()["errors"]] == ["/more"]
    answer = restrict(dan, editors={"users": ["dan", "nobody"]}, callers={"groups": ["none"]})
    told = {flaw["pointer"]: flaw["detail"] for flaw in answer.json()["errors"]}
    assert told == {
        "/editors/users/1": "No user named nobody.",
        "/callers/groups/0": "No group named none.",
    }
    assert Datasource.objects.get().security == {}


def test_a_body_that_was_lost_lets_nobody_in(made: Datasource, dan: Any) -> None:
    restrict(dan, editors={"users": ["dan"]})
    answer = api_client(dan).put(f"{API}security/", data=None)
    assert answer.status_code == 400
    assert "List the permissions: editors, callers or both" in answer.json()["detail"]
    assert Datasource.objects.get().security["editors"]["users"] == ["dan"]
    assert restrict(dan, editors={}).status_code == 200
    assert not Datasource.objects.get().security["editors"]["users"]


def test_the_dialog_stores_it_and_the_page_says_it(made: Datasource, dan: Any) -> None:
    client = client_of(dan)
    seen = {"revision": client.get(PAGE).context["revision"]}
    wrong = client.post(PAGE, seen | {"/editors/users": "dan, <b>nobody</b>"})
    assert wrong.status_code == 422
    assert "No user named &lt;b&gt;nobody&lt;/b&gt;." in wrong.content.decode()
    assert ">\ndan\n&lt;b&gt;nobody&lt;/b&gt;</textarea>" in wrong.content.decode()
    assert 'data-ref="user:&lt;b&gt;nobody&lt;/b&gt;"' in wrong.content.decode()
    named = {"/editors/users": "dan", "/callers/groups": ["Buyers"]}
    assert client.post(PAGE, seen | named).status_code == 303
    page = client.get(ONE).content.decode()
    assert "the group Buyers" in page
    assert AuditEntry.objects.filter(action="changed", detail="Security").count() == 1
