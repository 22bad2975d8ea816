"""The page that lists the records of a process: tabs, chips, groups, totals; what is not seen."""

import re
from typing import Any

import pytest
from django.contrib.auth.models import Group, User
from django.db import connection
from django.http import QueryDict
from django.test import Client
from django.test.utils import CaptureQueriesContext

from kianda.accounts.models import Profile
from kianda.lib import pagination
from processes.files.uploads import store_bytes
from processes.instances.lifecycle import create_instance
from processes.rights import querysets
from processes.views.lists import record_pages
from tests.factories import make_user
from tests.pages import client_of, text_of
from tests.processes.rights.office import office, publish
from tests.processes.stories import published

pytestmark = pytest.mark.django_db

ORDERS: dict[str, Any] = {
    "name": "orders",
    "title": "Order",
    "record": {"one": "Order", "many": "Orders", "title": "[what]", "icon": "cart3"},
    "statuses": [{"name": "open", "meaning": "waiting"}],
    "forms": [{"name": "order", "fields": [
        {"type": "text", "name": "what"},
        {"type": "number", "name": "amount", "decimals": 2},
        {"type": "list", "name": "kind", "choices": [{"value": "r", "title": "Red, deep"},
                                                     {"value": "b", "title": "Blue"}]},
        {"type": "date", "name": "day"},
        {"type": "secret", "name": "code"},
    ]}],
    "views": [
        {"name": "large", "title": "Large ones", "columns": ["kind", "amount", "process.status"],
         "filter": {"items": [{"left": "[amount]", "operator": "gte", "right": "10"}]},
         "sort": "-amount", "group_by": "kind", "totals": [{"field": "amount"}]},
        {"name": "hidden", "title": "For finance", "see": ["group:finance"]},
    ],
}  # fmt: skip
ROWS: list[dict[str, Any]] = [
    {"what": "Desk", "amount": 1200.5, "kind": "r", "code": "s3cret"},
    {"what": "Lamp", "amount": 20, "kind": "b", "day": "2026-01-05"},
    {"what": "Chair", "amount": 80, "kind": "r"},
    {"what": "Pen", "amount": 2},
]


@pytest.fixture
def ada(client: Client) -> Client:
    """Ada, who has made four orders."""
    user = make_user("ada", "User")
    published(ORDERS, user=make_user("root", "Administrator"))
    for values in ROWS:
        create_instance(process="orders", mode="live", data=values, user=user)
    return client_of(user)


def rows_of(client: Client, query: str) -> str:
    """Return the part of the page that has the rows, as text."""
    answer = client.get(f"/records/orders/{query}", headers={"HX-Request": "true",
                                                             "HX-Target": "rows"})  # fmt: skip
    assert answer.status_code == 200
    return text_of(answer)


def test_a_long_list_is_counted_to_a_bound_and_to_the_last_by_a_press_or_for_totals(
    ada: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pagination, "MOST_COUNTED", 26)
    # Whoever sees few has them counted with the first page.
    monkeypatch.setattr(querysets, "FEW_HITS", 10)
    for _ in range(27):
        create_instance(
            process="orders", mode="live", data=ROWS[3], user=User.objects.get(username="ada")
        )
    query = "?filter=amount:eq:2&totals="
    assert "25 of more than 26 orders Count all" in rows_of(ada, query)
    counted = rows_of(ada, f"{query}&count=all")
    assert "25 of 28 orders" in counted
    assert "Count all" not in counted
    assert "28 orders 56.00" in rows_of(ada, f"{query}amount:sum")
    # What PostgreSQL counts quicker to the last is counted so.
    monkeypatch.setattr(record_pages, "counts_all", lambda group: bool(group.items))
    assert "25 of 28 orders" in rows_of(ada, query)
    assert "25 of more than 26 orders" in rows_of(ada, "?view=all&filter=&totals=")


