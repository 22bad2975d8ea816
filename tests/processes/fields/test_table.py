"""Tables: what is taken as rows, what each column refuses, and where."""

from decimal import Decimal
from typing import Any

import pytest
from pydantic import ValidationError

from processes.definition.document import parse_document
from processes.fields import Table, fields
from processes.language.values import MAX_LIST, ValueFailure, column_of
from tests.processes.definitions import process
from tests.processes.refusals import only_flaw

COLUMNS: list[dict[str, Any]] = [
    {"type": "text", "name": "what", "required": True, "max_length": 20},
    {"type": "number", "name": "amount", "min": 0, "default": 1},
    {"type": "date", "name": "due"},
    {"type": "list", "name": "size", "choices": ["S", "M"]},
    {"type": "toggle", "name": "sent"},
]
EMPTY = {"what": "", "amount": None, "due": None, "size": [], "sent": None}


def table(**settings: Any) -> Table:
    made = fields.parse({"type": "table", "name": "lines", "columns": COLUMNS, **settings})
    assert isinstance(made, Table)
    return made


PEN = {**EMPTY, "what": "Pen", "amount": Decimal(3)}


@pytest.mark.parametrize(("raw", "rows"), [
    (None, []),
    ("", []),
    ([], []),
    ([{}], [EMPTY]),
    ({"what": "Pen", "amount": 3}, [PEN]),
    ([{"what": "Pen", "amount": "3", "colour": "red"}], [PEN]),
    (({"amount": 3, "what": "Pen"},), [PEN]),
    ([{"due": "2026-11-23T10:00:00Z", "sent": "yes", "size": "M", "what": 7}],
     [{"what": "7", "amount": None, "due": "2026-11-23", "size": ["M"], "sent": True}]),
])  # fmt: skip
def test_what_becomes_rows(raw: Any, rows: list[dict[str, Any]]) -> None:
    made: Any = table().to_python(raw)
    assert made == rows
    assert [list(row) for row in made] == [list(EMPTY) for _ in rows]
    assert table().to_python(table().to_json(made)) == made


@pytest.mark.parametrize(("raw", "sentence"), [
    ("Pen", '"Pen" is not a table. A list of objects is needed, one per row.'),
    (7, "7 is not a table. A list of objects is needed, one per row."),
    ([{"what": "a"}, "Pen"], 'row 2 is "Pen", not an object with the columns.'),
    ([{}, {}, {"amount": "much"}], 'row 3, Amount: "much" is not a number.'),
    ([{"due": "soon"}], 'row 1, Due: "soon" is not a date.'),
    ([{}] * (MAX_LIST + 1), "There are 10,001 rows; at most 10,000 are allowed."),
])  # fmt: skip
def test_what_is_no_table_is_refused_naming_row_and_column(raw: Any, sentence: str) -> None:
    with pytest.raises(ValueFailure) as caught:
        table().to_python(raw)
    assert str(caught.value).startswith(sentence)


def test_all_that_is_wrong_with_sent_rows_is_told_cell_by_cell() -> None:
    sent = [{"amount": -1}, {"what": "x" * 21, "size": "L"}, {"what": "a", "colour": "red"}]
    _, wrong = table().read(sent)
    assert [place for place, _ in wrong] == ["/2/colour", "/0/amount", "/1/what", "/1/size"]
    assert wrong[0][1] == (
        "row 3: there is no column colour. There are: amount, due, sent, size, what."
    )
    assert wrong[1][1] == "row 1, Amount: -1 is too small. Enter 0 or more."
    with pytest.raises(ValueFailure, match="row 1, Amount: -1 is too small"):
        table().clean(table().to_python(sent))


def test_what_is_no_row_is_told_beside_what_is_wrong_in_the_others() -> None:
    _, wrong = table().read([{"amount": "much"}, "Pen", {"colour": "red"}])
    assert [place for place, _ in wrong] == ["/1", "/2/colour", "/0/amount"]
    assert wrong[0][1] == 'row 2 is "Pen", not an object with the columns.'


def test_of_thousands_of_wrong_cells_the_first_are_told_and_the_others_counted() -> None:
    _, wrong = table().read([{"amount": "x"}] * MAX_LIST)
    assert len(wrong) == 51
    assert wrong[-1] == ("", "9,950 more cells are not valid.")


def test_no_more_rows_than_the_design_allows() -> None:
    _, wrong = table(max_rows=2).read([{"what": "a"}] * 3)
    assert wrong == [("", "There are 3 rows; at most 2 are allowed.")]


@pytest.mark.parametrize(("required", "rows", "gaps"), [
    (False, [], []),
    (True, [], [("", "Lines is required. Add a row.")]),
    (False, [PEN, EMPTY], [("/1/what", "Lines: row 2, What is required.")]),
    (True, [PEN], []),
])  # fmt: skip
def test_a_required_column_is_missed_in_each_row(
    rows: list[Any], gaps: list[Any], *, required: bool
) -> None:
    made = table(required=required)
    assert made.gaps(rows) == gaps
    assert made.missing(rows) is bool(gaps)


def test_no_cell_is_missed_that_nobody_can_fill_in() -> None:
    for part in ("visible", "enabled"):
        columns = [{"type": "text", "name": "what", "required": True, part: False}]
        assert table(columns=columns).gaps([{"what": ""}]) == []


def test_a_new_instance_starts_with_rows_of_the_columns_defaults() -> None:
    rows = table(first_rows=2).initial(lambda name: name)
    assert rows == [{**EMPTY, "amount": Decimal(1)}] * 2
    assert table().initial(lambda name: name) == []


@pytest.mark.parametrize(("rows", "shown"), [
    ([], ""), ([PEN], "1 row"), ([PEN] * 1_234, "1,234 rows"),
])  # fmt: skip
def test_it_reads_as_a_count(rows: list[Any], shown: str) -> None:
    assert table().shown(rows) == shown


def test_a_column_is_read_as_a_list() -> None:
    assert column_of([PEN, EMPTY], "amount") == [Decimal(3), None]
    assert column_of(None, "amount") == []


@pytest.mark.parametrize(("columns", "words"), [
    ([{"type": "secret", "name": "a"}], "Input tag 'secret'"),
    ([{"type": "text", "name": "a"}, {"type": "date", "name": "A"}], "The column A exists twice"),
    ([{"type": "text", "name": "a", "rules": [{"type": "save", "id": "s"}]}], "has rules"),
    ([{"type": "text", "name": f"c{n}"} for n in range(51)], "at most 50"),
    ([{"type": "number", "name": "n", "default": "x"}], "The default is not valid"),
])  # fmt: skip
def test_columns_that_cannot_be_are_refused(columns: list[Any], words: str) -> None:
    with pytest.raises(ValidationError, match=words):
        table(columns=columns)


def test_a_new_instance_starts_with_no_more_rows_than_there_may_be() -> None:
    sentence = "A new record starts with 6 rows, but at most 5 are allowed. Change one of them."
    lines = {"type": "table", "name": "lines", "columns": COLUMNS, "max_rows": 5}
    assert only_flaw(process(lines | {"first_rows": 6})) == (
        "/forms/0/fields/0/max_rows", sentence,
    )  # fmt: skip
    assert parse_document(process(lines | {"first_rows": 5}))
    # What was stored before this was looked at opens all the same.
    assert table(first_rows=6, max_rows=5).first_rows == 6
