"""A name in a box of values is shown as a chip: the title of its field, the icon of its kind."""

import re
from typing import Any

import pytest
from django.test import Client

from kianda.web.icons import drawn
from processes.designs.lifecycle import save_design
from tests.processes.conftest import definition
from tests.processes.designer.dialogs import PARTS, RULE, SHOP, page, said

pytestmark = pytest.mark.django_db

CHIPS = [
    ("Order [client_id] of [created_at]", [("Client ID", "input-cursor-text"),
                                            ("Created at", "input-cursor-text")]),
    ("=[expires_in] * 2 + Length(\"[client_id]\")", [("Expires in (s)", "123"),
                                                     ("Client ID", "input-cursor-text")]),
    ("[client_secret]", [("Client secret", "lock")]),
    ("[now] [today] [user.email] [process.id]", [
        ("Now", "clock"), ("Today", "calendar3"), ("User email", "person"),
        ("Process id", "diagram-3")]),
    ("[response.status] [response.headers.X-Rate] [response.body.Invoices.0.Status]", [
        ("HTTP status", "arrow-down-left-square"), ("X-Rate", "arrow-down-left-square"),
        ("Invoices \u203a first item \u203a Status", "arrow-down-left-square")]),
    ("[response.body.lines.2]", [("Lines \u203a item 3", "arrow-down-left-square")]),
    ("[error.message]", [("Error message", "exclamation-circle")]),
    ("[boss.email]", [("Boss: Email", "person")]),
    # Half written, or an escape: only what is whole and is one.
    ("[client_ and [[client_id] and [client_id]", [("Client ID", "input-cursor-text")]),
    ("=Foo([client_id]", [("Client ID", "input-cursor-text")]),
    ("plain", []),
]  # fmt: skip


@pytest.mark.parametrize(("text", "wanted"), CHIPS)
@pytest.mark.usefixtures("design")
def test_names_are_shown_by_their_titles(
    client: Client, ada: Any, text: str, wanted: list[tuple[str, str]]
) -> None:
    raw = definition()
    raw["forms"][0]["fields"].append({"type": "user_picker", "name": "boss", "title": "Boss"})
    save_design(name="token-refresh", raw=raw, user=ada)
    html = asked(client, text)
    chips = re.findall(r"<span class=\"k-val\"[\s\S]*?</span></span>", html)
    assert [said(chip).strip() for chip in chips] == [title for title, _icon in wanted]
    for chip, (_title, icon) in zip(chips, wanted, strict=True):
        assert drawn(icon, classes="k-i") in chip
    assert "k-val--bad" not in html


@pytest.mark.usefixtures("design")
def test_a_field_that_is_not_there_is_shown_as_gone(client: Client) -> None:
    html = asked(client, "[delivery_date] of [client_id] <b>")
    assert html.count("k-val--bad") == 1
    assert re.search(r'k-val--bad"\s+data-name="delivery_date"', html)
    assert said(html).split() == ["Delivery", "date", "Client", "ID"]


@pytest.mark.usefixtures("workshop")
def test_columns_of_the_row_that_a_loop_is_at_have_their_titles(client: Client) -> None:
    sent = {"target": "rule:inner", "which": "value", "text": "[row.price]"}
    assert "Price of the row" in said(client.post(f"{SHOP}parts/chips/", sent).content.decode())


@pytest.mark.usefixtures("design")
def test_a_dialog_brings_the_chips_of_the_values_in_it(client: Client) -> None:
    templates = re.findall(r"<template data-chips>([\s\S]*?)</template>", page(client, RULE))
    assert "Client ID" in [said(one).strip() for one in templates]


NAMED = [
    (PARTS, "get-token", "field", "expires_in", "Expires in (s)"),
    (PARTS, "get-token", "target", "body.grant_type", "body Grant type"),
    (PARTS, "get-token", "target", "url_path", "URL path"),
    (f"{SHOP}parts/", "inner", "field", "row.price", "Price of the row"),
    (f"{SHOP}parts/", "hide", "field_or_form", "main", "Main"),
    (f"{SHOP}parts/", "hide", "field_or_form", "go", "Go"),
    (f"{SHOP}parts/", "start", "other_field", "client_id", "Client ID"),
    (f"{SHOP}parts/", "change", "target", "body.expires_in", "Expires in (s)"),
]


@pytest.mark.parametrize(("parts", "rule", "which", "name", "title"), NAMED)
@pytest.mark.usefixtures("workshop")
def test_a_name_that_is_picked_is_called_by_its_title(
    client: Client, parts: str, rule: str, which: str, name: str, title: str
) -> None:
    sent = {"target": f"rule:{rule}", "which": which, "text": name}
    html = client.post(f"{parts}chips/", sent).content.decode()
    assert said(html).strip() == title
    assert f'data-name="{name}"' in html
    gone = client.post(f"{parts}chips/", sent | {"text": "body.nobody"}).content.decode()
    assert "k-val--bad" not in html
    assert "k-val--bad" in gone
    assert not said(client.post(f"{parts}chips/", sent | {"text": ""}).content.decode()).strip()


def asked(client: Client, text: str) -> str:
    """Return the chips of a text that was typed into a rule of the design."""
    sent = {"target": "rule:get-token", "which": "value", "text": text}
    return client.post(f"{PARTS}chips/", sent).content.decode()
