"""A request is started on one page, told as a draft until it is sent, then said where it went."""

from typing import Any

import pytest

from kianda.accounts.models import Profile
from processes.instances.quick_actions import reassign
from processes.models import ProcessInstance
from tests.pages import client_of, text_of
from tests.processes.rights.office import Office, leave_request, office
from tests.processes.stories import published

pytestmark = pytest.mark.django_db(transaction=True)
START = "/start/leave/"


def asking(**form: Any) -> dict[str, Any]:
    """Return the leave request, with one of each field that a link could name."""
    raw = leave_request()
    raw["description"] = "Holidays and days off."
    raw["record"] = {"one": "Leave request", "many": "Leave requests", "title": "[days] days"}
    raw["forms"][0] |= {"title": "Request", **form}
    raw["forms"][0]["fields"][:0] = [
        {"type": "number", "name": "hours", "title": "Hours", "max": 8},
        {"type": "list", "name": "kind", "choices": ["Annual", "Unpaid"], "default": "Annual"},
        {"type": "text", "name": "unseen", "visible": False},
        {"type": "text", "name": "fixed", "enabled": False, "default": "as it was"},
        {"type": "secret", "name": "code"},
        {"type": "text", "name": "theirs", "edit": ["group:hr"]},
    ]
    raw["forms"][1]["title"] = "Decision"
    return raw


@pytest.fixture
def people() -> Office:
    people = office()
    published(asking(next="You get a message about your [days] days."), user=people.root)
    return people


def sent(people: Office, user: Any = None, **typed: str) -> Any:
    body = {"act": "press:send", **{f"v-{name}": text for name, text in typed.items()}}
    return client_of(user or people.emma).post(START, body)


def held_in(response: Any) -> dict[str, Any]:
    """Return what stands in the controls of the form."""
    controls = response.context["views"][0].controls
    return {one.field.name: one.value for one in controls if one.field.holds_value}


def test_the_page_says_what_it_is_and_what_happens_next(people: Office) -> None:
    shown = text_of(client_of(people.emma).get(START))
    assert "New leave request" in shown
    assert "Holidays and days off." in shown
    after = shown[shown.index("What happens next") :]
    assert "Request , open You fill it in" in after
    assert "Decision , not started mark" in after
    assert not ProcessInstance.objects.exists()


def test_who_decides_is_said_as_the_rules_would_assign_it(people: Office) -> None:
    raw = asking() | {"name": "trip", "record": {"one": "IT trip"}}
    raw["forms"][1].pop("owners")
    raw["forms"][0]["fields"][-1]["rules"][:0] = [
        {"type": "assign_form", "id": "a", "form": "decision", "to": {"users": ["[user.manager]"]}}
    ]
    published(raw, user=people.root)
    shown = text_of(client_of(people.emma).get("/start/trip/"))
    assert "Decision , not started mark" in shown
    assert "New IT trip" in shown
    # Nobody is above Helen: it is not known yet.
    assert "Decision , not started mark" not in text_of(client_of(people.helen).get("/start/trip/"))


def test_a_link_fills_in_what_the_person_could_type(people: Office) -> None:
    query = {
        "days": "3", "hours": "7.5", "kind": "Unpaid", "unseen": "x", "fixed": "x", "code": "x",
        "theirs": "x", "utm_source": "mail", "process.id": "x",
    }  # fmt: skip
    page = client_of(people.emma).get(START, query)
    assert page.status_code == 200
    held = held_in(page)
    assert (held["days"], held["hours"]) == ("3", "7.5")
    assert (held["kind"], held["fixed"], held["code"]) == (["Unpaid"], "as it was", "")
    assert "theirs" not in held or held["theirs"] == ""
    assert not ProcessInstance.objects.exists()


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ({"hours": "many"}, '"many" is not a number'),
        ({"hours": "9"}, "8"),
        ({"kind": "<script>alert(1)</script>"}, "choice"),
    ],
)
def test_a_bad_value_of_a_link_is_said_beside_its_field(
    people: Office, query: dict[str, str], said: str
) -> None:
    page = client_of(people.emma).get(START, query)
    assert page.status_code == 200
    assert said in text_of(page)
    assert page.context["errors"].at(f"/data/{next(iter(query))}")
    assert "<script>alert" not in page.content.decode()


