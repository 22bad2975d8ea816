"""Loop table runs rules for each row; how it does is told in tests of loops."""

from typing import Any

import pytest
from pydantic import ValidationError

from processes.rules import LoopTable, rules
from tests.fakes import FakeContext
from tests.processes.definitions import name_table

NAMES = name_table(
    {"lines": "table", "sum": "number", "key": "secret"},
    tables={"lines": {"price": "number", "what": "text"}},
)
SAVE = {"type": "save", "id": "s"}


def setting(field: str, value: str) -> dict[str, Any]:
    return {"type": "set_form_field", "id": "b", "assignments": [{"field": field, "value": value}]}


def rule(*inner: dict[str, Any], **settings: Any) -> LoopTable:
    made = rules.parse(
        {"type": "loop_table", "id": "a", "table": "lines", "rules": list(inner), **settings},
        names=NAMES,
    )
    assert isinstance(made, LoopTable)
    return made


@pytest.mark.parametrize(("mode", "go_on"), [("stop", False), ("continue", True)])
def test_it_goes_through_the_rows(mode: str, go_on: bool) -> None:
    context = FakeContext()
    rule(setting("row.price", "1"), SAVE, on_row_failure=mode).run(context)
    assert context.rows == [("lines", ["b", "s"], go_on)]


@pytest.mark.parametrize(
    ("field", "value"),
    [("row.price", "[row.price]"), ("sum", "=[sum] + [row.price]"), ("row.what", "[[row.nope]")],
)
def test_columns_of_the_row_are_known_in_it(field: str, value: str) -> None:
    assert rule(setting(field, value)).rules


@pytest.mark.parametrize(
    ("inner", "words"),
    [
        (setting("row.nope", "1"), "The table has no column nope"),
        (setting("row.price", "[row.nope]"), "The table has no column nope"),
        (setting("row.", "1"), "Write row. and the name of a column"),
        (setting("row.what", "[key]"), "key is a secret field"),
        ({"type": "loop_table", "id": "c", "table": "lines", "rules": [SAVE]}, "does not match"),
        ({"type": "submit", "id": "c"}, "does not match"),
    ],
)
def test_what_cannot_stand_in_it(inner: dict[str, Any], words: str) -> None:
    with pytest.raises(ValidationError, match=words):
        rule(inner)


def test_outside_a_loop_there_is_no_row() -> None:
    rule(setting("row.price", "1"))
    with pytest.raises(ValidationError, match="works on a table"):
        rules.parse(setting("row.price", "1"), names=NAMES)
    with pytest.raises(ValidationError, match="works on a table"):
        rules.parse(setting("sum", "[row.price]"), names=NAMES)


CALL = {"type": "create_item", "id": "c", "datasource": "erp", "method": "put",
        "on_success": [{"field": "row.what", "value": "[response.body.a]"}]}  # fmt: skip


@pytest.mark.parametrize(
    ("inner", "brings", "ends"),
    [
        ([SAVE], False, False),
        ([CALL], True, True),
        ([CALL, SAVE], False, True),
        ([{**CALL, "on_failure": "continue"}], True, False),
        ([setting("sum", "1")], False, False),
        ([setting("sum", "[row.price]")], False, True),
    ],
)
def test_what_the_check_of_a_design_asks_it(
    inner: list[dict[str, Any]], brings: bool, ends: bool
) -> None:
    made = rule(*inner)
    assert (made.brings_answers(), made.can_end_the_run()) == (brings, ends)


def test_it_needs_a_table_and_a_rule() -> None:
    with pytest.raises(ValidationError, match="Add a rule"):
        rule()
    with pytest.raises(ValidationError, match="There is no table sum"):
        rule(SAVE, table="sum")


def test_it_reads_as_a_sentence() -> None:
    assert rule(SAVE).sentence() == "For each row of lines: 1 rule"
    assert rule(SAVE, setting("sum", "1")).sentence() == "For each row of lines: 2 rules"
