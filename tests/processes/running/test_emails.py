"""Emails of rules are planned with what their run stores: once, whatever is killed."""

import json
from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db.models import QuerySet
from icalendar import Calendar
from pytest_httpserver import HTTPServer

from datasources.services.access import set_security
from datasources.services.datasources import create_datasource, delete_datasource
from kianda.accounts.models import Profile
from kianda.lib.errors import InUse, Invalid
from kianda.mail import outbox, ports, tasks
from kianda.mail.models import MailMessage, MailRecipient
from processes.instances.lifecycle import create_instance
from processes.models import ProcessInstance, Run
from processes.running import runs
from tests.pages import client_of, text_of
from tests.processes.conftest import RULES, answers
from tests.processes.dying import Died, dying, nobody_holds_the_runs
from tests.processes.rights.office import Office, leave_request, office
from tests.processes.stories import Make, press, published


@pytest.fixture(autouse=True)
def _nobody_is_woken() -> Iterator[None]:
    ports.register_waker(lambda messages: None)
    yield
    ports.register_waker(tasks.wake)


@pytest.fixture
def people(db: None) -> Office:
    return office()


def email(**settings: Any) -> dict[str, Any]:
    return {
        "type": "send_email", "id": "mail", "to": ["user:tom"], "subject": "[days] days",
        "body": "Hello\n\n[[Open]([process.url])", **settings,
    }  # fmt: skip


def sent_by(people: Office, *rules: dict[str, Any], user: Any = None, **data: Any) -> Run:
    """Return the run of Emma's first button, with these rules."""
    definition = leave_request()
    definition["forms"][0]["fields"][2]["rules"] = list(rules)
    definition["forms"][0]["fields"].append({"type": "user_picker", "name": "who"})
    name = published(definition, user=people.root)
    made = create_instance(process=name, mode="live", data={}, user=people.emma)
    return runs.trigger(
        process_id=made.process_id, target="send", user=user or people.emma, trigger="button",
        data={"days": "3", **data},
    )  # fmt: skip


def mails() -> QuerySet[MailMessage]:
    """Return the messages of rules; people are told by mail of what waits for them, too."""
    return MailMessage.objects.filter(key__startswith="rule-")


def to(kind: str = "to") -> list[str]:
    """Return whom the one message goes to."""
    rows = MailRecipient.objects.filter(message__in=mails(), kind=kind).order_by("address")
    return [row.address for row in rows]


@pytest.mark.django_db
def test_an_email_is_a_message_of_its_run(people: Office) -> None:
    run = sent_by(people, email(cc=["Ann <ann@x.example>"], bcc=["group:hr"]))
    assert run.status == Run.Status.SUCCEEDED, run.error
    message = mails().get()
    assert (message.subject, message.state, message.run) == ("3 days", "planned", run.pk)
    assert (message.process_id, message.by, message.private) == ("leave-1", people.emma, False)
    assert (to(), to("cc"), to("bcc")) == (
        ["tom@example.org"], ["ann@x.example"], ["helen@example.org"],
    )  # fmt: skip
    assert "/instances/leave-1/" in message.content["text"]
    assert 'class="button"' in message.content["html"]
    request = run.steps[0]["request"]
    assert request["to"] == ["tom <tom@example.org>"]
    assert (request["subject"], "Hello" in request["text"]) == ("3 days", True)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("refs", "found"),
    [
        (["creator"], ["emma"]), (["[creator.manager]"], ["mark"]), (["group:hr"], ["helen"]),
        (["participants"], ["emma"]), (["[who]"], ["tom"]), (["[who]", "user:tom"], ["tom"]),
        # As it stands when the rule runs: Emma's own form is open.
        (["owners"], ["emma"]),
    ],
)  # fmt: skip
def test_whom_refs_reach(people: Office, refs: list[str], found: list[str]) -> None:
    run = sent_by(people, email(to=refs), {"type": "submit"}, who="user:tom")
    assert run.status == Run.Status.SUCCEEDED, run.error
    assert to() == [f"{name}@example.org" for name in found]


