"""Start pages: composed by administrators, shown to whom they are for, of what these may see."""

from typing import Any

import pytest
from django.contrib.auth.models import Group

from kianda.accounts.models import AuditEntry
from kianda.accounts.services.groups import uses_of
from kianda.lib.errors import Invalid
from processes.designs.lifecycle import delete_design, publish_design, save_design
from processes.instances.lifecycle import create_instance
from processes.models import StartPage
from processes.start_pages.services import create_start_page
from tests.factories import api_client
from tests.pages import SCRIPT, client_of, text_of
from tests.processes.rights.office import Office, leave_request, office
from tests.processes.sending import sent_by
from tests.processes.stories import published

pytestmark = pytest.mark.django_db
HERE, API = "/start-pages/", "/api/v1/start-pages/"
VIEWS: list[dict[str, Any]] = [
    {"name": "mine", "title": "Asked", "charts": [
        {"name": "days", "by": "days", "title": "By days"},
        {"name": "ill", "by": "illness", "title": "Illnesses"}]},
    {"name": "secret", "title": "Board", "see": ["group:board"]},
]  # fmt: skip
BY_DAYS = {"process": "leave", "view": "mine", "chart": "days"}
ILL = {"process": "leave", "view": "mine", "chart": "ill"}
COUNT = {"process": "leave", "view": "all"}


@pytest.fixture
def people() -> Office:
    """Make an office with two leave requests, of Emma and of Mark; each sees their own, HR both."""
    found = office()
    raw = {**leave_request(see=["participants", "group:hr"]), "views": VIEWS}
    published(raw, user=found.root)
    for user in (found.emma, found.mark):
        create_instance(
            process="leave", mode="live", data={"days": "3", "illness": "flu"}, user=user
        )
    return found


def tiles_of(user: Any) -> list[str]:
    """Return the addresses from which Home loads its tiles."""
    page = client_of(user).get("/").content.decode()
    return [one.partition('"')[0] for one in page.split('hx-get="') if one.startswith(HERE)]


def shown(user: Any) -> list[str]:
    """Return what the tiles on Home say to a person; of one that is not there, nothing."""
    client = client_of(user)
    return [text_of(client.get(address)).strip() for address in tiles_of(user)]


def test_home_has_the_tiles_for_a_person_with_numbers_of_what_they_may_see(people: Office) -> None:
    create_start_page(
        {"title": SCRIPT[:40], "people": ["user:emma", "group:hr"], "tiles": [COUNT, BY_DAYS]},
        by=people.root,
    )
    page = client_of(people.emma).get("/").content.decode()
    assert SCRIPT[:40] not in page
    # Without script, each tile is a link to its charts.
    assert "/records/leave/charts/?view=all" in page
    count, by_days = shown(people.emma)
    assert count.endswith("All 1")
    assert "3 1" in by_days
    assert shown(people.helen)[0].endswith("All 2")
    assert tiles_of(people.mark) == []
    assert client_of(people.mark).get(f"{HERE}{StartPage.objects.get().pk}/tiles/0/").status_code \
        == 404  # fmt: skip


def test_a_role_and_everyone_get_a_start_page(people: Office) -> None:
    for refs, seen in ((["group:User"], {"emma", "mark", "helen"}),
                       (["everyone"], {"emma", "mark", "helen", "root"})):  # fmt: skip
        StartPage.objects.all().delete()
        create_start_page({"title": "All", "people": refs, "tiles": [COUNT]}, by=people.root)
        found = {one.username for one in (people.emma, people.mark, people.helen, people.root)
                 if tiles_of(one)}  # fmt: skip
        assert found == seen
        # Tom may ask for leave, and sees the requests of nobody.
        assert shown(people.tom)[0].endswith("All 0")


def test_a_tile_that_is_gone_or_not_the_readers_is_not_there(people: Office) -> None:
    board = {"process": "leave", "view": "secret"}
    create_start_page(
        {"title": "All", "people": ["everyone"], "tiles": [board, ILL, COUNT]}, by=people.root
    )
    # Mark is not of the board, and may not count by illnesses.
    assert [bool(one) for one in shown(people.mark)] == [False, True]
    assert not any("flu" in one or "Illness" in one for one in shown(people.mark))
    assert ["flu" in one for one in shown(people.helen)] == [True, False]

    raw = {**leave_request(see=["participants", "group:hr"]), "views": VIEWS[1:]}
    save_design(name="leave", raw=raw, user=people.root)
    publish_design(name="leave", user=people.root)
    assert len(tiles_of(people.mark)) == 1
    row = StartPage.objects.get()
    listed = text_of(client_of(people.root).get(HERE))
    assert "1 broken" in listed
    edited = text_of(client_of(people.root).get(f"{HERE}{row.pk}/"))
    assert "The process has no list mine. Choose another one." in edited
    delete_design(name="leave", user=people.root, force=True)
    assert tiles_of(people.mark) == []
    assert "3 broken" in text_of(client_of(people.root).get(HERE))


def form_of(answer: Any) -> Any:
    """Return what a browser would send for the form of a start page."""
    return sent_by(answer.content.decode().partition('id="start-page"')[2].partition("</form>")[0])


