"""The working copy of a design: every edit kept, undone, redone; two people at once."""

from typing import Any

import pytest

from kianda.lib import usage
from kianda.lib.errors import Conflict, Invalid, Missing, Stale, TooLarge
from processes.designing import tree
from processes.models import ProcessDesign, WorkingCopy, WorkingEdit
from processes.services import designs
from processes.services import working_copies as copies
from processes.services.designs import create_design, save_design
from tests.processes.definitions import process, set_rule, text_field, token_refresh

pytestmark = pytest.mark.django_db
NAME = "token-refresh"


@pytest.fixture
def made(ada: Any) -> Any:
    """A stored design."""
    return create_design(raw=token_refresh(), user=ada)


def change(target: str, **settings: Any) -> dict[str, Any]:
    return {"do": "change", "target": target, "settings": settings}


def add(kind: str, **place: Any) -> dict[str, Any]:
    made = {"in": "form:token", "list": "fields", **place}
    return {"do": "add_field", "type": kind, "place": made}


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
def test_two_people_edit_at_once_and_neither_overwrites(ada: Any, admin: Any) -> None:
    copies.open_copy(NAME, user=ada)
    assert [o.name for o in copies.open_copy(NAME, user=admin).others] == ["ada"]
    copies.edit(NAME, user=ada, revision=0, edit=change("field:client_id", title="Client"))
    hers = copies.edit(NAME, user=admin, revision=0, edit=change("field:client_id", help="Ask."))
    assert [news.label for news in hers.news] == ["Changed title of Client ID"]
    with pytest.raises(Stale) as stale:
        copies.edit(NAME, user=admin, revision=0, edit=change("field:client_id", title="Mine"))
    assert stale.value.extra["changes"][0]["by"] == "ada"


def title_of(copy: Any, target: str) -> str:
    return str(tree.find(copy.document, target).node["title"])


def names_of(copy: Any) -> list[str]:
    return [field["name"] for field in copy.document["forms"][0]["fields"]]


def edited(user: Any, revision: int, raw: dict[str, Any]) -> Any:
    return copies.edit(NAME, user=user, revision=revision, edit=raw)


@pytest.mark.usefixtures("made")
def test_a_form_that_sends_every_setting_changes_only_what_its_person_changed(
    ada: Any, admin: Any
) -> None:
    seen = dict(copies.open_copy(NAME, user=admin).document["forms"][0]["fields"][1])
    edited(ada, 0, change("field:client_id", title="Hers"))
    seen.pop("rules")
    his = edited(admin, 0, change("field:client_id", **seen | {"help": "His"}))
    assert (title_of(his, "field:client_id"), his.label) == ("Hers", "Changed help of Hers")


OVERLAPS: list[tuple[dict[str, Any], dict[str, Any]]] = [
    (change("field:created_at", title="A"), {"do": "remove", "target": "field:created_at",
                                             "force": True}),
    ({"do": "remove", "target": "field:redirect_url", "force": True},
     change("field:redirect_url", title="B")),
    ({"do": "rename", "target": "field:client_id", "name": "client"},
     change("field:client_id", title="B")),
    ({"do": "rename", "target": "field:client_id", "name": "client"},
     change("rule:get-token", input_mapping=[])),
    ({"do": "switch_rule", "target": "rule:save", "enabled": False},
     {"do": "switch_rule", "target": "rule:save", "enabled": False}),
    ({"do": "move", "target": "rule:save", "place": {"in": "process", "list": "rules"}},
     {"do": "move", "target": "rule:save", "place": {"in": "form:token", "list": "rules"}}),
    (change("field:refresh", title="A"), {"do": "remove", "target": "form:token", "force": True}),
    ({"do": "rename", "target": "form:token", "name": "first"},
     {"do": "add_field", "type": "text", "place": {"in": "form:token", "list": "fields"}}),
    ({"do": "set_process", "settings": {"title": "A"}},
     {"do": "set_process", "settings": {"title": "B"}}),
]  # fmt: skip


@pytest.mark.usefixtures("made")
@pytest.mark.parametrize(("hers", "his"), OVERLAPS)
def test_who_would_overwrite_is_told_who_did_what_and_nothing_changes(
    hers: dict[str, Any], his: dict[str, Any], ada: Any, admin: Any
) -> None:
    copies.open_copy(NAME, user=admin)
    after = edited(ada, 0, hers)
    with pytest.raises(Stale, match="ada was quicker") as stale:
        edited(admin, 0, his)
    [change] = stale.value.extra["changes"]
    assert (change["by"], change["label"]) == ("ada", after.label)
    assert copies.open_copy(NAME, user=admin).document == after.document


