"""Mappings move values into requests, out of answers and out of errors."""

from decimal import Decimal

import pytest
from pydantic import ValidationError

from processes.language.call_results import Answer, RuleFailed
from processes.language.mappings import (
    ErrorRow,
    InputRow,
    SuccessRow,
    collect,
    read_answer,
    read_error,
    scope,
)
from tests.fakes import FakeContext, answer
from tests.processes.definitions import name_table

NAMES = name_table(
    {"status": "text", "amount": "number", "key": "secret", "copy": "secret", "go": "button"}
)


def rows(*found: dict[str, str]) -> list[SuccessRow]:
    return [SuccessRow.model_validate(row) for row in found]


def inputs(*found: tuple[str, str]) -> list[InputRow]:
    return [InputRow(target=target, value=value) for target, value in found]


@pytest.mark.parametrize(
    "target",
    ["url_path", "path.customer", "query.page[size]", "header.X-Key", "body.a.0.b", "body"],
)
def test_an_input_target_is_a_place_of_the_request(target: str) -> None:
    assert InputRow(target=target, value="x").target == target


@pytest.mark.parametrize("target", ["", "path", "query", "header.", "cookie.a", "body.", "body.\n"])
def test_any_other_input_target_is_refused(target: str) -> None:
    with pytest.raises(ValidationError, match="Write `url_path`"):
        InputRow(target=target, value="x")


def test_inputs_keep_the_types_of_fields() -> None:
    context = FakeContext({"status": "open", "amount": Decimal("1.5"), "tags": ["a", "b"]})

    found = collect(
        inputs(
            ("body.status", "[status]"),
            ("body.amount", "[amount]"),
            ("body.tags", "[tags]"),
            ("header.X", "No. [amount]"),
            ("query.twice", "=[amount] * 2"),
        ),
        context.resolve,
        omit_blank=False,
    )

    assert found == {
        "body.status": "open",
        "body.amount": Decimal("1.5"),
        "body.tags": ["a", "b"],
        "header.X": "No. 1.5",
        "query.twice": Decimal("3.0"),
    }


def test_a_blank_value_is_sent_blank() -> None:
    context = FakeContext({"status": "", "amount": None})
    found = collect(
        inputs(("body.status", "[status]"), ("body.amount", "[amount]")),
        context.resolve,
        omit_blank=False,
    )
    assert found == {"body.status": "", "body.amount": None}


def test_a_blank_value_is_left_out_when_the_rule_says_so() -> None:
    context = FakeContext({"status": "", "amount": Decimal(0)})
    found = collect(
        inputs(("body.status", "[status]"), ("body.amount", "[amount]")),
        context.resolve,
        omit_blank=True,
    )
    assert found == {"body.amount": Decimal(0)}


@pytest.mark.parametrize("omit_blank", [True, False])
def test_a_blank_path_value_fails_the_step(omit_blank: bool) -> None:
    context = FakeContext({"status": ""})
    with pytest.raises(RuleFailed, match=r"path\.customer is blank") as failed:
        collect(inputs(("path.customer", "[status]")), context.resolve, omit_blank=omit_blank)
    assert failed.value.kind == "value"


def test_a_value_that_cannot_be_made_names_its_row() -> None:
    with pytest.raises(RuleFailed, match=r"body\.rate: ") as failed:
        collect(inputs(("body.rate", "=1 / 0")), FakeContext().resolve, omit_blank=False)
    assert failed.value.kind == "value"


BODY = {"token": "t", "none": None, "empty": "", "zero": 0, "no": False, "list": [{"id": 7}]}


def read(found: list[SuccessRow], body: object = BODY) -> list[tuple[str, object]]:
    context = FakeContext({"status": "old"})
    resolve = scope(context.resolve, response=answer(body, Link="next"))
    return list(read_answer(found, resolve, into=context, missing=lambda name: f"no {name}"))


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("[response.body.token]", "t"),
        ("[response.body.zero]", Decimal(0)),
        ("[response.body.no]", False),
        ("[response.body.list]", [{"id": Decimal(7)}]),
        ("[response.body.list.0.id]", Decimal(7)),
        ("[response.headers.link]", "next"),
        ("[response.status]", Decimal(200)),
        ("Bearer [response.body.token]", "Bearer t"),
        ("[status]", "old"),
        ("", ""),
    ],
)
def test_an_answer_row_reads(value: str, expected: object) -> None:
    assert read(rows({"field": "a", "value": value})) == [("a", expected)]


MISSING = [
    "[response.body.nowhere]",
    "[response.body.none]",
    "[response.body.empty]",
    "[response.body.token.deeper]",
    "[response.body.list.1.id]",
    "[response.body.list.first]",
    "[response.headers.X-None]",
    "Bearer [response.body.empty]",
    "=[response.body.none] * 2",
]


@pytest.mark.parametrize("value", MISSING)
def test_what_is_not_there_or_null_or_empty_text_is_missing(value: str) -> None:
    with pytest.raises(RuleFailed, match="no response") as failed:
        read(rows({"field": "a", "value": value}))
    assert failed.value.kind == "bad_answer"


