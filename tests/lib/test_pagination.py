"""Lists of the API: pages, order, search, filters."""

from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.http import QueryDict
from rest_framework.request import Request
from rest_framework.test import APIRequestFactory

from kianda.lib.api.drf import list_response, yes_or_no
from kianda.lib.errors import Invalid, Missing
from processes.models import Run
from tests.factories import make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def people() -> list[Any]:
    return [make_user(f"user{n}", is_staff=n == 3) for n in range(5)]


def ask(query: Any) -> Any:
    request = Request(APIRequestFactory().get(f"/things/{query}"))
    return list_response(
        request,
        get_user_model().objects.all(),
        to_json=lambda user: user.username,
        default_order=["-username"],
        ordering={"name": "username"},
        search=["username", "email"],
        filters={"username": "username", "staff": yes_or_no("is_staff")},
    ).data


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("", ["user4", "user3", "user2", "user1", "user0"]),
        ("?page_size=2", ["user4", "user3"]),
        ("?page_size=2&page=3", ["user0"]),
        ("?ordering=name&page_size=1", ["user0"]),
        ("?ordering=-name&page_size=1", ["user4"]),
        ("?search=USER2", ["user2"]),
        ("?search=user2 example", ["user2"]),
        ("?search=user2 nothing", []),
        ("?username=user1", ["user1"]),
        ("?staff=true", ["user3"]),
    ],
)
def test_a_list_answers_what_is_asked(people: list[Any], query: str, names: Any) -> None:
    assert ask(query)["results"] == names


@pytest.mark.django_db
def test_a_word_that_a_column_never_holds_is_refused_with_those_that_it_holds() -> None:
    request = Request(APIRequestFactory().get("/runs/?status=broken"))
    with pytest.raises(Invalid) as refused:
        list_response(
            request, Run.objects.all(), to_json=str, default_order=["pk"],
            filters={"status": "status"},
        )  # fmt: skip
    [flaw] = refused.value.errors
    assert flaw.pointer == "/status"
    assert "queued, running, succeeded" in flaw.detail


def test_a_page_knows_its_neighbours_and_the_count(people: list[Any]) -> None:
    page = ask("?page_size=2&page=2")
    assert page["count"] == 5
    for there, number in (("next", 3), ("previous", 1)):
        address, _, query = page[there].partition("?")
        assert address == "http://testserver/things/"
        asked = QueryDict(query).dict()
        assert asked.pop("cursor")
        assert asked == {"page": str(number), "page_size": "2"}


@pytest.mark.parametrize(
    ("query", "pointer"),
    [
        ("?colour=red", "/colour"),
        ("?page=0", "/page"),
        ("?page=", "/page"),
        ("?page_size=", "/page_size"),
        ("?page=-1", "/page"),
        ("?page=one", "/page"),
        ("?page=9999999999999", "/page"),
        ("?cursor=", "/cursor"),
        ("?page=2&page_size=2&cursor=v2", "/cursor"),
        ("?page=2&page_size=2&cursor=v2.00000000.é", "/cursor"),
        ("?page_size=0", "/page_size"),
        ("?page_size=201", "/page_size"),
        ("?ordering=password", "/ordering"),
        ("?search=" + "x" * 60_000, "/search"),
        ("?search=" + "x " * 2_000, "/search"),
        ("?username=a&username=b", "/username"),
        ("?username=%00", "/username"),
        ("?staff=maybe", "/staff"),
    ],
)
def test_a_bad_query_is_refused_by_name(people: list[Any], query: str, pointer: str) -> None:
    with pytest.raises(Invalid) as caught:
        ask(query)
    assert caught.value.errors[0].pointer == pointer


@pytest.mark.parametrize(
    "change",
    ["page=3", "page_size=1", "ordering=name", "staff=false", "search=user", "cursor=x"],
)
def test_a_cursor_belongs_to_its_page_order_and_filter(people: list[Any], change: str) -> None:
    link = QueryDict(ask("?page_size=2")["next"].partition("?")[2]).copy()
    assert ask(f"?{link.urlencode()}")["results"] == ["user2", "user1"]
    link.update(QueryDict(change))
    for name in QueryDict(change):
        link[name] = link.getlist(name)[-1]
    with pytest.raises(Invalid) as refused:
        ask(f"?{link.urlencode()}")
    assert refused.value.errors[0].pointer == "/cursor"


def test_a_filter_of_yes_or_no_takes_nothing_else(people: list[Any]) -> None:
    with pytest.raises(Invalid):
        ask("?staff=perhaps")


def test_a_page_past_the_end_is_missing(people: list[Any]) -> None:
    with pytest.raises(Missing):
        ask("?page=2")


def test_the_first_page_of_nothing_is_empty() -> None:
    assert ask("") == {"count": 0, "next": None, "previous": None, "results": []}
