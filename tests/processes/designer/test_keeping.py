"""Each edit is kept as it is made, never over somebody else's, and becomes a version when asked."""

import html
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.test import Client

from kianda.accounts.models import Profile
from kianda.web.form_once import new_token
from processes.designs.lifecycle import create_design, save_design
from processes.selectors import get_design
from tests.pages import client_of, text_of
from tests.processes.definitions import button, process, set_rule, text_field
from tests.processes.designer.screen import HERE, do, document, names, orders, revision, typed

pytestmark = pytest.mark.django_db


def test_settings_are_kept_as_they_are_typed(ada_at: Client) -> None:
    assert typed(ada_at, "field:subject", title="What", width="6").status_code == 200
    field = document()["forms"][0]["fields"][0]
    assert (field["title"], field["width"]) == ("What", 6)
    # What is wrong is kept as well, and said where it is.
    answer = typed(ada_at, "field:subject", width="many")
    assert answer.status_code == 200
    assert document()["forms"][0]["fields"][0]["width"] == "many"
    assert "1 error" in text_of(answer)
    typed(ada_at, "form:second", title="Second step")
    typed(ada_at, "process", title="All orders")
    assert document()["forms"][1]["title"] == "Second step"
    assert document()["title"] == "All orders"


def test_a_number_is_read_in_the_language_in_which_its_settings_were_shown(ada: Any) -> None:
    fields = [{"type": "number", "name": "hours", "min": 1.234, "default": 1.234}]
    create_design(raw=process(*fields, name="orders"), user=ada)
    client = client_of(ada)
    page = client.get(f"{HERE}?at=field:hours").text
    shown = '<input type="hidden" name="shown-in" value="en">'
    assert shown in page.partition('value="1.234"')[2]
    Profile.objects.update_or_create(user=ada, defaults={"language": "de"})
    for setting in ("min", "default"):
        sent = {
            "target": "field:hours", "at": "field:hours", "revision": str(revision()),
            "s!shown": setting, f"s/{setting}": "2.345", "shown-in": "en",
        }  # fmt: skip
        answer = client.post(f"{HERE}settings/", sent, headers={"X-Designer": "1"})
        assert (answer.status_code, answer["Content-Language"]) == (200, "en")
        assert document()["forms"][0]["fields"][0][setting] == 2.345


def test_a_new_name_is_carried_into_the_rules_and_a_taken_one_is_refused(ada_at: Client) -> None:
    answer = typed(ada_at, "field:status", name="state")
    assert b'data-at="field:state"' in answer.content
    assert document()["forms"][0]["fields"][-1]["rules"][0]["assignments"][0]["field"] == "state"
    before = document()
    answer = typed(ada_at, "field:state", name="subject")
    assert answer.status_code == 422
    assert document() == before


def test_nothing_changed_is_no_edit(ada_at: Client) -> None:
    ada_at.get(HERE)
    typed(ada_at, "field:subject", title="Subject")
    assert revision() == 0


def test_what_would_overwrite_somebody_is_refused_and_said(ada_at: Client, admin: Any) -> None:
    ada_at.get(HERE)
    typed(client_of(admin), "field:subject", title="Theirs", seen=0)
    answer = typed(ada_at, "field:subject", title="Mine", seen=0)
    assert answer.status_code == 422
    assert 'data-stale="True"' in answer.content.decode()
    assert "admin changed this first" in html.unescape(answer.content.decode())
    assert document()["forms"][0]["fields"][0]["title"] == "Theirs"
    # Elsewhere it goes in, and what happened is told.
    answer = typed(ada_at, "field:status", title="State", seen=0)
    assert "admin: Changed title" in html.unescape(answer.content.decode())
    assert "admin is here" in text_of(ada_at.get(HERE))


def test_who_else_is_here_and_what_they_did_is_told_by_their_names(
    ada_at: Client, admin: Any
) -> None:
    get_user_model().objects.filter(pk=admin.pk).update(first_name="Nora", last_name="Byrne")
    ada_at.get(HERE)
    typed(client_of(admin), "field:subject", title="Theirs", seen=0)
    refused = html.unescape(typed(ada_at, "field:subject", title="Mine", seen=0).content.decode())
    assert "Nora Byrne changed this first" in refused
    told = typed(ada_at, "field:status", title="State", seen=0).content.decode()
    assert "Nora Byrne: Changed title" in html.unescape(told)
    page = text_of(ada_at.get(HERE))
    assert "NB Nora Byrne is here" in " ".join(page.split())


def test_an_edit_whose_answer_was_lost_is_not_made_twice(ada_at: Client) -> None:
    ada_at.get(HERE)
    do(ada_at, "add field text", revision=0)
    _answer, said = do(ada_at, "add field text", revision=0, again="1")
    assert names().count("text") == 1
    assert "text_2" not in names()
    assert said["at"] == "field:text"
    do(ada_at, "add field text", again="1")
    assert "text_2" in names()