@pytest.mark.parametrize("value", MISSING)
def test_a_missing_value_may_keep_or_clear_the_field(value: str) -> None:
    assert read(rows({"field": "a", "value": value, "if_missing": "keep"})) == []
    assert read(rows({"field": "a", "value": value, "if_missing": "clear"})) == [("a", None)]


SOON = {"token": "t", "expires_in": "1 hour"}
LIFETIMES = ["[response.body.expires_in]", "=[response.body.expires_in] - 60"]


@pytest.mark.parametrize("value", LIFETIMES)
def test_a_value_that_does_not_fit_may_keep_the_field_and_takes_nothing_else_with_it(
    value: str,
) -> None:
    context = FakeContext(refused=["lifetime"])
    found = read_answer(
        rows(
            {"field": "lifetime", "value": value, "if_missing": "keep"},
            {"field": "token", "value": "[response.body.token]"},
        ),
        scope(context.resolve, response=answer(SOON)),
        into=context,
        missing=str,
    )
    assert found == [("token", "t")]
    [note] = context.notes
    assert note.startswith("lifetime")
    assert note.endswith(" The field keeps its value.")


@pytest.mark.parametrize("value", LIFETIMES)
@pytest.mark.parametrize("if_missing", ["fail", "clear"])
def test_a_value_that_does_not_fit_fails_all_rows_where_its_row_does_not_say_keep(
    value: str, if_missing: str
) -> None:
    context = FakeContext(refused=["lifetime"])
    with pytest.raises(RuleFailed) as failed:
        context.accept(
            read_answer(
                rows({"field": "lifetime", "value": value, "if_missing": if_missing}),
                scope(context.resolve, response=answer(SOON)),
                into=context,
                missing=str,
            )
        )
    assert (failed.value.kind, context.notes) == ("value", [])


def test_a_row_that_names_nothing_known_fails_though_it_says_keep() -> None:
    context = FakeContext()
    with pytest.raises(RuleFailed) as failed:
        read_answer(
            rows({"field": "a", "value": "[gone] [response.body.token]", "if_missing": "keep"}),
            scope(context.resolve, response=answer(SOON)),
            into=context,
            missing=str,
        )
    assert failed.value.kind == "configuration"


@pytest.mark.parametrize(
    "body", [None, "", "<html></html>", [], ["t"], {"error": "invalid_grant"}, {"token": None}, 5]
)
def test_an_answer_without_the_value_is_a_bad_one(body: object) -> None:
    with pytest.raises(RuleFailed):
        read(rows({"field": "a", "value": "[response.body.token]"}), body)


def test_the_path_of_a_declared_value_leads_to_it() -> None:
    found = Answer(
        200,
        {"x-total": "9"},
        {"items": [{"id": "a", "tags": ["new"]}]},
        {
            "response.body": "response.body",
            "response.body.first": "response.body.items.0",
            "response.headers.total": "response.headers.X-Total",
        },
    )
    assert found.at("response.body.first.id") == "a"
    assert found.at("response.body.first.tags.0") == "new"
    assert found.at("response.body.items.0.id") == "a"
    assert found.at("response.headers.total") == "9"


def test_an_error_mapping_knows_the_error_and_the_fields() -> None:
    failure = RuleFailed("http_status", "It answered 503.", 503)
    found = read_error(
        [
            ErrorRow(field="a", value="[error.kind] [error.status]: [error.message]"),
            ErrorRow(field="b", value="[error.status]"),
            ErrorRow(field="c", value="[status]"),
        ],
        FakeContext({"status": "old"}).resolve,
        failure,
    )
    assert found == [
        ("a", "http_status 503: It answered 503."),
        ("b", Decimal(503)),
        ("c", "old"),
    ]


def test_an_error_without_a_status_has_a_blank_one() -> None:
    row = ErrorRow(field="a", value="[error.status]")
    failure = RuleFailed("timeout", "It took too long.")
    assert read_error([row], FakeContext().resolve, failure) == [("a", None)]


@pytest.mark.parametrize("row", [SuccessRow, ErrorRow])
def test_a_secret_goes_only_into_a_secret_field(row: type[SuccessRow | ErrorRow]) -> None:
    row.model_validate({"field": "copy", "value": "[key]"}, context={"names": NAMES})
    with pytest.raises(ValidationError, match="key is a secret field"):
        row.model_validate({"field": "status", "value": "x [key]"}, context={"names": NAMES})


def test_a_mapping_to_a_field_that_does_not_exist_is_refused() -> None:
    with pytest.raises(ValidationError, match="There is no field state") as caught:
        SuccessRow.model_validate({"field": "state", "value": "x"}, context={"names": NAMES})
    assert "status" in str(caught.value)
    with pytest.raises(ValidationError, match="has no value"):
        SuccessRow.model_validate({"field": "go", "value": "x"}, context={"names": NAMES})
