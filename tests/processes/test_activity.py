"""The activity of a record: what has happened to it, told to each as far as they see it."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from processes.comments import add_comment, delete_comment
from processes.designs.lifecycle import publish_design, save_design
from processes.engine.instance_state import LONGEST_NOTE
from processes.instances.lifecycle import create_instance, delete_instance, patch_instance
from processes.instances.quick_actions import reassign
from processes.instances.sending_back import send_back
from processes.models import Change, File, ProcessInstance
from tests.factories import api_client
from tests.pages import client_of, markup_of, text_of
from tests.processes.rights.office import Office, leave_request, office, send
from tests.processes.stories import published

pytestmark = pytest.mark.django_db
PAGE, API = "/instances/leave-1/activity/", "/api/v1/instances/leave-1/activity/"


def request_of(**security: Any) -> dict[str, Any]:
    raw = leave_request(**security)
    asking, decision = raw["forms"]
    asking["title"], decision["title"] = "Request", "Decision"
    decision["fields"][2]["rules"] = [{"type": "submit", "status": "Approved"}]
    asking["fields"].append({"type": "file_upload", "name": "proof", "see": ["group:hr"]})
    decision["quick_actions"] = {"reassign": ["owners"]}
    return raw


@pytest.fixture
def people() -> Office:
    """An office in which Emma has asked for leave; Mark decides."""
    found = office()
    published(request_of(administrators=["group:hr"]), user=found.root)
    create_instance(process="leave", mode="live", data={"days": "5"}, user=found.emma)
    return found


def record() -> ProcessInstance:
    return ProcessInstance.objects.get(process_id="leave-1")


def sentences(user: Any) -> list[str]:
    answer = api_client(user).get(API)
    assert answer.status_code == 200
    return [one["sentence"] for one in answer.data["results"]]


def test_it_tells_in_sentences_who_did_what_the_newest_first(people: Office) -> None:
    patch_instance(process_id="leave-1", data={"days": "6"}, user=people.emma)
    assert send(record(), people.emma).status == "succeeded"
    add_comment(process_id="leave-1", text="Which week?", user=people.mark)
    send_back(process_id="leave-1", form="asking", note="Say when.", user=people.mark)
    send(record(), people.emma, days="7")
    reassign(process_id="leave-1", form="decision", users=["tom"], groups=[], user=people.mark)
    reassign(
        process_id="leave-1", form="decision", users=["helen"], groups=[], note="Tom is away.",
        user=people.root,
    )  # fmt: skip
    assert send(record(), people.helen, "decide").status == "succeeded"
    assert sentences(people.emma) == [
        "helen decided: Approved",
        "root assigned “Decision” to helen: Tom is away.",
        "mark assigned “Decision” to tom",
        "emma sent “Request”",
        "mark sent back “Request”: Say when.",
        "mark commented",
        "emma sent “Request”",
        "emma changed Days from 5 to 6",
        "emma created this",
    ]
    shown = text_of(client_of(people.emma).get("/instances/leave-1/"))
    assert "helen decided: Approved" in shown
    assert shown.index("helen decided") < shown.index("Which week?") < shown.index("created this")


def test_a_move_to_a_new_version_tells_what_became_of_the_fields(people: Office) -> None:
    patch_instance(process_id="leave-1", data={"illness": "flu"}, user=people.emma)
    send(record(), people.emma)
    raw = request_of(administrators=["group:hr"])
    fields = raw["forms"][0]["fields"]
    at = {field["name"]: number for number, field in enumerate(fields)}
    fields[at["days"]] |= {"name": "length", "title": "Length"}
    fields[at["illness"]] = {"type": "toggle", "name": "urgent", "title": "Urgent"}
    save_design(name="leave", raw=raw, user=people.root)
    publish_design(name="leave", user=people.root, move_instances=True)
    moved = "root moved this to version 2.0: “Days” is now “Length”"
    assert sentences(people.emma)[0] == f"{moved}, “Illness” was removed"
    # Who did not see a field is not told that it is gone.
    assert sentences(people.mark)[0] == moved
    hers = text_of(client_of(people.emma).get("/instances/leave-1/changes/"))
    assert "root, a new version of the design" in hers
    assert "Version Moved from version 1.0 to 2.0. “Days” is now “Length” Illness flu" in hers
    assert "No longer in the design." in hers
    assert "days" not in hers
    assert "You moved this to version 2.0" in text_of(client_of(people.root).get(PAGE))


def test_on_the_page_it_tells_whoever_reads_it_what_they_did_themselves(people: Office) -> None:
    send(record(), people.emma)
    reassign(process_id="leave-1", form="decision", users=["helen"], groups=[], user=people.mark)
    hers = text_of(client_of(people.emma).get(PAGE))
    assert "You sent “Request”" in hers
    assert "mark assigned “Decision” to helen" in hers
    assert "You assigned “Decision” to helen" in text_of(client_of(people.mark).get(PAGE))
    assert "mark assigned “Decision” to you" in text_of(client_of(people.helen).get(PAGE))
    reassign(
        process_id="leave-1", form="decision", users=["mark"], groups=[], note="I am away, too.",
        user=people.helen,
    )  # fmt: skip
    his = text_of(client_of(people.mark).get(PAGE))
    assert "helen assigned “Decision” to you: I am away, too." in his
    assert "emma sent “Request”" in sentences(people.emma)


def test_a_field_that_the_reader_does_not_see_leaves_no_trace(people: Office) -> None:
    patch_instance(process_id="leave-1", data={"illness": "flu"}, user=people.emma)
    send(record(), people.emma)
    assert "emma changed Illness to flu" in sentences(people.helen)
    told = api_client(people.mark).get(API).data
    assert "llness" not in str(told)
    assert [one["kind"] for one in told["results"]] == ["sent", "created"]


def test_of_a_form_that_the_reader_does_not_see_nobody_is_named(people: Office) -> None:
    raw = request_of(administrators=["group:hr"], see=["participants", "user:tom"])
    raw["forms"][1]["see"], raw["name"] = ["owners", "group:hr"], "visit"
    published(raw, user=people.root)
    made = create_instance(process="visit", mode="live", data={}, user=people.emma)
    assert send(made, people.emma).status == "succeeded"
    assert send(made, people.mark, "decide").status == "succeeded"
    told = api_client(people.tom).get("/api/v1/instances/visit-1/activity/").data["results"]
    assert told[0]["sentence"] == "The status changed to Approved"
    assert "mark" not in str(told)
    assert "Decision" not in str(told[0])


def test_a_file_is_told_to_whoever_gets_at_it(people: Office) -> None:
    File.objects.create(
        instance=record(), attached_at=timezone.now(), created_at=timezone.now(), name="cert.pdf",
        size=3, key="k", field="proof", created_by=people.emma, state=File.State.READY,
    )  # fmt: skip
    assert "emma added cert.pdf" in sentences(people.helen)
    page = markup_of(client_of(people.helen).get(PAGE))
    assert f'href="/files/{File.objects.get().pk}/cert.pdf"' in page
    assert "cert.pdf" not in str(sentences(people.emma))
    assert "cert.pdf" not in text_of(client_of(people.emma).get(PAGE))


def test_what_a_schedule_does_names_nobody_and_its_values_are_not_told(people: Office) -> None:
    send(record(), people.emma)
    run = send(record(), people.mark, "decide", answer="Yes")
    run.trigger = "schedule"
    run.save(update_fields=["trigger"])
    assert sentences(people.emma)[0] == "Decided: Approved"


def test_the_bin_is_told_after_a_restore(people: Office) -> None:
    delete_instance(process_id="leave-1", user=people.emma)
    assert api_client(people.emma).get(API).status_code == 404
    client_of(people.root).post(f"/bin/instances/{ProcessInstance.everything.get().pk}/restore/")
    assert sentences(people.emma)[:2] == ["root restored this", "emma deleted this"]


def test_words_of_people_are_text(people: Office) -> None:
    note = "<b>%(by)s</b> & 100 %"
    send(record(), people.emma)
    send_back(process_id="leave-1", form="asking", note=note, user=people.mark)
    assert sentences(people.emma)[0] == f"mark sent back “Request”: {note}"
    markup = markup_of(client_of(people.emma).get(PAGE))
    assert "&lt;b&gt;%(by)s&lt;/b&gt; &amp; 100 %" in markup
    assert len(note) < LONGEST_NOTE


def test_pages_of_the_api_hold_each_event_once(people: Office) -> None:
    for at in range(7):
        add_comment(process_id="leave-1", text=f"Word {at}", user=people.emma)
        patch_instance(process_id="leave-1", data={"days": str(at)}, user=people.emma)
    for comment in record().comments.all()[:3]:
        delete_comment(process_id="leave-1", comment=comment.pk, user=people.emma)
    whole = api_client(people.emma).get(API).data
    assert whole["next"] is None
    found, there = [], f"{API}?page_size=2"
    while there:
        page = api_client(people.emma).get(there).data
        assert len(page["results"]) <= 3
        found += page["results"]
        there = page["next"]
    assert found == whole["results"]
    assert len({one["id"] for one in found}) == len(found) == 7 + 7 + 1


@pytest.mark.parametrize(
    "query",
    ["after=x", "after=W10=", "after=%00", "after=bnVsbA==", "after=é",
     "after=W1sieCIsIjEiXSxudWxsLG51bGwsbnVsbF0=",
     "page_size=0", "page_size=1000", "page_size=x", "page=1"],
)  # fmt: skip
def test_a_bad_page_is_refused_by_name(people: Office, query: str) -> None:
    answer = api_client(people.emma).get(f"{API}?{query}")
    assert answer.status_code == 400
    assert [one["pointer"] for one in answer.data["errors"]] == [f"/{query.partition('=')[0]}"]


def test_what_is_long_is_shown_when_it_is_asked_for(people: Office) -> None:
    for at in range(25):
        patch_instance(process_id="leave-1", data={"days": str(at)}, user=people.emma)
    client = client_of(people.emma)
    first = client.get("/instances/leave-1/")
    assert "created this" not in text_of(first)
    assert f'href="{PAGE}?all=1"' in markup_of(first)
    assert "created this" in text_of(client.get(f"{PAGE}?all=1"))


def test_it_refreshes_by_itself_as_a_part_of_the_page(people: Office) -> None:
    part = client_of(people.emma).get(PAGE, headers={"HX-Request": "true", "HX-Target": "feed"})
    markup = part.content.decode()
    assert 'hx-trigger="every 15s"' in markup
    assert "<html" not in markup
    assert "<textarea" not in markup


def test_a_page_costs_the_same_queries_however_much_has_happened(
    people: Office, django_assert_max_num_queries: Any
) -> None:
    moment = timezone.now()
    Change.objects.bulk_create(
        Change(
            instance=record(), revision=at, at=moment + timedelta(seconds=at), by_name=f"x{at}",
            fields=[{"field": "days", "before": "1", "after": str(at)}],
        )
        for at in range(300)
    )  # fmt: skip
    client = api_client(people.emma)
    client.get(API)
    with django_assert_max_num_queries(25):
        assert len(client.get(f"{API}?page_size=50").data["results"]) == 50
