"""Views that people save for themselves: on the page, by the API, shared, never widening rights."""

import json
from copy import deepcopy
from typing import Any

import pytest
from django.contrib.auth.models import Group, User
from django.test import Client

from kianda.lib.usage import used_by
from processes.designs.lifecycle import publish_design, save_design
from processes.instances.lifecycle import create_instance
from processes.lists.saved_views import MOST_OWN, SavedViewSettings, create_view
from processes.models import SavedView, SavedViewReader
from tests.factories import api_client, make_user
from tests.pages import client_of, markup_of, text_of
from tests.processes.lists.test_pages import ORDERS, rows_of
from tests.processes.lists.test_pages import ada as ada
from tests.processes.rights.office import office, publish

pytestmark = pytest.mark.django_db
NEW = "/records/orders/views/new/"
# Sorted otherwise than the view it starts from, with another filter and other columns.
SMALL = "?view=large&filter=amount:lt:100&columns=what,amount&sort=amount&group="


def save(client: Client, query: str = SMALL, **sent: str) -> SavedView:
    """Save what a list shows as a view, and return it."""
    answer = client.post(NEW + query, {"title": "Small ones", **sent})
    assert answer.status_code == 303, text_of(answer)
    return SavedView.objects.latest("pk")


def tabs_of(client: Client, process: str = "orders") -> str:
    """Return what the tabs of a list say."""
    page = markup_of(client.get(f"/records/{process}/"))
    return page.partition('class="k-tabs"')[2].partition("</nav>")[0]


def saved_for(owner: str, **settings: Any) -> SavedView:
    """Return a view of a leave request that a person has saved."""
    made = SavedViewSettings.model_validate({"name": "mine", **settings})
    return create_view(process="leave", settings=made, user=User.objects.get(username=owner))


def test_what_a_list_shows_now_becomes_a_view_of_ones_own(ada: Client) -> None:
    assert "only you have this view" in text_of(ada.get(NEW + SMALL))
    view = save(ada)
    assert (view.name, view.see, view.position) == ("small-ones", (), 1)
    page = text_of(ada.get(f"/records/orders/?view={view.key}"))
    assert "Large ones All Small ones , your view" in page
    assert "Amount is less than 100" in page
    assert "Save changes" not in page
    rows = rows_of(ada, f"?view={view.key}")
    assert rows.index("Pen") < rows.index("Lamp") < rows.index("Chair")
    assert "Desk" not in rows
    assert "3 orders 102.00" in rows, "the totals of the view it was made from"
    assert "Small ones" in text_of(ada.get(f"/records/orders/charts/?view={view.key}"))
    exported: Any = ada.get(f"/records/orders/export.csv?view={view.key}")
    lines = b"".join(exported.streaming_content).decode()
    assert "Pen" in lines
    assert "Desk" not in lines


def test_a_changed_view_offers_to_save_the_changes_once(ada: Client) -> None:
    view = save(ada)
    query = f"?view={view.key}&filter=amount:gt:50&sort=-amount"
    page = markup_of(ada.get(f"/records/orders/{query}"))
    assert "Save changes" in page
    there = f"/records/orders/views/{view.pk}/save/{query}"
    assert f"/records/orders/views/{view.pk}/save/?view=" in page
    assert ada.post(there, {"revision": "1"})["Location"] == f"/records/orders/?view={view.key}"
    rows = rows_of(ada, f"?view={view.key}")
    assert rows.index("Desk") < rows.index("Chair")
    assert "Lamp" not in rows
    stale = ada.post(there, {"revision": "1"})
    assert stale.status_code == 409
    averages = there.partition("?")[0] + f"?view={view.key}&totals=amount:average"
    assert ada.post(averages, {"revision": "2"}).status_code == 303
    assert "2 orders 640.25" in rows_of(ada, f"?view={view.key}")
    view.refresh_from_db()
    assert (view.revision, view.title) == (3, "Small ones")


def test_own_views_are_renamed_put_in_order_and_deleted(ada: Client) -> None:
    first, second = save(ada, title="First"), save(ada, title="Second")
    page = f"/records/orders/views/{second.pk}/"
    assert "After First" in text_of(ada.get(page))
    sent = {"title": "Second to none", "position": "1", "revision": "1"}
    assert ada.post(page, sent).status_code == 303
    tabs = tabs_of(ada)
    assert tabs.index(">All") < tabs.index("Second to none") < tabs.index("First")
    again = ada.post(page, sent)
    assert again.status_code == 409
    assert "Someone else changed this" in text_of(again)
    assert ada.post(f"/records/orders/views/{first.pk}/delete/").status_code == 303
    assert "First" not in tabs_of(ada)
    assert ada.get(f"/records/orders/?view={first.key}").status_code == 404


