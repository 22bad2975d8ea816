"""Fields, rules and forms are added, moved, copied and removed, or a sentence says why not."""

import json
from typing import Any

import pytest
from django.test import Client

from processes.designs.lifecycle import create_design
from processes.models import WorkingCopy
from tests.pages import text_of
from tests.processes.definitions import process, text_field
from tests.processes.designer.screen import HERE, do, document, names, revision, rules_of

pytestmark = pytest.mark.django_db


def test_fields_are_added_behind_what_is_selected(ada_at: Client) -> None:
    _answer, said = do(ada_at, "add field number", at="field:subject")
    assert said["at"] == "field:number"
    assert said["say"] == "Added Number."
    do(ada_at, "add field text", at="field:box")
    do(ada_at, "add field button", at="form:second")
    assert names() == ["subject", "number", "status", "box", "go"]
    inside = document()["forms"][0]["fields"][3]["fields"]
    assert [one["name"] for one in inside] == ["inside", "text"]
    assert document()["forms"][1]["fields"][-1]["place"] == "footer"


def test_a_field_is_dropped_where_it_is_dropped(ada_at: Client) -> None:
    place = {"in": "form:main", "list": "fields", "at": 0, "where": "body"}
    do(ada_at, "add field button", place=place)
    assert names()[0] == "button"
    assert document()["forms"][0]["fields"][0]["place"] == "body"


def test_rules_are_added_to_what_is_selected_and_open_their_dialog(ada_at: Client) -> None:
    _answer, said = do(ada_at, "add rule set_form_field", at="rule:open")
    assert rules_of("go") == ["open", "set-form-field", "save"]
    assert said["opens"] == f"{HERE}rule/set-form-field/?added=1"
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


def test_a_panel_runs_no_rules(ada_at: Client) -> None:
    answer, said = do(ada_at, "add rule save", at="field:box")
    assert answer.status_code == 422
    assert "has no rules" in said["refused"]


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
    assert document()["forms"][0]["fields"][0]["place"] == "body"


REFUSED = [
    ("move field:subject", {"in": "form:main", "list": "fields", "at": 9, "where": "footer"},
     "Only buttons can be in the bar"),
    ("move field:box", {"in": "field:box", "list": "fields", "at": 0}, "into itself"),
    ("move rule:open", {"in": "form:main", "list": "fields", "at": 0}, "cannot be among"),
    ("move field:subject", {"in": "field:status", "list": "fields"}, "holds no fields"),
    ("move field:gone", {"in": "form:main", "list": "fields"}, "no longer exists"),
    ("move field:subject", None, "Choose where it should go."),
    ("duplicate field:gone", None, "no longer exists"),
    ("add field nonsense", None, "There is no field type nonsense."),
    ("explode", None, "There is no such action"),
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


@pytest.mark.parametrize("place", ["[]", "{", '{"in": 3}', "[" * 5000])
def test_a_broken_place_is_no_error_of_ours(ada_at: Client, place: str) -> None:
    sent = {"act": "move field:subject", "revision": "0", "place": place}
    assert ada_at.post(f"{HERE}act/", sent, headers={"X-Designer": "1"}).status_code == 422


def test_the_type_of_a_field_is_changed(ada_at: Client) -> None:
    asked = ada_at.get(f"{HERE}type/?target=field:subject").content.decode()
    assert 'value="retype field:subject number"' in asked
    _answer, said = do(ada_at, "retype field:subject number")
    assert document()["forms"][0]["fields"][0]["type"] == "number"
    assert said["undo"] == "True"
    assert ada_at.get(f"{HERE}type/?target=rule:open").status_code == 404


def test_what_was_only_added_is_taken_back_and_what_was_changed_since_stays(ada_at: Client) -> None:
    _answer, said = do(ada_at, "add rule save rules field:go", at="field:go")
    assert said.get("opens", "") == ""
    _answer, said = do(ada_at, "add rule set_form_field rules field:go", at="field:go")
    assert said["opens"].endswith("/rule/set-form-field/?added=1")
    assert "set-form-field" in rules_of("go")
    do(ada_at, "withdraw rule:set-form-field", at="rule:set-form-field")
    assert "set-form-field" not in rules_of("go")
    # Nothing but its adding is taken back.
    before = rules_of("go")
    do(ada_at, "withdraw rule:set-form-field", at="field:go")
    do(ada_at, f"withdraw rule:{before[0]}", at="field:go")
    assert rules_of("go") == before
    do(ada_at, "add rule set_form_field rules field:go", at="field:go")
    do(ada_at, "switch rule:set-form-field", at="rule:set-form-field")
    do(ada_at, "withdraw rule:set-form-field", at="rule:set-form-field")
    assert "set-form-field" in rules_of("go")


def test_the_page_of_a_rule_that_was_only_added_takes_it_back_without_script(
    ada_at: Client,
) -> None:
    sent = {"act": "add rule set_form_field rules field:go", "at": "field:go",
            "revision": str(revision())}  # fmt: skip
    led = ada_at.post(f"{HERE}act/", sent)
    page = ada_at.get(led["Location"]).content.decode()
    assert 'value="withdraw rule:set-form-field"' in page
    assert "withdraw" not in ada_at.get(led["Location"].partition("?")[0]).content.decode()
