"""Versions made of a working copy, and versions taken into it."""

from typing import Any

import pytest

from kianda.lib.errors import Invalid, Stale
from processes import selectors
from processes.designer import working_copy as copies
from processes.designs.lifecycle import create_design, save_design
from tests.processes.designer.working_copies.edits import NAME, add, change, edited, plain, title_of

pytestmark = pytest.mark.django_db


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
    assert selectors.get_design(NAME).versions.count() == 1


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
    with pytest.raises(Stale, match="admin saved version") as stale:
        copies.save_version(NAME, user=ada, revision=1)
    assert stale.value.extra["behind"] == "0.2"
    return found


def test_what_one_has_saved_oneself_elsewhere_is_not_said_to_be_someones(ada: Any) -> None:
    create_design(raw=plain(), user=ada)
    copies.open_copy(NAME, user=ada)
    edited(ada, 0, change("field:a", title="Mine"))
    save_design(name=NAME, raw=plain() | {"title": "Mine too"}, user=ada)
    assert copies.open_copy(NAME, user=ada).behind.is_own
    with pytest.raises(Stale, match=r"^You saved version 0\.2 in another window"):
        copies.save_version(NAME, user=ada, revision=1)


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
        with pytest.raises(Stale, match="admin changed this first"):
            act(NAME, user=ada, revision=2)


def test_the_edits_since_the_last_save_can_be_discarded_and_brought_back(ada: Any) -> None:
    create_design(raw=plain(), user=ada)
    copies.open_copy(NAME, user=ada)
    edited(ada, 0, change("field:a", title="X"))
    gone = copies.discard(NAME, user=ada, revision=1)
    assert (gone.changed, title_of(gone, "field:a")) == (False, "A")
    assert title_of(copies.undo(NAME, user=ada, revision=2), "field:a") == "X"
