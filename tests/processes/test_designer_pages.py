"""The designer without a browser: each act, forms and panes, bad input, stale edits, roles."""

import html
import json
import re
from typing import Any

import pytest
from django.test import Client

from kianda.accounts.profiles import save_profile
from kianda.once import new_token
from processes.models import WorkingCopy
from processes.services import working_copies
from processes.services.designs import create_design, get_design, save_design
from tests.pages import client_of, text_of
from tests.processes.definitions import button, process, set_rule, text_field
from tests.processes.sending import sent_by

pytestmark = pytest.mark.django_db
HERE = "/designs/orders/designer/"


def orders() -> dict[str, Any]:
    """Return two forms: fields, a panel with one, a button in the bar with two rules."""
    made = process(
        text_field("subject"), text_field("status"),
        {"type": "panel", "name": "box", "fields": [text_field("inside")]},
        button("go", set_rule("status", "Open", id="open"), {"type": "save", "id": "save"})
        | {"where": "footer"},
        title="Orders",
    )  # fmt: skip
    made["forms"].append({"name": "second", "fields": [text_field("remark")]})
    return made


@pytest.fixture
def ada_at(ada: Any) -> Client:
    create_design(raw=orders(), user=ada)
    return client_of(ada)


def document() -> dict[str, Any]:
    found: dict[str, Any] = WorkingCopy.objects.get(design__name="orders").document
    return found


def names(form: int = 0) -> list[str]:
    return [field["name"] for field in document()["forms"][form]["fields"]]


def rules_of(name: str) -> list[str]:
    fields = [field for form in document()["forms"] for field in form["fields"]]
    return [rule["id"] for field in fields if field["name"] == name for rule in field["rules"]]


def revision() -> int:
    found = WorkingCopy.objects.filter(design__name="orders").first()
    return found.revision if found else 0


def do(client: Client, act: str, *, at: str = "field:subject", **more: Any) -> Any:
    """Carry out one act as the page's script does; return the answer and what it says."""
    place = more.pop("place", None)
    sent = {"act": act, "at": at, "revision": str(more.pop("revision", revision())), **more}
    if place is not None:
        sent["place"] = json.dumps(place)
    answer = client.post(f"{HERE}act/", sent, headers={"X-Designer": "1"})
    marks = re.search(r"<div data-answer([^>]*)>", answer.content.decode())
    assert marks, answer.content[:500]
    pairs = re.findall(r'data-([a-z]+)="([^"]*)"', marks[1])
    return answer, {name: html.unescape(value) for name, value in pairs}


# ---- the page


def test_the_page_shows_form_fields_and_rules_as_sentences(ada_at: Client) -> None:
    text = text_of(ada_at.get(f"{HERE}?at=field:go"))
    assert "Subject subject" in text
    assert "Set Status to Open" in text
    assert "Run from top to bottom when the button is pressed" in text
    assert "All edits kept" in text
    assert "No errors" in text


