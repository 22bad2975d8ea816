"""Data sources exported, tested and deleted, without a browser."""

from typing import Any

import pytest
from django.test import Client

from datasources.models import Datasource
from datasources.services import create_datasource, get_document
from kianda.lib import usage
from tests.datasources.conftest import raw_datasource
from tests.datasources.pages.forms import LIST, METHOD, ONE, SETTINGS, value_of
from tests.datasources.servers import always, answer, serving
from tests.pages import client_of, text_of

pytestmark = pytest.mark.django_db


def test_the_answer_of_a_connection_test_stands_on_the_page(
    loopback: None, manager: Client, dan: Any
) -> None:
    with serving(always(answer())) as server:
        create_datasource(raw=raw_datasource(base_url=server.url), user=dan)
        page = manager.post(f"{ONE}test/", SETTINGS | {"/title": "Half typed"})
        part = manager.post(f"{ONE}test/", headers={"HX-Request": "true", "HX-Target": "answer"})
        back = manager.post(f"{ONE}test/", {"from": "list"})
        row = {"HX-Request": "true", "HX-Target": "row-token-service"}
        one = manager.post(f"{ONE}test/", {"from": "list"}, headers=row)
    assert "The server answered 200 in" in text_of(page)
    assert value_of(page, "/title") == "Half typed"
    assert get_document("token-service").title == "Token service"
    assert "The server answered 200 in" in text_of(part)
    assert "<html" not in part.content.decode()
    assert 'id="facts" hx-swap-oob="true"' in part.content.decode()
    assert back["Location"] == LIST
    assert 'id="row-token-service"' in one.content.decode()


def test_a_refused_address_is_the_answer_of_the_test(manager: Client, dan: Any) -> None:
    create_datasource(raw=raw_datasource(base_url="http://localhost:9"), user=dan)
    page = text_of(manager.post(f"{ONE}test/"))
    assert "The connection test failed." in page
    assert "KIANDA_EGRESS_ALLOW" in page
    assert "Test failed" in page


def test_deleting_asks_first(made: Datasource, manager: Client) -> None:
    page = manager.get(f"{ONE}delete/")
    assert "Nothing uses this data source." in text_of(page)
    assert manager.post(f"{ONE}delete/")["Location"] == LIST
    assert not Datasource.objects.exists()
    assert "Token service is deleted." in text_of(manager.get(LIST))


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