def test_a_number_is_typed_and_shown_in_the_language_of_the_person(people: Office) -> None:
    Profile.objects.update_or_create(user=people.emma, defaults={"language": "de"})
    client = client_of(people.emma)
    # A link is the same in every language.
    assert held_in(client.get(START, {"hours": "7.5"}))["hours"] == "7,5"
    too_large = client.get(START, {"hours": "9.125"})
    assert held_in(too_large)["hours"] == "9,125"
    assert "zu groß" in text_of(too_large)
    refused = client.post(START, {"act": "create", "v-hours": "7.5"})
    assert refused.status_code == 422
    assert "1.200,50" in text_of(refused)
    assert held_in(refused)["hours"] == "7.5"
    client.post(START, {"act": "create", "v-hours": "2,5"})
    made = ProcessInstance.objects.get()
    assert made.values["hours"] == 2.5
    page = f"/instances/{made.process_id}/"
    assert 'value="2,5"' in client.get(page).text
    body = {"act": "save", "revision": made.revision, "v-hours": "-1.200,50"}
    assert client.post(page, body).status_code == 303
    made.refresh_from_db()
    assert made.values["hours"] == -1200.5


def test_a_number_is_read_in_the_language_in_which_its_form_was_shown(people: Office) -> None:
    client = client_of(people.emma)
    assert '<input type="hidden" name="shown-in" value="en">' in client.get(START).text
    Profile.objects.update_or_create(user=people.emma, defaults={"language": "de"})
    assert '<input type="hidden" name="shown-in" value="de">' in client.get(START).text
    body = {"act": "create", "shown-in": "en", "v-hours": "1.200"}
    client.post(START, body)
    made = ProcessInstance.objects.get()
    assert made.values["hours"] == 1.2
    refused = client.post(
        f"/instances/{made.process_id}/",
        {"act": "save", "shown-in": "en", "revision": made.revision, "v-hours": "2,5"},
    )
    assert (refused.status_code, refused["Content-Language"]) == (422, "en")
    assert "Write it in the form 1,200.50." in text_of(refused)
    assert '<input type="hidden" name="shown-in" value="en">' in refused.text


def test_a_draft_is_kept_and_told_as_one(people: Office) -> None:
    client = client_of(people.emma)
    done = client.post(START, {"act": "create", "v-days": "2"}, follow=True)
    assert done.redirect_chain == [("/instances/leave-1/", 303)]
    assert "Draft saved. Not submitted yet." in text_of(done)
    assert "Draft" in text_of(client.get("/")).partition("My requests")[2]


def test_a_draft_may_be_begun_with_what_is_known_so_far(people: Office) -> None:
    raw = asking() | {"name": "trip"}
    raw["forms"][0]["fields"][0] |= {"required": True}
    published(raw, user=people.root)
    client = client_of(people.emma)
    assert client.post("/start/trip/", {"act": "press:send"}).status_code == 422
    assert not ProcessInstance.objects.exists()
    kept = client.post("/start/trip/", {"act": "create"})
    assert (kept.status_code, kept["Location"]) == (303, "/instances/trip-1/")


