"""What the texts of a design may refer to, by the place where they stand."""

import re
from typing import Any

import pytest
from pydantic import BaseModel, TypeAdapter, ValidationError

from processes.language.setting_types import (
    DatasourceRef,
    DefaultValue,
    ErrorValue,
    FieldName,
    InputValue,
    ResultValue,
    RuleId,
    TextValue,
)
from tests.processes.definitions import name_table

NAMES = name_table({"status": "text", "key": "secret", "other_key": "secret", "go": "button"})


def check(kind: Any, value: Any, names: Any = NAMES) -> Any:
    return TypeAdapter(kind).validate_python(value, context={"names": names})


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        (TextValue, "[status] [process.id] [process.name] [process.status] [process.created]"),
        (TextValue, "[user.email] [user.name] [now] [today] [[nobody] [1, 2] [a link](url)"),
        (TextValue, "=[status] + 'x'"),
        (InputValue, "Bearer [key]"),
        (ResultValue, "[response.status] [response.headers.X-Rate-Limit] [response.body]"),
        (ResultValue, "[response.body.items.0.id] [item.process.id] [item.access_token]"),
        (ErrorValue, "[error.message] [error.status] [error.kind] [status]"),
        (DefaultValue, "[now] [today] [user.email] [user.name] [process.name]"),
        (TextValue, "[user.username] [user.manager] [user.department] [user.job_title]"),
        (DefaultValue, "[user.phone] [user.groups] [user.username]"),
        (DefaultValue, None),
        (DefaultValue, 1.5),
        (DefaultValue, True),
        (DefaultValue, ["a"]),
        (FieldName, "status"),
        (FieldName, "key"),
        (RuleId, "get-token"),
        (DatasourceRef, "kianda"),
    ],
)
def test_what_is_taken(kind: Any, value: Any) -> None:
    assert check(kind, value) == value


@pytest.mark.parametrize(
    ("kind", "value", "words"),
    [
        (TextValue, "[nobody]", r"no field or name nobody\. .*write \[\[nobody\]"),
        (TextValue, "[Status]", r"Did you mean \[status\]"),
        (TextValue, "[process.nope]", "no field or name process.nope"),
        (TextValue, "[status.part]", "no field or name status.part"),
        (TextValue, "[go]", "has no value"),
        (TextValue, "[key]", "key is a secret field. It can go only into input mappings"),
        (TextValue, "=Length([key])", "key is a secret field"),
        (TextValue, "[response.body]", "only in an on-success mapping"),
        (TextValue, "[row.a]", "works on a table"),
        (InputValue, "[response.body]", "only in an on-success mapping"),
        (ResultValue, "[response]", "write response.status"),
        (ResultValue, "[response.nope]", "write response.status"),
        (ResultValue, "[response.status.x]", "write response.status"),
        (ResultValue, "[response.headers]", "write response.status"),
        (ResultValue, "[error.message]", "only in an on-error mapping"),
        (ResultValue, "[item]", "write item"),
        (ErrorValue, "[error.nope]", "write error.message"),
        (ErrorValue, "[error]", "write error.message"),
        (DefaultValue, "[status]", "cannot be used in a default"),
        (DefaultValue, "=1 +", "cannot be read"),
        (DefaultValue, {}, "Write a text"),
        (DefaultValue, [1], "list of texts"),
        (FieldName, "nobody", "There is no field nobody"),
        (FieldName, "Status", r"Did you mean status\?"),
        (FieldName, "[status]", "without brackets"),
        (FieldName, "go", "Choose another field"),
        (RuleId, "Get Token", "lowercase letters"),
        (DatasourceRef, "", "lowercase letters"),
    ],
)
def test_what_is_refused(kind: Any, value: Any, words: str) -> None:
    with pytest.raises(ValidationError) as caught:
        check(kind, value)
    assert [re.search(words, error["msg"]) is not None for error in caught.value.errors()] == [True]


class Row(BaseModel):
    field: FieldName
    value: TextValue


def test_a_secret_goes_into_a_secret_field_and_nowhere_else() -> None:
    context = {"names": NAMES}
    Row.model_validate({"field": "other_key", "value": "[key]"}, context=context)
    with pytest.raises(ValidationError, match="key is a secret field"):
        Row.model_validate({"field": "status", "value": "[key]"}, context=context)


def test_names_are_checked_only_while_a_design_is_being_saved() -> None:
    assert TypeAdapter(TextValue).validate_python("[nobody]") == "[nobody]"
    assert TypeAdapter(FieldName).validate_python("nobody") == "nobody"
    with pytest.raises(ValidationError):
        TypeAdapter(TextValue).validate_python("=1 +")


def test_a_type_carries_its_control_and_its_help() -> None:
    for kind in (TextValue, InputValue, ResultValue, ErrorValue, FieldName, RuleId):
        schema = TypeAdapter(kind).json_schema()
        assert schema["control"]
        assert schema["description"].endswith(".")


def test_every_name_of_a_text_that_does_not_hold_is_named() -> None:
    with pytest.raises(ValidationError) as caught:
        check(TextValue, "[nobody] [response.body] [status] [go] [key] [nobody]")
    [error] = caught.value.errors()
    told = ("name nobody", "Use [response.body] only", "The field go", "key is a secret")
    assert [error["msg"].count(words) for words in told] == [1, 1, 1, 1]
