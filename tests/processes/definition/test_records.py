"""What a design calls its records: their words, title and summary, what their statuses mean."""

from typing import Any

import pytest

from processes.definition.document import parse_document
from processes.designer.editing.uses import uses_of
from tests.processes.definitions import process, text_field
from tests.processes.designer.editing import edited
from tests.processes.refusals import only_flaw

FIELDS: tuple[dict[str, Any], ...] = (
    text_field("kind"),
    {"type": "secret", "name": "pin"},
    {"type": "user_picker", "name": "manager"},
    {"type": "table", "name": "lines", "columns": [text_field("what")]},
)


def test_a_process_that_says_nothing_is_called_by_its_title() -> None:
    document = parse_document(process(*FIELDS, title="Leave"))
    assert (document.one_record, document.many_records) == ("Leave", "Leave")


def test_a_process_says_what_one_and_several_of_its_records_are_called() -> None:
    words = {"one": "Leave request", "many": "Leave requests"}
    document = parse_document(process(*FIELDS, record=words))
    assert (document.one_record, document.many_records) == ("Leave request", "Leave requests")


@pytest.mark.parametrize("title", ["[kind]", "[kind], [manager.name]", "=Upper([kind])",
                                   "[process.id] of [process.created]", "[[kind]", ""])  # fmt: skip
def test_the_title_of_a_record_is_made_of_fields(title: str) -> None:
    document = parse_document(process(*FIELDS, record={"title": title}))
    assert document.record.title == title


@pytest.mark.parametrize(
    ("record", "place", "words"),
    [
        ({"title": "[knid]"}, "/record/title", "Did you mean [kind]?"),
        ({"title": "PIN [pin]"}, "/record/title", "secret"),
        ({"title": "For [user.name]"}, "/record/title", "cannot be part of a title"),
        ({"title": "On [today]"}, "/record/title", "cannot be part of a title"),
        ({"title": "[process.url]"}, "/record/title", "cannot be part of a title"),
        ({"summary": ["kind", "gone"]}, "/record/summary", "gone"),
        ({"summary": ["pin"]}, "/record/summary", "secret"),
        ({"summary": ["lines"]}, "/record/summary", "table"),
        ({"summary": ["kind"] * 7}, "/record/summary", "6"),
        ({"icon": "no-such-icon"}, "/record/icon", ""),
        ({"one": "x" * 61}, "/record/one", "60"),
        ({"plural": "x"}, "/record/plural", ""),
    ],
)
def test_what_no_record_can_be_known_by_is_refused(
    record: dict[str, Any], place: str, words: str
) -> None:
    flaw = only_flaw(process(*FIELDS, record=record))
    assert flaw.pointer == place
    assert words in flaw.detail


def test_a_status_has_the_meaning_that_the_design_gives_it_in_any_case_of_letters() -> None:
    statuses = [{"name": " Approved ", "meaning": "good"}, {"name": "Sent", "meaning": "waiting"}]
    document = parse_document(process(*FIELDS, statuses=statuses))
    assert [document.meaning_of(one) for one in ("approved", "SENT", "open")] == [
        "good", "waiting", "neutral",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("statuses", "place"),
    [
        ([{"name": "A"}, {"name": "a"}], "/statuses"),
        ([{"name": " "}], "/statuses/0/name"),
        ([{"name": "A", "meaning": "blue"}], "/statuses/0/meaning"),
        ([{"name": f"s{at}"} for at in range(51)], "/statuses"),
    ],
)
def test_statuses_that_cannot_be_told_apart_are_refused(
    statuses: list[dict[str, str]], place: str
) -> None:
    assert only_flaw(process(*FIELDS, statuses=statuses)).pointer == place


def titled() -> dict[str, Any]:
    """A design whose records are known by the field `amount`."""
    record = {"title": "[amount] for [note]", "summary": ["note", "amount"]}
    return parse_document({**edited.design(), "record": record}).normalised()


def test_a_renamed_field_keeps_its_place_in_title_and_summary() -> None:
    done = edited.run(edited.edit("rename", target="field:amount", name="total"), titled())
    assert done.document["record"]["title"] == "[total] for [note]"
    assert done.document["record"]["summary"] == ["note", "total"]


def test_a_field_of_the_title_is_said_to_be_used_before_it_goes() -> None:
    found = {use.pointer: use.sentence for use in uses_of(titled(), "field:amount")}
    assert found["/record/title"] == "The process uses it in its records."
    assert found["/process_id"] == "The pattern of the Process ID uses it."
