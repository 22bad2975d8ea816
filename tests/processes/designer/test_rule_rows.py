"""Rows of a dialog are added, moved, mapped by name, and show what they would carry."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from pytest_httpserver import HTTPServer

from processes.designs.lifecycle import create_design
from processes.running import runs
from tests.pages import markup_of
from tests.processes.conftest import answers
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
from tests.processes.sending import sent_by
from tests.processes.stories import Make

pytestmark = pytest.mark.django_db

ACTS: list[tuple[str, Callable[[dict[str, Any]], Any], Any]] = [
    ("add:/on_error", lambda r: len(r["rows"]["on_error"]), 2),
    ("remove:/on_success/0", lambda r: r["rows"]["on_success"][0], "refresh_token"),
    ("up:/on_success/1", lambda r: r["rows"]["on_success"][:2], ["refresh_token", "access_token"]),
    ("up:/on_success/0", lambda r: r["rows"]["on_success"][:2], ["access_token", "refresh_token"]),
    ("down:/on_success/0", lambda r: r["rows"]["on_success"][0], "refresh_token"),
    ("add:/conditions/items", lambda r: r["conditions"], ["/conditions/items/0"]),
    ("add_group:/conditions/items", lambda r: r["conditions"], ["/conditions/items/0/items/0"]),
    ("remove:/nothing/7", lambda r: len(r["rows"]["on_success"]), 5),
    ("nonsense", lambda r: len(r["rows"]["on_success"]), 5),
    ("add:", lambda r: len(r["rows"]["on_success"]), 5),
]  # fmt: skip


@pytest.mark.parametrize(("act", "look", "wanted"), ACTS)
@pytest.mark.usefixtures("design")
def test_buttons_for_rows_work_without_script_and_keep_nothing_yet(
    client: Client, ada: Any, act: str, look: Callable[[Any], Any], wanted: Any
) -> None:
    sent = filled(client, **{"/title": "Typed"}) | {"rule!act": [act]}
    response = client.post(RULE, sent)
    assert response.status_code == 200
    text = response.content.decode()
    query = sent_by(text)
    fields = [name for name in query if name.endswith("/field")]
    rows = {
        key: [query[name] for name in fields if name.startswith(f"rule/{key}/")]
        for key in ("on_success", "on_error")
    }
    conditions = [
        name.removeprefix("rule").removesuffix("/left") for name in query if name.endswith("/left")
    ]
    assert look({"rows": rows, "conditions": conditions}) == wanted
    assert query["rule/title"] == "Typed"
    assert rule_of(ada)["title"] == "Get a new token"


@pytest.mark.usefixtures("design")
def test_focus_goes_to_the_row_that_was_added(client: Client) -> None:
    sent = filled(client) | {"rule!act": ["add:/input_mapping"]}
    text = client.post(RULE, sent).content.decode()
    assert re.search(r'name="rule/input_mapping/6/value"[^>]*autofocus', text)
    sent = filled(client) | {"rule!act": ["add:/conditions/items"]}
    text = client.post(RULE, sent).content.decode()
    assert re.search(r'name="rule/conditions/items/0/left"[^>]*autofocus', text)


@pytest.mark.usefixtures("design")
def test_another_data_source_gives_other_trees(client: Client, ada: Any) -> None:
    sent = filled(client, **{"/datasource": "token-service/get-orders"})
    text = client.post(RULE, sent | {"rule!act": ["refresh:"]}).content.decode()
    assert "GET /api/orders/{customer}" in said(text)
    assert "body.client_id no longer exists. Choose another one." in said(text)
    response = client.post(RULE, sent_again(text), headers=HTMX)
    assert response.status_code == 422
    assert rule_of(ada)["method"] == "get-orders"


@pytest.mark.usefixtures("design")
def test_the_dialog_says_what_a_call_lacks_and_what_was_probably_meant(client: Client) -> None:
    assert "All parameters of the method have a value." in said(page(client))
    sent = filled(client, **{"/input_mapping/1/target": "body.client_if",
                             "/on_success/0/field": "acces_token"})  # fmt: skip
    text = client.post(RULE, sent | {"rule!act": ["keep:"]}).content.decode()
    assert "No value yet for body.client_id." in said(text)
    assert "body.client_if no longer exists. Choose another one. Use body.client_id" in said(text)
    assert "Use access_token" in said(text)


@pytest.mark.usefixtures("design")
def test_map_all_by_name_fills_the_obvious_rows(client: Client) -> None:
    sent = filled(client)
    bare = {
        key: value for key, value in sent.items()
        if not key.startswith(("rule/input_mapping/", "rule/on_success/"))
    }  # fmt: skip
    bare |= {"rule/input_mapping/0/value": ["x"], "rule/input_mapping/0/target": ["body.client_id"]}
    bare |= {"setting": ["input_mapping"], "target": ["rule:get-token"], "prefix": ["rule"]}
    bare["rule!act"] = ["by_name:/input_mapping"]
    text = client.post(f"{PARTS}control/", bare).content.decode()
    rows = sent_by(text)
    got = {rows[f"rule/input_mapping/{n}/target"]: rows[f"rule/input_mapping/{n}/value"]
           for n in range(5)}  # fmt: skip
    assert got == {
        "body.client_id": "x", "body.grant_type": "[grant_type]",
        "body.client_secret": "[client_secret]", "body.redirect_uri": "[redirect_url]",
        "body.refresh_token": "[refresh_token]",
    }  # fmt: skip
    bare |= {"setting": ["on_success"], "rule!act": ["by_name:/on_success"]}
    rows = sent_by(client.post(f"{PARTS}control/", bare).content.decode())
    got = {rows[f"rule/on_success/{n}/field"]: rows[f"rule/on_success/{n}/value"] for n in range(4)}
    assert got == {
        name: f"[response.body.{name}]"
        for name in ("access_token", "expires_in", "refresh_token", "created_at")
    }


def test_rows_show_what_they_would_carry_and_never_a_secret(
    client: Client, make_token: Make, provider: HTTPServer, ada: Any
) -> None:
    made = make_token(client_id="kianda-demo", refresh_token="hush-refresh", client_secret="hush-2")
    answers(provider, {"access_token": "shown-nowhere", "expires_in": 3600,
                       "refresh_token": "hush-new", "created_at": "2026-11-23"})  # fmt: skip
    runs.trigger(process_id=made.process_id, target="refresh", user=ada, trigger="button")
    text = page(client)
    assert f"Value in {made.process_id}" in said(text)
    assert "hush" not in text
    assert "shown-nowhere" not in text
    shown_rows = re.sub(r"<template>[\s\S]*?</template>", "", text)
    samples = re.findall(r"data-sample>([\s\S]*?)</div></td>", markup_of(shown_rows))
    shown = [said(one).strip() for one in samples]
    sent = ["refresh_token", "kianda-demo", "secret", "https://app.example.org/back", "secret"]
    assert shown[:6] == [*sent, "/oauth/token"]
    assert shown[6:11] == ["secret", "secret", "3600", "2026-11-23", ""]


@pytest.mark.usefixtures("workshop")
def test_a_started_process_is_mapped_by_name_and_offers_what_can_be_triggered(
    client: Client,
) -> None:
    text = page(client, f"{SHOP}rule/start/")
    assert '<option value="refresh#clear">Refresh: Clear the access token</option>' in text
    sent = sent_again(text) | {"rule!act": ["by_name:/input_mapping"], "prefix": ["rule"],
                               "setting": ["input_mapping"], "target": ["rule:start"]}  # fmt: skip
    rows = sent_by(client.post(f"{SHOP}parts/control/", sent).content.decode())
    assert rows["rule/input_mapping/0/target"] == "client_id"
    assert rows["rule/input_mapping/0/value"] == "[client_id]"


def test_in_a_loop_the_columns_of_the_row_are_mapped_by_name_before_the_fields(
    client: Client, ada: Any, token_service: Any
) -> None:
    columns = [text_field("client_id"), text_field("secret", title="Client secret")]
    lines = {"type": "table", "name": "lines", "columns": columns}
    call = {"type": "create_item", "id": "call", "datasource": "token-service",
            "method": "refresh-token"}  # fmt: skip
    loop = {"type": "loop_table", "id": "loop", "table": "lines", "rules": [call]}
    fields = [text_field("client_id"), text_field("grant_type"), lines, button("go", loop)]
    create_design(raw=process(*fields, name="shop"), user=ada)
    text = page(client, f"{SHOP}rule/call/")
    sent = sent_again(text) | {"rule!act": ["by_name:/input_mapping"], "prefix": ["rule"],
                               "setting": ["input_mapping"], "target": ["rule:call"]}  # fmt: skip
    rows = sent_by(client.post(f"{SHOP}parts/control/", sent).content.decode())
    mapped = {
        rows[f"rule/input_mapping/{n}/target"]: rows[f"rule/input_mapping/{n}/value"]
        for n in range(3)
    }
    assert mapped == {
        "body.grant_type": "[grant_type]",
        "body.client_id": "[row.client_id]",
        "body.client_secret": "[row.secret]",
    }


@pytest.mark.usefixtures("workshop")
def test_columns_are_added_and_take_the_settings_of_their_type(client: Client, ada: Any) -> None:
    about = {"target": "field:lines", "prefix": "s", "setting": "columns"}
    sent = {**about, "s/columns/0/type": "text", "s/columns/0/name": "price",
            "s/columns/0/max_length": "7", "s!act": "add:/columns"}  # fmt: skip
    text = client.post(f"{SHOP}parts/control/", sent).content.decode()
    query = sent_by(text)
    assert query["s/columns/0/max_length"] == "7"
    assert query["s/columns/1/type"] == "text"
    assert re.search(r'name="s/columns/1/type"[^>]*autofocus', text)
    sent = sent_again(text, **{"s/columns/1/type": "number", "s!act": "keep:", **about})
    text = client.post(f"{SHOP}parts/control/", sent).content.decode()
    assert "s/columns/1/decimals" in sent_by(text)
