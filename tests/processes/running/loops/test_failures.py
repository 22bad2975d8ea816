"""A row that fails, is refused, or in which the process dies loses nothing of the others."""

from collections.abc import Callable
from typing import Any

import pytest

from processes.instances.leases import holder
from processes.models import Run
from processes.running import runs
from tests.processes.definitions import set_rule
from tests.processes.dying import Died, dying, nobody_holds_the_runs, nth_write_of_a_run
from tests.processes.running.loops.basket import CALL, SAVE, basket, loop, rows
from tests.processes.stories import fired, made, published, read

pytestmark = pytest.mark.django_db(transaction=True)

FAILING = [
    # on_row_failure, on_failure of the call: who is asked, status, errors handled, tickets
    ("stop", "stop", ["pen", "bad"], "failed", 0, ["", "", ""]),
    ("stop", "undo", ["pen", "bad"], "failed", 0, ["T-pen-1", "", ""]),
    ("stop", "continue", ["pen", "bad", "ink"], "succeeded", 1, ["T-pen-1", "", "T-ink-3"]),
    ("continue", "stop", ["pen", "bad", "ink"], "succeeded", 1, ["T-pen-1", "", "T-ink-3"]),
    ("continue", "undo", ["pen", "bad"], "failed", 0, ["T-pen-1", "", ""]),
]


@pytest.mark.parametrize(("of_row", "of_call", "asked", "status", "handled", "tickets"), FAILING)
def test_a_row_that_fails(
    api: Callable[..., Any], ada: Any, erp: list[str],
    of_row: str, of_call: str, asked: list[str], status: str, handled: int, tickets: list[str],
) -> None:  # fmt: skip
    client = api(ada)
    rule = loop({**CALL, "on_failure": of_call}, on_row_failure=of_row)
    basket_id = made(
        client, published(basket(rule, SAVE), user=ada), lines=rows("pen", "bad", "ink")
    )
    run = fired(client, basket_id, "go")
    assert (run["status"], run["handled_errors"]) == (status, handled)
    assert erp == asked
    assert [row["ticket"] for row in read(client, basket_id)["data"]["lines"]] == tickets
    if status == "failed":
        assert run["error"]["message"].startswith("Row 2: ")


def test_undo_in_a_loop_stores_what_calls_brought_and_no_other_cell(
    api: Callable[..., Any], ada: Any, erp: list[str]
) -> None:
    client = api(ada)
    told = [{"field": "row.what", "value": "refused: [error.kind]"}]
    rule = loop(set_rule("row.total", "7"), {**CALL, "on_failure": "undo", "on_error": told})
    name = published(basket(rule, SAVE), user=ada)
    basket_id = made(client, name, lines=rows("pen", "ink", "bad", "cap"))
    assert fired(client, basket_id, "go")["status"] == "failed"
    assert erp == ["pen", "ink", "bad"]
    kept = read(client, basket_id)["data"]["lines"]
    assert [(row["what"], row["ticket"], row["total"]) for row in kept] == [
        ("pen", "T-pen-1", None),
        ("ink", "T-ink-2", None),
        ("refused: http_status", "", None),
        ("cap", "", None),
    ]


def test_rows_passed_over_are_named(api: Callable[..., Any], ada: Any, erp: list[str]) -> None:
    client = api(ada)
    rule = loop(CALL, on_row_failure="continue")
    name = published(basket(rule), user=ada)
    basket_id = made(client, name, lines=rows("bad", "pen", "bad"))
    [step] = fired(client, basket_id, "go")["steps"]
    assert step["reason"] == "Skipped after a failure: rows 1, 3."
    assert step["status"] == "succeeded"


def test_a_row_is_refused_beside_its_cell(api: Callable[..., Any], ada: Any) -> None:
    client = api(ada)
    rule = {
        "type": "validate_input", "field": "row.price", "message": "[row.what] is too dear.",
        "conditions": {"items": [{"left": "[row.price]", "operator": "gt", "right": "1"}]},
    }  # fmt: skip
    basket_id = made(
        client, published(basket(loop(rule), SAVE), user=ada), lines=rows("pen", "ink")
    )
    run = fired(client, basket_id, "go")
    assert run["error"]["message"] == "Row 2: ink is too dear."
    assert run["error"]["fields"] == {"lines/1/price": "ink is too dear."}


