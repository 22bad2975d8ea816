"""The screen of the designer shows any design as it is, to designers alone."""

from typing import Any

import pytest
from django.test import Client

from kianda.accounts.services.profiles import save_profile
from kianda.templatetags.kianda_ui import icon
from processes.designer import working_copy
from processes.designs.lifecycle import create_design
from processes.models import WorkingCopy
from tests.pages import client_of, text_of
from tests.processes.definitions import button, process, set_rule, text_field
from tests.processes.designer.screen import HERE, typed
from tests.processes.sending import sent_by

pytestmark = pytest.mark.django_db


def test_the_page_shows_form_fields_and_rules_as_sentences(ada_at: Client) -> None:
    text = text_of(ada_at.get(f"{HERE}?at=field:go"))
    assert "Subject subject" in text
    assert "Set Status to Open" in text
    assert "Run from top to bottom when the button is pressed" in text
    assert "All changes saved" in text
    assert "No errors" in text


def test_fields_look_on_the_canvas_as_on_the_form(ada: Any) -> None:
    size = {
        "type": "list",
        "name": "size",
        "display_as": "options",
        "choices": ["Small", {"value": "l", "title": "Large"}],
    }
    fields: list[dict[str, Any]] = [
        {"type": "rich_text", "name": "intro", "text": "<h3>Hello</h3><p>you & <b>I</b>.</p>"},
        size, {**size, "name": "extras", "multiple": True}, {**size, "name": "bare", "choices": []},
        {**size, "name": "many", "choices": [f"No {n}" for n in range(1, 9)]},
        {"type": "text", "name": "why", "mode": "long", "default": "because"},
    ]  # fmt: skip
    create_design(raw=process(*fields, name="look"), user=ada)
    page = client_of(ada).get("/designs/look/designer/")
    text = text_of(page)
    assert "Hello you & I." in text.replace("  ", " ")
    assert "Size size Small Large Extras extras Small Large Bare bare No choices yet" in text
    assert "No 6 …" in text
    assert "No 7" not in text
    assert page.content.decode().count(icon("square")) == 2
    assert "k-long" in page.content.decode()


def test_a_hint_is_told_beside_its_place_and_is_no_mistake(ada: Any) -> None:
    give = {"type": "assign_form", "id": "give", "form": "main", "to": {"users": ["gone"]}}
    create_design(raw=process(text_field("a"), button("go", give), name="look"), user=ada)
    client, told = client_of(ada), "No user named gone"
    page = client.get("/designs/look/designer/?at=field:go")
    text = text_of(page)
    assert "1 hint" in text
    assert "error" not in text.replace("No errors", "")
    assert told in text
    dialog = client.get("/designs/look/designer/rule/give/")
    assert told in text_of(dialog)
    assert 'aria-invalid="true"' not in dialog.content.decode()
    sent = sent_by(dialog.content.decode(), **{"rule/title": "Give it away", "next": ""})
    kept = client.post(dialog.wsgi_request.path, {key: sent.getlist(key) for key in sent})
    assert kept.status_code == 303
    publishing = text_of(client.get("/designs/look/designer/publish/"))
    assert "Check 1 point You can still publish." in " ".join(publishing.split())
    assert told in publishing
    assert "Cancel Publish 1.0" in " ".join(publishing.split())


def test_errors_and_hints_are_told_apart_in_words_and_not_by_their_colour_alone(ada: Any) -> None:
    give = {"type": "assign_form", "id": "give", "form": "main", "to": {"users": ["gone"]}}
    everyone = {"type": "assign_form", "id": "all", "form": "main", "everyone": True}
    create_design(raw=process(button("go", give, everyone), name="look"), user=ada)
    client = client_of(ada)

    def told() -> tuple[str, str]:
        page = client.get("/designs/look/designer/?at=field:go")
        listed = page.content.decode().partition('id="d-flaws"')[2].partition('id="d-lost"')[0]
        return " ".join(text_of(page).split()), listed

    text, listed = told()
    assert "Hint Give · To" in text
    assert "k-pill--warn" in listed
    assert "k-pill--bad" not in listed
    edit = {"do": "change", "target": "rule:all", "settings": {"form": "nowhere"}}
    working_copy.edit("look", user=ada, revision=0, edit=edit)
    text, listed = told()
    assert "Error All · Form" in text
    assert "k-pill--bad" in listed