@pytest.mark.django_db
def test_people_are_read_by_their_names(people: Office) -> None:
    User.objects.filter(pk=people.tom.pk).update(first_name="Tom", last_name="Keane")
    run = sent_by(people, email(subject="[who]", body="For [who]"), who="user:tom")
    assert run.status == Run.Status.SUCCEEDED, run.error
    message = mails().get()
    assert message.subject == "Tom Keane"
    assert message.content["text"].startswith("For Tom Keane")


@pytest.mark.django_db
@pytest.mark.parametrize("row", [False, True])
def test_who_is_named_in_a_text_is_not_looked_up(people: Office, row: bool) -> None:
    User.objects.filter(pk=people.tom.pk).update(first_name="Tom", last_name="Keane")
    definition = leave_request()
    definition["forms"][0]["fields"].append({
        "type": "table", "name": "lines",
        "columns": [{"type": "text", "name": "note"}, {"type": "user_picker", "name": "who"}],
    })  # fmt: skip
    table = "row" if row else "lines"
    rule = email(subject="[days]", body=f"[days] [{table}.note] [{table}.who]")
    loop = {"type": "loop_table", "id": "each", "table": "lines", "rules": [rule]}
    definition["forms"][0]["fields"][2]["rules"] = [loop if row else rule]
    name = published(definition, user=people.root)
    data = {"days": "user:tom", "lines": [{"note": "user:tom", "who": "user:tom"}]}
    made = create_instance(process=name, mode="live", data=data, user=people.emma)
    run = runs.trigger(
        process_id=made.process_id, target="send", user=people.emma, trigger="button"
    )
    assert run.status == Run.Status.SUCCEEDED, run.error
    message = mails().get()
    assert message.subject == "user:tom"
    assert message.content["text"].startswith("user:tom user:tom Tom Keane")


VALUES = {"day": "2026-12-07", "at": "2026-12-07T13:30:00Z", "price": "1250.5", "fine": True,
          "hour": "10:30", "odd": "2026-13-45"}  # fmt: skip


def told(people: Office, *, to: list[str], body: str, subject: str = "S") -> MailMessage:
    """Return the email of a form that has a field of each kind that people write their own way."""
    definition = leave_request()
    definition["forms"][0]["fields"] += [
        {"type": "date", "name": "day"}, {"type": "date", "mode": "datetime", "name": "at"},
        {"type": "date", "mode": "time", "name": "hour"}, {"type": "text", "name": "odd"},
        {"type": "number", "decimals": 2, "name": "price"}, {"type": "toggle", "name": "fine"},
    ]  # fmt: skip
    definition["forms"][0]["fields"][2]["rules"] = [email(to=to, body=body, subject=subject)]
    name = published(definition, user=people.root)
    made = create_instance(process=name, mode="live", data=VALUES, user=people.emma)
    run = runs.trigger(
        process_id=made.process_id, target="send", user=people.emma, trigger="button"
    )
    assert run.status == Run.Status.SUCCEEDED, run.error
    return mails().get()


def live_in(user: Any, zone: str) -> None:
    Profile.objects.update_or_create(user=user, defaults={"zone": zone})


@pytest.mark.django_db
def test_dates_times_and_numbers_are_written_as_their_reader_does(people: Office) -> None:
    live_in(people.tom, "Asia/Tokyo")
    body = "On **[day]** at [hour], by [at]: [price], [fine], [odd]"
    message = told(people, to=["user:tom"], body=body, subject="From [day], [at]")
    assert message.subject == "From Mon 7 Dec 2026, Mon 7 Dec 2026, 22:30"
    text = "On Mon 7 Dec 2026 at 10:30, by Mon 7 Dec 2026, 22:30: 1250.50, Yes, 2026-13-45"
    assert message.content["text"] == f"{text}\n"
    assert "by Mon 7 Dec 2026, 22:30: 1250.50" in message.content["html"]


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("to", "zones", "words"),
    [
        (["user:tom", "user:mark"], ("Asia/Tokyo", "Asia/Tokyo"), "22:30\n"),
        (["user:tom", "user:mark"], ("Asia/Tokyo", "Europe/Dublin"), "14:30 (Europe/Berlin)\n"),
        (["user:tom", "a@x.example"], ("Asia/Tokyo", ""), "22:30 (Asia/Tokyo)\n"),
        (["a@x.example"], ("", ""), "14:30 (Europe/Berlin)\n"),
        (["user:tom"], ("", ""), "14:30\n"),
    ],
)
def test_readers_with_several_clocks_are_told_whose_it_is(
    people: Office, settings: Any, to: list[str], zones: tuple[str, str], words: str
) -> None:
    settings.KIANDA_TIME_ZONE = "Europe/Berlin"
    live_in(people.tom, zones[0])
    live_in(people.mark, zones[1])
    message = told(people, to=to, body="[at]")
    assert message.content["text"] == f"Mon 7 Dec 2026, {words}"


