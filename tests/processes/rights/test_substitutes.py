"""Forms that belong to a person belong to the substitute too, and it is told who acted for whom."""

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.utils import timezone

from kianda.accounts.services.substitutes import Stay, name_substitute
from kianda.messages.lines import as_lines
from kianda.messages.models import Notification
from processes.document_cache import document_of
from processes.instances.form_states import form_states, how_much_work, my_work, newest_work
from processes.instances.lifecycle import create_instance, patch_instance
from processes.instances.quick_actions import reassign
from processes.instances.sending_back import send_back
from processes.models import Change, ProcessDesign, ProcessInstance, Run
from processes.rights.check_as import check_as
from processes.rights.instance_rights import InstanceRights
from processes.selectors import listed_instances, visible_instance
from tests.factories import api_client
from tests.pages import client_of, text_of
from tests.processes.rights.office import Office, leave_request, office, publish, send
from tests.processes.rights.test_lists_agree import processes
from tests.processes.stories import published

pytestmark = pytest.mark.django_db


def stands_in(substitute: Any, person: Any, *, days: tuple[int, int] = (-5, 5)) -> None:
    first, last = (timezone.now().date() + timedelta(days=one) for one in days)
    name_substitute(person, Stay(substitute.username, first, last), by=person)


@pytest.fixture
def people() -> Office:
    found = office()
    for user, name in ((found.tom, "Tom Keane"), (found.mark, "Mark Murphy")):
        user.first_name, user.last_name = name.split()
        user.save()
    return found


@pytest.fixture
def waiting(people: Office) -> ProcessInstance:
    """Return a request that waits for Mark, for whom Tom stands in."""
    publish(people)
    made = create_instance(process="leave", mode="live", data={"days": "3"}, user=people.emma)
    assert send(made, people.emma).status == Run.Status.SUCCEEDED
    stands_in(people.tom, people.mark)
    return made


def fresh(user: Any) -> Any:
    """Return a user as the next request reads one."""
    return type(user).objects.get(pk=user.pk)


def test_work_waits_for_both_and_is_counted_for_both(
    people: Office, waiting: ProcessInstance
) -> None:
    for user in (fresh(people.tom), fresh(people.mark)):
        assert list(my_work(user)) == [waiting]
        assert newest_work(user, 20) == [waiting.pk]
        assert how_much_work(user) == 1
        assert waiting.process_id in text_of(client_of(user).get("/work/"))
    assert how_much_work(people.dora) == 0
    page = client_of(people.tom).get(f"/instances/{waiting.process_id}/")
    assert "as substitute for Mark Murphy" in text_of(page)


def test_who_acted_for_whom_is_told_by_form_run_and_history(
    people: Office, waiting: ProcessInstance
) -> None:
    tom = fresh(people.tom)
    changed = patch_instance(process_id=waiting.process_id, data={"answer": "yes"}, user=tom)
    assert (changed.changes.first().by_name, changed.changes.first().acted_for) == ("tom", "mark")
    run = send(waiting, tom, "decide", answer="no")
    assert run.status == Run.Status.SUCCEEDED, run.error
    assert (run.run_as_name, run.acted_for) == ("tom", "mark")
    assert Change.objects.filter(run=run, acted_for="mark").exists()
    waiting.refresh_from_db()
    decision = form_states(waiting, document_of(waiting.version))[1]
    assert (decision.completed_by, decision.acted_for) == ("tom", "mark")
    client = client_of(people.tom)
    for place in ("", "changes/"):
        page = client.get(f"/instances/{waiting.process_id}/{place}")
        assert "Tom Keane for Mark Murphy" in text_of(page)
    assert "Tom Keane for Mark Murphy" in text_of(client.get(f"/runs/{run.pk}/"))
    api = api_client(people.tom)
    forms = api.get(f"/api/v1/instances/{waiting.process_id}/forms/").data
    assert [one["acted_for"] for one in forms] == [None, "mark"]
    assert api.get(f"/api/v1/runs/{run.pk}/").data["acted_for"] == "mark"


def test_what_a_substitute_has_done_stays_in_sight_when_the_days_are_over(
    people: Office, waiting: ProcessInstance
) -> None:
    send(waiting, fresh(people.tom), "decide")
    stands_in(people.tom, people.mark, days=(-9, -3))
    tom = fresh(people.tom)
    assert visible_instance(waiting.process_id, tom, lock=False) is not None
    assert how_much_work(tom) == 0
    other = create_instance(process="leave", mode="live", data={}, user=people.emma)
    send(other, people.emma)
    assert visible_instance(other.process_id, fresh(people.tom), lock=False) is None


