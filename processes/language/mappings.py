"""Rows that move values into fields, into a request, out of an answer and out of an error."""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Annotated, Literal, Protocol

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from kianda.lib.i18n import gettext as _
from kianda.lib.i18n import gettext_noop
from processes.language.call_results import Answer, RuleFailed, value_at
from processes.language.expressions import Template
from processes.language.references import flaw
from processes.language.setting_types import (
    ErrorValue,
    FieldName,
    InputValue,
    ResultValue,
    TextValue,
)
from processes.language.values import Value, ValueFailure, from_json, is_blank

Resolve = Callable[[str], Value]
Changes = list[tuple[str, Value]]

TARGET = re.compile(r"(url_path|body|(path|query|header|body)\.[^\s.][^\x00-\x1f]*)\Z")


def _known_target(target: str) -> str:
    if not TARGET.match(target) or len(target) > 200:
        raise flaw(
            _(
                "Write `url_path`, path.<parameter>, query.<name>, header.<name>, body.<path> or "
                "body."
            )
        )
    return target


InputTarget = Annotated[
    str,
    AfterValidator(_known_target),
    Field(
        title=gettext_noop("Target"),
        description=gettext_noop(
            "Where the value goes: `url_path`, path.<parameter>, query.<name>, header.<name>, "
            "body.<path>, or body for all of a raw body."
        ),
        json_schema_extra={"control": "input_target"},
    ),
]


class Row(BaseModel):
    """One row of a mapping table."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Assignment(Row):
    """A field and the value that it gets."""

    field: FieldName
    value: TextValue


class InputRow(Row):
    """A place in the request and the value that goes there."""

    target: InputTarget
    value: InputValue


class SuccessRow(Row):
    """A field and what it gets from the response."""

    field: FieldName
    value: ResultValue
    if_missing: Literal["fail", "keep", "clear"] = Field(
        default="fail",
        title=gettext_noop("If missing"),
        description=gettext_noop(
            "What happens when the response does not have it, or has null or an empty text: the "
            "step fails, the field keeps its value, or the field is cleared. With keep, the field "
            "also keeps its value when the value of the response is not valid for it."
        ),
        json_schema_extra={"control": "select"},
    )


class ErrorRow(Row):
    """A field and what it gets from the error."""

    field: FieldName
    value: ErrorValue


def scope(
    resolve: Resolve,
    *,
    response: Answer | None = None,
    item: Mapping[str, Value] | None = None,
    error: RuleFailed | None = None,
) -> Resolve:
    """Return a resolver that also knows `response.*`, `item.*` or `error.*`."""

    def wider(name: str) -> Value:
        root, _, rest = name.partition(".")
        if root == "response" and response is not None:
            return response.at(name)
        if root == "item" and item is not None:
            return item_at(item, rest)
        if root == "error" and error is not None:
            return _of_error(error, rest)
        return resolve(name)

    return wider


def item_at(item: Mapping[str, Value], name: str) -> Value:
    """Return a value of an item found: `status` or `process.id`, else a path inside a value."""
    if name in item:
        return item[name]
    first, _, rest = name.partition(".")
    return value_at(item.get(first), rest) if rest else None


def _of_error(error: RuleFailed, name: str) -> Value:
    return {
        "message": error.message,
        "kind": error.kind,
        "status": from_json(error.status),
    }.get(name)


def evaluate(source: str, resolve: Resolve, *, of: str) -> Value:
    """Return the value of one "field or text"; a failure names the row it belongs to."""
    try:
        return Template.parse(source).evaluate(resolve)
    except ValueFailure as failure:
        raise RuleFailed("value", f"{of}: {failure}") from failure


def collect(rows: Sequence[InputRow], resolve: Resolve, *, omit_blank: bool) -> dict[str, Value]:
    """Return what goes into the request, by target. A blank `path.` value fails the step."""
    inputs: dict[str, Value] = {}
    for row in rows:
        value = evaluate(row.value, resolve, of=row.target)
        if is_blank(value):
            if row.target.startswith("path."):
                raise RuleFailed(
                    "value",
                    _("The value for %(target)s is blank, so there is no address to call.")
                    % {"target": row.target},
                )
            if omit_blank:
                continue
        inputs[row.target] = value
    return inputs


def collect_fields(
    rows: Sequence[InputRow],
    resolve: Resolve,
    is_secret: Callable[[str], bool],
    *,
    omit_blank: bool,
) -> tuple[dict[str, Value], frozenset[str]]:
    """Return what goes into fields of another process, and which of it was made of secrets."""
    inputs = collect(rows, resolve, omit_blank=omit_blank)
    secret = {
        row.target.removeprefix("body.")
        for row in rows
        if any(is_secret(name) for name in Template.parse(row.value).references)
    }
    return {name.removeprefix("body."): value for name, value in inputs.items()}, frozenset(secret)


class Receiver(Protocol):
    """What takes the values of an answer, and notes what it could not take."""

    def must_take(self, field: str, value: Value) -> None:
        """Raise RuleFailed for a value that does not fit the field; nothing is changed."""

    def note(self, sentence: str) -> None:
        """Note something about the step, which goes on."""


def read_answer(
    rows: Sequence[SuccessRow],
    resolve: Resolve,
    *,
    into: Receiver,
    missing: Callable[[str], str],
) -> Changes:
    """Return the changes of an on-success mapping; all rows are evaluated before any is applied.

    `resolve` knows `response.*` or `item.*`; `missing` makes the sentence for a name not there. A
    value that does not fit is left out where its row says keep: what came with it was issued once.
    """
    changes: Changes = []
    for row in rows:
        gap = missing_name(row.value, resolve)
        if gap is None:
            changes += _read_row(row, resolve, into)
        elif row.if_missing == "fail":
            raise RuleFailed("bad_answer", missing(gap))
        elif row.if_missing == "clear":
            changes.append((row.field, None))
    return changes


def _read_row(row: SuccessRow, resolve: Resolve, into: Receiver) -> Changes:
    try:
        value = evaluate(row.value, resolve, of=row.field)
        if row.if_missing == "keep":
            into.must_take(row.field, value)
    except RuleFailed as failure:
        if row.if_missing != "keep" or failure.kind != "value":
            raise
        into.note(_("%(failure)s The field keeps its value.") % {"failure": failure.message})
        return []
    return [(row.field, value)]


def missing_name(source: str, resolve: Resolve) -> str | None:
    """Return the first name of an answer or item in this text that is not there, null or empty."""
    for name in Template.parse(source).references:
        if name.partition(".")[0] in {"response", "item"} and is_missing(resolve(name)):
            return name
    return None


def is_missing(value: Value) -> bool:
    """Tell whether a value of an answer counts as missing: path not there, null, empty text."""
    return value is None or value == ""


def read_error(rows: Sequence[ErrorRow], resolve: Resolve, failure: RuleFailed) -> Changes:
    """Return the changes of an on-error mapping."""
    wider = scope(resolve, error=failure)
    return [(row.field, evaluate(row.value, wider, of=row.field)) for row in rows]