def test_fields_look_on_the_canvas_as_on_the_form(ada: Any) -> None:
    size = {
        "type": "list",
        "name": "size",
        "display_as": "options",
        "choices": ["Small", {"value": "l", "title": "Large"}],
    }
    fields = [
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
    assert page.content.decode().count("#square") == 2
    assert "k-long" in page.content.decode()


def test_a_hint_is_told_beside_its_place_and_is_no_mistake(ada: Any) -> None:
    give = {"type": "assign_form", "id": "give", "form": "main", "to": {"users": ["gone"]}}
    create_design(raw=process(text_field("a"), button("go", give), name="look"), user=ada)
    client, told = client_of(ada), "Nobody has the user name or address gone now"
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
    assert told not in text_of(client.get("/designs/look/designer/publish/"))


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


# ---- acts


def test_fields_are_added_behind_what_is_selected(ada_at: Client) -> None:
    _answer, said = do(ada_at, "add field number", at="field:subject")
    assert said["at"] == "field:number"
    assert said["say"] == "Added Number."
    do(ada_at, "add field text", at="field:box")
    do(ada_at, "add field button", at="form:second")
    assert names() == ["subject", "number", "status", "box", "go"]
    inside = document()["forms"][0]["fields"][3]["fields"]
    assert [one["name"] for one in inside] == ["inside", "text"]
    assert document()["forms"][1]["fields"][-1]["where"] == "footer"


def test_a_field_is_dropped_where_it_is_dropped(ada_at: Client) -> None:
    place = {"in": "form:main", "list": "fields", "at": 0, "where": "body"}
    do(ada_at, "add field button", place=place)
    assert names()[0] == "button"
    assert document()["forms"][0]["fields"][0]["where"] == "body"


def test_rules_are_added_to_what_is_selected_and_open_their_dialog(ada_at: Client) -> None:
    _answer, said = do(ada_at, "add rule set_form_field", at="rule:open")
    assert rules_of("go") == ["open", "set-form-field", "save"]
    assert said["opens"] == f"{HERE}rule/set-form-field/"
    _answer, said = do(ada_at, "add rule save load_rules form:second", at="form:second")
    assert said["opens"] == ""
    assert [rule["type"] for rule in document()["forms"][1]["load_rules"]] == ["save"]


def test_rules_go_into_a_loop(ada_at: Client) -> None:
    do(ada_at, "add rule loop_table", at="field:go")
    do(ada_at, "add rule save", at="rule:loop-table")
    loop = document()["forms"][0]["fields"][-1]["rules"][-1]
    assert [rule["id"] for rule in loop["rules"]] == ["save-2"]
    do(ada_at, "move rule:open", place={"in": "rule:loop-table", "list": "rules", "at": 0})
    assert rules_of("go") == ["save", "loop-table"]
    page = ada_at.get(f"{HERE}?at=rule:save-2").content.decode()
    assert 'data-in="rule:loop-table"' in page
    answer, said = do(
        ada_at, "move rule:loop-table",
        place={"in": "rule:loop-table", "list": "rules", "at": 0},
    )  # fmt: skip
    assert answer.status_code == 422
    assert "into itself" in said["refused"]


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


def test_a_panel_runs_no_rules(ada_at: Client) -> None:
    answer, said = do(ada_at, "add rule save", at="field:box")
    assert answer.status_code == 422
    assert "runs no rules" in said["refused"]


STEPS = [
    ("later field:subject", ["status", "subject", "box", "go"], "Moved to position 2 of 3."),
    ("earlier field:subject", ["subject", "status", "box", "go"], "It is the first of 3."),
    ("later field:go", ["subject", "status", "box", "go"], "It is the last of 1."),
]


@pytest.mark.parametrize(("act", "expected", "say"), STEPS)
def test_a_step_says_where_it_has_led(
    ada_at: Client, act: str, expected: list[str], say: str
) -> None:
    _answer, said = do(ada_at, act)
    assert (names(), said["say"]) == (expected, say)


def test_rules_and_forms_are_moved_by_steps(ada_at: Client) -> None:
    do(ada_at, "later rule:open")
    assert rules_of("go") == ["save", "open"]
    _answer, said = do(ada_at, "earlier form:second")
    assert [form["name"] for form in document()["forms"]] == ["second", "main"]
    assert said["say"] == "Moved to position 1 of 2."


def test_a_drop_counts_the_list_as_it_is_seen(ada_at: Client) -> None:
    do(ada_at, "move field:subject", place={"in": "form:main", "list": "fields", "at": 2})
    assert names() == ["status", "subject", "box", "go"]
    do(ada_at, "move field:subject", place={"in": "form:second", "list": "fields", "at": 0})
    assert (names(), names(1)) == (["status", "box", "go"], ["subject", "remark"])
    do(ada_at, "move field:subject", place={"in": "field:box", "list": "fields", "at": 0})
    assert names(1) == ["remark"]


def test_a_button_that_is_dropped_in_the_bar_stands_there(ada_at: Client) -> None:
    place = {"in": "form:main", "list": "fields", "at": 0, "where": "body"}
    do(ada_at, "move field:go", place=place)
    assert names()[0] == "go"
    assert document()["forms"][0]["fields"][0]["where"] == "body"


REFUSED = [
    ("move field:subject", {"in": "form:main", "list": "fields", "at": 9, "where": "footer"},
     "Only buttons stand in the bar"),
    ("move field:box", {"in": "field:box", "list": "fields", "at": 0}, "into itself"),
    ("move rule:open", {"in": "form:main", "list": "fields", "at": 0}, "cannot stand among"),
    ("move field:subject", {"in": "field:status", "list": "fields"}, "holds no fields"),
    ("move field:gone", {"in": "form:main", "list": "fields"}, "no longer there"),
    ("move field:subject", None, "Choose where it should go."),
    ("duplicate field:gone", None, "no longer there"),
    ("add field nonsense", None, "There is no field type nonsense."),
    ("explode", None, "There is no such act"),
    ("paste field:subject", None, "Nothing was copied yet"),
]  # fmt: skip


@pytest.mark.parametrize(("act", "place", "sentence"), REFUSED)
def test_what_cannot_be_is_refused_with_a_sentence(
    ada_at: Client, act: str, place: dict[str, Any] | None, sentence: str
) -> None:
    ada_at.get(HERE)
    before = document()
    answer, said = do(ada_at, act, place=place)
    assert answer.status_code == 422
    assert sentence in said["refused"]
    assert document() == before
    # Without script the sentence stands on the page.
    sent = {"act": act, "at": "field:subject", "revision": "0"}
    plain = ada_at.post(f"{HERE}act/", sent | ({"place": json.dumps(place)} if place else {}))
    assert plain.status_code == 422
    assert sentence in text_of(plain)


def test_the_dialog_offers_every_place_and_moves_there(ada_at: Client) -> None:
    text = ada_at.get(f"{HERE}move/?target=rule:open").content.decode()
    assert 'value="form:second|load_rules"' in text
    assert 'value="field:box|rules"' not in text
    text = ada_at.get(f"{HERE}move/?target=field:box").content.decode()
    assert 'value="form:second|fields"' in text
    assert 'value="field:box|fields"' not in text
    do(ada_at, "move rule:open", to="field:remark|rules")
    assert rules_of("remark") == ["open"]


def test_duplicate_switch_undo_redo(ada_at: Client) -> None:
    _answer, said = do(ada_at, "duplicate field:subject")
    assert said["at"] == "field:subject_2"
    do(ada_at, "switch rule:save")
    assert document()["forms"][0]["fields"][-1]["rules"][1]["enabled"] is False
    do(ada_at, "undo")
    _answer, said = do(ada_at, "undo")
    assert said["say"] == "Undone: Duplicated Subject."
    assert names() == ["subject", "status", "box", "go"]
    do(ada_at, "redo")
    assert "subject_2" in names()
    for _ in range(3):
        _answer, said = do(ada_at, "undo")
    assert said["say"] == "There is nothing to undo."


def test_what_others_use_is_asked_about_before_it_goes(ada_at: Client) -> None:
    _answer, said = do(ada_at, "remove field:status")
    assert said["opens"] == f"{HERE}delete/?target=field%3Astatus"
    assert "status" in names()
    asked = text_of(ada_at.get(said["opens"]))
    assert "Status is used in one place" in asked
    assert "Set form field" in asked or "Open" in asked
    _answer, said = do(ada_at, "remove field:status sure")
    assert "status" not in names()
    assert said["undo"] == "True"
    # The rule that it broke is counted, and marked where it stands.
    page = text_of(ada_at.get(f"{HERE}?at=field:go"))
    assert "1 error" in page
    _answer, said = do(ada_at, "remove field:inside")
    assert said["opens"] == ""


def test_cut_copy_paste_also_to_another_form_and_design(ada_at: Client, ada: Any) -> None:
    do(ada_at, "copy field:subject")
    _answer, said = do(ada_at, "paste form:second", at="form:second")
    assert said["at"] == "field:subject_2"
    do(ada_at, "cut field:status")
    do(ada_at, "paste field:remark", at="field:remark")
    assert (names(), names(1)) == (["subject", "box", "go"], ["remark", "status", "subject_2"])
    do(ada_at, "copy rule:open")
    do(ada_at, "paste form:second load_rules")
    assert [rule["id"] for rule in document()["forms"][1]["load_rules"]] == ["open-2"]
    create_design(raw=process(text_field("own"), name="other"), user=ada)
    sent = {"act": "paste form:main", "at": "form:main", "revision": "0"}
    ada_at.post("/designs/other/designer/act/", sent)
    other = WorkingCopy.objects.get(design__name="other").document
    assert len(other["forms"][0]["rules"]) == 1


# ---- settings


def typed(client: Client, target: str, *, seen: int | None = None, **settings: str) -> Any:
    """Send the properties pane with some settings changed."""
    sent = {
        "target": target, "at": target, "revision": str(revision() if seen is None else seen),
        "s!shown": list(settings), **{f"s/{name}": value for name, value in settings.items()},
    }  # fmt: skip
    return client.post(f"{HERE}settings/", sent, headers={"X-Designer": "1"})


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


# ---- two people, answers lost


def test_what_would_overwrite_somebody_is_refused_and_said(ada_at: Client, admin: Any) -> None:
    ada_at.get(HERE)
    typed(client_of(admin), "field:subject", title="Theirs", seen=0)
    answer = typed(ada_at, "field:subject", title="Mine", seen=0)
    assert answer.status_code == 422
    assert 'data-stale="True"' in answer.content.decode()
    assert "admin was quicker" in html.unescape(answer.content.decode())
    assert document()["forms"][0]["fields"][0]["title"] == "Theirs"
    # Elsewhere it goes in, and what happened is told.
    answer = typed(ada_at, "field:status", title="State", seen=0)
    assert "admin: Changed title" in html.unescape(answer.content.decode())
    assert "admin is here" in text_of(ada_at.get(HERE))


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


# ---- versions


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
    assert "saved version 0.2 elsewhere" in text_of(ada_at.get(HERE))
    do(ada_at, "take")
    assert document()["description"] == "Newer"
    assert "elsewhere" not in text_of(ada_at.get(HERE))


# ---- odd input


SCRIPT = "<script>alert(1)</script>'; DROP TABLE x; --"


def test_script_in_texts_is_shown_as_text(ada_at: Client) -> None:
    typed(ada_at, "field:subject", title=SCRIPT)
    page = ada_at.get(f"{HERE}?at=field:subject&left=outline").content.decode()
    assert "<script>alert" not in page


@pytest.mark.parametrize("place", ["[]", "{", '{"in": 3}', "[" * 5000])
def test_a_broken_place_is_no_error_of_ours(ada_at: Client, place: str) -> None:
    sent = {"act": "move field:subject", "revision": "0", "place": place}
    assert ada_at.post(f"{HERE}act/", sent, headers={"X-Designer": "1"}).status_code == 422


def test_a_copy_that_is_broken_from_the_start_still_opens(ada_at: Client, ada: Any) -> None:
    working_copies.open_copy("orders", user=ada)
    WorkingCopy.objects.update(
        document={
            "name": "orders", "title": 7, "rules": "x",
            "forms": [{"name": "a", "fields": [7, {"type": "odd", "name": "b", "rules": [{}]}]}],
        },
        digest="other",
    )  # fmt: skip
    for at in ("", "field:b", "process", "form:a"):
        assert ada_at.get(HERE, {"at": at}).status_code == 200


def test_the_type_of_a_field_is_changed(ada_at: Client) -> None:
    asked = ada_at.get(f"{HERE}type/?target=field:subject").content.decode()
    assert 'value="retype field:subject number"' in asked
    _answer, said = do(ada_at, "retype field:subject number")
    assert document()["forms"][0]["fields"][0]["type"] == "number"
    assert said["undo"] == "True"
    assert ada_at.get(f"{HERE}type/?target=rule:open").status_code == 404


def test_two_megabytes_in_a_box_are_refused_and_change_nothing(ada_at: Client) -> None:
    ada_at.get(HERE)
    before = document()
    answer = typed(ada_at, "field:subject", help="x" * 2_000_000)
    assert answer.status_code == 422
    assert "1 MB" in text_of(answer) + answer.content.decode()[:2000]
    assert document() == before


def test_single_letters_can_be_switched_off_in_the_profile(ada_at: Client, ada: Any) -> None:
    assert 'data-letters="on"' in ada_at.get(HERE).content.decode()
    save_profile(ada, zone="", theme="", single_keys=False)
    assert 'data-letters=""' in ada_at.get(HERE).content.decode()
    assert "switched off in your profile" in text_of(ada_at.get(f"{HERE}keys/"))
