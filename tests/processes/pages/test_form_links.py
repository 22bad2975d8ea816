"""An anonymous form link opens one form of one instance to whoever has it, and nothing else."""

import re
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.core.cache import cache
from django.test import Client
from django.utils import timezone

from kianda.lib.errors import Forbidden, Invalid
from processes.instances.lifecycle import create_instance, delete_instance, patch_instance
from processes.instances.quick_actions import edit_again
from processes.instances.sending_back import send_back
from processes.models import Change, FormLink, ProcessInstance, Run
from processes.running import runs
from tests.factories import api_client
from tests.pages import client_of, text_of
from tests.processes.rights.office import Office, office
from tests.processes.stories import published, values_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def people(db: None) -> Office:
    cache.clear()
    return office()


def ticket(*more: dict[str, Any], **settings: Any) -> dict[str, Any]:
    """Return a ticket: Emma asks somebody without an account how it was, by a link."""
    link = {
        "type": "anonymous_form_link", "form": "survey", "field": "address",
        "message": "Thank you, [topic]", **settings,
    }  # fmt: skip
    submit = {"type": "submit"}
    return {
        "name": "ticket",
        "title": "Ticket",
        "forms": [
            {"name": "asking", "fields": [
                {"type": "text", "name": "topic", "title": "Secret topic"},
                {"type": "text", "name": "address"},
                {"type": "button", "name": "ask", "rules": [link, submit]},
            ]},
            {"name": "survey", "title": "How was it?", "fields": [
                {"type": "text", "name": "opinion", "required": True, "rules": [
                    {"type": "set_form_field",
                     "assignments": [{"field": "loudness", "value": "=Length([opinion])"}]},
                ]},
                {"type": "number", "name": "loudness"},
                {"type": "text", "name": "inside", "see": ["group:hr"]},
                {"type": "text", "name": "open_one", "see": ["everyone"]},
                {"type": "text", "name": "fixed", "edit": ["group:hr"], "default": "as it is"},
                {"type": "user_picker", "name": "helper", "required": True},
                {"type": "rich_text", "name": "about", "text": "About [topic] by [opinion]."},
                {"type": "button", "name": "answer", "title": "Answer", "rules": [*more, submit]},
                {"type": "button", "name": "close_it", "press": ["group:hr"], "rules": [submit]},
            ]},
        ],
    }  # fmt: skip


def asked(people: Office, definition: dict[str, Any] | None = None) -> ProcessInstance:
    """Return an instance on which Emma has made the link."""
    name = published(definition or ticket(), user=people.root)
    made = create_instance(process=name, mode="live", data={"topic": "Mice"}, user=people.emma)
    run = runs.trigger(
        process_id=made.process_id, target="ask", user=people.emma, trigger="button", data={}
    )
    assert run.status == Run.Status.SUCCEEDED, run.error
    made.refresh_from_db()
    return made


def address_of(instance: ProcessInstance) -> str:
    """Return the path of the link that stands in the field."""
    address = str(values_of(instance)["address"])
    assert address.startswith("http://")
    return "/" + address.split("/", 3)[3]


def post(client: Client, path: str, act: str = "press:answer", **typed: str) -> Any:
    """Send the form as the page does, from the revision that it shows."""
    shown = client.get(path)
    revision = shown.content.decode().partition('name="revision" value="')[2].partition('"')[0]
    values = {f"v-{name}": value for name, value in typed.items()}
    return client.post(path, {"act": act, "revision": revision, **values}, follow=True)


def through_link(instance: ProcessInstance, target: str, *, trigger: str) -> Run:
    """Run a target as whoever has the link."""
    link = FormLink.objects.get(instance=instance)
    return runs.trigger(
        process_id=instance.process_id, target=target, user=None, trigger=trigger, link=link
    )


def test_the_link_shows_its_form_and_nothing_else_of_the_instance(people: Office) -> None:
    instance = asked(people)
    response = Client().get(address_of(instance))
    assert response.status_code == 200
    page, words = response.content.decode(), text_of(response)
    assert "How was it?" in words
    for name in ("opinion", "loudness", "open_one", "fixed"):
        assert f'name="v-{name}"' in page
    # Lists of parts hold nobody without an account, and people are not told to strangers.
    for name in ("inside", "helper", "topic", "close_it"):
        assert name not in page
    assert "Secret topic" not in words
    assert "Mice" not in words
    assert instance.process_id not in words
    assert "emma" not in words
    assert response["Referrer-Policy"] == "no-referrer"
    assert response["X-Robots-Tag"] == "noindex, nofollow"
    assert response["Cache-Control"] == "no-store"


