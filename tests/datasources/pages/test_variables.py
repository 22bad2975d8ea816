"""The page with the variables of the installation."""

from typing import Any

import pytest
from django.test import Client

from datasources.models import Variable
from datasources.services.datasources import create_datasource
from datasources.services.variables import replace_variables
from tests.datasources.conftest import raw_datasource
from tests.datasources.pages.forms import value_of, wrong
from tests.factories import make_user
from tests.pages import client_of, text_of

pytestmark = pytest.mark.django_db
PAGE = "/variables/"


@pytest.fixture
def boss(admin: Any) -> Client:
    return client_of(admin)


def send(boss: Client, *rows: dict[str, str]) -> Any:
    body = {"revision": value_of(boss.get(PAGE), "revision")}
    for at, row in enumerate(rows):
        body |= {f"/variables/{at}/{key}": value for key, value in row.items()}
    return boss.post(PAGE, body)


KEY = {"name": "crm_key", "value": "k-secret-1", "secret": "on"}
HOST = {"name": "host", "value": "crm.example.org"}


def stored() -> dict[str, tuple[str, bool]]:
    return {row.name: (row.value, row.secret) for row in Variable.objects.all()}


def test_variables_are_made_changed_and_removed(boss: Client) -> None:
    assert send(boss, KEY, {"name": "", "value": ""}, HOST).status_code == 303
    assert stored() == {"crm_key": ("k-secret-1", True), "host": ("crm.example.org", False)}
    page = boss.get(PAGE)
    assert "k-secret-1" not in page.content.decode()
    assert "Saved. Leave empty to keep it." in text_of(page)
    assert page.content.decode().count('placeholder="••••••••"') == 1
    send(boss, {**KEY, "value": ""}, {**HOST, "value": "other.example.org"})
    assert stored()["crm_key"] == ("k-secret-1", True)
    assert stored()["host"] == ("other.example.org", False)
    send(boss, {**KEY, "remove": "on"}, HOST)
    assert list(stored()) == ["host"]


def test_what_is_wrong_stands_beside_its_row(boss: Client) -> None:
    send(boss, KEY, HOST)
    answer = send(boss, {**KEY, "remove": "on"}, HOST, {"name": "a b", "value": "x"})
    assert wrong(answer) == ["f-variables-2-name"]
    assert len(stored()) == 2
    # A secret one is not opened by taking the tick away.
    answer = send(boss, {"name": "crm_key", "value": ""}, HOST)
    assert wrong(answer) == ["f-variables-0-value"]
    assert stored()["crm_key"] == ("k-secret-1", True)


def test_one_in_use_says_where_and_cannot_be_ticked_away(boss: Client, admin: Any) -> None:
    send(boss, HOST)
    create_datasource(raw=raw_datasource(base_url="https://{{host}}", methods=[]), user=admin)
    assert "Used by: token-service" in text_of(boss.get(PAGE))
    answer = send(boss, {**HOST, "remove": "on"})
    assert answer.status_code == 409
    assert "host is used by token-service" in text_of(answer)


def test_a_change_of_somebody_else_is_not_written_over(boss: Client) -> None:
    old = {"revision": value_of(boss.get(PAGE), "revision")}
    other = make_user("rita", "Administrator")
    replace_variables(raw={"variables": [{"name": "a", "value": "1"}]}, user=other)
    answer = boss.post(PAGE, {**old, "/variables/0/name": "b", "/variables/0/value": "2"})
    assert answer.status_code == 409
    assert (
        "rita changed this while you were editing. Check the new values, then save again."
    ) in text_of(answer)
    assert list(stored()) == ["a"]
    # What was typed is still there, and saved beside theirs.
    assert value_of(answer, "/variables/0/name") == "a"
    assert value_of(answer, "/variables/1/name") == "b"
    again = {"revision": value_of(answer, "revision"), "/variables/0/name": "a"}
    again |= {"/variables/0/value": "1", "/variables/1/name": "b", "/variables/1/value": "2"}
    assert boss.post(PAGE, again).status_code == 303
    assert stored() == {"a": ("1", False), "b": ("2", False)}


def test_a_change_in_another_window_is_said_to_be_ones_own(boss: Client) -> None:
    old = {"revision": value_of(boss.get(PAGE), "revision")}
    send(boss, HOST)
    answer = boss.post(PAGE, {**old, "/variables/0/name": "b", "/variables/0/value": "2"})
    assert answer.status_code == 409
    assert "You changed this in another window. Check the new values" in text_of(answer)
    # What has gone was changed too.
    old = {"revision": value_of(boss.get(PAGE), "revision")}
    send(boss, {**HOST, "remove": "on"})
    answer = boss.post(PAGE, {**old, "/variables/0/name": "b", "/variables/0/value": "2"})
    assert "You changed this in another window." in text_of(answer)


def test_that_a_variable_is_used_somewhere_is_no_change_of_it(boss: Client, admin: Any) -> None:
    send(boss, HOST)
    old = {"revision": value_of(boss.get(PAGE), "revision")}
    create_datasource(raw=raw_datasource(base_url="https://{{host}}", methods=[]), user=admin)
    sent = {**old, "/variables/0/name": "host", "/variables/0/value": "other.example"}
    assert boss.post(PAGE, sent).status_code == 303


def test_administrators_alone_open_it(dan: Any) -> None:
    assert client_of(dan).get(PAGE).status_code == 403
