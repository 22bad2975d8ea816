"""Create item calls a REST method and brings its answer back."""

from decimal import Decimal
from typing import Any

import pytest
from pydantic import ValidationError

from processes.rules import CreateItem, rules
from processes.rules.base import RuleFailed
from processes.rules.ports import InstanceAct
from tests.fakes import FakeContext, answer
from tests.processes.definitions import name_table

NAMES = name_table({"token": "text", "expires": "number", "key": "secret", "error": "text"})
TOKEN = {"field": "token", "value": "[response.body.access_token]"}
EXPIRES = {"field": "expires", "value": "[response.body.expires_in]", "if_missing": "keep"}


def rule(**settings: Any) -> CreateItem:
    names = settings.pop("names", None)
    made = rules.parse(
        {
            "type": "create_item",
            "id": "get-token",
            "datasource": "token-service",
            "method": "refresh-token",
            **settings,
        },
        **({"names": names} if names else {}),
    )
    assert isinstance(made, CreateItem)
    return made


def test_it_sends_the_mapped_values_and_maps_the_answer_back() -> None:
    context = FakeContext(
        {"key": "s", "token": "old", "expires": None},
        answers=[answer({"access_token": "new", "expires_in": 3600})],
    )
    rule(
        input_mapping=[
            {"target": "body.refresh_token", "value": "[key]"},
            {"target": "url_path", "value": "/oauth/token"},
        ],
        on_success=[TOKEN, EXPIRES],
    ).run(context)

    assert context.calls == [
        ("token-service", "refresh-token", {"body.refresh_token": "s", "url_path": "/oauth/token"})
    ]
    assert context.values == {"key": "s", "token": "new", "expires": Decimal(3600)}
    assert context.events == ["accept"]


def test_an_answer_with_nothing_to_map_is_accepted_all_the_same() -> None:
    context = FakeContext({}, answers=[answer(None, status=204)])
    rule().run(context)
    assert context.events == ["accept"]


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        *(
            (
                refusal,
                "The response of token-service / refresh-token has no access_token: "
                "invalid_grant, the refresh token (or code) is no longer accepted; enter a new "
                "one.",
            )
            for refusal in (
                {"error": "invalid_grant", "error_description": "rt-secret is spent"},
                {"error": {"code": "invalid_grant", "message": "rt-secret"}},
                {"errors": [{"code": "invalid_grant"}]},
            )
        ),
        (
            {"error": "rt-secret", "code": "rt-secret"},
            "The response of token-service / refresh-token has no access_token.",
        ),
        (
            {"access_token": None},
            "The response of token-service / refresh-token has no access_token.",
        ),
        (
            {"access_token": ""},
            "The response of token-service / refresh-token has no access_token.",
        ),
        (
            None,
            "The response of token-service / refresh-token has no access_token. It is empty.",
        ),
        (
            "<html>Sign in</html>",
            "The response of token-service / refresh-token has no access_token. It is text, not "
            "a JSON object.",
        ),
        (
            ["a"],
            "The response of token-service / refresh-token has no access_token. It is a list, "
            "not an object.",
        ),
        (
            7,
            (
                "The response of token-service / refresh-token has no access_token. It is not an "
                "object."
            ),
        ),
    ],
)
def test_an_answer_without_the_token_leaves_everything_as_it_was(body: Any, sentence: str) -> None:
    context = FakeContext({"token": "old", "expires": None}, answers=[answer(body)])
    with pytest.raises(RuleFailed) as failed:
        rule(on_success=[EXPIRES, TOKEN]).run(context)
    assert (failed.value.kind, failed.value.message) == ("bad_answer", sentence)
    assert context.values == {"token": "old", "expires": None}
    assert context.events == []


def test_a_missing_header_or_body_is_named() -> None:
    for value, sentence in [
        ("[response.headers.Location]", "has no header Location."),
        ("[response.body]", "is empty."),
    ]:
        context = FakeContext({"token": ""}, answers=[answer(None)])
        with pytest.raises(RuleFailed, match=sentence):
            rule(on_success=[{"field": "token", "value": value}]).run(context)


