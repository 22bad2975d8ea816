"""What people are told comes by mail as each chose: at once, in a daily summary, or not at all."""

from datetime import UTC, datetime, timedelta
from importlib import import_module
from types import SimpleNamespace
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.apps import apps
from django.db import connection
from django.test import Client
from django.utils import timezone

from kianda.accounts.models import Profile
from kianda.accounts.services.substitutes import Stay, name_substitute
from kianda.mail.models import MailMessage
from kianda.messages import stop_links
from kianda.messages.mails import choose_mails, mail_timings, send_summaries
from kianda.messages.models import Notification
from kianda.messages.services import lines_of, want_kinds
from processes.instances.lifecycle import create_instance
from processes.models import ProcessInstance, Run
from tests.factories import Api
from tests.pages import client_of, text_of
from tests.processes.rights.office import Office, office, publish, send

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 11, 30, 12, 0, tzinfo=UTC)


@pytest.fixture
def people() -> Office:
    made = office()
    publish(made)
    return made


def asked(people: Office) -> ProcessInstance:
    made = create_instance(process="leave", mode="live", data={"days": "3"}, user=people.emma)
    assert send(made, people.emma).status == Run.Status.SUCCEEDED
    return made


def mails_to(user: Any) -> list[MailMessage]:
    return list(MailMessage.objects.filter(recipients__address=user.email).order_by("pk"))


def header(mail: MailMessage, name: str) -> str:
    return str(dict(mail.content["headers"])[name])


def stop_path(mail: MailMessage) -> str:
    return urlsplit(header(mail, "List-Unsubscribe").strip("<>")).path


def test_who_gets_a_form_is_mailed_at_once_with_the_link_to_it(
    people: Office, settings: Any
) -> None:
    made = asked(people)
    (mail,) = mails_to(people.mark)
    link = f"{settings.KIANDA_PUBLIC_URL}/instances/{made.process_id}/"
    assert (mail.subject, mail.process_id) == ("Decision of leave-1 is waiting for you", "leave-1")
    assert link in mail.content["text"]
    assert f'href="{link}"' in mail.content["html"]
    assert mails_to(people.emma) == []


def test_the_creator_is_mailed_how_it_ended(people: Office) -> None:
    made = asked(people)
    assert send(made, people.mark, "decide", answer="yes").status == Run.Status.SUCCEEDED
    (mail,) = mails_to(people.emma)
    assert mail.subject.startswith("leave-1: ")


def test_a_substitute_is_mailed_too(people: Office) -> None:
    stay = Stay("tom", timezone.now().date())
    name_substitute(people.mark, stay, by=people.root)
    asked(people)
    assert len(mails_to(people.tom)) == 1


@pytest.mark.parametrize("address", ["", "no address", "a@b\r\nBcc: c@d.example"])
def test_who_has_no_address_is_told_by_the_bell_alone(people: Office, address: str) -> None:
    people.mark.email = address
    people.mark.save()
    asked(people)
    assert lines_of(people.mark).count() == 1
    assert not MailMessage.objects.exists()


def test_a_value_in_a_sentence_is_no_markup_and_no_header(people: Office) -> None:
    people.emma.first_name, people.emma.last_name = "<b>Emma</b> [x](javascript:x)", "D"
    people.emma.save()
    asked(people)
    (mail,) = mails_to(people.mark)
    assert "&lt;b&gt;Emma&lt;/b&gt; [x](javascript:x)" in mail.content["html"]
    assert "<b>Emma" not in mail.content["html"]


def test_the_bell_and_the_mail_are_chosen_apart(people: Office) -> None:
    want_kinds(people.mark, [])
    asked(people)
    assert lines_of(people.mark).count() == 0
    assert len(mails_to(people.mark)) == 1
    choose_mails(people.mark, {"assigned": "off"}, moment=NOON)
    asked(people)
    assert len(mails_to(people.mark)) == 1
    assert not Notification.objects.filter(read_at__isnull=True).exists()


def test_a_daily_summary_tells_all_once_at_the_hour_of_the_person(people: Office) -> None:
    Profile.objects.filter(user=people.mark).update(zone="Europe/Dublin")
    Profile.objects.get_or_create(user=people.mark, defaults={"zone": "Europe/Dublin"})
    choose_mails(people.mark, {"assigned": "daily"}, hour=9, moment=NOON)
    for _ in range(2):
        asked(people)
    assert mails_to(people.mark) == []
    dues = set(Notification.objects.values_list("mail_due_at", flat=True))
    (due,) = dues
    assert due.astimezone(UTC).hour in {8, 9}
    assert send_summaries(due - timedelta(seconds=1)) == 0
    assert send_summaries(due) == 1
    assert send_summaries(due + timedelta(days=1)) == 0
    (mail,) = mails_to(people.mark)
    assert mail.subject == "2 notifications today"
    assert "leave-1 is waiting for you" in mail.content["text"]
    assert "leave-2 is waiting for you" in mail.content["text"]