def test_a_view_that_cannot_be_saved_says_why_beside_its_field(ada: Client) -> None:
    for sent, said in (
        ({"title": " "}, "Enter a title."), ({"title": "x" * 61}, "Use at most 60 characters"),
        ({"title": "A", "see": "user:noone"}, "There is no person or group noone."),
        ({"title": "A", "see": "creator"}, "known only once there is a record"),
    ):  # fmt: skip
        answer = ada.post(NEW + SMALL, sent)
        assert answer.status_code == 422, sent
        assert said in text_of(answer), sent
    hidden = ada.post(f"{NEW}?view=all&columns=what,code", {"title": "Codes"})
    assert "A field used here does not exist" in text_of(hidden)
    assert not SavedView.objects.exists()


def test_a_person_has_fifty_views_of_a_process_at_most(ada: Client) -> None:
    view = save(ada)
    view.pk = None
    SavedView.objects.bulk_create(
        SavedView(**{one.attname: getattr(view, one.attname) for one in view._meta.concrete_fields
                     if one.attname not in {"id", "name"}}, name=f"v{n}")
        for n in range(1, MOST_OWN)
    )  # fmt: skip
    answer = ada.post(NEW + SMALL, {"title": "One more"})
    assert f"You have {MOST_OWN} views of this process." in text_of(answer)


def test_a_view_is_private_until_it_is_shared_and_then_only_its_owner_changes_it(
    ada: Client,
) -> None:
    ben = make_user("ben", "User")
    ben.groups.add(Group.objects.create(name="Buyers"))
    for values in ({"what": "Mouse", "amount": 30}, {"what": "Rack", "amount": 900}):
        create_instance(process="orders", mode="live", data=values, user=ben)
    other, view = client_of(ben), save(ada)
    address = f"/records/orders/views/{view.pk}/"
    assert "Small ones" not in tabs_of(other)
    assert other.get(f"/records/orders/?view={view.key}").status_code == 404
    assert other.get(address).status_code == 404
    sent = {"title": "Small ones", "see": "group:Buyers", "revision": "1"}
    assert ada.post(address, sent).status_code == 303
    assert "Small ones, shared by ada" in text_of(other.get("/records/orders/")).replace(" ,", ",")
    rows = rows_of(other, f"?view={view.key}")
    assert "Mouse" in rows
    assert "Rack" not in rows
    assert "Lamp" not in rows, "a view shows nobody more records than they see"
    for method, there in (("get", address), ("post", address), ("post", f"{address}delete/"),
                          ("post", f"{address}save/")):  # fmt: skip
        assert getattr(other, method)(there, {"revision": "2"}).status_code == 403, there
    assert [one["name"] for one in used_by("group", "Buyers")] == ["small-ones of ada"]
    Group.objects.get(name="Buyers").delete()
    assert not SavedViewReader.objects.exists(), "a new group of this name would inherit it"


def test_who_manages_the_process_may_delete_a_view_that_is_shared_with_them() -> None:
    people = office()
    publish(people, administrators=["group:hr"], see=["everyone"])
    view = saved_for("tom", title="Of Tom", see=["everyone"])
    helen = client_of(people.helen)
    assert "Delete view" in text_of(helen.get(f"/records/leave/?view={view.key}"))
    asked = text_of(helen.get(f"/records/leave/views/{view.pk}/delete/"))
    assert "Also removed for everyone." in asked
    assert helen.post(f"/records/leave/views/{view.pk}/delete/").status_code == 303
    assert "Of Tom" not in tabs_of(client_of(people.tom), "leave")


def test_a_shared_view_shows_no_column_and_filters_by_none_that_its_reader_does_not_see() -> None:
    people = office()
    publish(people, see=["everyone"], administrators=["group:hr"])
    create_instance(
        process="leave", mode="live", data={"illness": "flu", "days": "3"}, user=people.emma
    )
    shown = saved_for(
        "helen", title="Shown", columns=["illness", "days"], sort="illness", see=["everyone"]
    )
    flu = {"items": [{"left": "[illness]", "operator": "eq", "right": "flu"}]}
    asked = saved_for("helen", name="ill", title="Ill", filter=flu, see=["everyone"])
    tom, helen = client_of(people.tom), client_of(people.helen)
    page = text_of(tom.get(f"/records/leave/?view={shown.key}"))
    assert "leave-1" in page
    assert "1 column of this list is not available to you." in page
    assert "flu" not in page
    assert "leave-1" not in text_of(tom.get(f"/records/leave/?view={asked.key}"))
    assert f"count-own_{asked.pk}" not in tom.get("/records/leave/counts/").content.decode()
    assert "leave-1" in text_of(helen.get(f"/records/leave/?view={asked.key}"))