def test_who_owns_a_form_acts_for_nobody_and_an_administrator_neither(
    people: Office, waiting: ProcessInstance
) -> None:
    stands_in(people.mark, people.emma)
    assert not send(waiting, fresh(people.mark), "decide").acted_for
    other = create_instance(process="leave", mode="live", data={}, user=people.emma)
    send(other, people.emma)
    stands_in(people.root, people.mark)
    assert not send(other, fresh(people.root), "decide").acted_for


def test_sending_back_for_somebody_is_told_too(people: Office, waiting: ProcessInstance) -> None:
    send_back(
        process_id=waiting.process_id, form="asking", note="Which days?", user=fresh(people.tom)
    )
    newest = waiting.changes.first()
    assert newest is not None
    assert newest.acted_for == "mark"
    pages = client_of(people.emma)
    for place in ("", "changes/"):
        text = text_of(pages.get(f"/instances/{waiting.process_id}/{place}"))
        assert "Sent back by Tom Keane for Mark Murphy" in text
    assert not send(waiting, fresh(people.emma)).acted_for
    history = text_of(pages.get(f"/instances/{waiting.process_id}/changes/"))
    assert "Sent back by Tom Keane for Mark Murphy" in history


def test_a_substitute_has_no_other_right_of_the_person(people: Office) -> None:
    publish(
        people,
        see=["user:mark"], start=["user:mark"], delete=["owners", "user:mark"],
        administrators=["user:dora"],
    )  # fmt: skip
    design = ProcessDesign.objects.get(name="leave")
    made = create_instance(process="leave", mode="live", data={}, user=people.mark)
    stands_in(people.tom, people.mark)
    tom = fresh(people.tom)
    rights = InstanceRights(tom, made, document_of(made.version))
    assert rights.see, "the first form is Mark's"
    assert rights.changes("asking")
    assert not rights.delete
    assert InstanceRights(people.mark, made, document_of(made.version)).delete
    assert not check_as(tom, design, document_of(made.version), None)[0].decision
    stands_in(people.helen, people.dora)
    assert not InstanceRights(fresh(people.helen), made).manages


def test_forms_of_groups_and_of_who_one_stands_in_for_are_not_passed_on(people: Office) -> None:
    definition = leave_request()
    definition["forms"][1]["owners"] = {"groups": ["hr"]}
    published(definition, user=people.root)
    made = create_instance(process="leave", mode="live", data={}, user=people.emma)
    stands_in(people.tom, people.emma)
    stands_in(people.mark, people.tom)
    assert how_much_work(fresh(people.tom)) == 1
    assert how_much_work(fresh(people.mark)) == 0, "chains are not followed"
    send(made, people.emma)
    stands_in(people.tom, people.helen)
    assert Group.objects.get(name="hr") in people.helen.groups.all()
    assert how_much_work(fresh(people.tom)) == 0


def test_lists_agree_with_each_instance_for_substitutes_too(people: Office) -> None:
    processes(people)
    stands_in(people.tom, people.mark)
    stands_in(people.helen, people.emma)
    stands_in(people.dora, people.tom)
    every = list(ProcessInstance.objects.select_related("design"))
    for user in map(fresh, people):
        shown = set(listed_instances(user).values_list("process_id", flat=True))
        assert shown == {one.process_id for one in every if InstanceRights(user, one).see}, user
        mine = set(my_work(user).values_list("pk", flat=True))
        assert mine == set(newest_work(user, 100))
        assert len(mine) == how_much_work(user)


def test_a_substitute_is_told_of_forms_as_their_owners_are(people: Office) -> None:
    publish(people)
    made = create_instance(process="leave", mode="live", data={}, user=people.emma)
    stands_in(people.tom, people.mark)
    stands_in(people.helen, people.mark, days=(3, 5))
    send(made, people.emma)
    told = Notification.objects.filter(kind="assigned").values_list("user__username")
    assert {name for (name,) in told} == {"mark"}
    stands_in(people.tom, people.mark)
    other = create_instance(process="leave", mode="live", data={}, user=people.emma)
    send(other, people.emma)
    told = Notification.objects.filter(kind="assigned").values_list("user__username")
    assert sorted(name for (name,) in told) == ["mark", "mark", "tom"]