@pytest.mark.django_db
def test_a_date_in_an_address_stays_as_programs_read_it(people: Office) -> None:
    body = "[[Book [day]](https://x.example/?day=[day])"
    message = told(people, to=["user:tom"], body=body)
    assert message.content["text"] == "Book Mon 7 Dec 2026 (https://x.example/?day=2026-12-07)\n"


@pytest.mark.django_db
def test_after_submit_the_owners_are_those_of_the_next_form(people: Office) -> None:
    assert sent_by(people, {"type": "submit"}, email(to=["owners"])).status == "succeeded"
    assert to() == ["mark@example.org"]


@pytest.mark.django_db
def test_who_cannot_get_mail_is_left_out_and_said(people: Office) -> None:
    User.objects.filter(pk=people.mark.pk).update(is_active=False)
    User.objects.filter(pk=people.helen.pk).update(email="")
    refs = ["user:tom", "user:mark", "group:hr", "[illness]"]
    run = sent_by(people, email(to=refs), illness="user:gone")
    assert to() == ["tom@example.org"]
    assert run.steps[0]["reason"] == (
        "Not sent to gone (no such user), helen (no email address), mark (deactivated)."
    )


@pytest.mark.django_db
def test_an_email_that_nobody_would_get_fails(people: Office) -> None:
    User.objects.filter(pk=people.tom.pk).update(email="")
    run = sent_by(people, email(), {"type": "save"})
    assert run.status == Run.Status.FAILED
    assert run.error["message"] == (
        "No one to send this email to: tom. Not sent to tom (no email address)."
    )
    assert not mails().exists()


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"to": ["[illness]"]}, "“x@” is not an email address."),
        ({"reply_to": ["[illness]"]}, "“x@” is not an email address."),
    ],
)
def test_what_a_rule_is_told_when_it_runs(
    people: Office, settings: dict[str, Any], words: str
) -> None:
    run = sent_by(people, email(**settings), illness="x@")
    assert (run.status, words in run.error["message"]) == ("failed", True)
    assert not mails().exists()


@pytest.mark.django_db
def test_a_list_of_thousands_is_refused_with_its_sentence(people: Office) -> None:
    many = ", ".join(f"a{n}@x.example" for n in range(2_000))
    run = sent_by(people, email(to=["[illness]"]), illness=many)
    assert run.error["message"] == "A message can have at most 100 recipients; this one has 2000."
    assert not mails().exists()


@pytest.mark.django_db
def test_a_value_changes_no_header_and_no_text(people: Office) -> None:
    bad = "<script>x</script>\r\nBcc: evil@x.example"
    run = sent_by(people, email(subject="[illness]", body="Hi **[illness]**"), illness=bad)
    assert run.status == Run.Status.SUCCEEDED, run.error
    message = mails().get()
    assert message.subject == "<script>x</script> Bcc: evil@x.example"
    assert "<script" not in message.content["html"]
    assert "&lt;script&gt;x&lt;/script&gt;" in message.content["html"]
    assert to("bcc") == []


@pytest.mark.django_db
def test_a_secret_that_the_run_has_read_is_masked(people: Office) -> None:
    definition = leave_request()
    copy = {"type": "set_form_field", "id": "copy",
            "assignments": [{"field": "hidden", "value": "s3cret-value-of-a-run"}]}  # fmt: skip
    definition["forms"][0]["fields"][2]["rules"] = [
        copy, {"type": "set_form_field", "id": "read",
               "assignments": [{"field": "other", "value": "[hidden]"}]},
        email(subject="[days]", body="It is [illness]"),
    ]  # fmt: skip
    definition["forms"][0]["fields"] += [{"type": "secret", "name": "hidden"},
                                         {"type": "secret", "name": "other"}]  # fmt: skip
    name = published(definition, user=people.root)
    data = {"illness": "s3cret-value-of-a-run", "days": "s3cret-value-of-a-run"}
    made = create_instance(process=name, mode="live", data=data, user=people.emma)
    run = runs.trigger(
        process_id=made.process_id, target="send", user=people.emma, trigger="button"
    )
    assert run.status == Run.Status.SUCCEEDED, run.error
    message = mails().get()
    assert "s3cret" not in json.dumps([message.subject, message.content])


