"""What somebody may not see any more is told them no more: not by the bell, not by mail."""

from collections.abc import Iterator
from datetime import timedelta
from importlib import import_module
from types import SimpleNamespace
from typing import Any

import pytest
from django.apps import apps
from django.contrib.auth.models import Group, User
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from kianda.mail.delivery import deliver_due
from kianda.mail.models import MailMessage
from kianda.messages.mails import choose_mails, send_summaries
from kianda.messages.models import Notification
from kianda.messages.services import lines_of, newest_lines, unread_count
from processes.instances.lifecycle import create_instance, delete_instance
from processes.models import ProcessInstance, Run
from tests.factories import make_user
from tests.mail_server import MailServer
from tests.pages import client_of, text_of
from tests.processes.rights.office import Office, leave_request, office, send
from tests.processes.stories import published

pytestmark = pytest.mark.django_db
LATER = timedelta(days=2)


@pytest.fixture
def people() -> Office:
    """Everybody of HR owns the decision."""
    made = office()
    definition = leave_request()
    definition["forms"][1]["owners"] = {"groups": ["hr"]}
    published(definition, user=made.root)
    return made


@pytest.fixture
def server(settings: Any) -> Iterator[MailServer]:
    with MailServer() as made:
        settings.KIANDA_SMTP = made.settings
        yield made


def asked(people: Office) -> ProcessInstance:
    made = create_instance(process="leave", mode="live", data={"days": "3"}, user=people.emma)
    assert send(made, people.emma).status == Run.Status.SUCCEEDED
    return made


def leave_the_group(user: User) -> None:
    user.groups.remove(Group.objects.get(name="hr"))


def lose_the_role(user: User) -> None:
    user.groups.remove(Group.objects.get(name="User"))


def leave(user: User) -> None:
    User.objects.filter(pk=user.pk).update(is_active=False)


def fresh(user: Any) -> User:
    """Return a person as the next request finds them."""
    return User.objects.get(pk=user.pk)


LOSSES = pytest.mark.parametrize("lose", [leave_the_group, lose_the_role, leave])


@LOSSES
def test_the_bell_hides_it(people: Office, lose: Any) -> None:
    asked(people)
    assert (unread_count(fresh(people.helen)), lines_of(people.helen).count()) == (1, 1)
    lose(people.helen)
    assert unread_count(fresh(people.helen)) == 0
    assert not lines_of(fresh(people.helen)).exists()


def test_no_page_shows_it_or_leads_to_it(people: Office) -> None:
    asked(people)
    leave_the_group(people.helen)
    client, line = client_of(fresh(people.helen)), Notification.objects.get()
    for path in ("/notifications/", "/notifications/newest/", "/notifications/bell/"):
        page = client.get(path)
        assert page.status_code == 200
        assert "leave-1" not in text_of(page)
        assert "1 unread" not in page.content.decode()
    assert client.get(f"/notifications/{line.pk}/").status_code == 404


def test_it_is_there_again_with_the_right(people: Office) -> None:
    asked(people)
    leave_the_group(people.helen)
    people.helen.groups.add(Group.objects.get(name="hr"))
    assert unread_count(fresh(people.helen)) == 1


@LOSSES
def test_a_mail_on_its_way_is_not_sent(people: Office, server: MailServer, lose: Any) -> None:
    asked(people)
    lose(people.helen)
    deliver_due()
    mail = MailMessage.objects.get()
    assert server.received == []
    assert mail.state == "done"
    assert mail.recipients.get().words.startswith("Not sent: the recipient may no longer")


def test_a_mail_that_a_server_has_put_off_asks_again_too(
    people: Office, server: MailServer
) -> None:
    server.does.data = "451 4.7.1 later"
    asked(people)
    deliver_due()
    leave_the_group(people.helen)
    server.does.data = "250 OK"
    MailMessage.objects.update(due_at=timezone.now())
    deliver_due()
    assert (server.received, MailMessage.objects.get().state) == ([], "done")


def test_who_still_sees_it_gets_it(people: Office, server: MailServer) -> None:
    asked(people)
    deliver_due()
    assert "Decision of leave-1 is waiting for you" in server.received[0].text