def test_the_first_view_opens_with_its_columns_groups_and_totals(ada: Client) -> None:
    page = text_of(ada.get("/records/orders/"))
    assert "New order Large ones All" in " ".join(page.split())
    assert "For finance" not in page
    assert "Amount is at least 10" in page
    rows = " ".join(rows_of(ada, "").split())
    assert "Blue · 1 order 20.00 Lamp Blue 20.00 Open" in rows
    assert "Red, deep · 2 orders 1,280.50 Desk Red, deep 1,200.50 Open Chair" in rows
    assert "3 orders 1,300.50" in rows
    assert "Pen" not in rows
    assert "s3cret" not in page


def test_totals_and_groups_count_all_pages_not_the_one_that_is_shown(ada: Client) -> None:
    for _ in range(26):
        create_instance(
            process="orders", mode="live", data={"amount": 10, "kind": "b"},
            user=User.objects.get(username="ada"),
        )  # fmt: skip
    second = " ".join(rows_of(ada, "?page=2").split())
    assert "29 orders 1,560.50" in second
    assert "26\u201329 of 29" in second


def test_a_filter_is_added_changed_and_removed(ada: Client) -> None:
    form = ada.get("/records/orders/?edit=new:kind").content.decode()
    assert 'name="value" value="b"' in " ".join(form.split())
    answer = ada.get("/records/orders/?edit=new:kind&column=kind&operator=in&value=b&apply=1")
    page = " ".join(text_of(ada.get(answer["Location"].join(["/records/orders/", ""]))).split())
    assert "Amount is at least 10" in page
    assert "Kind is Blue" in page
    changed = ada.get(
        "/records/orders/?view=all&filter=amount:gt:1&edit=0&column=amount&operator=lt&value=5&apply=1"
    )
    assert changed["Location"] == "?view=all&filter=amount%3Alt%3A5"
    assert "Pen" in rows_of(ada, changed["Location"])
    assert "Lamp" in rows_of(ada, "?view=large&filter=")


def test_choices_are_left_out_as_they_are_chosen(ada: Client) -> None:
    query = "/records/orders/?view=all&edit={at}&column=kind&operator=neq&{values}&apply=1"
    one = ada.get(query.format(at="new:kind", values="value=b"))["Location"]
    assert QueryDict(one.removeprefix("?"))["filter"] == "kind:neq:b"
    assert "Kind is not Blue" in text_of(ada.get(f"/records/orders/{one}"))
    # Opened again, it is what it was.
    form = ada.get(f"/records/orders/{one}&edit=0").text
    assert re.search(r'value="neq"[^>]*\bselected', form)
    assert re.search(r'value="b"\s+checked', form)
    both = ada.get(query.format(at="new:kind", values="value=b&value=r"))["Location"]
    found = rows_of(ada, f"{both}&columns=kind")
    assert "Pen" in found
    assert "Desk" not in found
    assert "Lamp" not in found


@pytest.mark.parametrize(
    ("language", "operator", "typed", "asked"),
    [
        ("en", "gte", ["1,000.50"], "1000.50"), ("en", "in", ["1,000"], "1000"),
        ("en", "in", ["1,10"], "1, 10"), ("en", "between", ["1,000", "10,000"], "1000, 10000"),
        ("en", "blank", [""], ""), ("de", "gte", ["1.200,50"], "1200.50"),
        ("de", "eq", ["2,5"], "2.5"), ("de", "lt", ["1.200", "7"], "1200"),
        ("de", "between", ["2,5", "1.200,5"], "2.5, 1200.5"), ("de", "in", ["2,5, 3"], "2.5, 3"),
        ("de", "in", ["2,5; 1.200"], "2.5, 1200"), ("de", "in", ["2,5"], "2.5"),
    ],
)  # fmt: skip
def test_a_number_is_typed_into_a_filter_as_lists_show_it(
    ada: Client, language: str, operator: str, typed: list[str], asked: str
) -> None:
    Profile.objects.update_or_create(user__username="ada", defaults={"language": language})
    answer = ada.get(
        "/records/orders/",
        {"view": "all", "edit": "new:amount", "column": "amount", "operator": operator,
         "value": typed, "apply": "1"},
    )  # fmt: skip
    query = QueryDict(answer["Location"].removeprefix("?"))
    assert query["filter"] == f"amount:{operator}:{asked}"
    assert ada.get(f"/records/orders/{answer['Location']}").status_code == 200


