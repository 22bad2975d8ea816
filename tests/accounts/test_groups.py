"""Groups of people: made, filled, renamed and deleted by administrators, never while in use."""

import html
import json
from typing import Any

import pytest
from django.contrib.auth.models import Group, User
from django.test import Client

from datasources.models import Datasource
from kianda.accounts.models import AuditEntry
from kianda.accounts.roles import groups_of, roles_of
from kianda.accounts.services import groups, users
from kianda.home.search import find
from kianda.lib.errors import InUse, Invalid, Missing
from processes.designs.lifecycle import create_design, publish_design, save_design
from processes.instances.form_states import my_work
from processes.instances.lifecycle import create_instance
from tests.pages import client_of, markup_of
from tests.processes.definitions import button, process, text_field

pytestmark = pytest.mark.django_db
PAGE = "/users/groups/"
NASTY = "<script>alert(1)</script>\"'& 😀"


@pytest.fixture
def office(admin: Any) -> Client:
    """A browser of an administrator."""
    return client_of(admin)


@pytest.fixture
def buyers(admin: Any, ben: Any) -> Any:
    return groups.add_group(name="Buyers", members=["ben"], by=admin)


def fresh(user: Any) -> Any:
    """Return the same person, as another request sees them."""
    return User.objects.get(pk=user.pk)


def post(office: Any, path: str, body: Any) -> Any:
    """Send the form of a page that was opened just now."""
    shown = office.get(path).context
    return office.post(path, body | {"revision": shown.get("revision", "")})


def told(answer: Any) -> Any:
    return html.unescape(answer.content.decode())


def waiting_for(group: Any, *rules: Any) -> Any:
    """Return a process whose second form belongs to a group."""
    raw = process(text_field("days"), button("send", {"type": "submit"}, *rules))
    owners = {"groups": [group]} if group else {}
    raw["forms"].append({"name": "second", "owners": owners, "fields": [text_field("word")]})
    return raw


def entries(action: str) -> list[Any]:
    return [
        (one.name, one.detail) for one in AuditEntry.objects.filter(kind="group", action=action)
    ]


@pytest.mark.parametrize("name", [NASTY, "x" * 80, "  Einkäufer  ", "购买", "0"])
def test_a_group_is_added_on_the_page_and_stands_in_the_list(
    office: Client, ben: Any, name: Any
) -> None:
    body = {"name": name, "members": "BEN\nben@example.org, admin"}
    answer = office.post(f"{PAGE}new/", body)
    assert (answer.status_code, answer["Location"]) == (303, PAGE)
    made: Any = groups.groups().get()
    assert (made.name, made.members) == (name.strip(), 2)
    assert name.strip() in told(office.get(PAGE))
    assert groups_of(fresh(ben)) == {"User", made.name}
    assert roles_of(fresh(ben)) == {"User"}
    assert entries("created") == [(made.name, "Members: ben, admin")]


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("", "required"),
        ("   ", "required"),
        ("x" * 81, "at most 80"),
        ("bUYERS", "Buyers already exists"),
        ("designer", "designer is a role"),
        ("USER", "USER is a role"),
        ("a\nb", "invisible character"),
        ("a\u202eb", "invisible character"),
        ("a\x00b", "Null characters"),
        ("North, South", "Do not use"),
        ("[status]", "Do not use"),
        ("=1", "Do not use"),
    ],
)
def test_a_name_that_cannot_be_is_told_and_what_was_typed_stays(
    office: Client, buyers: Any, name: str, sentence: str
) -> None:
    answer = office.post(f"{PAGE}new/", {"name": name, "members": "ben"})
    assert answer.status_code == 422
    assert sentence in told(answer)
    assert 'id="id_name-error"' in told(answer)
    assert ">\nben</textarea>" in told(answer)
    if name != "bUYERS":
        answer = post(office, f"{PAGE}{buyers.pk}/", {"name": name, "members": "ben"})
        assert (answer.status_code, sentence in told(answer)) == (422, True)
    assert [one.name for one in groups.groups()] == ["Buyers"]


def test_capitals_of_other_alphabets_make_no_second_group(admin: Any) -> None:
    groups.add_group(name="Équipe", members=[], by=admin)
    for name in ("équipe", "E\u0301quipe"):
        with pytest.raises(Invalid, match="already"):
            groups.add_group(name=name, members=[], by=admin)


