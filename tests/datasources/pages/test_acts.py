"""Data sources exported, tested and deleted, without a browser."""

from typing import Any

import pytest
from django.test import Client

from datasources.models import Datasource
from datasources.services.datasources import create_datasource, get_document, patch_datasource
from kianda.lib import usage
from tests.datasources.conftest import raw_datasource
from tests.datasources.pages.forms import LIST, METHOD, NEW, ONE, SETTINGS, base, value_of, wrong
from tests.datasources.servers import always, answer, serving
from tests.pages import client_of, text_of

pytestmark = pytest.mark.django_db


HTMX = {"HX-Request": "true", "HX-Target": "answer"}


def test_the_answer_of_a_connection_test_stands_on_the_page(
    loopback: None, manager: Client, dan: Any
) -> None:
    with serving(always(answer())) as server:
        create_datasource(raw=raw_datasource(base_url=server.url), user=dan)
        typed = SETTINGS | {"/base_url": server.url}
        page = manager.post(f"{ONE}test/", typed | {"/title": "Half typed"})
        assert Datasource.objects.get().last_test_at is None
        part = manager.post(f"{ONE}test/", typed, headers=HTMX)
        back = manager.post(f"{ONE}test/", {"from": "list"})
        row = {"HX-Request": "true", "HX-Target": "row-token-service"}
        one = manager.post(f"{ONE}test/", {"from": "list"}, headers=row)
    assert "Server reached: status 200 in" in text_of(page)
    assert "with the settings in the form. They are not saved yet." in text_of(page)
    assert value_of(page, "/title") == "Half typed"
    assert get_document("token-service").title == "Token service"
    assert "Server reached: status 200 in" in text_of(part)
    assert "with the saved settings." in text_of(part)
    assert Datasource.objects.get().last_test_ok is True
    assert "<html" not in part.content.decode()
    assert 'id="facts" hx-swap-oob="true"' in part.content.decode()
    assert back["Location"] == LIST
    assert 'id="row-token-service"' in one.content.decode()


@pytest.mark.parametrize(
    ("status", "drawn", "said"),
    [
        ("200 OK", "k-note--ok", "Server reached: status 200"),
        ("404 Not Found", "k-note k-note--tight", "That is fine if your methods use other paths."),
        ("401 No", "k-note k-note--tight", "check the authentication."),
    ],
)
def test_only_a_response_that_is_well_is_green(
    loopback: None, manager: Client, dan: Any, status: str, drawn: str, said: str
) -> None:
    with serving(always(answer(status=status))) as server:
        create_datasource(raw=raw_datasource(base_url=server.url), user=dan)
        typed = SETTINGS | {"/base_url": server.url}
        part = manager.post(f"{ONE}test/", typed, headers=HTMX)
    assert drawn in part.content.decode()
    assert said in text_of(part)


def test_what_is_tested_is_what_is_typed_and_not_what_is_saved(
    loopback: None, manager: Client, dan: Any
) -> None:
    with serving(always(answer())) as old, serving(always(answer(status="204"))) as new:
        create_datasource(
            raw=raw_datasource(base_url=old.url, auth={"scheme": "bearer", "token": "old-tok"}),
            user=dan,
        )
        typed = SETTINGS | {"/base_url": new.url, "/auth/scheme": "bearer"}
        kept = manager.post(f"{ONE}test/", typed, headers=HTMX)
        sent = manager.post(f"{ONE}test/", typed | {"/auth/token": "new-tok"}, headers=HTMX)
    assert kept.status_code == 422
    assert "The address of the service changed. Enter this secret again" in text_of(kept)
    assert "Nothing has been sent." in text_of(kept)
    assert 'href="#f-auth-token"' in kept.content.decode()
    assert "Server reached: status 204 in" in text_of(sent)
    assert old.requests == []
    assert [b"new-tok" in request for request in new.requests] == [True]
    assert "new-tok" not in sent.content.decode()
    row = Datasource.objects.get()
    assert (row.last_test_at, row.revision) == (None, 1)