FITTING: list[tuple[dict[str, Any], dict[str, Any], list[str]]] = [
    (add("text", at=0), add("number", at=10),
     ["text", "grant_type", "refresh", "number"]),
    ({"do": "remove", "target": "field:grant_type", "force": True}, add("number", at=1),
     ["client_id", "number", "client_secret", "refresh"]),
    ({"do": "move", "target": "field:refresh", "place":
      {"in": "form:token", "list": "fields", "at": 0}},
     {"do": "move", "target": "field:grant_type", "place":
      {"in": "form:token", "list": "fields", "at": 8}},
     ["refresh", "client_id", "grant_type"]),
    (change("field:client_id", title="A"),
     {"do": "move", "target": "field:client_id", "place":
      {"in": "form:token", "list": "fields", "at": 0}}, ["client_id", "grant_type"]),
    (add("text"), add("text"), ["text", "text_2"]),
]  # fmt: skip


@pytest.mark.usefixtures("made")
@pytest.mark.parametrize(("hers", "his", "order"), FITTING)
def test_what_still_fits_is_done_at_the_place_that_was_meant(
    hers: dict[str, Any], his: dict[str, Any], order: list[str], ada: Any, admin: Any
) -> None:
    copies.open_copy(NAME, user=ada)
    edited(ada, 0, hers)
    done = edited(admin, 0, his)
    assert len(done.news) == 1
    assert [name for name in names_of(done) if name in order] == order


@pytest.mark.usefixtures("made")
def test_ones_own_quick_edits_never_stand_in_each_others_way(ada: Any) -> None:
    copies.open_copy(NAME, user=ada)
    for number in range(3):
        done = edited(ada, 0, change("field:client_id", title=f"T{number}"))
    assert (done.revision, title_of(done, "field:client_id"), done.news) == (3, "T2", [])


@pytest.mark.usefixtures("made")
def test_each_undoes_only_what_is_theirs(ada: Any, admin: Any) -> None:
    start = copies.open_copy(NAME, user=ada)
    edited(ada, 0, add("text", at=2))
    edited(admin, 1, change("field:client_id", title="His"))
    back = copies.undo(NAME, user=ada, revision=2)
    assert names_of(back) == names_of(start)
    assert title_of(back, "field:client_id") == "His"
    assert (back.undo_label, back.redo_label) == ("", "Added Text")
    back = copies.undo(NAME, user=admin, revision=3)
    assert back.document == start.document
    assert [news.label for news in back.news] == []


@pytest.mark.usefixtures("made")
def test_nobody_undoes_what_somebody_else_has_built_on(ada: Any, admin: Any) -> None:
    copies.open_copy(NAME, user=ada)
    edited(ada, 0, add("text", at=2))
    after = edited(admin, 1, change("field:text", title="His"))
    with pytest.raises(Stale, match="admin was quicker: Changed title of Text"):
        copies.undo(NAME, user=ada, revision=2)
    assert copies.open_copy(NAME, user=ada).document == after.document
    copies.undo(NAME, user=admin, revision=2)
    assert "text" not in names_of(copies.undo(NAME, user=ada, revision=3))


@pytest.mark.usefixtures("made")
def test_a_new_edit_ends_what_could_be_redone(ada: Any) -> None:
    copies.open_copy(NAME, user=ada)
    edited(ada, 0, add("text"))
    copies.undo(NAME, user=ada, revision=1)
    assert edited(ada, 2, add("number")).redo_label == ""
    with pytest.raises(Conflict, match="nothing of yours to redo"):
        copies.redo(NAME, user=ada, revision=3)


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


def plain() -> dict[str, Any]:
    """Return a design that can be published."""
    return process(
        text_field("a"), text_field("b", rules=[set_rule("a", "[b]", id="r")]), name=NAME
    )


def test_save_and_publish_stamp_versions_of_what_is_in_the_copy(ada: Any) -> None:
    create_design(raw=plain(), user=ada)
    copies.open_copy(NAME, user=ada)
    done = edited(ada, 0, change("field:a", title="First"))
    assert (done.changed, done.base_version) == (True, "0.1")
    saved = copies.save_version(NAME, user=ada, revision=1)
    assert (saved.changed, saved.base_version, saved.undo_label) == (
        False, "0.2", "Changed title of A",
    )  # fmt: skip
    edited(ada, 1, change("field:a", title="Again"))
    after, published = copies.publish_version(NAME, user=ada, revision=2, note="For all")
    assert (str(published.version), published.version.note) == ("1.0", "For all")
    assert (after.changed, after.base_version, after.behind) == (False, "1.0", None)
    _, published = copies.publish_version(NAME, user=ada, revision=2)
    assert not published.new


@pytest.mark.usefixtures("made")
def test_what_refers_to_nothing_is_not_published_and_no_version_is_left_behind(ada: Any) -> None:
    copies.open_copy(NAME, user=ada)
    edited(ada, 0, add("text"))
    with pytest.raises(Invalid) as refused:
        copies.publish_version(NAME, user=ada, revision=1)
    assert refused.value.errors[0].pointer == "/forms/0/fields/9/rules/1/datasource"
    assert designs.get_design(NAME).versions.count() == 1