def test_after_sending_it_says_to_whom_it_went_and_what_follows(people: Office) -> None:
    done = sent(people, days="4")
    assert (done.status_code, done["Location"]) == (303, "/instances/leave-1/sent/asking/")
    page = client_of(people.emma).get(done["Location"])
    shown = text_of(page)
    assert "Sent to mark" in shown
    assert "4 days" in shown
    assert "You get a message about your 4 days." in shown
    assert 'href="/start/leave/"' in page.content.decode()
    reassign(process_id="leave-1", form="decision", users=["emma"], groups=[], user=people.root)
    assert "Sent to you" in text_of(client_of(people.emma).get(done["Location"]))
    # It is no page of Mark's, and nobody else's business.
    path = done["Location"]
    assert client_of(people.mark).get(path)["Location"] == "/instances/leave-1/"
    assert client_of(people.tom).get(path).status_code == 404
    assert client_of(people.emma).get("/instances/leave-1/sent/nothing/").status_code == 404


def test_a_form_that_the_person_does_not_see_names_nobody(people: Office) -> None:
    raw = asking() | {"name": "trip"}
    raw["forms"][1]["see"] = ["group:hr"]
    published(raw, user=people.root)
    page = client_of(people.emma).get("/start/trip/")
    assert "mark" not in text_of(page)
    done = client_of(people.emma).post("/start/trip/", {"act": "press:send"})
    shown = text_of(client_of(people.emma).get(done["Location"]))
    assert "Sent" in shown
    assert "mark" not in shown


def test_a_draft_that_is_sent_from_its_own_page_says_so_too(people: Office) -> None:
    client = client_of(people.emma)
    client.post(START, {"act": "create"})
    made = ProcessInstance.objects.get()
    body = {"act": "press:send", "revision": str(made.revision)}
    assert client.post("/instances/leave-1/", body)["Location"] == "/instances/leave-1/sent/asking/"


def test_whoever_goes_on_filling_in_is_led_to_the_next_form(people: Office) -> None:
    raw = asking() | {"name": "trip"}
    raw["forms"][1].pop("owners")
    published(raw, user=people.root)
    done = client_of(people.emma).post("/start/trip/", {"act": "press:send"})
    assert done["Location"].startswith("/instances/trip-1/")
    assert "/sent/" not in done["Location"]


def test_addresses_of_before_lead_there(people: Office) -> None:
    client = client_of(people.emma)
    led = client.get("/instances/new/?process=leave&days=3")
    assert (led.status_code, led["Location"]) == (302, "/start/leave/?days=3")
    assert client.get("/instances/new/")["Location"] == "/start/"
    posted = client.post("/instances/new/", {"process": "leave", "act": "create"}, follow=True)
    assert posted.redirect_chain[0] == ("/start/leave/", 307)
    assert ProcessInstance.objects.count() == 1


def test_what_one_may_not_start_is_not_there(people: Office) -> None:
    raw = leave_request(start=["group:hr"]) | {"name": "pay", "title": "Pay rise"}
    published(raw, user=people.root)
    assert "Pay rise" not in text_of(client_of(people.emma).get("/start/"))
    assert client_of(people.emma).get("/start/pay/").status_code == 404
    assert client_of(people.helen).get("/start/pay/").status_code == 200
    assert client_of(people.emma).get("/start/leave/?mode=preview").context["mode"] == "live"


def test_the_rail_names_records_to_those_with_other_work_to_do(people: Office) -> None:
    def rail(user: Any) -> str:
        page = client_of(user).get("/").content.decode()
        return page[page.index('id="rail"') : page.index("k-rail-foot")]

    theirs = rail(people.emma)
    assert 'href="/records/leave/"' in theirs
    assert "Leave requests" in theirs
    assert 'href="/instances/"' not in theirs
    assert 'href="/runs/"' not in theirs
    assert 'href="/instances/"' in rail(people.dora)
    # What they administer of their own is in their menu.
    assert "Administration" not in theirs
    for place in ("/tokens/", "/bin/"):
        assert place in rail(people.dora)
        assert place not in theirs
        assert place in client_of(people.emma).get("/").text
    published(leave_request(start=["group:hr"]) | {"name": "pay", "title": "Pay"}, user=people.root)
    assert "Pay" not in rail(people.emma)
