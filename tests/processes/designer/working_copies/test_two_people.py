"""Two people edit one working copy: what fits is done, what overlaps is told."""

from typing import Any

import pytest

from kianda.lib.errors import Stale
from processes.designer import working_copy as copies
from tests.processes.designer.working_copies.edits import NAME, add, change, edited, title_of

pytestmark = pytest.mark.django_db


def names_of(copy: Any) -> list[str]:
    return [field["name"] for field in copy.document["forms"][0]["fields"]]


OVERLAPS: list[tuple[dict[str, Any], dict[str, Any]]] = [
    (change("field:created_at", title="A"), {"do": "remove", "target": "field:created_at",
                                             "force": True}),
    ({"do": "remove", "target": "field:redirect_url", "force": True},
     change("field:redirect_url", title="B")),
    ({"do": "rename", "target": "field:client_id", "name": "client"},
     {"do": "rename", "target": "field:client_id", "name": "customer"}),
    ({"do": "rename", "target": "field:client_id", "name": "client"},
     change("rule:get-token", input_mapping=[])),
    ({"do": "switch_rule", "target": "rule:save", "enabled": False},
     {"do": "switch_rule", "target": "rule:save", "enabled": False}),
    ({"do": "move", "target": "rule:save", "place": {"in": "process", "list": "rules"}},
     {"do": "move", "target": "rule:save", "place": {"in": "form:token", "list": "rules"}}),
    (change("field:refresh", title="A"), {"do": "remove", "target": "form:token", "force": True}),
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
    with pytest.raises(Stale, match="ada changed this first") as stale:
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
def test_an_edit_finds_what_somebody_else_has_renamed(ada: Any, admin: Any) -> None:
    rename = {"do": "rename", "target": "field:client_id", "name": "client"}
    edited(ada, 0, rename)
    # A new one has the name now: the edit is about the one that was seen.
    edited(ada, 1, add("text", at=0))
    edited(ada, 2, {"do": "rename", "target": "field:text", "name": "client_id"})
    edited(ada, 3, {"do": "rename", "target": "form:token", "name": "first"})
    his = edited(admin, 0, change("field:client_id", title="His", name="client_id"))
    assert (his.selected, title_of(his, "field:client")) == ("field:client", "His")
    added = edited(admin, 0, add("number", at=1))
    assert names_of(added).index("number") == names_of(added).index("grant_type") + 1
    moved = edited(admin, 0, {"do": "move", "target": "field:client_id", "place":
                              {"in": "form:token", "list": "fields", "at": 0}})  # fmt: skip
    assert names_of(moved)[0] == "client"


def titled(to: str) -> dict[str, Any]:
    return change("field:text", title=to) | {"name_follows": True}


@pytest.mark.usefixtures("made")
def test_two_titles_of_a_new_field_meet_although_its_name_follows(ada: Any, admin: Any) -> None:
    edited(ada, 0, add("text"))
    edited(ada, 1, titled("Hers"))
    required = edited(admin, 1, change("field:text", required=True))
    assert required.selected == "field:hers"
    with pytest.raises(Stale, match="ada changed this first: Changed title of Text"):
        edited(admin, 1, titled("His"))
    # He was told, and insists; what she does after that, nobody has told him.
    his = copies.edit(NAME, user=admin, revision=1, over=3, edit=titled("His"))
    assert (his.selected, title_of(his, "field:his")) == ("field:his", "His")
    edited(ada, 4, change("field:his", title="Hers again"))
    with pytest.raises(Stale, match="ada changed this first"):
        copies.edit(NAME, user=admin, revision=1, over=3, edit=titled("Mine"))


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
    with pytest.raises(Stale, match="admin changed this first: Changed title of Text"):
        copies.undo(NAME, user=ada, revision=2)
    assert copies.open_copy(NAME, user=ada).document == after.document
    copies.undo(NAME, user=admin, revision=2)
    assert "text" not in names_of(copies.undo(NAME, user=ada, revision=3))


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


@pytest.mark.usefixtures("made")
def test_a_form_that_sends_every_setting_changes_only_what_its_person_changed(
    ada: Any, admin: Any
) -> None:
    seen = dict(copies.open_copy(NAME, user=admin).document["forms"][0]["fields"][1])
    edited(ada, 0, change("field:client_id", title="Hers"))
    seen.pop("rules")
    his = edited(admin, 0, change("field:client_id", **seen | {"help": "His"}))
    assert (title_of(his, "field:client_id"), his.label) == ("Hers", "Changed help of Hers")


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
    # The clock is put back a day: who was seen then is not there for a day, who comes is seen.
    time_machine.move_to("2026-11-23T10:00:00Z", tick=False)
    assert copies.touch_presence(NAME, user=admin) == []
    assert [other.name for other in copies.touch_presence(NAME, user=ada)] == ["admin"]
