"""The working copy of a design: every edit kept, undone, redone; two people at once."""

from typing import Any

import pytest

from kianda.lib.errors import Conflict, Stale
from processes.services import working_copies as copies
from processes.services.designs import create_design
from tests.processes.definitions import token_refresh

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
def test_two_people_edit_at_once_and_neither_overwrites(ada: Any, admin: Any) -> None:
    copies.open_copy(NAME, user=ada)
    assert [o.name for o in copies.open_copy(NAME, user=admin).others] == ["ada"]
    copies.edit(NAME, user=ada, revision=0, edit=change("field:client_id", title="Client"))
    hers = copies.edit(NAME, user=admin, revision=0, edit=change("field:client_id", help="Ask."))
    assert [news.label for news in hers.news] == ["Changed title of Client ID"]
    with pytest.raises(Stale) as stale:
        copies.edit(NAME, user=admin, revision=0, edit=change("field:client_id", title="Mine"))
    assert stale.value.extra["changes"][0]["by"] == "ada"