@pytest.mark.django_db
def test_an_email_with_a_link_to_a_form_is_private_and_shown_without_it(people: Office) -> None:
    link = {"type": "anonymous_form_link", "form": "decision", "field": "illness"}
    body = "Please answer: [[Answer]([illness]) or [illness], thanks"
    run = sent_by(people, link, email(body=body), {"type": "save"})
    assert run.status == Run.Status.SUCCEEDED, run.error
    message = mails().get()
    token = message.content["text"].partition("/f/")[2].partition("/")[0]
    assert message.private
    assert token
    page = client_of(people.root).get(f"/messages/{message.pk}/")
    for shown in (outbox.shown_text(message), run.steps[1]["request"]["text"], text_of(page)):
        assert token not in str(shown)
        assert "Please answer" in str(shown)
        assert "[personal link, not shown], thanks" in str(shown)


@pytest.mark.django_db
def test_a_link_to_a_form_that_is_a_part_of_another_address_is_not_shown(people: Office) -> None:
    link = {"type": "anonymous_form_link", "form": "decision", "field": "illness"}
    body = "Go [[there](https://login.example/?next=[illness]&x=1) now"
    sent_by(people, link, email(body=body), {"type": "save"})
    message = mails().get()
    assert "next=http%3A%2F%2F" in message.content["text"]
    assert message.private
    assert outbox.shown_text(message) == "Go there ([personal link, not shown]&x=1) now\n"


@pytest.mark.django_db
def test_a_link_to_a_form_in_the_place_of_a_meeting_is_shown_nowhere(people: Office) -> None:
    link = {"type": "anonymous_form_link", "form": "decision", "field": "illness"}
    run = sent_by(people, link, meeting(location="[illness]"), {"type": "save"})
    assert run.status == Run.Status.SUCCEEDED, run.error
    assert mails().get().private
    told = run.steps[1]["request"]
    assert told["location"] == "[personal link, not shown]"
    assert "/f/" not in told["text"]


@pytest.mark.django_db
def test_a_link_to_a_form_stands_in_no_subject(people: Office) -> None:
    link = {"type": "anonymous_form_link", "form": "decision", "field": "illness"}
    run = sent_by(people, link, email(subject="See [illness]"), {"type": "save"})
    assert "The subject cannot contain a link to a form." in run.error["message"]
    assert not mails().exists()


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("rules", "count"),
    [((), 1), (("save",), 1), (("save", "save"), 1), (("fail",), 0), (("save", "fail"), 1)],
)
def test_an_email_is_sent_once_and_not_by_a_run_that_fails_before_it_stores(
    people: Office, rules: tuple[str, ...], count: int
) -> None:
    broken = [{"field": "days", "value": "=1/0"}]
    known: dict[str, dict[str, Any]] = {
        "save": {"type": "save"}, "fail": {"type": "set_form_field", "assignments": broken},
    }  # fmt: skip
    sent_by(people, email(), *({**known[one], "id": f"r{at}"} for at, one in enumerate(rules)))
    assert mails().count() == count


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("outward", "address", "count", "note"),
    [
        ("", "dora@example.org", 1, "Sent only to you, because this is a preview."),
        ("do", "dora@example.org", 1, "Sent only to you, because this is a preview."),
        ("do", "", 0, "Not sent: a preview sends emails only to you"),
        ("pinned", "dora@example.org", 0, "Not sent: this preview sends nothing."),
    ],
)
def test_a_preview_sends_to_whoever_tries_it_alone(
    people: Office, outward: str, address: str, count: int, note: str
) -> None:
    definition = leave_request()
    definition["forms"][0]["fields"][2]["rules"] = [email(cc=["ann@x.example"])]
    name = published(definition, user=people.root)
    User.objects.filter(pk=people.dora.pk).update(email=address)
    people.dora.refresh_from_db()
    made = create_instance(process=name, mode="preview", data={"days": "3"}, user=people.dora)
    ProcessInstance.objects.filter(pk=made.pk).update(outward=outward)
    run = runs.trigger(
        process_id=made.process_id, target="send", user=people.dora, trigger="button"
    )
    assert run.status == Run.Status.SUCCEEDED, run.error
    assert note in run.steps[0]["reason"]
    assert mails().count() == count
    assert len(to()) == count
    if count:
        message = mails().get()
        assert to() == ["dora@example.org"]
        assert message.subject == "[Preview] 3 days"
        assert "ann@x.example" in message.content["text"]


