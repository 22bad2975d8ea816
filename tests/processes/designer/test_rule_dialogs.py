"""The dialog of a rule keeps what is typed, whatever it is, and says what is wrong beside it."""

from typing import Any

import pytest
from django.test import Client

from processes.designer import working_copy
from processes.designs.lifecycle import create_design
from processes.models import WorkingCopy
from tests.factories import make_user
from tests.pages import client_of
from tests.processes.conftest import definition
from tests.processes.definitions import button, process, text_field
from tests.processes.designer.dialogs import (
    HTMX,
    PARTS,
    RULE,
    SHOP,
    filled,
    page,
    rule_of,
    said,
    sent_again,
)

pytestmark = pytest.mark.django_db


@pytest.mark.usefixtures("design")
def test_ok_without_a_change_changes_nothing(client: Client, ada: Any) -> None:
    before = working_copy.open_copy("token-refresh", user=ada)
    response = client.post(RULE, filled(client))
    assert response.status_code == 303
    assert response["Location"] == "/designs/token-refresh/designer/?at=rule%3Aget-token"
    after = working_copy.open_copy("token-refresh", user=ada)
    assert after.revision == before.revision


@pytest.mark.usefixtures("design")
def test_ok_keeps_what_was_changed_and_closes_the_dialog(client: Client, ada: Any) -> None:
    before = rule_of(ada)["on_success"]
    sent = filled(client, **{"/title": "Fetch", "/on_failure": "continue"})
    response = client.post(RULE, sent, headers=HTMX)
    assert (response.status_code, response.content) == (200, b"")
    assert response["HX-Trigger"] == "designer-changed"
    kept = rule_of(ada)
    assert (kept["title"], kept["on_failure"]) == ("Fetch", "continue")
    assert kept["on_success"] == before


@pytest.mark.usefixtures("design")
def test_what_is_wrong_is_kept_and_said_beside_its_control(client: Client, ada: Any) -> None:
    sent = filled(client, **{"/on_success/0/field": "lost", "/title": "x" * 201})
    response = client.post(RULE, sent, headers=HTMX)
    text = response.content.decode()
    assert response.status_code == 422
    assert "Changes applied. Fix 2 fields" in said(text)
    assert 'value="lost"' in text
    assert "lost no longer exists. Choose another one." in said(text)
    assert rule_of(ada)["on_success"][0]["field"] == "lost"
    later = client.post(RULE, {**sent_again(text), "then": ["close"]}, headers=HTMX)
    assert (later.status_code, later.content) == (200, b"")


def test_the_dialog_of_a_new_loop_closes_before_it_has_rules(client: Client, ada: Any) -> None:
    lines = {"type": "table", "name": "lines", "columns": [text_field("what")]}
    create_design(raw=process(lines, button("go"), name="shop"), user=ada)
    copy = working_copy.open_copy("shop", user=ada)
    added = {"act": "add rule loop_table", "at": "field:go", "revision": str(copy.revision)}
    client.post(f"{SHOP}act/", added, headers={"X-Designer": "1"})
    address = f"{SHOP}rule/loop-table/"
    sent = sent_again(page(client, address))
    unchosen = client.post(address, sent, headers=HTMX)
    assert unchosen.status_code == 422
    assert "Changes applied. Fix 1 field" in said(unchosen.content.decode())
    chosen = client.post(address, {**sent, "rule/table": ["lines"]}, headers=HTMX)
    assert (chosen.status_code, chosen.content) == (200, b"")
    copy = working_copy.open_copy("shop", user=ada)
    assert [one.detail for one in copy.flaws] == ["Add a rule that runs for each row."]


@pytest.mark.usefixtures("design")
def test_typed_text_survives_when_somebody_else_was_quicker(client: Client, ada: Any) -> None:
    sent = filled(client, **{"/title": "Mine"})
    other = make_user("eve", "Designer")
    copy = working_copy.open_copy("token-refresh", user=other)
    working_copy.edit(
        "token-refresh", user=other, revision=copy.revision,
        edit={"do": "change", "target": "rule:get-token", "settings": {"title": "Theirs"}},
    )  # fmt: skip
    response = client.post(RULE, sent, headers=HTMX)
    text = response.content.decode()
    assert response.status_code == 422
    assert "eve changed this first" in said(text)
    assert 'value="Mine"' in text
    assert rule_of(ada)["title"] == "Theirs"
    assert client.post(RULE, sent_again(text), headers=HTMX).status_code == 200
    assert rule_of(ada)["title"] == "Mine"


@pytest.mark.usefixtures("design")
def test_a_rule_that_is_gone_is_not_found(client: Client) -> None:
    assert client.get(RULE.replace("get-token", "lost")).status_code == 404
    assert client.get(RULE.replace("token-refresh", "lost")).status_code == 404


def test_only_designers_may(token_service: Any, ben: Any, ada: Any) -> None:
    create_design(raw=definition(), user=ada)
    client = client_of(ben)
    assert client.get(RULE).status_code == 403
    assert client.get(f"{PARTS}tree/").status_code == 403


@pytest.mark.usefixtures("workshop")
@pytest.mark.parametrize("rule_id", ["loop", "inner", "hide", "start", "change"])
def test_every_box_of_the_workshop_is_in_order(client: Client, rule_id: str) -> None:
    text = page(client, f"{SHOP}rule/{rule_id}/")
    assert "aria-invalid" not in text
    assert "no longer exists" not in text


def test_a_rule_of_any_kind_opens(client: Client, ada: Any) -> None:
    """Half made ones too: a rule that was just added has nothing set."""
    rules: list[dict[str, Any]] = [
        {"type": "save", "id": "s"}, {"type": "set_form_field", "id": "f", "assignments": []},
        {"type": "nobody-knows", "id": "n"}, {"type": "create_item", "id": "c"},
    ]  # fmt: skip
    create_design(raw=process(text_field("a"), button("go", rules[0]), name="any"), user=ada)
    copy = working_copy.open_copy("any", user=ada)
    for rule in rules[1:]:
        document = copy.document
        document["forms"][0]["fields"][1]["rules"].append(rule)
    WorkingCopy.objects.filter(design__name="any").update(document=copy.document)
    for rule in rules:
        page(client, f"/designs/any/designer/rule/{rule['id']}/")


@pytest.mark.usefixtures("design")
def test_a_text_that_is_too_large_is_refused_and_kept_in_the_form(client: Client, ada: Any) -> None:
    url = RULE.replace("get-token", "clear")
    large = "a" * 2_000_000
    sent = filled(client, url, **{"/assignments/0/value": large})
    response = client.post(url, sent, headers=HTMX)
    text = response.content.decode()
    assert response.status_code == 422
    assert "Change not saved" in said(text)
    assert large in text
    assert rule_of(ada, "clear")["assignments"][0]["value"] == ""


@pytest.mark.parametrize("text", ["<script>alert(1)</script>", "'; DROP TABLE x; --", "\u202e[[x]"])
@pytest.mark.usefixtures("design")
def test_script_and_sql_in_every_box_are_only_text(client: Client, ada: Any, text: str) -> None:
    sent = filled(client)
    for key in sent:
        if key.startswith("rule/") and key.endswith(("/value", "/title", "/target", "/field")):
            sent[key] = [text]
    response = client.post(RULE, sent, headers=HTMX)
    assert response.status_code == 422
    assert "<script>" not in response.content.decode()
    assert rule_of(ada)["title"] == text