def test_whoever_has_the_link_submits_the_form_and_the_history_says_so(people: Office) -> None:
    instance = asked(people)
    response = post(Client(), address_of(instance), opinion="Good")
    assert response.status_code == 200
    assert "Form sent" in text_of(response)
    assert "Thank you, Mice" in text_of(response)
    assert values_of(instance)["opinion"] == "Good"
    run = Run.objects.latest("pk")
    assert (run.run_as, run.run_as_name, run.status) == (None, "link:emma", "succeeded")
    change = Change.objects.filter(instance=instance).latest("pk")
    assert (change.by, change.by_name) == (None, "link:emma")
    told = text_of(client_of(people.emma).get(f"/instances/{instance.process_id}/"))
    assert "someone through a link that emma created" in told
    assert ProcessInstance.objects.get(pk=instance.pk).status == "completed"


def test_what_is_not_filled_in_is_said_beside_it_and_nothing_is_used_up(people: Office) -> None:
    instance = asked(people, ticket(uses=1))
    path = address_of(instance)
    response = post(Client(), path, opinion="")
    assert response.status_code == 422
    assert "Nothing has been sent." in text_of(response)
    assert post(Client(), path, opinion="Good").status_code == 200
    assert FormLink.objects.get().uses == 1


def test_a_rule_shows_fields_of_the_form_in_another_way_on_its_page_alone(people: Office) -> None:
    raw = ticket()
    shut = [{"field": "opinion", "action": "read"}, {"field": "inside", "action": "edit"},
            {"field": "fixed", "action": "edit"}]  # fmt: skip
    raw["forms"][1]["fields"].append(
        {"type": "button", "name": "shut",
         "rules": [{"type": "field_display_mode", "changes": shut}]}
    )  # fmt: skip
    raw["forms"][1]["fields"][3]["rules"] = [
        {"type": "field_display_mode", "changes": [{"field": "survey", "action": "read"}]}
    ]
    instance = asked(people, raw)
    path, client = address_of(instance), Client()
    page = post(client, path, "press:shut").content.decode()
    control = page.partition('name="v-opinion"')[2].partition(">")[0]
    assert "disabled" in control or "readonly" in control
    # A rule gives nobody more than the link does.
    assert 'name="v-inside"' not in page
    view = page.partition('name="view" value="')[2].partition('"')[0]
    assert view
    for sent in ({"opinion": "x"}, {"fixed": "x"}):
        revision = ProcessInstance.objects.get().revision
        values = {f"v-{name}": value for name, value in sent.items()}
        typed = {"act": "press:answer", "revision": revision, "view": view, **values}
        assert client.post(path, typed).status_code in {409, 422}
    assert values_of(instance)["opinion"] == ""
    assert values_of(instance)["fixed"] == "as it is"
    forged = {"act": "press:answer", "revision": revision, "view": "x:y:z", "v-opinion": "Good"}
    assert client.post(path, forged).status_code == 409
    whole = post(client, path, "press:open_one", open_one="x").content.decode()
    assert 'name="v-opinion"' not in whole
    assert "Opinion" in whole


def test_what_is_posted_for_other_fields_is_not_taken(people: Office) -> None:
    instance = asked(people)
    typed = {"opinion": "Good", "topic": "Rats", "inside": "x", "fixed": "x", "helper": "user:tom"}
    post(Client(), address_of(instance), **typed)
    values = values_of(instance)
    assert (values["topic"], values["inside"], values["fixed"], values["helper"]) == (
        "Mice", "", "as it is", None,
    )  # fmt: skip


@pytest.mark.parametrize(
    "act",
    [
        "press:close_it", "press:ask", "press:form:asking#submit", "save",
        # Fields that are not shown are not told from those that there are not.
        "press:topic", "press:inside", "press:nothing", "press:form:nothing#submit",
    ],
)  # fmt: skip
def test_nothing_but_what_the_form_offers_can_be_pressed(people: Office, act: str) -> None:
    instance = asked(people)
    before = instance.revision
    response = post(Client(), address_of(instance), act, opinion="Good")
    assert response.status_code == 409
    words = text_of(response)
    assert "The form was changed while you were filling it in." in words
    for word in ("ticket", "topic", "inside", "nothing", "asking"):
        assert word not in words
    instance.refresh_from_db()
    assert instance.revision == before
    assert FormLink.objects.get().uses == 0


