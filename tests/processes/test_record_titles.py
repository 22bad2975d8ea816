"""How people know a record: by a title of its values, as far as they see those."""

from datetime import UTC, datetime
from typing import Any

import pytest
from django.utils import timezone, translation
from django.utils.formats import date_format

from processes.instances.lifecycle import create_instance
from processes.instances.quick_actions import reassign
from processes.models import ProcessInstance
from processes.record_titles import SeenRecord, seen_record
from processes.running.runs import trigger
from tests.factories import make_user
from tests.pages import client_of, markup_of, text_of
from tests.processes.rights.office import leave_request, office
from tests.processes.stories import published

pytestmark = pytest.mark.django_db

FIELDS: list[dict[str, Any]] = [
    {"type": "list", "name": "kind", "choices": [{"value": "annual", "title": "Annual leave"}]},
    {"type": "date", "name": "first_day"},
    {"type": "date", "name": "last_day"},
    {"type": "user_picker", "name": "who", "choose": "both"},
    {"type": "number", "name": "amount", "decimals": 2},
    {"type": "number", "name": "year"},
    {"type": "text", "name": "note", "mode": "long"},
    {"type": "button", "name": "send", "rules": [{"type": "submit"}]},
]
NOVEMBER = datetime(2026, 11, 23, 12, tzinfo=UTC)


def record(title: str, *, summary: tuple[str, ...] = (), **data: Any) -> SeenRecord:
    """Return a record of a process with such a title, as somebody sees it who may see all."""
    ada = make_user("ada", "Designer", first_name="Ada", last_name="King")
    published(
        {
            "name": "leave",
            "title": "Leave",
            "record": {"title": title, "summary": summary},
            "statuses": [{"name": "open", "meaning": "waiting"}],
            "forms": [{"name": "ask", "fields": FIELDS}],
        },
        user=ada,
    )
    made = create_instance(process="leave", mode="live", data=data, user=ada)
    rows = ProcessInstance.objects.select_related("version", "design")
    return seen_record(rows.get(pk=made.pk), ada)


def test_without_a_title_it_is_known_by_its_process_id() -> None:
    found = record("")
    assert (found.title, found.is_named) == ("leave-1", False)


@pytest.mark.parametrize(
    ("year", "amount", "title"),
    [(2026, "1240.5", "2026: 1,240.50"), (9999, "12", "9999: 12.00"), (12000, "0", "12,000: 0.00")],
)
def test_amounts_have_their_thousands_and_years_are_written_as_years(
    year: int, amount: str, title: str
) -> None:
    assert record("[year]: [amount]", year=year, amount=amount).title == title


def test_values_stand_in_the_title_as_people_say_them() -> None:
    today = timezone.localdate()
    title = "[kind] of [who], [first_day], [amount]"
    found = record(title, kind="annual", who="user:ada", first_day=today.isoformat(), amount=12)
    # No day is "today": what is told now is read tomorrow.
    assert found.title == f"Annual leave of Ada King, {date_format(today, 'D j M')}, 12.00"


@pytest.mark.parametrize(
    ("first", "last", "words"),
    [
        ("2026-12-07", "2026-12-11", "7\u201311 Dec"),
        ("2026-12-24", "2026-12-24", "Thu 24 Dec"),
        ("2026-11-30", "2026-12-04", "30 Nov \u2013 4 Dec"),
        ("2026-12-21", "2027-01-01", "21 Dec \u2013 1 Jan 2027"),
        ("2027-02-15", "2027-02-19", "15\u201319 Feb 2027"),
        ("2027-02-22", "2027-03-05", "22 Feb \u2013 5 Mar 2027"),
        ("2027-12-21", "2028-01-03", "21 Dec 2027 \u2013 3 Jan 2028"),
        ("2025-12-22", "2026-01-02", "22 Dec 2025 \u2013 2 Jan"),
        ("2026-12-11", "2026-12-07", "11 Dec \u2013 7 Dec"),
        ("2026-12-07", None, "Mon 7 Dec"),
    ],
)
def test_the_first_and_the_last_day_stand_in_a_title_as_one_span(
    first: str, last: str | None, words: str, time_machine: Any
) -> None:
    time_machine.move_to(NOVEMBER)
    assert record("[first_day] \u2013 [last_day]", first_day=first, last_day=last).title == words


def test_german_writes_a_span_of_days_with_its_points(time_machine: Any) -> None:
    time_machine.move_to(NOVEMBER)
    with translation.override("de"):
        title = record(
            "[first_day] \u2013 [last_day]", first_day="2026-12-07", last_day="2026-12-11"
        ).title
    assert title == "7.\u201311. Dez."


@pytest.mark.parametrize(("language", "words"), [("en", "3,816.00"), ("de", "3.816,00")])
def test_a_large_number_is_written_as_its_reader_does(language: str, words: str) -> None:
    with translation.override(language):
        found = record("[amount]", summary=("amount",), amount=3816)
    assert (found.title, found.summary) == (words, [("Amount", words)])


def test_what_is_empty_leaves_no_gap() -> None:
    assert record("[kind], [first_day], [note] \u2013 [amount]", note=" in\nMay ").title == "in May"