def test_a_notification_says_to_a_substitute_for_whom_it_came(
    people: Office, waiting: ProcessInstance
) -> None:
    other = create_instance(process="leave", mode="live", data={}, user=people.emma)
    send(other, people.emma)
    said = {
        line.notification.user.username: line.detail
        for line in as_lines(Notification.objects.filter(about=other.process_id))
    }
    assert said["tom"] == "Leave request · from emma · as substitute for Mark Murphy"
    assert said["mark"] == "Leave request · from emma"
    # Who owns it too has it as their own.
    reassign(
        process_id=waiting.process_id, form="decision", users=["mark", "tom"], groups=[],
        user=people.root,
    )  # fmt: skip
    tom = Notification.objects.filter(user=people.tom, about=waiting.process_id)
    assert ["as substitute" in line.detail for line in as_lines(tom)] == [False]


def test_the_sender_reads_who_stands_in_for_the_one_who_has_it(
    people: Office, waiting: ProcessInstance
) -> None:
    emma, both = client_of(people.emma), "Mark Murphy (substitute: Tom Keane)"
    sent = emma.get(f"/instances/{waiting.process_id}/sent/asking/")
    assert both in text_of(sent)
    assert "Sent to Mark Murphy" in text_of(sent)
    assert f"Now with {both}, open since" in text_of(emma.get(f"/instances/{waiting.process_id}/"))
    assert both in text_of(emma.get("/requests/"))
    # The substitute knows it.
    assert both not in text_of(client_of(people.tom).get(f"/instances/{waiting.process_id}/"))
    stands_in(people.tom, people.mark, days=(3, 5))
    assert "Tom Keane" not in text_of(emma.get("/requests/"))


def test_who_does_not_see_the_form_is_told_of_no_substitute(people: Office) -> None:
    raw = leave_request()
    raw["forms"][1]["see"] = ["owners"]
    published(raw, user=people.root)
    made = create_instance(process="leave", mode="live", data={}, user=people.emma)
    send(made, people.emma)
    stands_in(people.tom, people.mark)
    emma = client_of(people.emma)
    for path in ("/requests/", "/instances/leave-1/", "/instances/leave-1/sent/asking/"):
        assert "Tom Keane" not in text_of(emma.get(path))


def test_check_as_says_for_whom_somebody_stands_in(
    people: Office, waiting: ProcessInstance
) -> None:
    acts = check_as(
        fresh(people.tom), waiting.design, document_of(waiting.version),
        ProcessInstance.objects.get(pk=waiting.pk),
    )  # fmt: skip
    reasons = [one.decision.reason for one in acts if (one.act, one.on) == ("change", "decision")]
    assert reasons == ["Substitute for Mark Murphy."]


def test_who_sends_back_as_a_substitute_goes_on_seeing_what_becomes_of_it(
    people: Office, waiting: ProcessInstance
) -> None:
    client = client_of(people.tom)
    place = f"/instances/{waiting.process_id}/"
    done = client.post(f"{place}forms/asking/send-back/", {"note": "When?"}, follow=True)
    assert (done.status_code, done.redirect_chain[-1][0]) == (200, place)
    assert client.get("/work/").status_code == 200
    assert waiting.process_id not in text_of(client.get("/work/"))


def test_who_passes_work_on_as_a_substitute_goes_on_seeing_it(people: Office) -> None:
    definition = leave_request()
    definition["forms"][1]["fields"].append(
        {"type": "button", "name": "pass_on", "rules": [
            {"type": "assign_form", "form": "decision", "to": {"users": ["helen"]}},
        ]},
    )  # fmt: skip
    published(definition, user=people.root)
    made = create_instance(process="leave", mode="live", data={"days": "3"}, user=people.emma)
    assert send(made, people.emma).status == Run.Status.SUCCEEDED
    stands_in(people.tom, people.mark)
    tom = fresh(people.tom)
    assert send(made, tom, "pass_on").status == Run.Status.SUCCEEDED
    seen = visible_instance(made.process_id, fresh(people.tom), lock=False)
    assert not InstanceRights(fresh(people.tom), seen, document_of(seen.version)).owns("decision")