def taken_over(basket_id: str, user: Any, *, journaled: int) -> Run:
    """Press Go, die after so many writes of the run, and return it as its successor leaves it."""
    with pytest.raises(Died), dying(nth_write_of_a_run(journaled), done=True):
        runs.trigger(process_id=basket_id, target="go", user=user, trigger="button")
    nobody_holds_the_runs()
    [run] = runs.recover_runs()
    return run


@pytest.mark.parametrize(
    ("journaled", "status", "asked"),
    [
        (4, "succeeded", ["pen", "ink", "cap"]),
        (3, "interrupted", ["pen"]),
    ],
)
def test_a_process_that_dies_in_a_loop(
    api: Callable[..., Any], ada: Any, erp: list[str], journaled: int, status: str, asked: list[str]
) -> None:  # fmt: skip
    """After the answer to row 2 it goes on with row 3; before it, row 2 may have been sent.

    The journal is written before the call of each row and after its answer.
    """
    client = api(ada)
    stamp = set_rule("row.total", "=[row.price] + [sum]")
    name = published(basket(loop(CALL, stamp), set_rule("problem", "none"), SAVE), user=ada)
    basket_id = made(client, name, lines=rows("pen", "ink", "cap"), sum=1)
    run = taken_over(basket_id, ada, journaled=journaled)
    assert run.status == status, run.error
    assert erp == asked
    assert not holder.held()
    if status == "interrupted":
        assert run.unsaved_answer
        [first, second] = run.steps[0]["groups"]
        assert [one["status"] for one in first["steps"]] == ["succeeded", "succeeded"]
        assert [(one["status"], one["reason"]) for one in second["steps"]] == [
            ("failed", "Interrupted: the server process ended here.")
        ]
        assert set(second) == {"title", "steps"}
        return
    lines = read(client, basket_id)["data"]["lines"]
    assert [row["ticket"] for row in lines] == ["T-pen-1", "T-ink-2", "T-cap-3"]
    assert [row["total"] for row in lines] == [2, 3, 4]
    groups = run.steps[0]["groups"]
    assert [group["title"] for group in groups] == ["Row 1", "Row 2", "Row 3"]
    assert [[one["status"] for one in group["steps"]] for group in groups] == [
        ["succeeded", "succeeded"]
    ] * 3
    assert [step["type"] for step in run.steps] == ["loop_table", "set_form_field", "save"]


@pytest.mark.parametrize("journaled", [2, 4, 6])
def test_a_process_that_dies_in_a_loop_of_a_forms_submission(
    api: Callable[..., Any], ada: Any, erp: list[str], journaled: int
) -> None:
    client = api(ada)
    raw = basket(set_rule("sum", "=[sum] + 1"), {"type": "submit"})
    raw["forms"][0]["rules"] = [
        set_rule("problem", "none"),
        loop(CALL),
        set_rule("sum", "=[sum] + 10"),
    ]
    basket_id = made(client, published(raw, user=ada), lines=rows("pen", "ink", "cap"), sum=0)
    run = taken_over(basket_id, ada, journaled=journaled)
    assert run.status == "succeeded", run.error
    assert erp == ["pen", "ink", "cap"]
    data = read(client, basket_id)["data"]
    assert [row["ticket"] for row in data["lines"]] == ["T-pen-1", "T-ink-2", "T-cap-3"]
    assert (data["sum"], data["problem"]) == (11, "none")
    assert [step["type"] for step in run.steps] == ["set_form_field", "submit"]
    [submission] = run.steps[1]["groups"]
    assert [step["type"] for step in submission["steps"]] == [
        "set_form_field", "loop_table", "set_form_field",
    ]  # fmt: skip
    groups = submission["steps"][1]["groups"]
    assert [group["title"] for group in groups] == ["Row 1", "Row 2", "Row 3"]
    assert [len(group["steps"]) for group in groups] == [1, 1, 1]


def test_a_loop_that_had_begun_goes_on_though_its_condition_does_not_hold_any_more(
    api: Callable[..., Any], ada: Any, erp: list[str]
) -> None:
    client = api(ada)
    only = {"items": [{"left": "[problem]", "operator": "blank"}]}
    rule = loop(set_rule("problem", "under way"), CALL, conditions=only)
    basket_id = made(client, published(basket(rule, SAVE), user=ada), lines=rows("pen", "ink"))
    run = taken_over(basket_id, ada, journaled=2)
    assert run.status == "succeeded", run.error
    assert erp == ["pen", "ink"]
