"""A group has administrators of its own, who change its members and nothing else."""

from typing import Any

import pytest

from kianda.accounts.models import AuditEntry
from kianda.accounts.services import groups
from kianda.lib.errors import Forbidden, Invalid
from tests.factories import api_client, make_user
from tests.pages import client_of, text_of

pytestmark = pytest.mark.django_db
PAGE = "/users/groups/"
API = "/api/v1/groups/"


@pytest.fixture
def helen(db: None) -> Any:
    return make_user("helen", "User")


@pytest.fixture
def hr(admin: Any, ben: Any, helen: Any) -> Any:
    groups.add_group(name="Buyers", members=["ben"], by=admin)
    return groups.add_group(name="HR", members=["ben"], administrators=["helen"], by=admin)


def test_an_administrator_of_a_group_finds_it_and_changes_its_members(
    hr: Any, helen: Any, ben: Any
) -> None:
    client = client_of(helen)
    assert "HR" in text_of(client.get("/profile/"))
    page = text_of(client.get(PAGE))
    assert "HR" in page
    assert "Buyers" not in page
    assert "Delete" not in page
    assert "Add a group" not in page
    shown = client.get(f"{PAGE}{hr.pk}/")
    assert b"administrators" not in shown.content
    sent = {"name": "HR", "members": "helen, nobody", "revision": shown.context["revision"]}
    answer = client.post(f"{PAGE}{hr.pk}/", sent)
    assert answer.status_code == 422
    assert "No user named nobody." in text_of(answer)
    assert client.post(f"{PAGE}{hr.pk}/", sent | {"members": "helen"}).status_code == 303
    assert groups.members_of(hr) == ["helen"]
    assert groups.administrators_of(hr) == ["helen"]
    told = AuditEntry.objects.get(kind="group", name="HR", action="members changed")
    assert (told.user_name, told.detail) == ("helen", "Added: helen. Removed: ben")


def test_nothing_else_of_it_changes_and_no_other_group(hr: Any, helen: Any, ben: Any) -> None:
    client = client_of(helen)
    other = groups.group("Buyers")
    for path in (f"{PAGE}{other.pk}/", f"{PAGE}{hr.pk + 900}/"):
        assert client.get(path).status_code == 403
    for path in (f"{PAGE}new/", f"{PAGE}{hr.pk}/delete/"):
        assert client.get(path).status_code == 403
    shown = client.get(f"{PAGE}{hr.pk}/").context
    sent = {"name": "Mine", "members": "", "revision": shown["revision"]}
    assert client.post(f"{PAGE}{hr.pk}/", sent).status_code == 403
    for change in ({"name": "Mine"}, {"administrators": ["ben"]}):
        wanted: Any = {"name": "HR", "members": [], **change}
        with pytest.raises(Forbidden, match="only change the members"):
            groups.change_group(hr, **wanted, by=helen)
    with pytest.raises(Forbidden):
        groups.change_group(other, name="Buyers", members=[], by=helen)
    assert groups.members_of(hr) == groups.members_of(other) == ["ben"]
    assert client_of(ben).get(PAGE).status_code == 403


def test_over_the_api_members_alone_are_patched(hr: Any, helen: Any, admin: Any) -> None:
    own, root = api_client(helen), api_client(admin)
    read = own.get(f"{API}HR/")
    assert read.data == {"name": "HR", "members": ["ben"], "administrators": ["helen"]}
    # A body that says the rest as it is changes nothing of it.
    sent = {**read.data, "members": ["ben", "helen"]}
    answer = own.patch(f"{API}HR/", sent, HTTP_IF_MATCH=read["ETag"])
    assert answer.status_code == 200, answer.data
    assert answer.data["members"] == ["ben", "helen"]
    assert own.patch(f"{API}HR/", {"administrators": ["helen", "ben"]}).status_code == 403
    assert own.patch(f"{API}Buyers/", {"members": []}).status_code == 403
    assert own.delete(f"{API}HR/").status_code == 403
    assert own.get(API).status_code == 403
    assert root.patch(f"{API}HR/", {"administrators": []}).data["administrators"] == []
    assert own.patch(f"{API}HR/", {"members": []}).status_code == 403
    details = AuditEntry.objects.filter(kind="group", name="HR", action="changed")
    assert [one.detail for one in details] == [
        "Group administrators: none", "Group administrators: helen",
    ]  # fmt: skip


def test_administrators_are_chosen_in_the_dialog_of_the_group(
    hr: Any, admin: Any, helen: Any
) -> None:
    client, path = client_of(admin), f"{PAGE}{hr.pk}/"
    sent = {"name": "HR", "members": "ben", "administrators": "ben\nnobody"}
    answer = client.post(path, sent | {"revision": client.get(path).context["revision"]})
    assert answer.status_code == 422
    assert "No user named nobody." in text_of(answer)
    assert groups.administrators_of(hr) == ["helen"]
    sent |= {"administrators": "ben", "revision": client.get(path).context["revision"]}
    assert client.post(path, sent).status_code == 303
    assert groups.administrators_of(hr) == ["ben"]
    with pytest.raises(Invalid) as wrong:
        groups.add_group(name="New", members=[], administrators=["x"], by=admin)
    assert [flaw.pointer for flaw in wrong.value.errors] == ["/administrators/0"]
