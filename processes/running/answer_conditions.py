"""Conditions on the answer of a call, for datasources: they know no language of their own."""

import json
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Annotated, Any, ClassVar

from django.utils import timezone
from django.utils.translation import gettext as _
from pydantic import Discriminator, Field, Tag, ValidationError, ValidationInfo

from datasources.ports import ReadAnswer
from kianda.lib.errors import Flaw
from kianda.lib.pointers import flaws_of
from processes.language.call_results import Answer
from processes.language.comparisons import OPERATORS
from processes.language.conditions import MAX_ITEMS, Condition, ConditionGroup, kind_of_part
from processes.language.references import flaw, parsed
from processes.language.timestamps import today_in
from processes.language.values import Value, ValueFailure, from_json

# Those that ask about a person or a day mean nothing where no run is.
_ASKING_A_RUN = frozenset({"is_me", "has_me", "today", "before_today", "after_today"})


class AnswerCondition(Condition):
    """One row: of the answer, nothing else."""

    roots: ClassVar[tuple[str, ...]] = ("response",)

    @classmethod
    def _check(cls, source: str, info: ValidationInfo) -> None:
        for name in parsed(source).references:
            if name.partition(".")[0] != "response":
                sentence = _(
                    "[%(name)s] does not exist. Use [response.status], [response.headers.<Name>], "
                    "[response.body] or [response.body.<path>]."
                )
                raise flaw(sentence % {"name": name})


class AnswerConditions(ConditionGroup):
    """Conditions of which all or any must hold of an answer."""

    items: tuple[
        Annotated[
            Annotated[AnswerCondition, Tag("condition")]
            | Annotated["AnswerConditions", Tag("group")],
            Discriminator(kind_of_part),
        ],
        ...,
    ] = Field((), max_length=MAX_ITEMS)


def flaws(raw: Any) -> Iterator[Flaw]:
    """Yield what is wrong with conditions, each at its place in them."""
    try:
        AnswerConditions.model_validate(raw)
    except ValidationError as error:
        yield from flaws_of(error, raw, model=AnswerConditions)


def operators() -> list[tuple[str, str]]:
    """Return the operators that may be chosen, and their words."""
    return [
        (name, _(operator.words))
        for name, operator in OPERATORS.items()
        if name not in _ASKING_A_RUN
    ]


def in_words(raw: Mapping[str, Any]) -> str:
    """Return conditions as a sentence."""
    return _parsed(json.dumps(raw, sort_keys=True)).in_words()


def references(raw: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the names that conditions ask for, such as `response.status`."""
    return _parsed(json.dumps(raw, sort_keys=True)).references()


def hold(raw: Mapping[str, Any], answer: ReadAnswer, names: Mapping[str, str]) -> bool:
    """Tell whether conditions hold of an answer; what cannot be told does not hold."""
    read = Answer(answer.status, answer.headers, from_json(answer.body), names)

    def resolve(name: str) -> Value:
        return read.at(name)

    try:
        conditions = _parsed(json.dumps(raw, sort_keys=True))
        return conditions.holds(resolve, today_in(timezone.now(), "UTC"))
    except ValueFailure:
        return False


@lru_cache(maxsize=256)
def _parsed(text: str) -> AnswerConditions:
    return AnswerConditions.model_validate_json(text)