def test_the_page_asks_for_news_and_hears_nothing_when_there_is_none(
    ada_at: Client, admin: Any
) -> None:
    ada_at.get(HERE)
    script = {"X-Designer": "1"}
    assert ada_at.get(HERE, {"since": "0", "here": ""}, headers=script).status_code == 204
    typed(client_of(admin), "field:subject", title="Theirs", seen=0)
    answer = ada_at.get(HERE, {"since": "0", "here": "admin"}, headers=script)
    assert answer.status_code == 200
    assert "admin: Changed title" in html.unescape(answer.content.decode())


def test_save_publish_discard(ada_at: Client) -> None:
    do(ada_at, "add field number")
    _answer, said = do(ada_at, "save")
    assert said["say"] == "Saved as draft 0.2."
    do(ada_at, "remove field:number")
    ada_at.post(f"{HERE}discard/", {"at": ""})
    assert "number" in names()
    shown = text_of(ada_at.get(f"{HERE}publish/"))
    assert "becomes version 1.0" in shown
    sent = {"note": "First", "once": new_token()}
    assert ada_at.post(f"{HERE}publish/", sent).status_code == 303
    assert str(get_design("orders").published) == "1.0"
    assert "nothing was changed since" in text_of(ada_at.get(f"{HERE}publish/"))
    for page in (HERE, f"{HERE}rights/"):
        assert "Nothing to publish" in text_of(ada_at.get(page))
    do(ada_at, "add field number")
    for page in (HERE, f"{HERE}rights/"):
        assert "Publish 2.0" in text_of(ada_at.get(page))


def test_what_is_broken_is_not_saved_and_each_line_leads_to_its_place(ada_at: Client) -> None:
    do(ada_at, "remove field:status sure")
    answer, said = do(ada_at, "save")
    assert answer.status_code == 422
    assert str(get_design("orders").draft) == "0.1"
    assert said["refused"]
    dialog = ada_at.get(f"{HERE}publish/").content.decode()
    assert 'data-choose="rule:open"' in dialog
    assert "Publish 1.0</button>" not in dialog
    assert ada_at.post(f"{HERE}preview/", {"revision": "0"}).status_code == 422


def test_preview_saves_first(ada_at: Client) -> None:
    do(ada_at, "add field number")
    answer = ada_at.post(f"{HERE}preview/", {"revision": "1"})
    assert answer.status_code == 303
    assert answer["Location"] == "/designs/orders/preview/"
    assert str(get_design("orders").draft) == "0.2"


def test_a_version_saved_elsewhere_is_told_and_taken(ada_at: Client, ada: Any) -> None:
    do(ada_at, "add field number")
    save_design(name="orders", raw=orders() | {"description": "Newer"}, user=ada)
    said = text_of(ada_at.get(HERE))
    assert "You have saved version 0.2 elsewhere" in said
    assert "Use that version" in said
    assert "Use theirs" not in said
    do(ada_at, "take")
    assert document()["description"] == "Newer"
    assert "elsewhere" not in text_of(ada_at.get(HERE))


def test_two_megabytes_in_a_box_are_refused_and_change_nothing(ada_at: Client) -> None:
    ada_at.get(HERE)
    before = document()
    answer = typed(ada_at, "field:subject", help="x" * 2_000_000)
    assert answer.status_code == 422
    assert "1 MB" in text_of(answer) + answer.content.decode()[:2000]
    assert document() == before


def test_a_column_that_others_use_is_asked_about_before_it_goes(ada: Any) -> None:
    amount = {"type": "number", "name": "amount", "title": "Amount due"}
    lines = {"type": "table", "name": "lines", "columns": [amount, text_field("memo")]}
    total = set_rule("status", "=Sum([lines.amount])", id="total", title="Add up")
    raw = process(lines, text_field("status"), button("go", total), name="orders")
    create_design(raw=raw, user=ada)
    client = client_of(ada)
    memo = {"s/columns/0/type": "text", "s/columns/0/name": "memo", "s/columns/0/title": "Memo"}
    client.get(HERE)
    sent = {"target": "field:lines", "at": "field:lines", "revision": "0", "s!shown": ["columns"]}
    answer = client.post(f"{HERE}settings/", sent | memo, headers={"X-Designer": "1"})
    asks = f"{HERE}delete/?target=field%3Alines&column=amount"
    assert html.escape(asks) in answer.content.decode()
    columns = document()["forms"][0]["fields"][0]["columns"]
    assert [one["name"] for one in columns] == ["amount", "memo"]
    dialog = client.get(asks)
    assert "Amount due is used in one place" in text_of(dialog)
    assert "The rule Add up of Go uses it in its assignments." in text_of(dialog)
    _answer, said = do(client, "drop field:lines amount")
    assert (said["at"], said["undo"]) == ("field:lines", "True")
    [left] = document()["forms"][0]["fields"][0]["columns"]
    assert left["name"] == "memo"