def test_the_rules_of_opening_the_whole_instance_do_not_run_through_a_link(people: Office) -> None:
    write = {"type": "set_form_field", "assignments": [{"field": "topic", "value": "Opened"}]}
    instance = asked(people, ticket() | {"rules": [write, {"type": "save"}]})
    before = instance.runs.count()
    assert post(Client(), address_of(instance), "press:process#load").status_code == 409
    with pytest.raises(Forbidden):
        through_link(instance, "process#load", trigger="load")
    assert (instance.runs.count(), values_of(instance)["topic"]) == (before, "Mice")


def test_a_field_that_is_not_shown_is_as_one_that_there_is_not(people: Office) -> None:
    instance = asked(people)
    for name in ("topic", "inside", "nothing"):
        with pytest.raises(Invalid) as refused:
            through_link(instance, name, trigger="change")
        said = [flaw.detail for flaw in refused.value.errors]
        assert said == [f"The process {instance.design.name} has no field {name}."]


def test_rules_of_a_change_work_and_use_nothing_up(people: Office) -> None:
    path = address_of(asked(people, ticket(uses=1)))
    response = post(Client(), path, "press:opinion", opinion="Good")
    assert response.status_code == 200
    assert 'value="4"' in response.content.decode()
    assert FormLink.objects.get().uses == 0


def test_what_others_store_after_a_change_in_fields_not_shown_stays(people: Office) -> None:
    # The rules of a change have run on this page: it carries what they have set, and no more.
    instance = asked(people)
    path, client = address_of(instance), Client()
    page = post(client, path, "press:opinion", opinion="Good").content.decode()
    hidden = {
        name: page.partition(f'name="{name}" value="')[2].partition('"')[0]
        for name in ("revision", "left")
    }
    patch_instance(
        process_id=instance.process_id, data={"topic": "Rats", "inside": "Mine"}, user=people.root,
        revision=int(hidden["revision"]),
    )  # fmt: skip
    client.post(path, {"act": "press:answer", "v-opinion": "Good", "v-loudness": "4", **hidden})
    values = values_of(instance)
    told = (values["opinion"], values["topic"], values["inside"])
    assert told == ("Good", "Rats", "Mine")


def test_an_unknown_link_is_not_there(people: Office) -> None:
    for path in ("/f/unknown/", "/f/unknown/sent/"):
        answer = Client().get(path)
        assert answer.status_code == 404
        shown = text_of(answer)
        assert "This link is incomplete or has a typo. Ask the person who sent you" in shown
        assert "Ctrl K" not in shown
    assert Client().post("/f/unknown/", {"act": "press:answer"}).status_code == 404


def revoked(instance: ProcessInstance, people: Office) -> None:
    link = FormLink.objects.get(ended="")
    api_client(people.helen).delete(f"/api/v1/instances/{instance.process_id}/links/{link.pk}/")


def deleted(instance: ProcessInstance, people: Office) -> None:
    delete_instance(process_id=instance.process_id, user=people.root)


def submitted(instance: ProcessInstance, people: Office) -> None:
    runs.trigger(
        process_id=instance.process_id, target="answer", user=people.root, trigger="button",
        data={"opinion": "Mine", "helper": "user:tom"},
    )  # fmt: skip


def sent_back(instance: ProcessInstance, people: Office) -> None:
    """The form of the link is taken away, and open again later: the link stays ended."""
    submitted(instance, people)
    edit_again(process_id=instance.process_id, form="survey", user=people.root)


def made_anew(instance: ProcessInstance, people: Office) -> None:
    send_back(process_id=instance.process_id, form="asking", note="Again", user=people.root)
    runs.trigger(
        process_id=instance.process_id, target="ask", user=people.emma, trigger="button", data={}
    )


@pytest.mark.parametrize(
    ("end", "sentence"),
    [
        (revoked, "This link is no longer valid"), (deleted, "This link is no longer valid"),
        (submitted, "This form is not open"), (sent_back, "This form is not open"),
        (made_anew, "This form is not open"),
    ],
)  # fmt: skip
def test_a_link_that_has_ended_says_so_and_nothing_else(
    people: Office, end: Any, sentence: str
) -> None:
    people.helen.groups.add(*people.root.groups.all())
    instance = asked(people)
    path = address_of(instance)
    assert Client().get(path).status_code == 200
    end(instance, people)
    before = ProcessInstance.everything.get(pk=instance.pk).revision
    for response in (Client().get(path), Client().post(path, {"act": "press:answer"})):
        assert response.status_code == 410
        assert sentence in text_of(response)
        assert "How was it" not in text_of(response)
    assert ProcessInstance.everything.get(pk=instance.pk).revision == before