def test_every_pane_works_by_plain_links_and_forms(ada_at: Client) -> None:
    page = ada_at.get(f"{HERE}?at=field:subject&find=numb&pane=palette").content.decode()
    assert 'value="add field number"' in page
    assert 'value="add field text"' not in page.partition('id="d-canvas"')[0]
    assert 'id="pane-palette" checked' in page
    outline = text_of(ada_at.get(f"{HERE}?left=outline&line=remark"))
    assert "Remark" in outline
    sent = {"act": "add field number", "at": "field:subject", "revision": "0"}
    answer = ada_at.post(f"{HERE}act/", sent)
    assert answer.status_code == 303
    assert answer["Location"] == f"{HERE}?at=field%3Anumber"
    assert "Added Number." in text_of(ada_at.get(answer["Location"]))


@pytest.mark.parametrize(
    "at", ["process", "form:second", "field:box", "rule:open", "field:gone", ""]
)
def test_anything_may_be_selected(ada_at: Client, at: str) -> None:
    assert ada_at.get(HERE, {"at": at}).status_code == 200


def test_only_designers_come_in(ada_at: Client, ben: Any) -> None:
    assert client_of(ben).get(HERE).status_code == 403
    assert client_of(ben).post(f"{HERE}act/", {"act": "add form"}).status_code == 403
    assert ada_at.get("/designs/nobody/designer/").status_code == 404
    assert Client().get(HERE).status_code == 302


def test_a_list_of_many_rules_is_folded_and_the_outline_is_searched(ada: Any) -> None:
    many = [set_rule("f0", str(n), id=f"r{n}") for n in range(12)]
    raw = process(*(text_field(f"f{n}") for n in range(40)), button("go", *many), title="Orders")
    create_design(raw=raw, user=ada)
    page = client_of(ada).get(f"{HERE}?at=rule:r3&left=outline").content.decode()
    assert page.count("k-rule--folded") == 11
    assert 'id="d-line"' in page


def test_rules_of_a_loop_speak_of_columns_by_their_titles(ada: Any) -> None:
    table = {
        "type": "table",
        "name": "lines",
        "columns": [
            {"type": "number", "name": "price", "title": "Price each"},
            {"type": "text", "name": "sku"},
        ],
    }
    double = set_rule("row.price", "=[row.price] * 2", id="double")
    double["conditions"] = {"items": [{"left": "[row.sku]", "operator": "not_blank"}]}
    loop = {"type": "loop_table", "id": "loop", "table": "lines", "rules": [double]}
    create_design(raw=process(table, button("go", loop), name="look"), user=ada)
    text = text_of(client_of(ada).get("/designs/look/designer/?at=field:go"))
    assert "Set Price each of the row to" in text
    assert "Only when Sku of the row is not blank." in text


SCRIPT = "<script>alert(1)</script>'; DROP TABLE x; --"


def test_script_in_texts_is_shown_as_text(ada_at: Client) -> None:
    typed(ada_at, "field:subject", title=SCRIPT)
    page = ada_at.get(f"{HERE}?at=field:subject&left=outline").content.decode()
    assert "<script>alert" not in page


def test_a_copy_that_is_broken_from_the_start_still_opens(ada_at: Client, ada: Any) -> None:
    working_copy.open_copy("orders", user=ada)
    WorkingCopy.objects.update(
        document={
            "name": "orders", "title": 7, "rules": "x",
            "forms": [{"name": "a", "fields": [7, {"type": "odd", "name": "b", "rules": [{}]}]}],
        },
        digest="other",
    )  # fmt: skip
    for at in ("", "field:b", "process", "form:a"):
        assert ada_at.get(HERE, {"at": at}).status_code == 200


def test_single_letters_can_be_switched_off_in_the_profile(ada_at: Client, ada: Any) -> None:
    assert 'data-letters="on"' in ada_at.get(HERE).content.decode()
    save_profile(ada, zone="", theme="", single_keys=False)
    assert 'data-letters=""' in ada_at.get(HERE).content.decode()
    assert "switched off in your profile" in text_of(ada_at.get(f"{HERE}keys/"))


def test_each_error_that_is_listed_names_the_rule_and_the_setting(ada: Any) -> None:
    create_design(raw=process(text_field("a"), button("go"), name="look"), user=ada)
    for kind, settings in [
        ("send_email", {"title": "Tell them"}),
        ("assign_form", {"title": "Give"}),
        ("set_form_field", {"title": "Fill", "assignments": [{"field": "a"}]}),
    ]:
        copy = working_copy.open_copy("look", user=ada)
        place = {"in": "field:go", "list": "rules"}
        raw = {"do": "add_rule", "type": kind, "place": place, "settings": settings}
        working_copy.edit("look", user=ada, revision=copy.revision, edit=raw)
    page = " ".join(text_of(client_of(ada).get("/designs/look/designer/")).split())
    for told in (
        "Tell them · To This is required.",
        "Tell them · Subject This is required.",
        "Give · Form This is required.",
        "Fill · Assignments \u203a Value This is required.",
    ):
        assert told in page