def test_all_rows_are_evaluated_before_any_is_applied() -> None:
    context = FakeContext(
        {"token": "old", "expires": Decimal(1)},
        answers=[answer({"access_token": "new", "expires_in": 2})],
    )
    rule(
        on_success=[TOKEN, {"field": "expires", "value": "=Length([token])"}],
    ).run(context)
    assert context.values == {"token": "new", "expires": Decimal(3)}


@pytest.mark.parametrize(
    ("settings", "mode"),
    [
        ({}, "stop"),
        ({"on_error": [{"field": "error", "value": "[error.message]"}]}, "undo"),
        ({"on_failure": "undo"}, "undo"),
        ({"on_failure": "continue"}, "continue"),
        (
            {
                "on_failure": "continue",
                "on_error": [{"field": "error", "value": "[error.message]"}],
            },
            "continue",
        ),
        ({"on_failure": "stop"}, "stop"),
    ],
)
def test_what_a_failure_does_has_its_default(settings: dict[str, Any], mode: str) -> None:
    assert rule(**settings).failure_mode == mode


def test_stop_with_an_on_error_mapping_is_refused() -> None:
    with pytest.raises(ValidationError, match="Choose undo or continue") as caught:
        rule(on_failure="stop", on_error=[{"field": "error", "value": "[error.message]"}])
    assert caught.value.errors()[0]["loc"] == ("create_item", "on_failure")


def test_two_rows_for_one_target_are_refused() -> None:
    with pytest.raises(ValidationError, match=r"header\.accept is mapped twice"):
        rule(
            input_mapping=[
                {"target": "header.Accept", "value": "a"},
                {"target": "header.accept", "value": "b"},
            ]
        )


def test_secrets_may_stand_in_the_input_mapping() -> None:
    rule(input_mapping=[{"target": "body.key", "value": "x [key]"}], names=NAMES)


@pytest.mark.parametrize(
    ("part", "row"),
    [
        ("input_mapping", {"target": "body.a", "value": "[response.body.a]"}),
        ("input_mapping", {"target": "body.a", "value": "[error.message]"}),
        ("input_mapping", {"target": "body.a", "value": "[tokn]"}),
        ("on_success", {"field": "token", "value": "[error.message]"}),
        ("on_success", {"field": "token", "value": "[item.a]"}),
        ("on_success", {"field": "token", "value": "[key]"}),
        ("on_success", {"field": "nowhere", "value": "x"}),
        ("on_error", {"field": "token", "value": "[key]"}),
        ("on_error", {"field": "token", "value": "[item.a]"}),
    ],
)
def test_a_name_that_means_nothing_at_its_place_is_refused(part: str, row: dict[str, str]) -> None:
    with pytest.raises(ValidationError):
        rule(**{part: [row]}, names=NAMES)


def test_it_reads_as_a_sentence() -> None:
    assert rule().sentence() == "Create an item with token-service / refresh-token"


def test_with_the_built_in_datasource_it_makes_an_instance() -> None:
    context = FakeContext(
        {"token": "t", "key": "k"}, items=[{"process.id": "orders-1"}], secrets=["key"]
    )
    rule(
        datasource="kianda",
        method="orders",
        input_mapping=[
            {"target": "body.note", "value": "[token]"},
            {"target": "body.secret", "value": "[key]"},
        ],
        on_success=[{"field": "token", "value": "[item.process.id]"}],
    ).run(context)
    assert context.acts == [
        InstanceAct("create", "orders", {"note": "t", "secret": "k"}, frozenset({"secret"}))
    ]
    assert context.values["token"] == "orders-1"
    assert context.events == ["accept"]


@pytest.mark.parametrize("target", ["url_path", "query.a", "body.a.b", "body"])
def test_an_instance_is_made_of_fields(target: str) -> None:
    with pytest.raises(ValidationError, match="not a field of a process"):
        rule(datasource="kianda", method="orders", input_mapping=[{"target": target, "value": "x"}])
