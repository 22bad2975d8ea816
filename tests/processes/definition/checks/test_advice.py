"""Whom a rule would not find, secrets written out, values at risk: a designer is told before."""

from typing import Any

import pytest

from processes.definition.checks import export
from processes.definition.document import parse_document
from tests.fakes import FakeCatalog
from tests.processes.definition.checks.catalog import CATALOG, RULE, advice, references
from tests.processes.definitions import (
    button,
    process,
    set_rule,
    text_field,
    token_refresh,
    token_rule,
)

SAVE = {"type": "save"}


def test_whom_a_rule_would_not_find_is_advice_at_its_place() -> None:
    def assigning(**to: list[str]) -> dict[str, Any]:
        rule = {"type": "assign_form", "form": "main", "to": to}
        return process(text_field("boss"), button("go", rule))

    place = "/forms/0/fields/1/rules/0/to"
    raw = assigning(users=["ada", "[boss]", "ada; gone , lost", "=[boss]"], groups=["Sellers"])
    assert sorted(advice(raw)) == [
        (f"{place}/groups/0", "No group named Sellers. The rule would fail."),
        (f"{place}/users/2", "No user named gone. The rule would fail."),
        (f"{place}/users/2", "No user named lost. The rule would fail."),
    ]
    # People come and go: the design is published all the same.
    assert references(raw) == []
    assert advice(assigning(users=["[boss]", ""], groups=["Buyers"])) == []


LITERAL = [{"target": "body.client_secret", "value": "a-long-secret"}]


def test_a_secret_written_out_is_a_warning_but_no_broken_name() -> None:
    [(pointer, detail)] = advice(token_rule(1, input_mapping=LITERAL))
    assert pointer == f"{RULE}/input_mapping/0/value"
    assert "body.client_secret" in detail
    assert "a-long-secret" not in detail
    assert references(token_rule(1, input_mapping=LITERAL)) == []


@pytest.mark.parametrize(
    ("target", "value", "found"),
    [
        ("body.client_secret", "0123456789", True),
        ("body.client_secret", "012345678", False),
        ("body.client_secret", "[client_secret]", False),
        ("body.client_secret", "Bearer [client_secret]", False),
        ("body.client_secret", '="abcdefghijk"', True),
        ("body.client_id", "0123456789", False),
        ("url_path", "/oauth/token/and/more", False),
    ],
)
def test_only_long_literals_for_secret_parameters_count(
    target: str, value: str, found: bool
) -> None:
    raw = token_rule(1, input_mapping=[{"target": target, "value": value}])
    assert bool(advice(raw)) is found


@pytest.mark.parametrize(
    ("rule", "place"),
    [
        (set_rule("client_secret", "a-long-secret"), "assignments/0"),
        (
            {
                "type": "start_a_process",
                "process": "token-refresh",
                "input_mapping": [{"target": "client_secret", "value": "a-long-secret"}],
            },
            "input_mapping/0",
        ),
        (
            {
                "type": "create_item",
                "datasource": "kianda",
                "method": "token-refresh",
                "input_mapping": [{"target": "body.client_secret", "value": "a-long-secret"}],
            },
            "input_mapping/0",
        ),
    ],
)
def test_a_secret_written_out_for_a_secret_field_is_told_too(
    rule: dict[str, Any], place: str
) -> None:
    raw = process({"type": "secret", "name": "client_secret"}, button("go", rule), name="other")
    [(pointer, detail)] = advice(raw)
    assert pointer == f"/forms/0/fields/1/rules/0/{place}/value"
    assert "client_secret" in detail


def test_the_name_tells_what_is_secret_when_the_method_is_not_known() -> None:
    catalog = FakeCatalog(sources=False)
    assert len(advice(token_rule(1, input_mapping=LITERAL), catalog)) == 1


def test_an_export_hides_secrets_written_out() -> None:
    document = parse_document(token_rule(1, input_mapping=LITERAL))
    rows = export(document, CATALOG)["forms"][0]["fields"][9]["rules"][1]["input_mapping"]
    assert rows == [{"target": "body.client_secret", "value": "********"}]
    assert document.normalised()["forms"][0]["fields"][9]["rules"][1]["input_mapping"] == LITERAL


def test_an_export_leaves_everything_else_as_it_is() -> None:
    document = parse_document(token_refresh())
    assert export(document, CATALOG) == document.normalised()


def call(**settings: Any) -> dict[str, Any]:
    return {
        "type": "create_item",
        "datasource": "token-service",
        "method": "refresh-token",
        "on_success": [{"field": "plain", "value": "[response.body.access_token]"}],
        **settings,
    }


@pytest.mark.parametrize(
    ("rules", "at_risk"),
    [
        ([call(), SAVE], []),
        ([call(), set_rule("plain", "done"), SAVE], []),
        ([call(), set_rule("plain", "=[plain] + 1"), SAVE], [1]),
        ([call(), set_rule("plain", "=[plain] + 1", enabled=False), SAVE], []),
        ([call(), SAVE, set_rule("plain", "=[plain] + 1"), SAVE], []),
        ([call(), call(), SAVE], [1]),
        ([call(), call(on_failure="undo"), SAVE], []),
        ([call(), call(on_failure="continue"), SAVE], []),
        ([call(on_success=[]), set_rule("plain", "=[plain] + 1"), SAVE], []),
        ([call(), set_rule("plain", "=[plain] + 1")], []),
    ],
)
def test_a_rule_that_can_fail_between_a_call_and_the_next_save_is_a_warning(
    rules: list[dict[str, Any]], at_risk: list[int]
) -> None:
    found = advice(process(text_field("plain"), button("go", *rules)))
    assert [pointer for pointer, _ in found] == [
        f"/forms/0/fields/1/rules/{number}" for number in at_risk
    ]


@pytest.mark.parametrize(
    ("inside", "settings", "at_risk"),
    [
        ([call()], {}, True),
        ([call(), SAVE], {}, False),
        ([call(on_failure="continue")], {}, False),
        ([call()], {"on_row_failure": "continue"}, False),
    ],
)
def test_a_row_that_can_fail_after_the_call_of_another_is_a_warning(
    inside: list[dict[str, Any]], settings: dict[str, Any], *, at_risk: bool
) -> None:
    lines = {"type": "table", "name": "lines", "columns": [{"type": "text", "name": "what"}]}
    loop = {"type": "loop_table", "table": "lines", "rules": inside, **settings}
    first = call(title="Before")
    found = advice(process(text_field("plain"), lines, button("go", loop, SAVE)))
    assert [pointer for pointer, _ in found] == ["/forms/0/fields/2/rules/0"] * at_risk
    # What was brought before the loop is at risk in it as long as a row can end the run.
    found = advice(process(text_field("plain"), lines, button("go", first, loop, SAVE)))
    ends = inside[0].get("on_failure") != "continue" and not settings
    assert any("the values from Before" in detail for _, detail in found) is ends


def test_the_warning_names_both_rules() -> None:
    [(_, detail)] = advice(
        process(
            text_field("plain"),
            button("go", call(title="Get it"), set_rule("plain", "=1/0", title="Add up"), SAVE),
        )
    )
    assert detail == (
        "When Add up fails, the values from Get it are not stored. Add a Save rule between them."
    )