def test_a_filter_is_opened_as_its_reader_writes_numbers_and_refuses_others(ada: Client) -> None:
    Profile.objects.update_or_create(user__username="ada", defaults={"language": "de"})
    form = ada.get("/records/orders/?view=all&filter=amount:between:2.5, 1200.5&edit=0").text
    assert form.index('value="2,5"') < form.index('value="1200,5"')
    several = ada.get("/records/orders/?view=all&filter=amount:in:2.5, 1200.5&edit=0").text
    assert 'value="2,5; 1200,5"' in several
    refused = ada.get(
        "/records/orders/?view=all&edit=new:amount&column=amount&operator=gt&value=1200.5&apply=1"
    )
    assert refused.status_code == 200
    assert "keine Zahl" in text_of(refused)
    assert 'value="1200.5"' in refused.text


def test_what_is_typed_into_a_filter_is_never_computed(ada: Client) -> None:
    answer = ada.get(
        "/records/orders/",
        {"view": "all", "edit": "new:what", "column": "what", "operator": "eq",
         "value": "=[user.username]", "apply": "1"},
    )  # fmt: skip
    assert "No matches" in rows_of(ada, answer["Location"])


@pytest.mark.parametrize(
    "query",
    ["?filter=amount:gt:many", "?filter=nothing:eq:1", "?filter=code:eq:s3cret", "?filter=x",
     "?filter={", "?filter=what:matches:a", "?sort=code", "?group=amount", "?filter=day:gt:soon",
     "?filter=amount:sounds_like:1"],
)  # fmt: skip
def test_a_list_that_cannot_be_asked_says_why_and_shows_no_record(ada: Client, query: str) -> None:
    rows = rows_of(ada, f"{query}&view=all")
    assert "Clear filters" in rows
    assert "Desk" not in rows


def test_columns_are_shown_in_the_order_that_a_person_gives_them(ada: Client) -> None:
    rows = rows_of(ada, "?view=all&columns=amount&columns=what")
    assert rows.index("Amount") < rows.index("What")
    menu = ada.get("/records/orders/?view=all&columns=amount&columns=what").content.decode()
    places = [menu.index(f'value="up:{name}"') for name in ("amount", "what", "kind")]
    assert places == sorted(places), "those that are shown come first"
    # Without a script, a button of the menu sends all of them.
    asked = "?view=all&columns=amount&columns=what&columns=kind&move="
    for step, order in (
        ("up:what", "what amount kind"), ("down:what", "amount kind what"),
        ("up:amount", "amount what kind"), ("up:gone", "amount what kind"),
    ):  # fmt: skip
        answer = ada.get(f"/records/orders/{asked}{step}")
        told = QueryDict(answer["Location"].partition("?")[2])
        assert (told["view"], told.getlist("columns")) == ("all", order.split())
        assert "move" not in told


def test_totals_are_chosen_with_the_columns(ada: Client) -> None:
    page = ada.get("/records/orders/?view=large").content.decode()
    assert '<option value="amount:sum" selected>' in " ".join(page.split())
    assert "total-what" not in page
    assert "3 orders 433.50" not in rows_of(ada, "?view=all&totals=amount:sum")
    assert "4 orders 1,302.50" in rows_of(ada, "?view=all&columns=amount&totals=amount:sum")
    assert "433.50" in rows_of(ada, "?view=large&totals=amount:average")
    assert "1,300.50" not in rows_of(ada, "?view=large&totals=")
    assert "Write a total as" in text_of(ada.get("/records/orders/?totals=amount:most"))
    assert "s3cret" not in rows_of(ada, "?view=all&columns=amount&totals=code:sum")