def invitations() -> list[Any]:
    """Return the events of the messages, the oldest first."""
    rows = mails().order_by("pk")
    calendars = [Calendar.from_ical(row.content["calendar"]) for row in rows]
    assert all(one["METHOD"] == "REQUEST" for one in calendars)
    return [one.walk("VEVENT")[0] for one in calendars]


def meeting(**settings: Any) -> dict[str, Any]:
    return {
        **email(cc=["Ann <ann@x.example>"], body="See you"), "type": "meeting_request",
        "start": "2026-12-07T09:00+01:00", "end": "2026-12-07T10:00+01:00", "location": "Room 1",
        **settings,
    }  # fmt: skip


@pytest.mark.django_db
def test_a_meeting_is_an_invitation_that_calendars_read(people: Office) -> None:
    run = sent_by(people, meeting(), days="A, B;\nATTENDEE:mailto:x@y.example")
    assert run.status == Run.Status.SUCCEEDED, run.error
    [event] = invitations()
    assert event["UID"] == "leave-1-mail@127.0.0.1"
    assert (event["SEQUENCE"], event["SUMMARY"]) == (0, "A, B; ATTENDEE:mailto:x@y.example days")
    assert (event.decoded("DTSTART"), event.decoded("DTEND")) == (
        datetime(2026, 12, 7, 8, tzinfo=UTC), datetime(2026, 12, 7, 9, tzinfo=UTC),
    )  # fmt: skip
    assert (event["LOCATION"], event["DESCRIPTION"].strip()) == ("Room 1", "See you")
    assert (event["ORGANIZER"], event["ORGANIZER"].params["CN"]) == (
        "mailto:emma@example.org", "emma",
    )  # fmt: skip
    told = {str(one): (one.params["ROLE"], one.params["RSVP"]) for one in event["ATTENDEE"]}
    assert told == {
        "mailto:tom@example.org": ("REQ-PARTICIPANT", "TRUE"),
        "mailto:ann@x.example": ("OPT-PARTICIPANT", "TRUE"),
    }
    assert run.steps[0]["request"]["start"] == "2026-12-07T08:00:00Z"


@pytest.mark.django_db
def test_whole_days_end_with_their_last_one(people: Office) -> None:
    sent_by(people, meeting(start="2026-12-07", end="2026-12-08"))
    [event] = invitations()
    assert (event.decoded("DTSTART"), event.decoded("DTEND")) == (
        date(2026, 12, 7), date(2026, 12, 9),
    )  # fmt: skip


@pytest.mark.django_db
def test_a_meeting_that_is_sent_again_is_the_same_one_changed(people: Office) -> None:
    definition = leave_request()
    fail = {"type": "set_form_field", "id": "fail",
            "assignments": [{"field": "days", "value": "=1/[days]"}]}  # fmt: skip
    definition["forms"][0]["fields"][2]["rules"] = [meeting(), fail, {"type": "save"}]
    name = published(definition, user=people.root)
    made = create_instance(process=name, mode="live", data={}, user=people.emma)
    other = create_instance(process=name, mode="live", data={}, user=people.emma)
    # One that stores nothing sends nothing, and counts for nothing.
    for instance, days in ((made, "1"), (made, "0"), (made, "2"), (other, "1")):
        runs.trigger(
            process_id=instance.process_id, target="send", user=people.emma, trigger="button",
            data={"days": days},
        )  # fmt: skip
    assert [(str(one["UID"]), one["SEQUENCE"]) for one in invitations()] == [
        ("leave-1-mail@127.0.0.1", 0), ("leave-1-mail@127.0.0.1", 1), ("leave-2-mail@127.0.0.1", 0),
    ]  # fmt: skip