def test_unknown_members_are_told_and_nothing_is_half_done(
    office: Client, admin: Any, ben: Any, buyers: Any
) -> None:
    User.objects.filter(pk__in=[admin.pk, ben.pk]).update(email="both@example.org")
    body = {"name": "Sellers", "members": "nobody\nboth@example.org\nben"}
    for path in ("new/", f"{buyers.pk}/"):
        answer = post(office, PAGE + path, body)
        assert answer.status_code == 422
        assert "No user named nobody." in told(answer)
        assert "More than one user is named both@example.org." in told(answer)
        assert "nobody\nboth@example.org\nben</textarea>" in told(answer)
    answer = office.post(f"{PAGE}new/", {"name": "X", "members": "ben ben\nodd"})
    assert "No user named odd." in told(answer).partition('id="id_members-error"')[2]
    listed: Any = groups.groups()
    assert [(one.name, one.members) for one in listed] == [("Buyers", 1)]


def test_a_group_is_renamed_and_members_come_and_go(
    office: Client, admin: Any, ada: Any, ben: Any, buyers: Any
) -> None:
    users.change_person(ada, name="", email="", roles=["Designer"], groups=["Buyers"], by=admin)
    body = {"name": "Purchase", "members": "ada admin"}
    assert post(office, f"{PAGE}{buyers.pk}/", body).status_code == 303
    row = groups.groups().get()
    assert (row.name, groups.members_of(row)) == ("Purchase", ["ada", "admin"])
    assert entries("renamed") == [("Purchase", "Previously Buyers")]
    assert entries("members changed") == [("Purchase", "Added: admin. Removed: ben")]
    assert post(office, f"{PAGE}{buyers.pk}/", body | {"name": "PURCHASE"}).status_code == 303
    assert groups.groups().get().name == "PURCHASE"


def test_groups_are_ticked_on_the_dialog_of_a_person(
    office: Client, admin: Any, ben: Any, buyers: Any
) -> None:
    groups.add_group(name="Sellers", members=[], by=admin)
    path = f"/users/{ben.pk}/"
    assert 'value="Buyers" id="id_groups_0" checked' in markup_of(office.get(path))
    body = {"name": "Ben", "email": "", "roles": ["User"]}
    assert post(office, path, body | {"groups": ["Sellers"]}).status_code == 303
    assert groups_of(fresh(ben)) == {"User", "Sellers"}
    assert AuditEntry.objects.filter(name="ben", detail="Groups: Sellers").exists()
    answer = office.post(path, body | {"groups": ["Gone", "Sellers"]})
    assert (answer.status_code, "The group Gone no longer exists." in told(answer)) == (422, True)
    with pytest.raises(Invalid, match="No group named Designer"):
        users.change_person(ben, name="", email="", roles=[], groups=["Designer"], by=admin)
    body = {"username": "eve", "roles": ["User"], "groups": ["Buyers"]}
    assert office.post("/users/invite/", body).status_code == 200
    assert groups.members_of(buyers) == ["eve"]


def test_a_group_that_nothing_uses_is_deleted_after_a_question(
    office: Client, ben: Any, buyers: Any
) -> None:
    path = f"{PAGE}{buyers.pk}/delete/"
    assert "The group is not in use. Its only member remains" in told(office.get(path))
    assert office.post(path).status_code == 303
    assert not groups.groups().exists()
    assert fresh(ben).is_active
    assert entries("deleted") == [("Buyers", "Members: ben")]
    assert office.get(path).status_code == 404


def of_a_design(ada: Any, dan: Any) -> str:
    create_design(raw=waiting_for("Buyers"), user=ada)
    return "/designs/orders/"


def of_a_rule(ada: Any, dan: Any) -> str:
    to = {"groups": ["[days], buyers"]}
    rule = {"type": "assign_form", "form": "second", "to": to}
    create_design(raw=waiting_for("", rule), user=ada)
    return "/designs/orders/"


def of_an_open_form(ada: Any, dan: Any) -> str:
    create_design(raw=waiting_for("Buyers"), user=ada)
    publish_design(name="orders", user=ada)
    row = create_instance(process="orders", mode="live", data={}, user=ada)
    row.owners.create(form="main", kind="group", name="Buyers")
    return "/instances/orders-1/"


def of_a_form_that_opens_later(ada: Any, dan: Any) -> str:
    create_design(raw=waiting_for(""), user=ada)
    publish_design(name="orders", user=ada)
    row = create_instance(process="orders", mode="live", data={}, user=ada)
    row.forms = {"forms": {"second": {"groups": ["Buyers"]}}, "ended": False}
    row.save()
    return "/instances/orders-1/"


def of_a_data_source(ada: Any, dan: Any) -> str:
    security = {"editors": {"users": [], "groups": []}, "callers": {"groups": ["Buyers"]}}
    Datasource.objects.create(
        name="shop", title="Shop", document={}, security=security,
        created="2026-11-23T10:00:00Z", modified="2026-11-23T10:00:00Z",
    )  # fmt: skip
    return "/datasources/shop/"