def test_words_are_found_in_values_and_choices_and_never_in_secrets(ada: Client) -> None:
    assert "Lamp" in rows_of(ada, "?view=all&q=lam")
    assert "Chair" in rows_of(ada, "?view=all&q=deep")
    assert "No matches" in rows_of(ada, "?view=all&q=s3cret")


def test_a_column_that_is_gone_is_said_and_no_error(ada: Client) -> None:
    assert "2 columns of this list are not available" in rows_of(
        ada, "?view=all&columns=what,code,gone"
    )


def test_a_list_or_a_process_that_is_not_there_is_not_found(ada: Client) -> None:
    for address in ("/records/orders/?view=hidden", "/records/orders/?view=no", "/records/no/"):
        assert ada.get(address).status_code == 404, address


def test_a_reader_finds_no_value_that_they_do_not_see_by_any_parameter() -> None:
    people = office()
    publish(people, see=["everyone"])
    create_instance(process="leave", mode="live", data={"illness": "flu"}, user=people.emma)
    tom = client_of(people.tom)
    for query in ("", "?columns=illness,days", "?filter=illness:eq:flu", "?sort=illness",
                  "?group=illness", "?q=flu", "?edit=new:illness"):  # fmt: skip
        page = tom.get(f"/records/leave/{query}").content.decode().partition('id="rows"')[2]
        assert "flu" not in page, query
        assert ("leave-1" in page) is (query in {"", "?columns=illness,days", "?edit=new:illness"})
    assert "flu" in text_of(client_of(people.helen).get("/records/leave/?columns=illness"))


def test_whoever_the_rows_name_is_looked_up_at_once(client: Client) -> None:
    root = make_user("root", "Administrator")
    tasks = {"name": "tasks", "forms": [{"name": "task", "fields": [
        {"type": "text", "name": "what"}, {"type": "user_picker", "name": "who"},
    ]}], "record": {"title": "[what] for [who]"}}  # fmt: skip
    published(tasks, user=root)
    client.force_login(root)
    client.get("/records/tasks/")  # What a process asks for once.
    asked = []
    for some in (range(3), range(3, 9)):
        for number in some:
            name = make_user(f"user{number}", first_name=f"Ada {number}").username
            create_instance(
                process="tasks", mode="live", data={"what": "Call", "who": f"user:{name}"},
                user=root,
            )  # fmt: skip
        with CaptureQueriesContext(connection) as queries:
            page = text_of(client.get("/records/tasks/"))
        assert all(f"Call for Ada {number}" in page for number in range(some.stop))
        asked.append(len(queries))
    assert asked[0] == asked[1]


VISITS: dict[str, Any] = {
    "name": "visits", "record": {"one": "Visit", "many": "Visits", "title": "[what]"},
    "forms": [{"name": "visit", "fields": [
        {"type": "text", "name": "what"},
        {"type": "user_picker", "name": "hosts", "choose": "both", "multiple": True},
        {"type": "file_upload", "name": "plan"}, {"type": "number", "name": "cost"},
    ]}],
    "views": [{"name": "all", "columns": ["hosts", "plan", "process.created_by"]}],
}  # fmt: skip


@pytest.fixture
def visits() -> Client:
    """Emma Doyle, who has made three visits: with hosts, with a file, with neither."""
    user = make_user("emma", "User", first_name="Emma", last_name="Doyle")
    sam = make_user("sam", "User", first_name="Sam", last_name="Okafor")
    sam.groups.add(Group.objects.create(name="Guides, old"))
    published(VISITS, user=make_user("root", "Administrator"))
    for values in (
        {"what": "Museum", "hosts": ["user:sam", "group:Guides, old"]},
        {"what": "Harbour", "hosts": ["user:emma"]},
        {"what": "Tower", "plan": str(store_bytes([b"a plan"], name="a plan.txt", by=user).pk)},
    ):  # fmt: skip
        create_instance(process="visits", mode="live", data=values, user=user)
    return client_of(user)