@pytest.mark.django_db
def test_who_is_the_organizer_when_nobody_has_started_the_run(people: Office) -> None:
    User.objects.filter(pk=people.emma.pk).update(email="")
    people.emma.refresh_from_db()
    sent_by(people, meeting(reply_to=["HR <hr@x.example>"]))
    assert str(invitations()[0]["ORGANIZER"]) == "mailto:hr@x.example"


@pytest.mark.django_db
def test_a_preview_invites_whoever_tries_it_alone(people: Office) -> None:
    definition = leave_request()
    definition["forms"][0]["fields"][2]["rules"] = [meeting()]
    name = published(definition, user=people.root)
    made = create_instance(process=name, mode="preview", data={"days": "3"}, user=people.dora)
    runs.trigger(process_id=made.process_id, target="send", user=people.dora, trigger="button")
    [event] = invitations()
    assert str(event["ATTENDEE"]) == "mailto:dora@example.org"


ACCOUNT = {
    "name": "hr-mail", "title": "HR", "kind": "email", "host": "mail.example.org", "port": 587,
    "security": "starttls", "from": "HR <hr@x.example>",
}  # fmt: skip


@pytest.mark.django_db
def test_a_rule_names_a_mail_account_that_its_person_may_use(people: Office) -> None:
    create_datasource(raw=ACCOUNT, user=people.root)
    run = sent_by(people, email(account="hr-mail"))
    assert run.status == Run.Status.SUCCEEDED, run.error
    assert mails().get().account == "hr-mail"
    with pytest.raises(InUse):
        delete_datasource(name="hr-mail", user=people.root)


@pytest.mark.django_db
def test_a_mail_account_of_others_is_refused(people: Office) -> None:
    create_datasource(raw=ACCOUNT, user=people.root)
    set_security(name="hr-mail", raw={"callers": {"groups": ["hr"]}}, user=people.root)
    run = sent_by(people, email(account="hr-mail"))
    assert "emma may not call HR" in run.error["message"]
    assert not mails().exists()


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("settings", "place", "words"),
    [
        ({"account": "gone"}, "account", "No mail account named gone."),
        ({"to": ["user:gone"]}, "to/0", "No user named gone."),
        ({"cc": ["creator", "group:gone"]}, "cc/1", "No group named gone."),
    ],
)
def test_what_does_not_hold_outside_the_design_is_not_published(
    people: Office, settings: dict[str, Any], place: str, words: str
) -> None:
    definition = leave_request()
    definition["forms"][0]["fields"][2]["rules"] = [email(**settings)]
    with pytest.raises(Invalid) as refused:
        published(definition, user=people.root)
    assert list(refused.value.errors) == [(f"/forms/0/fields/2/rules/0/{place}", words)]


MAIL = {**email(subject="A", body="B", to=["tom@x.example"]), "id": "mail"}


@pytest.mark.django_db(transaction=True)
def test_a_run_killed_at_any_write_sends_its_email_once_or_not_at_all(
    make_token: Make, provider: HTTPServer, ada: Any
) -> None:
    """The process dies before each write in turn; another one brings the run to its end."""
    for at in range(1, 100):
        answers(provider)
        MailMessage.objects.all().delete()
        instance = make_token([MAIL, *RULES])
        writes = 0

        def is_next(sql: str, at: int = at) -> bool:
            nonlocal writes
            writes += sql.startswith(("INSERT", "UPDATE"))
            return writes == at and sql.startswith(("INSERT", "UPDATE"))

        try:
            with dying(is_next):
                press(instance, ada)
        except Died:
            nobody_holds_the_runs()
            runs.recover_runs()
        except AssertionError:
            # It came to its end before that write.
            assert at > 8
            break
        run = Run.objects.filter(instance=instance).first()
        stored = run is not None and run.status == Run.Status.SUCCEEDED
        assert mails().count() == stored, (at, run and run.status)
        provider.clear()
    else:
        raise AssertionError("It has no end.")
