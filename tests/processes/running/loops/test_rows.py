"""Loop table runs its rules for each row: it reads, sets, calls out and starts processes."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.utils import timezone

from processes.engine.trace import MOST_GROUPS
from processes.language import values
from processes.models import ProcessInstance
from processes.running.call_log import call_log
from tests.processes.definitions import process, set_rule, text_field
from tests.processes.running.loops.basket import CALL, LINES, SAVE, basket, loop, rows
from tests.processes.stories import fired, made, published, read

pytestmark = pytest.mark.django_db(transaction=True)


def test_each_row_is_read_and_set(api: Callable[..., Any], ada: Any) -> None:
    client = api(ada)
    by_row = [
        set_rule("row.total", "=[row.price] * 10"),
        {**set_rule("row.ticket", "cheap"), "conditions": {"items": [
            {"left": "[row.price]", "operator": "lt", "right": "2"}]}},
        set_rule("sum", "=[sum] + [row.total]"),
    ]  # fmt: skip
    name = published(basket(loop(*by_row), SAVE), user=ada)
    basket_id = made(client, name, lines=rows("pen", "ink"), sum=0)
    run = fired(client, basket_id, "go")
    assert run["status"] == "succeeded", run["error"]
    data = read(client, basket_id)["data"]
    assert data["lines"] == [
        {"what": "pen", "price": 1, "total": 10, "ticket": "cheap"},
        {"what": "ink", "price": 2, "total": 20, "ticket": ""},
    ]
    assert data["sum"] == 30
    [step, _] = run["steps"]
    assert [group["title"] for group in step["groups"]] == ["Row 1", "Row 2"]
    assert [inner["status"] for inner in step["groups"][1]["steps"]] == [
        "succeeded",
        "skipped",
        "succeeded",
    ]
    first = step["groups"][0]["steps"][0]
    assert first["read"] == {"row.price": 1}
    assert first["changes"] == [{"field": "row.total", "before": None, "after": 10}]


def test_a_column_has_a_name_that_is_reserved_for_fields(api: Callable[..., Any], ada: Any) -> None:
    columns = [text_field("item"), text_field("row"), {"type": "number", "name": "now"}]
    add_up = {"assignments": [
        {"field": "row.row", "value": "[row.item]: [row.now]"},
        {"field": "sum", "value": "=Sum([lines.now])"},
    ]}  # fmt: skip
    raw = basket(loop({"type": "set_form_field", **add_up}), SAVE)
    raw["forms"][0]["fields"][0] = LINES | {"columns": columns}
    client = api(ada)
    lines = [{"item": "pen", "now": 2}, {"item": "ink", "now": 3}]
    basket_id = made(client, published(raw, user=ada), lines=lines)
    fired(client, basket_id, "go")
    data = read(client, basket_id)["data"]
    assert [line["row"] for line in data["lines"]] == ["pen: 2", "ink: 3"]
    assert data["sum"] == 5


def test_a_table_without_rows_runs_nothing(api: Callable[..., Any], ada: Any) -> None:
    client = api(ada)
    basket_id = made(client, published(basket(loop(set_rule("sum", "1"))), user=ada))
    [step] = fired(client, basket_id, "go")["steps"]
    assert (step["status"], "groups" in step) == ("succeeded", False)


def test_each_row_is_sent_and_its_answer_mapped_into_it(
    api: Callable[..., Any], ada: Any, erp: list[str]
) -> None:
    client = api(ada)
    name = published(basket(loop(CALL), SAVE), user=ada)
    basket_id = made(client, name, lines=rows("pen", "ink", "ink"))
    run = fired(client, basket_id, "go")
    assert run["status"] == "succeeded", run["error"]
    assert erp == ["pen", "ink", "ink"]
    tickets = [row["ticket"] for row in read(client, basket_id)["data"]["lines"]]
    assert tickets == ["T-pen-1", "T-ink-2", "T-ink-3"]


def test_a_row_that_a_loop_has_not_changed_is_not_written_anew_for_each_call(
    api: Callable[..., Any], ada: Any, erp: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    client = api(ada)
    basket_id = made(
        client, published(basket(loop(CALL), SAVE), user=ada), lines=rows(*["pen"] * 40)
    )
    written = list[object]()
    to_json = values.to_json

    def counted(value: Any) -> Any:
        written.extend([value] if isinstance(value, dict) and "ticket" in value else ())
        return to_json(value)

    monkeypatch.setattr(values, "to_json", counted)
    assert fired(client, basket_id, "go")["status"] == "succeeded"
    assert len(erp) == 40
    # A few times each, and not at each of the 81 points of the run.
    assert len(written) <= 40 * 12


def test_the_trace_keeps_the_first_rows_and_those_that_failed(
    api: Callable[..., Any], ada: Any
) -> None:
    client = api(ada)
    count = MOST_GROUPS + 50
    lines = [{"what": "", "price": 0 if number == count - 3 else 1} for number in range(count)]
    rule = loop(set_rule("row.total", "=10 / [row.price]"), on_row_failure="continue")
    basket_id = made(client, published(basket(rule, SAVE), user=ada), lines=lines)
    run = fired(client, basket_id, "go")
    step = run["steps"][0]
    assert len(step["groups"]) == MOST_GROUPS + 1
    assert step["groups"][-1]["title"] == f"Row {count - 2}"
    assert step["left_out"] == 49
    done = read(client, basket_id)["data"]["lines"]
    assert [row["total"] for row in done].count(10) == count - 1


def test_ten_thousand_rows_are_gone_through_in_time(api: Callable[..., Any], ada: Any) -> None:
    client = api(ada)
    name = published(basket(loop(set_rule("sum", "=[sum] + [row.price]")), SAVE), user=ada)
    basket_id = made(client, name, lines=[{"price": 1}] * 10_000, sum=0)
    run = fired(client, basket_id, "go")
    assert run["status"] == "succeeded", run["error"]
    assert read(client, basket_id)["data"]["sum"] == 10_000
    assert len(json.dumps(run["steps"])) < 2_000_000


def test_a_loop_has_a_limit(
    api: Callable[..., Any], ada: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("processes.engine.context_rows.MAX_LIST", 30)
    client = api(ada)
    basket_id = made(
        client, published(basket(loop(set_rule("sum", "=[sum] + 1"))), user=ada),
        lines=rows(*["x"] * 31), sum=0,
    )  # fmt: skip
    run = fired(client, basket_id, "go")
    assert "A loop can process at most 30 rows" in run["error"]["message"]


def test_a_form_with_a_blank_cell_is_not_submitted(api: Callable[..., Any], ada: Any) -> None:
    client = api(ada)
    definition = basket()
    definition["forms"][0]["fields"][0] = {
        **LINES, "columns": [{**LINES["columns"][0], "required": True}, *LINES["columns"][1:]]
    }  # fmt: skip
    basket_id = made(client, published(definition, user=ada), lines=rows("pen"))
    answer = client.post(
        f"/api/v1/instances/{basket_id}/trigger/",
        {"target": "form:main#submit", "data": {"lines": rows("pen", "")}},
    )
    assert answer.status_code == 400
    assert answer.data["errors"] == [
        {"pointer": "/data/lines/1/what", "detail": "Lines: row 2, What is required."}
    ]


def test_a_loop_starts_a_process_for_each_row(api: Callable[..., Any], ada: Any) -> None:
    client = api(ada)
    published(process(text_field("what"), name="item"), user=ada)
    rule = {
        "type": "start_a_process", "process": "item",
        "input_mapping": [{"target": "what", "value": "[row.what]"}],
        "on_success": [{"field": "row.ticket", "value": "[item.process.id]"}],
    }  # fmt: skip
    basket_id = made(client, published(basket(loop(rule), SAVE), user=ada), lines=rows("a", "b"))
    assert fired(client, basket_id, "go")["status"] == "succeeded"
    lines = read(client, basket_id)["data"]["lines"]
    assert [row["ticket"] for row in lines] == ["item-1", "item-2"]
    made_of = ProcessInstance.objects.filter(design__name="item").order_by("pk")
    assert [one.values["what"] for one in made_of] == ["a", "b"]


def test_calls_in_a_loop_are_in_the_log_of_the_datasource(
    api: Callable[..., Any], ada: Any, erp: list[str]
) -> None:
    client = api(ada)
    rule = loop({**CALL, "on_failure": "continue"})
    basket_id = made(
        client, published(basket(rule, SAVE), user=ada), lines=rows("pen", "bad", "ink")
    )
    before = timezone.now()
    fired(client, basket_id, "go")
    calls = call_log("erp", since=before)
    assert (calls.count, calls.failed) == (3, 1)
