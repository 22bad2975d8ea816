"""The bell tells people what waits for them, what came back, what was decided, what fails."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Group, User
from django.utils import timezone

from kianda.accounts.roles import DATASOURCE_MANAGER
from kianda.accounts.services.directory import entries
from kianda.messages import services
from kianda.messages.kinds import KINDS, FormAssigned, TaskFailed
from kianda.messages.lines import as_lines
from kianda.messages.mails import mail_timings
from kianda.messages.models import Notification
from kianda.templatetags.kianda_ui import avatar
from processes.instances.lifecycle import create_instance
from processes.instances.quick_actions import reassign
from processes.instances.sending_back import send_back
from processes.models import ProcessInstance, Run
from scheduler.models import ScheduledTask
from scheduler.services.controls import run_now
from scheduler.services.execution import execute
from scheduler.services.tasks import create_task
from tests.factories import make_user
from tests.pages import client_of, markup_of, text_of
from tests.processes.rights.office import Office, leave_request, office, publish, send
from tests.processes.stories import published

pytestmark = pytest.mark.django_db


@pytest.fixture
def people() -> Office:
    return office()


def told(user: Any) -> list[str]:
    """Return what somebody was told, the newest first."""
    return [line.sentence for line in as_lines(services.lines_of(user))]


def asked(people: Office) -> ProcessInstance:
    made = create_instance(process="leave", mode="live", data={"days": "3"}, user=people.emma)
    assert send(made, people.emma).status == Run.Status.SUCCEEDED
    return made


def test_who_gets_a_form_is_told_and_nobody_else(people: Office) -> None:
    publish(people)
    asked(people)
    assert told(people.mark) == ["Decision of leave-1 is waiting for you"]
    assert [told(user) for user in (people.emma, people.tom, people.root)] == [[], [], []]
    line = as_lines(services.lines_of(people.mark))[0]
    assert line.detail == "Leave request · from emma"
    assert line.notification.url == "/instances/leave-1/"


def test_a_group_is_told_member_by_member_but_for_who_did_it(people: Office) -> None:
    definition = leave_request()
    definition["forms"][1]["owners"] = {"groups": ["hr"]}
    for user in (people.emma, people.tom):
        user.groups.add(people.helen.groups.get(name="hr"))
    gone = make_user("gone", "User", is_active=False)
    gone.groups.add(people.helen.groups.get(name="hr"))
    published(definition, user=people.root)
    asked(people)
    counts = {user.username: len(told(user)) for user in (*people, gone)}
    assert counts == {
        "emma": 0, "mark": 0, "helen": 1, "tom": 1, "dora": 0, "root": 0, "gone": 0,
    }  # fmt: skip


def test_who_has_done_it_stands_in_bold_and_no_name_is_markup(people: Office) -> None:
    definition = leave_request()
    definition["forms"][0]["title"] = "Asking <i>"
    published(definition, user=people.root)
    people.mark.first_name = "<b>Mark & Co"
    people.mark.save()
    made = asked(people)
    send_back(process_id=made.process_id, form="asking", note="Why?", user=people.mark)
    line = as_lines(services.lines_of(people.emma))[0]
    who = "<strong>&lt;b&gt;Mark &amp; Co</strong>"
    assert line.named == f"{who} sent back Asking &lt;i&gt; of leave-1"


def test_a_form_that_is_sent_back_tells_why(people: Office) -> None:
    publish(people)
    made = asked(people)
    send_back(process_id=made.process_id, form="asking", note="Which days?", user=people.mark)
    assert told(people.emma) == ["mark sent back Asking of leave-1"]
    assert as_lines(services.lines_of(people.emma))[0].detail == "“Which days?”"
    assert len(told(people.mark)) == 1


def test_what_told_of_a_form_is_read_once_the_form_waits_no_more(people: Office) -> None:
    publish(people)
    first, second = asked(people), asked(people)
    assert services.unread_count(people.mark) == 2
    assert send(first, people.mark, "decide").status == Run.Status.SUCCEEDED
    [unread] = services.lines_of(people.mark, unread=True)
    assert unread.about == second.process_id
    assert len(told(people.mark)) == 2
    # What tells of something else about the same record stays unread.
    assert services.unread_count(people.emma) == 1


def test_who_is_given_a_form_is_told_why_and_who_had_it_waits_no_more(people: Office) -> None:
    definition = leave_request()
    definition["forms"][1]["owners"] = {"users": ["mark"], "groups": ["hr"]}
    published(definition, user=people.root)
    made = asked(people)
    assert (services.unread_count(people.mark), services.unread_count(people.helen)) == (1, 1)
    reassign(
        process_id=made.process_id, form="decision", users=["tom"], groups=["hr"],
        note="Mark is ill.", user=people.root,
    )  # fmt: skip
    [line] = as_lines(services.lines_of(people.tom))
    assert line.detail == "Leave request · from root · “Mark is ill.”"
    assert (services.unread_count(people.mark), services.unread_count(people.helen)) == (0, 1)


def test_the_creator_is_told_how_it_ended(people: Office) -> None:
    publish(people)
    made = asked(people)
    assert send(made, people.mark, "decide").status == Run.Status.SUCCEEDED
    assert told(people.emma) == ["leave-1: Completed"]


def test_a_creator_who_does_not_see_the_instance_is_not_told_of_it(people: Office) -> None:
    publish(people, see=["group:hr"])
    made = asked(people)
    assert send(made, people.mark, "decide").status == Run.Status.SUCCEEDED
    assert told(people.emma) == []


def test_previews_and_runs_that_store_nothing_tell_nobody(people: Office) -> None:
    publish(people)
    preview = create_instance(process="leave", mode="preview", data={}, user=people.dora)
    assert send(preview, people.dora).status == Run.Status.SUCCEEDED
    definition = leave_request() | {"name": "stuck"}
    definition["forms"][0]["fields"][2]["rules"] = [
        {"type": "assign_form", "form": "decision", "to": {"users": ["tom"]}, "opens": True},
        {"type": "set_form_field", "assignments": [{"field": "days", "value": "=1/0"}]},
    ]
    name = published(definition, user=people.root)
    made = create_instance(process=name, mode="live", data={}, user=people.emma)
    assert send(made, people.emma).status == Run.Status.FAILED
    assert not Notification.objects.exists()


def test_a_task_tells_its_person_and_administrators_when_it_fails_and_when_it_works_again(
    people: Office,
) -> None:
    publish(people, see=["everyone"])
    made = create_instance(process="leave", mode="live", data={}, user=people.emma)
    task, _hook = create_task(
        raw={"name": "Decide", "process": "leave", "process_id": made.process_id,
             "target": "decide", "schedule": {"kind": "minutes", "every": 5}, "run_as": "tom"},
        user=people.root,
    )  # fmt: skip

    def fire() -> None:
        execute(run_now(task_id=str(task.pk), user=people.root).pk)

    fire()
    fire()
    for user in (people.tom, people.root):
        assert told(user) == ["The scheduled task Decide failed"], "once, not at each firing"
    detail = as_lines(services.lines_of(people.tom))[0].detail
    assert "is with mark" in detail
    ScheduledTask.objects.filter(pk=task.pk).update(target="cancel", run_as=people.emma)
    fire()
    assert told(people.emma) == ["The scheduled task Decide works again"]
    assert told(people.root)[0] == "The scheduled task Decide works again"
    assert len(told(people.mark)) == 0


def test_what_somebody_has_switched_off_does_not_come(people: Office) -> None:
    publish(people)
    client = client_of(people.mark)
    wanted = [slug for slug in KINDS if slug != "assigned"]
    assert client.post("/notifications/settings/", {"kind": wanted}).status_code == 303
    asked(people)
    assert told(people.mark) == []
    assert services.wanted_kinds(people.mark) == set(wanted)
    client.post("/notifications/settings/", {"kind": list(KINDS)})
    asked(people)
    assert len(told(people.mark)) == 1


def test_people_choose_among_what_can_reach_them(people: Office) -> None:
    emma = client_of(people.emma)
    page = text_of(emma.get("/notifications/"))
    assert "My request was decided" in page
    assert "A scheduled task fails" in page, "it may run as her"
    assert not re.search("certificate expires|must be reconnected|connection works", page)
    emma.post("/notifications/settings/", {"kind": [], "mail-certificate_ending": "off"})
    people.emma.groups.add(Group.objects.get(name=DATASOURCE_MANAGER))
    managers = emma.get("/notifications/")
    assert "A client certificate expires soon" in text_of(managers)
    ticked = re.findall(r'value="(\w+)"\s+checked', markup_of(managers))
    assert ticked == ["connection_broken", "connection_recovered", "certificate_ending"]
    assert mail_timings(people.emma)["certificate_ending"] == "at_once"


def test_lines_are_read_one_by_one_and_all_at_once(people: Office) -> None:
    publish(people)
    for _again in range(3):
        asked(people)
    client = client_of(people.mark)
    assert client.get("/").content.decode().count("Notifications, 3 unread") == 2, "on a phone too"
    first = services.lines_of(people.mark)[0]
    answer = client.get(f"/notifications/{first.pk}/")
    assert (answer.status_code, answer.headers["Location"]) == (303, first.url)
    polled = client.get("/notifications/bell/").content.decode()
    assert polled.count("Notifications, 2 unread") == 2
    assert text_of(client.get("/notifications/newest/")).count("is waiting for you") == 3
    assert text_of(client.get("/notifications/?show=unread")).count("is waiting for you") == 2
    assert client_of(people.tom).get(f"/notifications/{first.pk}/").status_code == 404
    client.post("/notifications/read/")
    assert services.unread_count(people.mark) == 0
    assert services.unread_count(people.tom) == 0


def test_a_person_has_the_same_mark_in_the_bell_as_on_a_record_and_in_their_own_menu(
    people: Office,
) -> None:
    publish(people)
    asked(people)
    mark = avatar(entries(["user:emma"])["user:emma"])
    assert mark in client_of(people.mark).get("/notifications/newest/").content.decode()
    assert client_of(people.emma).get("/").content.decode().count(mark) >= 3


def test_old_lines_go_and_a_deleted_person_takes_theirs_along(people: Office) -> None:
    about = {"form": "F", "process": "P", "process_id": "p-1", "by": ""}
    services.notify([people.tom.pk], TaskFailed, data={"task": "A", "reason": "B"}, url="/")
    services.notify([people.mark.pk], FormAssigned, data=about, url="/")
    now = timezone.now()
    assert services.prune(now + timedelta(days=89)) == 0
    User.objects.filter(pk=people.mark.pk).delete()
    assert Notification.objects.count() == 1
    assert services.prune(now + timedelta(days=91)) == 1


def test_a_line_leads_nowhere_but_to_this_product(people: Office) -> None:
    services.notify([people.tom.pk], TaskFailed, data={"task": "A", "reason": "B"},
                    url="https://elsewhere.example.org/")  # fmt: skip
    line = services.lines_of(people.tom)[0]
    answer = client_of(people.tom).get(f"/notifications/{line.pk}/")
    assert answer.headers["Location"] == "/notifications/"


def alerting(*rules: dict[str, Any], to: list[str]) -> dict[str, Any]:
    """Return the leave request, whose first button alerts people and then does something."""
    definition = leave_request()
    definition["forms"][0]["fields"][2]["rules"] = [
        {"type": "user_alert", "to": to, "subject": "[days] days", "message": "Look"}, *rules,
    ]  # fmt: skip
    return definition


SUBMIT: dict[str, Any] = {"type": "submit"}


@pytest.mark.parametrize(
    ("to", "names"),
    [
        (["creator"], ["emma"]), (["[creator.manager]"], ["mark"]), (["group:hr"], ["helen"]),
        (["user:tom", "creator"], ["emma", "tom"]), (["participants"], ["emma", "mark"]),
        # They are told as it stands when it is stored: the decision is open by then.
        (["owners"], ["mark"]),
    ],
)  # fmt: skip
def test_an_alert_of_a_rule_reaches_whom_it_names(
    people: Office, to: list[str], names: list[str]
) -> None:
    name = published(alerting(SUBMIT, to=to), user=people.root)
    made = create_instance(process=name, mode="live", data={}, user=people.emma)
    assert send(made, people.emma, days="3").status == Run.Status.SUCCEEDED
    rows = Notification.objects.filter(kind="alert")
    assert sorted(row.user.username for row in rows) == names
    line = as_lines(rows)[0]
    assert (line.sentence, line.detail) == ("3 days", "Look · leave-1")


def test_an_alert_is_sent_once_and_not_by_a_run_that_fails(people: Office) -> None:
    save: dict[str, Any] = {"type": "save"}
    broken = [{"field": "days", "value": "=1/0"}]
    fail: dict[str, Any] = {"type": "set_form_field", "assignments": broken}
    for number, (rules, count) in enumerate(
        [((), 1), ((save,), 1), ((save, save), 1), ((fail,), 0), ((save, fail), 1)]
    ):
        named = [{**rule, "id": f"r{at}"} for at, rule in enumerate(rules)]
        definition = alerting(*named, to=["user:tom"]) | {"name": f"leave-{number}"}
        name = published(definition, user=people.root)
        made = create_instance(process=name, mode="live", data={}, user=people.emma)
        send(made, people.emma, days="3")
        assert Notification.objects.filter(url=f"/instances/{made.process_id}/").count() == count
    preview = create_instance(process="leave-0", mode="preview", data={}, user=people.dora)
    assert send(preview, people.dora, days="3").status == Run.Status.SUCCEEDED
    assert not Notification.objects.filter(url=f"/instances/{preview.process_id}/").exists()


def test_the_page_has_its_lines_under_their_days(people: Office) -> None:
    publish(people)
    for _ in range(3):
        asked(people)
    newest, middle, oldest = Notification.objects.order_by("-pk")
    now = timezone.now()
    for line, days in ((newest, 0), (middle, 1), (oldest, 400)):
        Notification.objects.filter(pk=line.pk).update(at=now - timedelta(days=days))
    days = client_of(people.mark).get("/notifications/").context["days"]
    assert [day for day, _lines in days][:2] == ["Today", "Yesterday"]
    assert str((now - timedelta(days=400)).year) in days[2][0]
    assert [[line.notification.pk for line in lines] for _day, lines in days] == [
        [newest.pk], [middle.pk], [oldest.pk],
    ]  # fmt: skip
