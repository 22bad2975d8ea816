"""What changed between two definitions reads as sentences."""

from collections.abc import Callable
from typing import Any

import pytest

from processes.definition.diff import describe_changes
from processes.definition.document import parse_document
from tests.processes.definitions import process, text_field, token_refresh

Change = Callable[[dict[str, Any]], object]


def changes(change: Change) -> list[str]:
    before = parse_document(token_refresh())
    raw = before.normalised()
    change(raw)
    return describe_changes(before, parse_document(raw))


def fields(raw: dict[str, Any]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = raw["forms"][0]["fields"]
    return found


def button_rules(raw: dict[str, Any]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = fields(raw)[-1]["rules"]
    return found


def test_without_a_difference_there_is_nothing_to_say() -> None:
    assert changes(lambda raw: None) == []


@pytest.mark.parametrize(
    ("change", "sentences"),
    [
        (lambda raw: raw.update(title="New"), ["Title of the process changed."]),
        (
            lambda raw: raw.update(process_id="T-{number}", description="x"),
            ["Description of the process changed.", "Process ID of the process changed."],
        ),
        (
            lambda raw: raw["forms"].append({"name": "notes"}),
            ['Form "Notes" (notes) added.'],
        ),
        (
            lambda raw: raw["forms"][0].update(title="Access"),
            ['Form "Access" (token) renamed from "Token".'],
        ),
        (
            lambda raw: raw["forms"].insert(0, {"name": "notes"}),
            ['Form "Notes" (notes) added.'],
        ),
        (lambda raw: fields(raw).append(text_field("note")), ['Field "Note" (note) added.']),
        (
            lambda raw: (fields(raw).pop(3), button_rules(raw)[1]["input_mapping"].pop(3)),
            [
                'Field "Redirect URL" (redirect_url) removed.',
                'Rule "Get a new token" of Refresh changed: input mapping.',
            ],
        ),
        (
            lambda raw: fields(raw)[1].update(required=False, help="Ask Ada."),
            ['Field "Client ID" (client_id) changed: help, required.'],
        ),
        (
            lambda raw: fields(raw).__setitem__(5, {"type": "secret", "name": "access_token"}),
            ['Field "Access token" (access_token) changed from text to secret.'],
        ),
        (
            lambda raw: fields(raw).insert(0, fields(raw).pop(1)),
            ['The fields of form "Token" are in another order.'],
        ),
        (
            lambda raw: button_rules(raw).append({"type": "save", "title": "Save again"}),
            ['Rule "Save again" of Refresh added.'],
        ),
        (
            lambda raw: button_rules(raw).pop(0),
            ['Rule "Clear the access token" of Refresh removed.'],
        ),
        (
            lambda raw: button_rules(raw)[1].update(method="other", on_failure="continue"),
            ['Rule "Get a new token" of Refresh changed: method, if the call fails.'],
        ),
        (
            lambda raw: button_rules(raw)[2].update(enabled=False),
            ['Rule "Save" of Refresh switched off.'],
        ),
        (
            lambda raw: button_rules(raw).insert(0, button_rules(raw).pop()),
            ["The rules of Refresh are in another order."],
        ),
        (
            lambda raw: fields(raw)[0]["rules"].append(button_rules(raw).pop(0)),
            ['Rule "Clear the access token" of Grant type moved from Refresh.'],
        ),
    ],
)
def test_a_change_reads_as_a_sentence(change: Change, sentences: list[str]) -> None:
    assert changes(change) == sentences


def table(*columns: dict[str, Any], **settings: Any) -> dict[str, Any]:
    return {"type": "table", "name": "tab", "columns": list(columns), **settings}


DUE, PAID = text_field("due"), text_field("paid")
# A table before and after, and what is said of it after `Field "Tab" (tab) `.
TABLES = [
    (table(DUE), table(DUE, max_rows=5, first_rows=1), "changed: initial rows, maximum rows"),
    (table(DUE), table(DUE, PAID), 'column "Paid" (paid) added'),
    (table(DUE, PAID), table(PAID), 'column "Due" (due) removed'),
    (table(DUE, PAID), table(text_field("cost"), PAID),
     'column "Cost" (cost) renamed from column "Due" (due)'),
    (table(DUE), table(text_field("due", title="Due on", max_length=9)),
     'column "Due on" (due) changed: title, maximum length'),
    (table(DUE), table({"type": "date", "name": "due"}),
     'column "Due" (due) changed from text to date'),
    (table(DUE, PAID), table(PAID, DUE), "its columns are in another order"),
    (table(DUE), table(PAID, text_field("due", enabled=False), page_size=50),
     'changed: rows per page and column "Paid" (paid) added and column "Due" (due) switched off'),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new", "said"), TABLES)
def test_a_changed_table_says_which_column_is_another(
    old: dict[str, Any], new: dict[str, Any], said: str
) -> None:
    before, after = (parse_document(process(one)) for one in (old, new))
    assert describe_changes(before, after) == [f'Field "Tab" (tab) {said}.']


def test_a_field_that_went_to_another_form_is_told() -> None:
    def move(raw: dict[str, Any]) -> None:
        raw["forms"].append({"name": "notes", "fields": [fields(raw).pop(8)]})

    assert changes(move) == [
        'Form "Notes" (notes) added.',
        'Field "Last error" (last_error) moved from form "Token" to form "Notes".',
    ]


def test_a_form_removed_takes_its_fields_along() -> None:
    def remove(raw: dict[str, Any]) -> None:
        raw["forms"].pop()

    found = changes(remove)
    assert found[0] == 'Form "Token" (token) removed.'
    assert 'Field "Refresh" (refresh) removed.' in found