def test_a_newer_link_to_the_same_form_takes_the_place_of_the_one_before(people: Office) -> None:
    definition = ticket()
    save = {"type": "save"}
    again = {"type": "button", "name": "once_more", "rules": [
        definition["forms"][0]["fields"][2]["rules"][0] | {"id": "again"}, save,
    ], "show_in_display_mode": True}  # fmt: skip
    definition["forms"][0]["fields"].append(again)
    instance = asked(people, definition)
    first = address_of(instance)
    run = runs.trigger(
        process_id=instance.process_id, target="once_more", user=people.emma, trigger="button"
    )
    assert run.status == Run.Status.SUCCEEDED, run.error
    assert "replaced by a newer one" in text_of(Client().get(first))
    assert Client().get(address_of(instance)).status_code == 200


def test_a_link_expires_at_its_time(people: Office) -> None:
    instance = asked(people, ticket(valid_for=2, unit="hours"))
    path, now = address_of(instance), timezone.now()
    with time_machine.travel(now + timedelta(hours=1, minutes=59), tick=False):
        assert Client().get(path).status_code == 200
    with time_machine.travel(now + timedelta(hours=2, minutes=1), tick=False):
        assert "This link has expired" in text_of(Client().get(path))
        assert Client().post(path, {"act": "press:answer"}).status_code == 410


def test_a_link_of_two_uses_is_used_twice(people: Office) -> None:
    definition = ticket(uses=2)
    keep = {"type": "button", "name": "keep", "rules": [{"type": "save"}]}
    definition["forms"][1]["fields"].append(keep)
    instance = asked(people, definition)
    path = address_of(instance)
    for opinion in ("One", "Two"):
        assert post(Client(), path, "press:keep", opinion=opinion).status_code == 200
    assert values_of(instance)["opinion"] == "Two"
    response = post(Client(), path, "press:keep", opinion="Three")
    assert response.status_code == 410
    assert "This link has been used already" in text_of(response)
    assert values_of(instance)["opinion"] == "Two"


def test_a_run_that_stores_nothing_makes_no_link_and_uses_none(people: Office) -> None:
    fail = {"type": "set_form_field", "assignments": [{"field": "loudness", "value": "=1/0"}]}
    instance = asked(people, ticket(fail, uses=1))
    response = post(Client(), address_of(instance), opinion="Good")
    assert response.status_code == 422
    # Why is for those who see the trace.
    assert "Not sent. Try again later." in text_of(response)
    assert "division" not in text_of(response).lower()
    assert FormLink.objects.get().uses == 0
    assert 'value="Good"' in response.content.decode()
    broken = ticket()
    broken["name"] = "broken"
    broken["forms"][0]["fields"][2]["rules"].insert(1, fail)
    name = published(broken, user=people.root)
    made = create_instance(process=name, mode="live", data={}, user=people.emma)
    run = runs.trigger(process_id=made.process_id, target="ask", user=people.emma, trigger="button")
    assert run.status == Run.Status.FAILED
    assert not FormLink.objects.filter(instance=made).exists()


def test_what_somebody_changed_meanwhile_is_told_without_their_name(people: Office) -> None:
    instance = asked(people)
    path, client = address_of(instance), Client()
    client.get(path)
    read = ProcessInstance.objects.get(pk=instance.pk).revision
    api = api_client(people.emma)
    patch = {"data": {"opinion": "Hers"}, "revision": read}
    answer = api.patch(f"/api/v1/instances/{instance.process_id}/", patch)
    assert answer.status_code == 200, answer.data
    sent = {"act": "press:answer", "revision": str(read), "v-opinion": "Mine"}
    response = client.post(path, sent)
    assert response.status_code == 409
    words = text_of(response)
    assert "The form was changed while you were filling it in" in words
    assert "emma" not in words
    assert 'value="Mine"' in response.content.decode()
    assert "sent" in text_of(post(client, path, opinion="Mine"))
    assert values_of(instance)["opinion"] == "Mine"


def test_a_link_works_only_with_the_token_of_its_page(people: Office) -> None:
    instance = asked(people)
    client = Client(enforce_csrf_checks=True)
    response = client.post(address_of(instance), {"act": "press:answer", "v-opinion": "Good"})
    assert response.status_code == 403
    assert values_of(instance)["opinion"] == ""