@pytest.mark.parametrize(
    ("title", "words"),
    [("[amount]", "-5.00"), ("- [note]: [kind]", "-5 °C: /tmp/"), ("=[amount]", "-5"),
     ("[note], [year] -", "-5 °C: /tmp/"), ("Leave: [year]", "Leave"),
     ("=Concat([year], ', ', [kind], 'late -')", "late")],
)  # fmt: skip
def test_a_value_keeps_the_signs_that_it_begins_and_ends_with(title: str, words: str) -> None:
    assert record(title, note="-5 °C: /tmp/", amount=-5).title == words


@pytest.mark.parametrize("note", ["-", " · "])
def test_a_value_of_signs_alone_names_nothing(note: str) -> None:
    assert record("[note]", note=note).title == "leave-1"


def test_an_expression_makes_a_title() -> None:
    assert record("=Upper([note])", note="urgent").title == "URGENT"


def test_a_title_that_cannot_be_computed_yet_is_the_process_id() -> None:
    assert record("=[amount] / 0", amount=1).title == "leave-1"


def test_a_long_title_is_cut() -> None:
    title = record("[note]", note="word " * 200).title
    assert len(title) == 200
    assert title.endswith("…")


def test_the_summary_has_the_fields_that_are_filled_in() -> None:
    found = record("", summary=("who", "note", "amount"), who="user:ada", amount="7.5")
    assert found.summary == [("Who", "Ada King"), ("Amount", "7.50")]


def test_a_status_has_its_meaning() -> None:
    assert record("").meaning == "waiting"


def test_what_the_reader_does_not_see_is_not_in_title_and_summary() -> None:
    people = office()
    raw = leave_request(see=["everyone"])
    raw["record"] = {"title": "[days], [illness]", "summary": ["illness", "days"]}
    published(raw, user=people.dora)
    made = create_instance(
        process="leave", mode="live", data={"days": "5", "illness": "flu"}, user=people.emma
    )
    row = ProcessInstance.objects.select_related("version", "design").get(pk=made.pk)
    assert seen_record(row, people.emma).title == "5, flu"
    hidden = seen_record(row, people.tom)
    assert (hidden.title, hidden.summary) == ("5", [("Days", "5")])
    for page in ("/instances/", f"/instances/{made.process_id}/"):
        assert "flu" not in text_of(client_of(people.tom).get(page))


@pytest.mark.parametrize("page", ["/instances/", "/instances/leave-1/"])
def test_lists_and_the_page_itself_call_it_by_its_title(page: str) -> None:
    found = record("[note] leave", note="Long", summary=("note",))
    shown = text_of(client_of(found.instance.created_by).get(page))
    assert "Long leave" in shown
    assert "leave-1" in shown


def test_my_work_leads_to_it_by_its_title() -> None:
    found = record("[note] leave", note="Long", summary=("note",))
    shown = markup_of(client_of(found.instance.created_by).get("/work/"))
    assert 'href="/instances/leave-1/#form-ask">Long leave</a>' in shown


def test_notifications_call_a_record_by_what_all_see_of_it() -> None:
    people = office()
    raw = leave_request()
    raw["record"] = {"one": "Leave request", "title": "[days] days, [illness]"}
    published(raw, user=people.dora)
    data = {"days": "5", "illness": "flu"}
    made = create_instance(process="leave", mode="live", data=data, user=people.emma)
    trigger(process_id=made.process_id, target="send", user=people.emma, trigger="button")
    told = text_of(client_of(people.mark).get("/notifications/"))
    assert "Waiting for you: 5 days" in told
    assert "Leave request · Decision · from emma" in told
    assert "flu" not in told


def test_where_records_are_asked_for_notifications_say_who_asks_for_what() -> None:
    people = office()
    raw = leave_request()
    raw["forms"][0]["fields"].append(
        {"type": "list", "name": "kind", "choices": ["Annual leave"], "default": "Annual leave"}
    )
    raw["record"] = {
        "one": "Leave request", "title": "[kind], [days] days", "request": True,
    }  # fmt: skip
    published(raw, user=people.dora)
    made = create_instance(process="leave", mode="live", data={"days": "5"}, user=people.emma)
    trigger(process_id=made.process_id, target="send", user=people.emma, trigger="button")
    told = text_of(client_of(people.mark).get("/notifications/"))
    assert "emma asks for annual leave, 5 days" in told
    assert "Leave request · Decision" in told
    assert "from emma" not in told
    # Whoever asks is not told that somebody does.
    reassign(
        process_id=made.process_id, form="decision", users=["emma"], groups=[], user=people.root
    )
    hers = text_of(client_of(people.emma).get("/notifications/"))
    assert "Waiting for you: Annual leave, 5 days" in hers


def test_notifications_tell_what_was_saved_by_the_very_press_that_they_tell_of() -> None:
    people = office()
    raw = leave_request()
    raw["record"] = {"title": "[days] days, [process.status]"}
    raw["forms"][0]["fields"][2]["rules"] = [
        {"type": "submit", "status": "Asked"},
        {"type": "user_alert", "to": ["user:mark"], "subject": "Look"},
        {"type": "save"},
    ]
    published(raw, user=people.dora)
    made = create_instance(process="leave", mode="live", data={"days": "5"}, user=people.emma)
    run = trigger(
        process_id=made.process_id, target="send", user=people.emma, trigger="button",
        data={"days": "7"},
    )  # fmt: skip
    assert run.status == "succeeded", run.error
    told = text_of(client_of(people.mark).get("/notifications/"))
    assert "Waiting for you: 7 days, Asked" in told
    assert told.count("7 days, Asked") == 2
    assert "5 days" not in told
