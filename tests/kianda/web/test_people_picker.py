"""The people picker: whom it offers, what its chips say, what it sends without script."""

from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.template.loader import render_to_string
from django.test import Client

from kianda.accounts.services.directory import entries, find_groups, find_people
from kianda.web.people_picker import picker_context
from tests.factories import make_user
from tests.pages import SCRIPT, client_of

pytestmark = pytest.mark.django_db
OPTIONS = "/people/options/"


@pytest.fixture
def office() -> None:
    """People who are called alike, one who has left, and groups."""
    ann = make_user("ann", "User", first_name="Ann", last_name="Hanlon")
    make_user("han", "User", first_name="Solo", last_name=SCRIPT[:100])
    gone = make_user("gone", "User", first_name="Hanna", is_active=False)
    Group.objects.create(name="Head office").user_set.add(ann, gone)


def offered(client: Client, **query: str) -> list[str]:
    html = client.get(OPTIONS, query).content.decode()
    assert "<script" not in html
    return [part.split('"')[0] for part in html.split('data-ref="')[1:]]


def test_everybody_signed_in_finds_people_and_groups_by_their_names(
    client: Client, office: None, ben: Any
) -> None:
    assert client.get(OPTIONS).status_code == 302
    mine = client_of(ben)
    assert offered(mine, q="han") == ["user:ann", "user:han"]
    assert offered(mine, q="ann HAN") == ["user:ann"]
    assert offered(mine, q="o") == ["user:ann", "user:han", "group:Head office"]
    # An address tells nobody apart: it is not for everybody.
    assert offered(mine, q="example.org") == []
    assert offered(mine, q="\0" + "x" * 5000) == []
    assert "ann@" not in mine.get(OPTIONS).content.decode()


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"choose": "users", "q": "o"}, ["user:ann", "user:han"]),
        ({"choose": "groups", "q": "o"}, ["group:Head office"]),
        ({"within": "Head office"}, ["user:ann", "group:Head office"]),
        ({"within": "none", "choose": "users"}, []),
        ({"roles": "1", "choose": "groups", "q": "design"}, ["group:Designer"]),
        ({"choose": "groups", "q": "design"}, []),
    ],
)
def test_a_picker_narrows_down_whom_it_offers(
    office: None, ben: Any, query: dict[str, str], found: list[str]
) -> None:
    assert offered(client_of(ben), **query) == found


def test_at_most_twenty_are_offered() -> None:
    for at in range(30):
        make_user(f"many{at}", "User")
        Group.objects.create(name=f"many {at}")
    assert (len(find_people("many")), len(find_groups("many"))) == (20, 20)


def test_a_ref_is_called_as_who_it_names(office: None) -> None:
    found = entries(["user:ann", "user:gone", "group:User", "group:x", "user:x", "odd", "user:"])
    assert [(one.name, one.detail, one.state) for one in found.values()] == [
        ("Ann Hanlon", "ann", ""), ("Hanna", "gone", "deactivated"), ("User", "", ""),
        ("x", "", "unknown"), ("x", "", "unknown"), ("odd", "", "unknown"), ("", "", "unknown"),
    ]  # fmt: skip
    assert {entries([ref])[ref].tint for ref in ("user:ann", "user:han")} <= {1, 2, 3, 4}
    assert found["user:ann"].initials == "AH"


def drawn(**more: Any) -> str:
    context = picker_context("/to", "To", **more)
    return render_to_string("components/people_picker.html", context)


def test_what_is_sent_stands_in_plain_boxes(office: None) -> None:
    html = drawn(users=["ann", "[owner]"], groups=["Head office"], free=True)
    assert 'name="/to/users"' in html
    assert ">\nann\n[owner]</textarea>" in html
    assert 'name="/to/groups"' in html
    assert ">\nHead office</textarea>" in html
    html = drawn(users="ann", multiple=False)
    assert 'name="/to" value="ann"' in html


def test_other_choices_stand_beside_people(office: None) -> None:
    choices = [("everyone", "Everyone", "globe2"), ("[boss]", "Boss", "input-cursor-text", "boss")]
    context = picker_context("/see", "May see", refs=["everyone", "user:ann"], choices=choices)
    assert [(one.ref, one.label) for one in context["chips"]] == [
        ("everyone", "Everyone"), ("user:ann", "Ann Hanlon"),
    ]  # fmt: skip
    html = drawn(refs=["everyone", "user:ann"], choices=choices, choices_title="This record")
    assert ">\neveryone\nuser:ann</textarea>" in html
    assert 'data-ref="[boss]"' in html
    assert 'aria-label="This record"' in html


@pytest.mark.parametrize(
    ("more", "labels"),
    [
        ({"users": "ann,  han\nx y"}, ["Ann Hanlon", f"Solo {SCRIPT[:100]}", "x", "y"]),
        ({"groups": "Head office; none"}, ["Head office", "none"]),
        ({"users": "=If([a], 'x, y', [b])", "free": True}, ["=If([a], 'x, y', [b])"]),
        ({"refs": "group:Head office\nann"}, ["Head office", "ann"]),
        ({"users": ""}, []),
    ],
)
def test_a_typed_text_names_several(office: None, more: dict[str, Any], labels: list[str]) -> None:
    assert [one.label for one in picker_context("/to", "To", **more)["chips"]] == labels


def test_who_is_unknown_stands_out_when_something_is_wrong(office: None) -> None:
    context = picker_context("/to", "To", users="ann x [y]", errors=["No user named x."])
    assert [one.is_bad for one in context["chips"]] == [False, True, False]
    assert not any(one.is_bad for one in picker_context("/to", "To", users="ann x")["chips"])
