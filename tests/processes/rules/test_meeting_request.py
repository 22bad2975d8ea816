"""Meeting request works out when and where people meet."""

from typing import Any
from zoneinfo import ZoneInfo

import pytest
from pydantic import ValidationError

from processes.rules import MeetingRequest, rules
from processes.rules.base import RuleFailed
from processes.rules.ports import Meeting
from tests.fakes import FakeContext
from tests.processes.definitions import name_table

NAMES = name_table({"day": "date", "key": "secret", "room": "text"})
DUBLIN = ZoneInfo("Europe/Dublin")


def rule(**settings: Any) -> MeetingRequest:
    raw = {"type": "meeting_request", "id": "meet", "to": ["creator"], "subject": "S", "body": "B",
           "start": "2026-07-07T09:00Z", "end": "2026-07-07T10:00Z"}  # fmt: skip
    made = rules.parse(raw | settings, names=NAMES)
    assert isinstance(made, MeetingRequest)
    return made


def meeting(values: dict[str, Any] | None = None, **settings: Any) -> Meeting:
    context = FakeContext({"day": "2026-07-07", "room": "", **(values or {})})
    context.zone = DUBLIN  # type: ignore[assignment]
    rule(**settings).run(context)
    return context.mails[0].meeting


@pytest.mark.parametrize(
    ("start", "end", "found"),
    [
        ("2026-07-07T09:00Z", "2026-07-07T10:00Z",
         ("2026-07-07T09:00:00Z", "2026-07-07T10:00:00Z")),
        ("2026-07-07T09:00+02:00", "2026-07-07T10:00Z",
         ("2026-07-07T07:00:00Z", "2026-07-07T10:00:00Z")),
        # Without an offset it is the time of the run's zone, in summer and in winter.
        ("[day]T09:00", "[day]T10:30", ("2026-07-07T08:00:00Z", "2026-07-07T09:30:00Z")),
        ("2026-12-07T09:00", "2026-12-07T10:00", ("2026-12-07T09:00:00Z", "2026-12-07T10:00:00Z")),
        ("[day]", "[day]", ("2026-07-07", "2026-07-07")),
        ("[day]", "2026-07-09", ("2026-07-07", "2026-07-09")),
        ("1783414800", "1783418400", ("2026-07-07T09:00:00Z", "2026-07-07T10:00:00Z")),
    ],
)  # fmt: skip
def test_when_it_is(start: str, end: str, found: tuple[str, str]) -> None:
    made = meeting(start=start, end=end)
    assert (made.start, made.end, made.rule) == (*found, "meet")


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"start": "[room]"}, "The meeting has no start."),
        ({"end": "[room]"}, "The meeting has no end."),
        ({"start": "[day]"}, "Enter a time for both start and end, or for neither."),
        ({"start": "2026-07-07T10:00Z"}, "The meeting ends before it starts."),
        ({"start": "2026-07-09", "end": "2026-07-08"}, "The meeting ends before it starts."),
        ({"start": "soon"}, "start: "),
    ],
)
def test_a_meeting_without_a_proper_time_fails(settings: dict[str, Any], words: str) -> None:
    with pytest.raises(RuleFailed, match=words):
        meeting(**settings)


def test_where_it_is() -> None:
    assert meeting({"room": "Room\r\n1"}, location="[room]").location == "Room 1"


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"start": ""}, "at least 1"), ({"end": ""}, "at least 1"), ({"to": []}, "at least one"),
        ({"location": "[key]"}, "key is a secret field"),
        ({"start": "[gone]"}, "There is no field or name gone"),
    ],
)  # fmt: skip
def test_what_it_refuses(settings: dict[str, Any], words: str) -> None:
    with pytest.raises(ValidationError, match=words):
        rule(**settings)


def test_it_reads_as_a_sentence() -> None:
    assert rule(subject="Talk").sentence() == "Invite the creator: Talk"