def test_a_version_saved_elsewhere_is_taken_when_nothing_is_lost(ada: Any, admin: Any) -> None:
    create_design(raw=plain(), user=ada)
    copies.open_copy(NAME, user=ada)
    save_design(name=NAME, raw=plain() | {"title": "New"}, user=admin)
    found = copies.open_copy(NAME, user=ada)
    assert (found.document["title"], found.base_version, found.behind) == ("New", "0.2", None)
    done = edited(ada, 0, change("field:a", title="X"))
    assert [news.label for news in done.news] == ["Version 0.2 was saved"]


def behind(ada: Any, admin: Any) -> Any:
    """Let Ada edit while the admin saves a version through the API."""
    create_design(raw=plain(), user=ada)
    copies.open_copy(NAME, user=ada)
    edited(ada, 0, change("field:a", title="Hers"))
    save_design(name=NAME, raw=plain() | {"title": "His"}, user=admin)
    found = copies.open_copy(NAME, user=ada)
    assert (found.behind.version, found.behind.by) == ("0.2", "admin")
    with pytest.raises(Stale, match="admin has saved version") as stale:
        copies.save_version(NAME, user=ada, revision=1)
    assert stale.value.extra["behind"] == "0.2"
    return found


def test_theirs_can_be_taken_and_that_undone(ada: Any, admin: Any) -> None:
    before = behind(ada, admin)
    taken = copies.take_theirs(NAME, user=ada, revision=1)
    assert (taken.document["title"], taken.changed, taken.behind) == ("His", False, None)
    back = copies.undo(NAME, user=ada, revision=2)
    assert (back.document, back.changed) == (before.document, True)


def test_mine_can_be_kept_and_saved_after_theirs(ada: Any, admin: Any) -> None:
    behind(ada, admin)
    kept = copies.keep_mine(NAME, user=ada, revision=1)
    assert (kept.behind, kept.changed) == (None, True)
    assert copies.save_version(NAME, user=ada, revision=1).base_version == "0.3"
    assert title_of(copies.open_copy(NAME, user=ada), "field:a") == "Hers"


def test_an_old_version_is_restored_as_one_edit(ada: Any, admin: Any) -> None:
    create_design(raw=plain(), user=ada)
    save_design(name=NAME, raw=plain() | {"title": "Second"}, user=ada)
    copies.open_copy(NAME, user=ada)
    old = copies.restore_version(NAME, "0.1", user=ada, revision=0)
    assert (old.document["title"], old.changed, old.base_version) == ("Token refresh", True, "0.2")
    assert copies.undo(NAME, user=ada, revision=1).document["title"] == "Second"
    edited(admin, 2, change("field:a", title="His"))
    for act in (copies.discard, copies.take_theirs):
        with pytest.raises(Stale, match="admin was quicker"):
            act(NAME, user=ada, revision=2)


def test_the_edits_since_the_last_save_can_be_discarded_and_brought_back(ada: Any) -> None:
    create_design(raw=plain(), user=ada)
    copies.open_copy(NAME, user=ada)
    edited(ada, 0, change("field:a", title="X"))
    gone = copies.discard(NAME, user=ada, revision=1)
    assert (gone.changed, title_of(gone, "field:a")) == (False, "A")
    assert title_of(copies.undo(NAME, user=ada, revision=2), "field:a") == "X"


@pytest.mark.usefixtures("made")
def test_who_is_there_is_seen_until_they_are_quiet_for_a_while(
    ada: Any, admin: Any, time_machine: Any
) -> None:
    time_machine.move_to("2026-11-24T10:00:00Z", tick=False)
    copies.open_copy(NAME, user=ada)
    assert copies.touch_presence(NAME, user=ada, selected="field:refresh") == []
    [seen] = copies.open_copy(NAME, user=admin).others
    assert (seen.name, seen.selected) == ("ada", "field:refresh")
    time_machine.move_to("2026-11-24T10:00:50Z", tick=False)
    assert copies.touch_presence(NAME, user=admin) == []


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
    with pytest.raises(Conflict, match="The scheduled task Nightly fires it"):
        edited(ada, 0, {"do": "remove", "target": "field:refresh"})
    with pytest.raises(Conflict, match="Nightly fires it"):
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
        "The scheduled task Nightly fires it.",
        "The rule Start of the process shop 0.1 uses it.",
    )


@pytest.mark.usefixtures("made")
def test_an_edit_past_1_mb_is_refused_and_nothing_changes(ada: Any) -> None:
    copies.open_copy(NAME, user=ada)
    with pytest.raises(TooLarge):
        edited(ada, 0, {"do": "set_process", "settings": {"description": "x" * 1_000_000}})
    assert copies.open_copy(NAME, user=ada).revision == 0


@pytest.mark.usefixtures("made")
def test_a_page_older_than_the_memory_is_told_to_load_again(
    ada: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("processes.services.copy_state.REMEMBERED", 5)
    copies.open_copy(NAME, user=ada)
    for number in range(50):
        edited(ada, number, change("field:client_id", title=f"T{number}"))
    assert WorkingEdit.objects.count() == 5
    with pytest.raises(Stale, match="Load it again"):
        edited(ada, 3, change("field:client_id", help="X"))
    with pytest.raises(Stale, match="Load it again"):
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
