"""Loop table: rules for each row, with calls in it, failures, and a process that dies in it."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.utils import timezone
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from datasources.services import create_datasource
from kianda.lib.errors import Invalid
from processes.call_log import call_log
from processes.document import parse_document
from processes.models import ProcessInstance, Run
from processes.services import runs
from processes.services.leases import holder
from processes.services.ledger import RunLedger
from processes.trace import MOST_GROUPS
from tests.processes.definitions import button, process, set_rule, text_field
from tests.processes.stories import fired, made, published, read

pytestmark = pytest.mark.django_db(transaction=True)

LINES: dict[str, Any] = {
    "type": "table", "name": "lines",
    "columns": [
        {"type": "text", "name": "what"},
        {"type": "number", "name": "price"},
        {"type": "number", "name": "total"},
        {"type": "text", "name": "ticket"},
    ],
}  # fmt: skip
SAVE = {"type": "save"}
PUT_ITEM = {
    "name": "put-item", "title": "Put item", "http_method": "POST", "url_path": "/items",
    "content_type": "json", "request_body": [{"name": "what"}],
}  # fmt: skip
CALL = {
    "type": "create_item", "datasource": "erp", "method": "put-item",
    "input_mapping": [{"target": "body.what", "value": "[row.what]"}],
    "on_success": [{"field": "row.ticket", "value": "[response.body.id]"}],
}  # fmt: skip


def loop(*rules: dict[str, Any], **settings: Any) -> dict[str, Any]:
    return {"type": "loop_table", "table": "lines", "rules": list(rules), **settings}


def basket(*rules: dict[str, Any]) -> dict[str, Any]:
    return process(
        LINES, {"type": "number", "name": "sum"}, text_field("problem"), button("go", *rules),
        name="basket",
    )  # fmt: skip


def rows(*whats: str) -> list[dict[str, Any]]:
    return [{"what": what, "price": number} for number, what in enumerate(whats, 1)]


@pytest.fixture
def erp(provider: HTTPServer, admin: Any) -> list[str]:
    """A service that gives each item a ticket and refuses bad ones; what it was asked for."""
    create_datasource(
        raw={"name": "erp", "base_url": provider.url_for("/").rstrip("/"), "methods": [PUT_ITEM]},
        user=admin,
    )
    asked: list[str] = []

    def answer(request: Request) -> Response:
        what = request.json["what"] if request.json else ""
        asked.append(what)
        status = 409 if what == "bad" else 200
        body = json.dumps({"id": f"T-{what}-{len(asked)}"})
        return Response(body, status=status, content_type="application/json")

    provider.expect_request("/items", method="POST").respond_with_handler(answer)
    return asked


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
    assert step["reason"] == "Passed over after a failure: rows 1, 3."
    assert step["status"] == "succeeded"


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
    monkeypatch.setattr("processes.run_rows.MAX_LIST", 30)
    client = api(ada)
    basket_id = made(
        client, published(basket(loop(set_rule("sum", "=[sum] + 1"))), user=ada),
        lines=rows(*["x"] * 31), sum=0,
    )  # fmt: skip
    run = fired(client, basket_id, "go")
    assert "goes through 30 rows at most" in run["error"]["message"]


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


class Died(BaseException):
    """The process ended here."""


@pytest.mark.parametrize(
    ("dies_in", "status", "asked"),
    [
        ("answered", "succeeded", ["pen", "ink", "cap"]),
        ("calling", "interrupted", ["pen"]),
    ],
)
def test_a_process_that_dies_in_a_loop(
    api: Callable[..., Any], ada: Any, erp: list[str], monkeypatch: pytest.MonkeyPatch,
    dies_in: str, status: str, asked: list[str],
) -> None:  # fmt: skip
    """After the answer to row 2 it goes on with row 3; before it, row 2 may have been sent."""
    client = api(ada)
    stamp = set_rule("row.total", "=[row.price] + [sum]")
    name = published(basket(loop(CALL, stamp), set_rule("problem", "none"), SAVE), user=ada)
    basket_id = made(client, name, lines=rows("pen", "ink", "cap"), sum=1)
    real = getattr(RunLedger, dies_in)
    seen: list[int] = []

    def die(self: RunLedger, context: Any) -> None:
        real(self, context)
        seen.append(1)
        if len(seen) == 2:
            raise Died

    monkeypatch.setattr(RunLedger, dies_in, die)
    with pytest.raises(Died):
        runs.trigger(process_id=basket_id, target="go", user=ada, trigger="button")
    monkeypatch.undo()
    Run.objects.update(holder="another", lease_until=None)
    [run] = runs.recover_runs()
    assert run.status == status, run.error
    assert erp == asked
    assert not holder.held()
    if status == "interrupted":
        assert run.unsaved_answer
        [first, second] = run.steps[0]["groups"]
        assert [one["status"] for one in first["steps"]] == ["succeeded", "succeeded"]
        assert [(one["status"], one["reason"]) for one in second["steps"]] == [
            ("failed", "Interrupted: the process ended here.")
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


@pytest.mark.parametrize(
    ("rules", "place", "words"),
    [
        ([loop(set_rule("row.nope", "x"))], "0/rules/0/assignments/0/field", "no column nope"),
        ([loop(set_rule("row.what", "[row.nope]"))], "0/rules/0/assignments/0/value", "[row.what]"),
        ([set_rule("row.what", "x")], "0/assignments/0/field", "works on a table"),
        ([set_rule("sum", "[row.price]")], "0/assignments/0/value", "works on a table"),
        ([loop(loop(SAVE))], "0/rules/0/type", "There is no type 'loop_table'"),
        ([loop()], "0/rules", "Add a rule that runs for each row."),
        ([{"type": "loop_table", "table": "lines"}], "0", "Add a rule that runs for each row."),
        ([{**loop(SAVE), "table": "sum"}], "0/table", "There is no table sum."),
        (
            [{**SAVE, "id": "a"}, loop({**SAVE, "id": "a"})],
            "1/rules/0/id",
            "The rule id a is used twice.",
        ),
    ],
)
def test_what_a_loop_cannot_be(rules: list[dict[str, Any]], place: str, words: str) -> None:
    with pytest.raises(Invalid) as refused:
        parse_document(basket(*rules))
    found = {flaw.pointer: flaw.detail for flaw in refused.value.errors}
    assert words in found[f"/forms/0/fields/3/rules/{place}"]


def test_rules_in_a_loop_get_ids_and_are_found(ada: Any) -> None:
    document = parse_document(basket(loop(SAVE, SAVE)))
    assert [rule.id for _, rule in document.placed_rules()] == ["loop-table", "save", "save-2"]
    assert [place for place, _ in document.placed_rules()][1:] == [
        "/forms/0/fields/3/rules/0/rules/0",
        "/forms/0/fields/3/rules/0/rules/1",
    ]
    with pytest.raises(LookupError):
        document.rules_of("go#save")


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