def test_settings_that_are_wrong_are_told_instead_of_tested(
    made: Datasource, manager: Client
) -> None:
    page = manager.post(f"{ONE}test/", SETTINGS | {"/timeout_s": "soon"})
    assert page.status_code == 422
    assert "f-timeout_s" in wrong(page)
    assert "The connection test failed." not in text_of(page)


def test_an_address_is_tried_before_there_is_a_data_source(loopback: None, manager: Client) -> None:
    with serving(always(answer())) as server:
        typed = SETTINGS | {"/title": "", "/base_url": server.url, "act": "test"}
        page = manager.post(NEW, typed)
        part = manager.post(NEW, typed, headers=HTMX)
    assert "Server reached: status 200 in" in text_of(page)
    assert value_of(page, "/base_url") == server.url
    assert "Server reached: status 200 in" in text_of(part)
    assert "<html" not in part.content.decode()
    wrong_part = manager.post(NEW, typed | {"/base_url": ""}, headers=HTMX)
    assert "Enter the address of the service" in text_of(wrong_part)
    assert not Datasource.objects.exists()


def test_a_test_without_script_does_not_forget_what_was_seen(
    loopback: None, manager: Client, dan: Any
) -> None:
    with serving(always(answer())) as server:
        create_datasource(raw=raw_datasource(base_url=server.url), user=dan)
        typed = SETTINGS | {"/base_url": server.url, "/title": "Mine"}
        seen = base(manager.get(ONE))
        patch_datasource(name="token-service", changes={"timeout_s": 77}, user=dan)
        tested = manager.post(f"{ONE}test/", typed | seen)
        saved = manager.post(ONE, typed | base(tested))
    assert saved.status_code == 409
    assert get_document("token-service").timeout_s == 77


def test_a_long_address_is_tried_without_a_name(loopback: None, manager: Client) -> None:
    with serving(always(answer())) as server:
        address = f"{server.url}/{'a' * 300}"
        page = manager.post(NEW, SETTINGS | {"/title": "", "/base_url": address, "act": "test"})
    assert "Server reached: status 200 in" in text_of(page)


def test_a_refused_address_is_the_answer_of_the_test(manager: Client, dan: Any) -> None:
    create_datasource(raw=raw_datasource(base_url="http://localhost:9"), user=dan)
    page = text_of(manager.post(f"{ONE}test/", SETTINGS | {"/base_url": "http://localhost:9"}))
    assert "The connection test failed." in page
    assert "KIANDA_EGRESS_ALLOW" in page
    assert "Test failed" in page


def test_deleting_asks_first(made: Datasource, manager: Client) -> None:
    page = manager.get(f"{ONE}delete/")
    assert "Nothing uses this data source." in text_of(page)
    assert manager.post(f"{ONE}delete/")["Location"] == LIST
    assert not Datasource.objects.exists()
    assert "Token service moved to the recycle bin." in text_of(manager.get(LIST))


@pytest.fixture
def in_use(monkeypatch: pytest.MonkeyPatch) -> None:
    use = {"kind": "process", "name": "refresh 1.0", "url": "/api/v1/processes/refresh/"}
    table = {"datasource": [lambda name: [use]], "method": [lambda name: [use]]}
    monkeypatch.setattr(usage, "_checks", table)


@pytest.mark.parametrize("path", [f"{ONE}delete/", f"{METHOD}delete/"])
def test_what_is_in_use_names_who_uses_it_and_only_an_administrator_forces(
    made: Datasource, manager: Client, admin: Any, in_use: None, path: str
) -> None:
    page = manager.get(path)
    assert "It is used by one process refresh 1.0" in text_of(page)
    assert "btn-danger" not in page.content.decode()
    assert "/designs/refresh/" not in page.content.decode()
    assert "/designs/refresh/" in client_of(admin).get(path).content.decode()
    assert manager.post(path).status_code == 422
    assert manager.post(path, {"force": "1"}).status_code == 403
    assert client_of(admin).post(path).status_code == 422
    assert get_document("token-service").methods
    assert client_of(admin).post(path, {"force": "1"}).status_code == 303
    rest = Datasource.objects.first()
    assert rest is None or not get_document("token-service").methods
