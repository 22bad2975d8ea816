"""Kept tokens: found by themselves in a definition, their life, their state, their strip."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from processes.definition.document import parse_document
from scheduler.tokens.health import (
    AMBER,
    RED,
    URGENCY,
    Facts,
    TokenFields,
    Validity,
    state_of,
    token_fields,
    validity,
)
from tests.processes.definitions import TOKEN_REFRESH, button, process

NOW = datetime(2026, 11, 23, 14, 20, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def calling(*rows: Any, datasource: str = "token-service", **more: Any) -> dict[str, Any]:
    """Return a rule that calls out and maps the given fields."""
    return {
        "type": "create_item",
        "id": "call",
        "datasource": datasource,
        "method": "get",
        "on_success": [{"field": name, "value": f"[response.body.{name}]"} for name in rows],
        **more,
    }


def design(*names: Any, rule: Any, types: Any = None) -> Any:
    """Return a definition with fields of these names and a button `go` with the rule."""
    fields = [{"type": (types or {}).get(name, "text"), "name": name} for name in names]
    return parse_document(process(*fields, button("go", rule)))


def test_the_example_keeps_its_access_token() -> None:
    found = token_fields(parse_document(TOKEN_REFRESH), "refresh")
    assert found == TokenFields("access_token", "expires_in", "created_at", "token-service")


def test_the_calling_rule_alone_keeps_it_too() -> None:
    assert token_fields(parse_document(TOKEN_REFRESH), "refresh#get-token")


@pytest.mark.parametrize("target", ["refresh#clear", "refresh#save", "access_token", "nothing"])
def test_a_target_that_does_not_call_keeps_nothing(target: str) -> None:
    assert token_fields(parse_document(TOKEN_REFRESH), target) is None


@pytest.mark.parametrize(
    ("names", "token"),
    [
        (["access_token"], "access_token"),
        (["id_token", "access_token"], "access_token"),
        (["accessToken"], "accessToken"),
        (["token"], "token"),
        (["api_token_2"], "api_token_2"),
        (["refresh_token"], None),
        (["token_type"], None),
        (["token_owner"], None),
        (["tokens_left"], None),
        (["order"], None),
    ],
)
def test_the_name_of_a_field_tells_whether_it_holds_a_token(
    names: list[str], token: str | None
) -> None:
    found = token_fields(design(*names, rule=calling(*names)), "go")
    assert (found and found.token) == token


@pytest.mark.parametrize(
    ("names", "chosen", "token"),
    [
        (["bearer"], "bearer", "bearer"),
        (["access_token", "session_key"], "session_key", "session_key"),
        (["access_token"], "other", None),
        (["refresh_token"], "refresh_token", "refresh_token"),
    ],
)
def test_a_process_may_say_itself_which_field_is_its_token(
    names: list[str], chosen: str, token: str | None
) -> None:
    raw = design(*names, "other", rule=calling(*names)).normalised()
    found = token_fields(parse_document(raw | {"token_field": chosen}), "go")
    assert (found and found.token) == token


def test_a_number_is_no_token() -> None:
    document = design("token", rule=calling("token"), types={"token": "number"})
    assert token_fields(document, "go") is None


def test_a_rule_that_is_switched_off_keeps_nothing() -> None:
    assert token_fields(design("token", rule=calling("token", enabled=False)), "go") is None


def test_a_token_taken_from_another_process_is_not_kept_here() -> None:
    rule = calling(datasource="kianda", type="find_items", filter={"match": "all", "items": []})
    rule["on_success"] = [{"field": "token", "value": "[item.access_token]"}]
    assert token_fields(design("token", rule=rule), "go") is None


def test_a_field_that_a_call_empties_is_not_a_kept_token() -> None:
    rule = calling()
    rule["on_success"] = [{"field": "token", "value": ""}]
    assert token_fields(design("token", rule=rule), "go") is None


BEFORE_1970 = datetime(1969, 12, 31, 23, 59, 59, tzinfo=UTC)
FIELDS = TokenFields("access_token", "expires", "created", "token-service")
EPOCH = int(NOW.timestamp())


@pytest.mark.parametrize(
    ("values", "since", "until"),
    [
        ({"created": EPOCH, "expires": 3600}, NOW, NOW + 60 * MINUTE),
        ({"created": str(EPOCH), "expires": "3600"}, NOW, NOW + 60 * MINUTE),
        ({"created": "2026-11-23T14:20:00Z", "expires": 60}, NOW, NOW + MINUTE),
        ({"created": "", "expires": 60}, NOW - 5 * MINUTE, NOW - 4 * MINUTE),
        ({"created": None, "expires": "2026-11-23T15:00:00Z"}, NOW - 5 * MINUTE, NOW + 40 * MINUTE),
        ({"created": EPOCH, "expires": EPOCH + 60}, NOW, NOW + MINUTE),
        ({"created": EPOCH, "expires": None}, NOW, None),
        ({"created": EPOCH, "expires": "soon"}, NOW, None),
        ({"created": "yesterday", "expires": "nan"}, NOW - 5 * MINUTE, None),
        ({"created": EPOCH, "expires": 1e300}, NOW, None),
        ({"created": True, "expires": -1}, NOW - 5 * MINUTE, BEFORE_1970),
        ({}, NOW - 5 * MINUTE, None),
    ],
)  # fmt: skip
def test_how_long_a_token_lives(values: dict[str, Any], since: Any, until: Any) -> None:
    assert validity(FIELDS, values, refreshed=NOW - 5 * MINUTE) == Validity(since, until)


@pytest.mark.parametrize(
    ("left", "outcome", "next_in", "state"),
    [
        # A token with 2 min left and a refresh due in 1 min is well.
        (2, "succeeded", 1, "valid"),
        (45, "succeeded", 40, "valid"),
        (2, "succeeded", -1, "valid"),
        (45, "failed", 40, "failing"),
        (45, "interrupted", 40, "failing"),
        (10, "succeeded", 40, "late"),
        (45, "succeeded", None, "unplanned"),
        (0, "succeeded", 1, "expired"),
        (-48, "failed", None, "expired"),
        (None, "succeeded", 1, "valid"),
        (None, None, None, "unplanned"),
    ],
)
def test_the_state_of_a_token(
    left: int | None, outcome: str | None, next_in: int | None, state: str
) -> None:
    lives = Validity(NOW - 60 * MINUTE, None if left is None else NOW + left * MINUTE)
    planned = None if next_in is None else NOW + next_in * MINUTE
    facts = Facts(is_set=True, validity=lives, last_outcome=outcome, next_refresh=planned)
    assert state_of(facts, NOW) == state


@pytest.mark.parametrize(
    ("outcome", "planned", "state"),
    [(None, True, "waiting"), (None, False, "missing"), ("failed", True, "missing")],
)
def test_no_token_is_a_fault_unless_it_is_about_to_be_fetched(
    outcome: str | None, planned: bool, state: str
) -> None:
    facts = Facts(
        is_set=False,
        validity=Validity(None, None),
        last_outcome=outcome,
        next_refresh=NOW if planned else None,
    )
    assert state_of(facts, NOW) == state


def test_every_state_has_its_urgency() -> None:
    assert set(URGENCY) >= RED | AMBER | {"valid", "waiting"}
    assert URGENCY[-1] == "valid"


def at(minutes: int) -> Any:
    return NOW + minutes * MINUTE