def test_requests_of_one_address_are_counted(people: Office, settings: Any) -> None:
    rates = {**settings.REST_FRAMEWORK["DEFAULT_THROTTLE_RATES"], "links": "3/min"}
    settings.REST_FRAMEWORK = {**settings.REST_FRAMEWORK, "DEFAULT_THROTTLE_RATES": rates}
    with time_machine.travel("2026-11-23T09:00:30Z", tick=False):
        here = [Client().get("/f/unknown/").status_code for _ in range(4)]
        there = Client(REMOTE_ADDR="10.0.0.9").get("/f/unknown/")
        last = Client().get("/f/unknown/")
    assert here == [404, 404, 404, 429]
    assert there.status_code == 404
    assert last["Retry-After"] == "31"


def test_the_token_is_stored_as_a_hash_alone(people: Office) -> None:
    instance = asked(people)
    token = address_of(instance).split("/")[2]
    link = FormLink.objects.get()
    assert token not in str(FormLink.objects.values().get())
    assert len(link.digest) == 64
    listed = api_client(people.root).get(f"/api/v1/instances/{instance.process_id}/links/")
    assert token not in str(listed.data)


def test_links_are_listed_and_revoked_by_those_who_may_change_their_form(people: Office) -> None:
    instance = asked(people, ticket(uses=3))
    url = f"/api/v1/instances/{instance.process_id}/links/"
    mine = api_client(people.emma).get(url)
    assert mine.status_code == 200
    row = mine.data[0]
    assert {name: row[name] for name in ("form", "state", "created_by", "uses", "most_uses")} == {
        "form": "survey", "state": "open", "created_by": "emma", "uses": 0, "most_uses": 3,
    }  # fmt: skip
    assert api_client(people.tom).get(url).status_code == 404
    one = f"{url}{row['id']}/"
    assert api_client(people.tom).delete(one).status_code == 404
    assert api_client(people.emma).delete(f"{url}999/").status_code == 404
    assert api_client(people.emma).delete(f"{url}x/").status_code == 404
    assert api_client(people.emma).delete(one).status_code == 204
    assert api_client(people.emma).delete(one).status_code == 204
    again = api_client(people.emma).get(url).data[0]
    assert (again["state"], again["ended_by"]) == ("revoked", "emma")


def test_who_sees_an_instance_and_may_not_change_its_form_is_told_of_no_link(
    people: Office,
) -> None:
    definition = ticket()
    definition["security"] = {"see": ["everyone"]}
    instance = asked(people, definition)
    url = f"/api/v1/instances/{instance.process_id}/links/"
    link = FormLink.objects.get()
    assert api_client(people.tom).get(url).data == []
    assert api_client(people.tom).delete(f"{url}{link.pk}/").status_code == 404
    page = client_of(people.tom)
    assert "Links to forms" not in text_of(page.get(f"/instances/{instance.process_id}/"))
    revoke = f"/instances/{instance.process_id}/links/{link.pk}/"
    assert page.post(revoke).status_code == 404
    assert FormLink.objects.get().ended == ""


def test_a_link_is_revoked_on_the_page_of_its_instance(people: Office) -> None:
    instance = asked(people)
    client, link = client_of(people.emma), FormLink.objects.get()
    page = f"/instances/{instance.process_id}/"
    assert "Links to forms" in text_of(client.get(page))
    revoke = f"{page}links/{link.pk}/"
    assert "No one can open the form with this link" in text_of(client.get(revoke))
    assert client.post(revoke).status_code == 303
    assert Client().get(address_of(instance)).status_code == 410
    people.emma.first_name, people.emma.last_name = "Emma", "Doyle"
    people.emma.save()
    assert re.search(r"Revoked · today [\d:]+ , Emma Doyle", text_of(client.get(page)))


def test_a_link_of_a_preview_opens_the_form_of_the_newest_draft(people: Office) -> None:
    name = published(ticket(), user=people.root)
    made = create_instance(process=name, mode="preview", data={"topic": "X"}, user=people.dora)
    run = runs.trigger(
        process_id=made.process_id, target="ask", user=people.dora, trigger="button", data={}
    )
    assert run.status == Run.Status.SUCCEEDED, run.error
    assert "Form sent" in text_of(post(Client(), address_of(made), opinion="Good"))
    assert values_of(made)["opinion"] == "Good"


def test_rules_of_opening_run_for_who_comes_through_a_link(people: Office) -> None:
    definition = ticket(uses=1)
    greet = {"type": "set_form_field", "assignments": [{"field": "open_one", "value": "Hello"}]}
    definition["forms"][1]["load_rules"] = [greet]
    path = address_of(asked(people, definition))
    client = Client()
    assert 'value="load"' in client.get(path).content.decode()
    opened = client.post(path, {"act": "load"})
    assert opened.status_code == 200
    assert 'value="Hello"' in opened.content.decode()
    assert FormLink.objects.get().uses == 0
