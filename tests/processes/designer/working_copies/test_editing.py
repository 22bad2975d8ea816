"""Edits of a working copy: kept at once, undone, redone, marked where they break it."""

from typing import Any

import pytest
from django.utils import translation

from kianda.lib import usage
from kianda.lib.errors import Conflict, Invalid, Missing, Stale, TooLarge
from processes.definition import tree
from processes.designer import working_copy as copies
from processes.designs.lifecycle import create_design
from processes.models import ProcessDesign, WorkingCopy, WorkingEdit
from tests.processes.definitions import process, text_field
from tests.processes.designer.working_copies.edits import NAME, add, change, edited, plain

pytestmark = pytest.mark.django_db


@pytest.mark.usefixtures("made")
def test_each_edit_is_kept_at_once_and_can_be_undone_and_redone(ada: Any) -> None:
    first = copies.open_copy(NAME, user=ada)
    assert (first.revision, first.base_version, first.changed) == (0, "0.1", False)
    one = copies.edit(NAME, user=ada, revision=0, edit=add("number", at=1))
    assert one.selected == "field:number"
    two = copies.edit(NAME, user=ada, revision=1, edit=change("field:number", title="Amount"))
    assert two.undo_label == "Changed title of Number"
    assert copies.open_copy(NAME, user=ada).document == two.document
    back = copies.undo(NAME, user=ada, revision=2)
    assert back.document == one.document
    back = copies.undo(NAME, user=ada, revision=3)
    assert back.document == first.document
    assert not back.changed
    with pytest.raises(Conflict):
        copies.undo(NAME, user=ada, revision=4)
    again = copies.redo(NAME, user=ada, revision=4)
    assert again.document == one.document
    assert copies.redo(NAME, user=ada, revision=5).document == two.document


@pytest.mark.usefixtures("made")
def test_the_name_of_a_new_field_follows_its_title_and_one_that_was_saved_stays(ada: Any) -> None:
    def title(target: str, to: str, revision: int) -> str:
        retitled = change(target, title=to) | {"name_follows": True}
        return copies.edit(NAME, user=ada, revision=revision, edit=retitled).selected

    copies.edit(NAME, user=ada, revision=0, edit=add("number"))
    assert title("field:number", "Net price", 1) == "field:net_price"
    # Instances, tasks and other processes know what a version has by its name.
    assert title("field:client_id", "Customer", 2) == "field:client_id"
    copies.save_version(NAME, user=ada, revision=3)
    assert title("field:net_price", "Price", 3) == "field:net_price"


@pytest.mark.usefixtures("made")
def test_the_name_of_a_new_column_follows_its_title_and_one_that_was_saved_stays(ada: Any) -> None:
    def titled(*columns: tuple[str, str], revision: int) -> list[str]:
        sent = [text_field(name, title=title) for name, title in columns]
        raw = change("field:table", columns=sent) | {"name_follows": True}
        copy = copies.edit(NAME, user=ada, revision=revision, edit=raw)
        return [one["name"] for one in tree.find(copy.document, "field:table").node["columns"]]

    copies.edit(NAME, user=ada, revision=0, edit=add("table"))
    assert titled(("", "Amount"), revision=1) == ["amount"]
    assert titled(("amount", "Net price"), revision=2) == ["net_price"]
    copies.save_version(NAME, user=ada, revision=3)
    saved, new = ("net_price", "Cost"), ("", "Memo")
    assert titled(saved, new, revision=3) == ["net_price", "memo"]
    assert titled(saved, ("memo", "Note"), revision=4) == ["net_price", "note"]


@pytest.mark.usefixtures("made")
def test_an_edit_that_changes_nothing_is_none(ada: Any) -> None:
    copies.open_copy(NAME, user=ada)
    done = edited(ada, 0, change("field:client_id", title="Client ID"))
    assert (done.revision, done.label, done.undo_label) == (0, "", "")
    assert not WorkingEdit.objects.exists()


@pytest.mark.usefixtures("made")
def test_a_broken_copy_is_kept_marked_and_not_saved(ada: Any) -> None:
    copies.open_copy(NAME, user=ada)
    edited(ada, 0, change("field:expires_in", decimals="many"))
    done = edited(ada, 1, {"do": "remove", "target": "field:client_id", "force": True})
    marks = [(mark.target, mark.inner, mark.level) for mark in done.flaws]
    assert marks == [
        ("field:expires_in", "/decimals", "error"),
        ("rule:get-token", "/input_mapping/1/value", "error"),
    ]
    assert done.flaws[1].pointer == "/forms/0/fields/8/rules/1/input_mapping/1/value"
    with pytest.raises(Invalid) as refused:
        copies.save_version(NAME, user=ada, revision=2)
    assert [flaw.pointer for flaw in refused.value.errors] == [m.pointer for m in done.flaws]
    assert copies.open_copy(NAME, user=ada).document == done.document


@pytest.mark.usefixtures("made")
def test_each_designer_reads_what_is_wrong_in_their_own_language(ada: Any) -> None:
    copies.open_copy(NAME, user=ada)
    with translation.override("de"):
        [german] = edited(ada, 0, change("field:expires_in", decimals="many")).flaws
    [english] = copies.open_copy(NAME, user=ada).flaws
    assert german.detail != english.detail
    with translation.override("de"):
        assert copies.open_copy(NAME, user=ada).flaws == [german]