def test_a_view_whose_column_is_gone_loses_nothing(ada: Client) -> None:
    view = save(ada, "?view=large&columns=what,day&sort=day&group=")
    changed = deepcopy(ORDERS)
    del changed["forms"][0]["fields"][3]
    root = User.objects.get(username="root")
    save_design(name="orders", raw=changed, user=root)
    publish_design(name="orders", user=root)
    page = text_of(ada.get(f"/records/orders/?view={view.key}"))
    assert "1 column of this list is not available to you." in page
    assert "Desk" in page
    renamed = {"title": "Still here", "revision": "1"}
    assert ada.post(f"/records/orders/views/{view.pk}/", renamed).status_code == 303
    view.refresh_from_db()
    assert (view.document["columns"], view.document["sort"]) == (["what", "day"], "day")


def test_the_tabs_say_how_many_records_each_view_has(ada: Client) -> None:
    view = save(ada)
    counts = markup_of(ada.get("/records/orders/counts/"))
    for place, number in (("large", 3), ("all", 4), (f"own_{view.pk}", 3)):
        assert f'id="count-{place}" hx-swap-oob="true">{number}</span>' in counts, counts
    assert "count-hidden" not in counts


# --- by the API -----------------------------------------------------------------------------------

BODY = {
    "process": "orders", "name": "cheap", "title": "Cheap", "columns": ["what", "amount"],
    "filter": {"items": [{"left": "[amount]", "operator": "lt", "right": "100"}]},
    "sort": "-amount", "group_by": "kind", "totals": [{"field": "amount"}],
}  # fmt: skip


def test_views_are_saved_read_changed_and_deleted_by_the_api(ada: Client) -> None:
    api = api_client(User.objects.get(username="ada"))
    made = api.post("/api/v1/views/", BODY, format="json")
    assert made.status_code == 201, made.data
    one = made.data
    assert (one["owner"], one["position"], one["see"]) == ("ada", 1, [])
    there = f"/api/v1/views/{one['id']}/"
    assert made["Location"].endswith(there)
    read = api.get(there)
    assert json.loads(read.content) == json.loads(made.content)
    assert api.get("/api/v1/views/", {"process": "orders"}).data["count"] == 1
    assert api.get("/api/v1/views/", {"process": "other"}).data["count"] == 0
    sent = json.loads(read.content) | {"title": "Cheaper", "see": ["everyone"]}
    changed = api.put(there, sent, format="json", headers={"If-Match": read["ETag"]})
    assert (changed.status_code, changed.data["title"]) == (200, "Cheaper")
    for method in ("put", "delete"):
        stale = getattr(api, method)(there, sent, format="json", headers={"If-Match": read["ETag"]})
        assert stale.status_code == 412, method
    other = api_client(make_user("ben", "User"))
    assert other.get(there).data["title"] == "Cheaper"
    assert other.put(there, sent, format="json").status_code == 403
    assert api.delete(there).status_code == 204
    assert api.get(there).status_code == 404


def test_a_view_that_cannot_be_saved_is_refused_at_each_place(ada: Client) -> None:
    api = api_client(User.objects.get(username="ada"))
    wrong = {
        "columns": ["what", "code"], "sort": "gone", "group_by": "amount",
        "filter": {"items": [{"left": "[code]", "operator": "eq", "right": "x"}]},
        "totals": [{"field": "what"}], "charts": [{"by": "code"}], "see": ["group:none"],
    }  # fmt: skip
    answer = api.post("/api/v1/views/", BODY | wrong, format="json")
    assert answer.status_code == 400
    assert {one["pointer"] for one in answer.data["errors"]} == {
        "/columns/1", "/sort", "/group_by", "/filter/items/0/left", "/totals/0/field",
        "/charts/0/by", "/see",
    }  # fmt: skip
    for more, pointer in (
        ({"process": "none"}, "/process"), ({"owner": "root"}, "/owner"), ({"name": "No"}, "/name"),
        ({"position": 0}, "/position"), ({"other": 1}, "/other"), ({"see": ["owners"]}, "/see/0"),
    ):  # fmt: skip
        refused = api.post("/api/v1/views/", BODY | more, format="json")
        assert refused.status_code == 400, more
        assert [one["pointer"] for one in refused.data["errors"]] == [pointer], more
    assert api.post("/api/v1/views/", BODY, format="json").status_code == 201
    twice = api.post("/api/v1/views/", BODY, format="json")
    assert [one["pointer"] for one in twice.data["errors"]] == ["/name"]