def test_a_summary_follows_what_is_chosen_meanwhile(people: Office) -> None:
    choose_mails(people.mark, {"assigned": "daily"}, hour=9, moment=NOON)
    asked(people)
    choose_mails(people.mark, {}, hour=18, moment=NOON)
    assert Notification.objects.get().mail_due_at == NOON.replace(hour=18)
    choose_mails(people.mark, {"assigned": "at_once"}, moment=NOON)
    assert Notification.objects.get().mail_due_at is None
    assert send_summaries(NOON + timedelta(days=9)) == 0


def test_whoever_leaves_gets_no_summary(people: Office) -> None:
    choose_mails(people.mark, {"assigned": "daily"}, moment=NOON)
    asked(people)
    people.mark.is_active = False
    people.mark.save()
    assert send_summaries(timezone.now() + timedelta(days=2)) == 0
    assert not Notification.objects.filter(mail_due_at__isnull=False).exists()


def test_one_press_in_a_mail_program_stops_the_mails_without_signing_in(people: Office) -> None:
    asked(people)
    (mail,) = mails_to(people.mark)
    assert header(mail, "List-Unsubscribe-Post") == "List-Unsubscribe=One-Click"
    path, anybody = stop_path(mail), Client(enforce_csrf_checks=True)
    page = anybody.get(path)
    assert "Something is waiting for me" in text_of(page)
    assert mail_timings(people.mark)["assigned"] == "at_once"
    done = anybody.post(path, {"List-Unsubscribe": "One-Click"})
    assert done.status_code == 200
    assert "to mark@example.org. You still" in text_of(done)
    timings = mail_timings(people.mark)
    assert (timings["assigned"], timings["decided"]) == ("off", "at_once")


def test_the_link_of_a_summary_stops_all_that_comes_once_a_day(people: Office) -> None:
    choose_mails(people.mark, {"assigned": "daily", "decided": "daily"}, moment=NOON)
    asked(people)
    send_summaries(timezone.now() + timedelta(days=2))
    (mail,) = mails_to(people.mark)
    Client().post(stop_path(mail))
    timings = mail_timings(people.mark)
    assert (timings["assigned"], timings["decided"], timings["sent_back"]) == (
        "off", "off", "at_once",
    )  # fmt: skip


def test_nobody_reads_the_link_in_messages_and_nobody_else_is_sent_it(
    people: Office, api: Api
) -> None:
    asked(people)
    choose_mails(people.mark, {"assigned": "daily"}, moment=NOON)
    asked(people)
    send_summaries(timezone.now() + timedelta(days=2))
    for mail in mails_to(people.mark):
        token = stop_path(mail).rstrip("/").rpartition("/")[2]
        page = client_of(people.root).get(f"/messages/{mail.pk}/")
        read = api(people.root).get(f"/api/v1/messages/{mail.pk}/")
        assert "The personal link in this message is not shown" in text_of(page)
        for answer in (page, read):
            assert "is waiting for you" in answer.content.decode()
            assert token not in answer.content.decode()
        assert "Stop these emails: [personal link, not shown]" in read.json()["text"]
        MailMessage.objects.filter(pk=mail.pk).update(state="sent")
        mail.recipients.update(state="sent")
        refused = api(people.root).post(
            f"/api/v1/messages/{mail.pk}/resend/", {"to": [people.root.email]}, format="json"
        )
        assert refused.status_code == 400
        assert "This message contains a personal link" in refused.json()["errors"][0]["detail"]


def test_mails_that_an_upgrade_finds_are_private_too(people: Office) -> None:
    asked(people)
    MailMessage.objects.update(private=False)
    migration = import_module("kianda.mail.migrations.0003_private_notifications")
    migration.mark(apps, SimpleNamespace(connection=connection))
    assert MailMessage.objects.get().private


def test_a_link_that_is_old_of_another_address_or_made_up_has_its_sentence(
    people: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked(people)
    path = stop_path(mails_to(people.mark)[0])
    assert Client().post("/notifications/stop/made-up/").status_code == 404
    monkeypatch.setattr(stop_links, "GOOD_FOR", timedelta(0))
    old = Client().post(path)
    assert old.status_code == 410
    assert "This link has expired" in text_of(old)
    monkeypatch.undo()
    people.mark.email = "other@example.org"
    people.mark.save()
    ended = Client().post(path)
    assert ended.status_code == 410
    assert "no longer valid" in text_of(ended)
    assert mail_timings(people.mark)["assigned"] == "at_once"


def test_people_choose_bell_and_mail_on_the_page(people: Office) -> None:
    client = client_of(people.mark)
    page = client.get("/notifications/")
    assert "To mark@example.org" in text_of(page)
    sent = {"kind": ["decided"], "mail-assigned": "daily", "mail-decided": "wrong", "hour": "7"}
    client.post("/notifications/settings/", sent)
    page = client.get("/notifications/")
    shown = {kind.slug: (wanted, timing) for kind, wanted, timing in page.context["kinds"]}
    assert shown["assigned"] == (False, "daily")
    assert shown["decided"] == (True, "at_once")
    assert page.context["hour"] == 7