@pytest.mark.parametrize(
    "use", [of_a_design, of_a_rule, of_an_open_form, of_a_form_that_opens_later, of_a_data_source]
)
def test_a_group_in_use_keeps_its_name_and_is_not_deleted(
    office: Client, admin: Any, ada: Any, dan: Any, buyers: Any, use: Any
) -> None:
    link = use(ada, dan)
    path = f"{PAGE}{buyers.pk}/"
    for answer in (office.get(f"{path}delete/"), office.post(f"{path}delete/")):
        assert f'href="{link}"' in told(answer)
    assert answer.status_code == 422
    with pytest.raises(InUse, match="Buyers is in use by"):
        groups.delete_group(buyers, by=admin)
    assert "Cannot be changed: forms, designs or data sources use" in told(office.get(path))
    answer = post(office, path, {"name": "Purchase", "members": ""})
    assert "cannot be renamed: it is in use by" in told(answer)
    assert groups.members_of(groups.groups().get(name="Buyers")) == ["ben"]
    assert post(office, path, {"name": "Buyers", "members": "ada"}).status_code == 303
    assert groups.members_of(buyers) == ["ada"]


def test_what_a_group_of_a_form_waits_for_stands_in_my_work_of_its_members(
    ada: Any, ben: Any, cleo: Any, buyers: Any
) -> None:
    raw = waiting_for("Buyers")
    raw["forms"] = raw["forms"][1:]
    create_design(raw=raw, user=ada)
    publish_design(name="orders", user=ada)
    row = create_instance(process="orders", mode="live", data={}, user=ada)
    assert list(my_work(fresh(ben))) == [row]
    assert list(my_work(fresh(cleo))) == []


def test_a_design_names_no_group_that_is_not_there(ada: Any, admin: Any) -> None:
    raw = waiting_for("Buyers")
    raw["forms"][0]["owners"] = {"users": ["nobody"]}
    create_design(raw=raw, user=ada)
    with pytest.raises(Invalid) as caught:
        publish_design(name="orders", user=ada)
    places = [flaw.pointer for flaw in caught.value.errors]
    assert places == ["/forms/0/owners/users/0", "/forms/1/owners/groups/0"]
    for at, sentence in (("main", "No user named nobody."), ("second", "No group named Buyers.")):
        panel = told(client_of(ada).get(f"/designs/orders/designer/?at=form:{at}"))
        beside = panel.partition('id="fs-owners-error">')[2]
        assert sentence in beside.partition("</div>")[0]
    groups.add_group(name="Buyers", members=[], by=admin)
    raw["forms"][0]["owners"] = {"users": ["ada"]}
    save_design(name="orders", raw=json.loads(json.dumps(raw)), user=ada)
    assert publish_design(name="orders", user=ada).new


@pytest.mark.parametrize("path", ["", "new/", "{}/", "{}/delete/"])
def test_groups_are_for_administrators(
    ada: Any, dan: Any, ben: Any, cleo: Any, buyers: Any, path: str
) -> None:
    path = PAGE + path.format(buyers.pk)
    for user in (ada, dan, ben, cleo):
        client = client_of(user)
        assert client.get(path).status_code == 403
        assert client.post(path, {"name": "X"}).status_code in {403, 405}
    assert Client().get(path).status_code == 302
    assert [one.name for one in groups.groups()] == ["Buyers"]
    assert groups.members_of(buyers) == ["ben"]


def test_a_role_is_no_group_to_change(office: Client, admin: Any) -> None:
    role = Group.objects.get(name="Designer")
    for path in (f"{PAGE}{role.pk}/", f"{PAGE}{role.pk}/delete/", f"{PAGE}4711/"):
        assert office.post(path, {"name": "X"}).status_code == 404
    with pytest.raises(Missing):
        groups.delete_group(role, by=admin)


def test_the_list_is_searched_and_turned(office: Client, admin: Any) -> None:
    Group.objects.bulk_create(Group(name=f"Team {number:02}") for number in range(30))
    assert [one.name for one in groups.groups(search="2 team")][:2] == ["Team 02", "Team 12"]
    assert "Team 29" in told(office.get(f"{PAGE}?page=2"))
    assert "No results for “zzz”" in told(office.get(f"{PAGE}?search=zzz"))


def test_the_command_bar_finds_the_page_for_administrators(admin: Any, ada: Any) -> None:
    assert [one.url_name for one in find("groups", user=admin)] == ["groups"]
    assert list(find("groups", user=ada)) == []