@LOSSES
def test_no_summary_tells_it(people: Office, lose: Any) -> None:
    choose_mails(people.helen, {"assigned": "daily"}, moment=timezone.now())
    asked(people)
    lose(people.helen)
    assert send_summaries(timezone.now() + LATER) == 0
    assert not MailMessage.objects.exists()
    assert not Notification.objects.filter(mail_due_at__isnull=False).exists()


def test_a_summary_tells_the_rest(people: Office, server: MailServer) -> None:
    choose_mails(people.helen, {"assigned": "daily"}, moment=timezone.now())
    for _ in range(2):
        asked(people)
    gone = asked(people)
    delete_instance(process_id=gone.process_id, user=people.root)
    assert send_summaries(timezone.now() + LATER) == 1
    deliver_due()
    assert server.received[0].message["Subject"] == "2 notifications today"
    assert "leave-3" not in server.received[0].text


def test_what_is_left_of_a_planned_summary_comes_in_another_one(
    people: Office, server: MailServer
) -> None:
    choose_mails(people.helen, {"assigned": "daily"}, moment=timezone.now())
    old, _kept = asked(people), asked(people)
    assert send_summaries(timezone.now() + LATER) == 1
    delete_instance(process_id=old.process_id, user=people.root)
    deliver_due()
    assert server.received == []
    assert send_summaries(timezone.now() + LATER) == 1
    assert send_summaries(timezone.now() + LATER) == 0
    deliver_due()
    (received,) = server.received
    assert received.message["Subject"] == "1 notification today"
    assert "leave-2" in received.text
    assert "leave-1" not in received.text


def test_who_is_alerted_without_seeing_the_instance_reads_the_alert(
    people: Office, server: MailServer
) -> None:
    definition = {**leave_request(), "name": "alerting"}
    alert = {"type": "user_alert", "to": ["user:tom", "group:hr"], "subject": "Look",
             "message": "x"}  # fmt: skip
    definition["forms"][0]["fields"][2]["rules"] = [alert, {"type": "submit"}]
    definition["security"] = {"see": ["participants", "group:hr"]}
    published(definition, user=people.root)
    made = create_instance(process="alerting", mode="live", data={"days": "3"}, user=people.emma)
    assert send(made, people.emma).status == Run.Status.SUCCEEDED
    leave_the_group(people.helen)
    counts = [unread_count(fresh(user)) for user in (people.tom, people.helen)]
    assert counts == [1, 0]
    lose_the_role(people.tom)
    assert unread_count(fresh(people.tom)) == 0


def test_a_task_is_told_as_long_as_its_person_sees_tasks(people: Office) -> None:
    keeper = make_user("keeper", "Administrator")
    line = {"kind": "task_failed", "data": {"task": "Refresh", "reason": ""}, "at": timezone.now()}
    task = {"about_kind": "task", "about": "4711"}
    Notification.objects.create(user=keeper, url="/scheduled-tasks/4711/", **line, **task)
    assert unread_count(fresh(keeper)) == 0


def test_the_bell_asks_as_little_for_many_lines_as_for_one(people: Office) -> None:
    def asks() -> int:
        with CaptureQueriesContext(connection) as asked_for:
            unread_count(fresh(people.helen))
        return len(asked_for)

    asked(people)
    few = asks()
    for _ in range(4):
        asked(people)
    line = Notification.objects.latest("pk")
    again = {"user": people.helen, "kind": "assigned", "data": line.data, "at": line.at}
    Notification.objects.bulk_create(
        Notification(about_kind="instance", about=f"leave-{n % 5 + 1}", url="/", **again)
        for n in range(150)
    )
    assert unread_count(fresh(people.helen)) == 100
    assert asks() == few
    assert [one.pk for one in newest_lines(people.helen, most=3)] == sorted(
        Notification.objects.values_list("pk", flat=True), reverse=True
    )[:3]


def test_an_upgrade_says_what_older_ones_are_about(people: Office) -> None:
    asked(people)
    Notification.objects.update(about="", about_kind="")
    migration = import_module("kianda.messages.migrations.0003_about_things")
    migration.say(apps, SimpleNamespace(connection=connection))
    line = Notification.objects.get()
    assert (line.about_kind, line.about) == ("instance", "leave-1")