@pytest.mark.usefixtures("made")
def test_what_is_not_there_outside_is_marked_also_while_something_else_is_broken(
    ada: Any,
) -> None:
    first = copies.open_copy(NAME, user=ada)
    expected = [("rule:get-token", "/datasource", "reference")]
    assert [(m.target, m.inner, m.level) for m in first.warnings] == expected
    edited(ada, 0, add("text", at=0))
    done = edited(ada, 1, change("field:text", width=99))
    assert [(m.target, m.inner) for m in done.flaws] == [("field:text", "/width")]
    assert [(m.target, m.inner, m.level) for m in done.warnings] == expected
    assert done.warnings[0].pointer == "/forms/0/fields/10/rules/1/datasource"


@pytest.mark.usefixtures("made")
def test_a_page_older_than_the_memory_is_told_to_load_again(
    ada: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("processes.designer.copy_store.REMEMBERED", 5)
    copies.open_copy(NAME, user=ada)
    for number in range(50):
        edited(ada, number, change("field:client_id", title=f"T{number}"))
    assert WorkingEdit.objects.count() == 5
    with pytest.raises(Stale, match="Reload it"):
        edited(ada, 3, change("field:client_id", help="X"))
    with pytest.raises(Stale, match="Reload it"):
        edited(ada, 99, change("field:client_id", help="X"))
    assert copies.undo(NAME, user=ada, revision=3).revision == 51


def test_a_design_that_is_not_there_has_no_copy(ada: Any) -> None:
    with pytest.raises(Missing):
        copies.open_copy("nothing", user=ada)


@pytest.mark.usefixtures("made")
def test_the_copy_goes_with_its_design(ada: Any, admin: Any) -> None:
    copies.open_copy(NAME, user=ada)
    ProcessDesign.everything.all().delete()
    assert not WorkingCopy.objects.exists()


def test_the_pages_of_a_design_say_that_the_designer_has_edits_that_are_not_saved(
    ada: Any, client: Any
) -> None:
    create_design(raw=plain(), user=ada)
    client.force_login(ada)
    words = b"The designer has edits that are not saved"
    copies.open_copy(NAME, user=ada)
    pages = [f"/designs/{NAME}/", f"/designs/{NAME}/publish/"]
    assert not any(words in client.get(page).content for page in pages)
    edited(ada, 0, change("field:a", title="X"))
    assert all(words in client.get(page).content for page in pages)
    copies.save_version(NAME, user=ada, revision=1)
    assert not any(words in client.get(page).content for page in pages)


@pytest.mark.usefixtures("made")
def test_a_new_edit_ends_what_could_be_redone(ada: Any) -> None:
    copies.open_copy(NAME, user=ada)
    edited(ada, 0, add("text"))
    copies.undo(NAME, user=ada, revision=1)
    assert edited(ada, 2, add("number")).redo_label == ""
    with pytest.raises(Conflict, match="You have nothing to redo"):
        copies.redo(NAME, user=ada, revision=3)


@pytest.mark.usefixtures("made")
def test_who_fires_or_reads_a_piece_from_outside_is_said_before_it_goes(
    ada: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fires(name: str) -> list[dict[str, Any]]:
        task = {"kind": "scheduled task", "name": "Nightly", "url": "/x/", "target": "refresh#save"}
        return [task] if name == NAME else []

    monkeypatch.setitem(usage._checks, "target", [fires])
    reads = {
        "type": "find_items", "id": "look", "datasource": "kianda", "method": NAME,
        "on_success": [{"field": "a", "value": "[item.created_at]"}],
    }  # fmt: skip
    starts = {"type": "start_a_process", "id": "start", "process": NAME, "target": "refresh#save"}
    create_design(raw=process(text_field("a", rules=[reads, starts]), name="shop"), user=ada)
    copies.open_copy(NAME, user=ada)
    with pytest.raises(Conflict, match="The scheduled task Nightly runs it"):
        edited(ada, 0, {"do": "remove", "target": "field:refresh"})
    with pytest.raises(Conflict, match="Nightly runs it"):
        edited(ada, 0, {"do": "remove", "target": "rule:save"})
    with pytest.raises(Conflict, match="The rule Start of the process shop"):
        edited(ada, 0, {"do": "remove", "target": "rule:save"})
    after = edited(ada, 0, {"do": "remove", "target": "rule:clear"})
    assert copies.undo(NAME, user=ada, revision=after.revision).revision == 2
    with pytest.raises(Conflict, match="The rule Look of the process shop") as refused:
        edited(ada, 0, {"do": "remove", "target": "field:created_at"})
    assert len(refused.value.extra["uses"]) == 2
    renamed = edited(ada, 0, {"do": "rename", "target": "field:refresh", "name": "go"})
    assert renamed.notices == (
        "The scheduled task Nightly runs it.",
        "The rule Start of the process shop 0.1 uses it.",
    )


@pytest.mark.usefixtures("made")
def test_an_edit_past_1_mb_is_refused_and_nothing_changes(ada: Any) -> None:
    copies.open_copy(NAME, user=ada)
    with pytest.raises(TooLarge):
        edited(ada, 0, {"do": "set_process", "settings": {"description": "x" * 1_000_000}})
    assert copies.open_copy(NAME, user=ada).revision == 0