def test_an_administrator_composes_a_start_page_without_script(people: Office) -> None:
    admin = client_of(people.root)
    sent = form_of(admin.get(f"{HERE}new/"))
    sent["p/tiles/0/process"] = "leave"
    # Once the process is chosen there are its lists, then the charts of the first.
    answer = admin.post(f"{HERE}new/", {**dict(sent.lists()), "p!act": "keep:"})
    assert "By days" in text_of(answer)
    sent = form_of(answer)
    assert sent["p/tiles/0/view"] == "mine"
    sent["p/title"], sent["p/tiles/0/chart"] = "Our leave", "days"
    refused = admin.post(f"{HERE}new/", dict(sent.lists()))
    assert refused.status_code == 422
    assert "Choose who gets this start page." in text_of(refused)
    sent = form_of(refused)
    sent["p/people"] = "group:hr"
    assert admin.post(f"{HERE}new/", dict(sent.lists())).status_code == 303
    row = StartPage.objects.get()
    assert (row.title, row.people, row.tiles) == ("Our leave", ["group:hr"], [BY_DAYS])

    here = f"{HERE}{row.pk}/"
    mine = form_of(admin.get(here))
    sent = form_of(admin.post(here, {**dict(mine.lists()), "p!act": "add:/tiles"}))
    sent["p/tiles/1/process"], sent["p/tiles/1/view"] = "leave", "all"
    assert admin.post(here, dict(sent.lists())).status_code == 303
    row.refresh_from_db()
    assert row.tiles == [BY_DAYS, {**COUNT, "chart": ""}]
    # Who had it open as it was in another window is told so, and overwrites nothing.
    mine["p/title"] = "Mine"
    conflict = admin.post(here, {**dict(mine.lists()), "once": ""})
    assert conflict.status_code == 422
    assert "You changed this in another window" in text_of(conflict)
    acts = AuditEntry.objects.filter(kind="start page").order_by("pk")
    assert [(one.action, one.name) for one in acts] == [
        ("created", "Our leave"), ("changed", "Our leave"),
    ]  # fmt: skip


def test_start_pages_are_ordered_and_deleted(people: Office) -> None:
    rows = [
        create_start_page({"title": title, "people": ["everyone"]}, by=people.root)
        for title in ("One", "Two", "Three")
    ]
    admin = client_of(people.root)
    admin.post(f"{HERE}{rows[2].pk}/move/", {"step": "up"})
    admin.post(f"{HERE}{rows[0].pk}/move/", {"step": "up"})
    assert list(StartPage.objects.values_list("title", flat=True)) == ["One", "Three", "Two"]
    asked = admin.get(f"{HERE}{rows[0].pk}/delete/")
    assert "This cannot be undone." in text_of(asked)
    assert admin.post(f"{HERE}{rows[0].pk}/delete/").status_code == 303
    assert list(StartPage.objects.values_list("title", flat=True)) == ["Three", "Two"]


def test_a_group_that_a_start_page_is_for_says_so(people: Office) -> None:
    create_start_page({"title": "HR", "people": ["group:hr"]}, by=people.root)
    uses = uses_of(Group.objects.get(name="hr"))
    assert ("start page", "HR") in [(use["kind"], use["name"]) for use in uses]


def test_the_api_reads_creates_changes_orders_and_deletes(people: Office) -> None:
    api = api_client(people.root)
    wanted = {"title": "HR", "people": ["group:hr"], "tiles": [BY_DAYS]}
    made = api.post(API, wanted)
    assert made.status_code == 201
    assert made.data == {"id": made.data["id"], **wanted, "position": 0}
    one = made["Location"]
    api.post(API, {"title": "All", "people": ["everyone"]})
    assert [row["title"] for row in api.get(API).data["results"]] == ["HR", "All"]
    tag = made["ETag"]
    assert api.patch(one, {"title": "People"}, HTTP_IF_MATCH=tag).data["title"] == "People"
    assert api.patch(one, {"title": "Mine"}, HTTP_IF_MATCH=tag).status_code == 412
    assert api.patch(one, {"position": 1}).data["position"] == 1
    both = api.patch(one, {"position": 0, "title": "x"})
    assert both.data["errors"][0]["pointer"] == "/position"
    assert api.delete(one).status_code == 204
    assert api.get(one).status_code == 404
    assert api_client(people.emma).get(API).status_code == 403


@pytest.mark.parametrize(
    ("change", "place"),
    [
        ({"title": "  "}, "/title"), ({"title": "x" * 61}, "/title"), ({"people": []}, "/people"),
        ({"people": ["creator"]}, "/people/0"), ({"people": None}, "/people"),
        ({"tiles": [COUNT] * 13}, "/tiles"), ({"tiles": [{"process": "leave"}]}, "/tiles/0/view"),
        ({"tiles": [COUNT, {"process": "gone", "view": "all"}]}, "/tiles/1/process"),
        ({"tiles": [{"process": "leave", "view": "gone"}]}, "/tiles/0/view"),
        ({"tiles": [{**BY_DAYS, "chart": "gone"}]}, "/tiles/0/chart"), ({"colour": 1}, "/colour"),
    ],
)  # fmt: skip
def test_what_cannot_be_a_start_page_is_refused_with_its_place(
    people: Office, change: dict[str, Any], place: str
) -> None:
    with pytest.raises(Invalid) as refused:
        create_start_page({"title": "HR", "people": ["group:hr"], **change}, by=people.root)
    assert [one.pointer for one in refused.value.errors] == [place]


def test_home_shows_at_most_twelve_tiles_and_asks_little_for_them(
    people: Office, django_assert_max_num_queries: Any
) -> None:
    client = client_of(people.helen)
    client.get("/")
    with django_assert_max_num_queries(1000) as before:
        client.get("/")
        asked = len(before)
    for title in ("One", "Two"):
        create_start_page(
            {"title": title, "people": ["everyone"], "tiles": [COUNT] * 8}, by=people.root
        )
    assert len(tiles_of(people.helen)) == 12
    with django_assert_max_num_queries(asked + 4):
        client.get("/")