def asked_rows(client: Client, query: str) -> str:
    """Apply a filter of visits as its form sends it; return what the rows say."""
    answer = client.get(f"/records/visits/?view=all&{query}&apply=1")
    assert answer.status_code == 302
    return text_of(client.get("/records/visits/" + answer["Location"]))


def test_people_have_their_marks_and_files_are_links(visits: Client) -> None:
    page = visits.get("/records/visits/").content.decode()
    assert '<span class="k-avatar k-avatar--sm' in page
    assert "ED" in text_of(visits.get("/records/visits/"))
    assert "Sam Okafor" in page
    assert '/a%20plan.txt">a plan.txt</a>' in page


def test_people_are_chosen_by_name_in_a_filter(visits: Client) -> None:
    form = visits.get("/records/visits/?edit=new:hosts").content.decode()
    assert "data-people=" in form
    assert 'name="value"' in form
    for value, found, not_found in (
        ("user:sam", "Museum", "Harbour"), ("emma", "Harbour", "Museum"),
        ("user:emma%0Auser:sam", "Museum", "Tower"), ("user:emma%0Auser:sam", "Harbour", "Tower"),
    ):  # fmt: skip
        rows = asked_rows(visits, f"edit=new:hosts&column=hosts&operator=in&value={value}")
        assert found in rows, value
        assert not_found not in rows, value
    others = asked_rows(
        visits, "edit=new:hosts&column=hosts&operator=neq&value=user:emma%0Auser:sam"
    )
    assert "Tower" in others
    assert "Museum" not in others
    assert "Harbour" not in others
    page = text_of(visits.get("/records/visits/?filter=hosts:in:user:emma,user:sam"))
    assert "Hosts is Emma Doyle or Sam Okafor" in page


def test_records_are_found_by_whether_they_have_a_file(visits: Client) -> None:
    page = text_of(visits.get("/records/visits/?edit=new:plan"))
    assert "has a file" in page
    assert 'id="filter-value"' not in visits.get("/records/visits/?edit=new:plan").content.decode()
    has = asked_rows(visits, "edit=new:plan&column=plan&operator=not_blank")
    assert "Tower" in has
    assert "Museum" not in has
    assert "Plan has a file" in has
    without = asked_rows(visits, "edit=new:plan&column=plan&operator=blank")
    assert "Museum" in without
    assert "Tower" not in without
    assert "A field used here does not exist" in text_of(visits.get("/records/visits/?sort=plan"))


def test_a_view_that_asks_for_a_hidden_field_does_not_name_it(client: Client) -> None:
    root, emma = make_user("root", "Administrator"), make_user("emma", "User")
    Group.objects.get_or_create(name="HR")
    row = {"left": "[pay_rise]", "operator": "gt", "right": "77"}
    nested = {"match": "any", "items": [row]}
    published({
        "name": "reviews", "forms": [{"name": "review", "fields": [
            {"type": "text", "name": "what"},
            {"type": "number", "name": "pay_rise", "see": ["group:HR"]},
        ]}],
        "views": [{"name": "raised", "title": "Raised", "filter": {"items": [row, nested]}}],
    }, user=root)  # fmt: skip
    create_instance(process="reviews", mode="live", data={"pay_rise": 80}, user=root)
    page = text_of(client_of(emma).get("/records/reviews/"))
    assert page.count("A field that you cannot see") == 2
    assert "A field used here does not exist, or you cannot see it." in page
    for said in ("pay_rise", "Pay rise", "77", "reviews-1"):
        assert said not in page
    assert "Pay rise is more than 77" in text_of(client_of(root).get("/records/reviews/"))
