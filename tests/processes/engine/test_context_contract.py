"""What a rule may rely on in its context: in a run, and in the stand-in of the rules' tests."""

import inspect
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC
from typing import Any, NamedTuple

import pytest

from kianda.lib.masking import Masker
from processes.definition.document import parse_document
from processes.engine.context import RunContext, Surroundings
from processes.engine.context_forms import RunForms
from processes.engine.ports import Call, FoundItems, Query, RunState
from processes.engine.run_values import RunValues
from processes.engine.trace import RunTrace
from processes.fields.base import FormField
from processes.language.conditions import ItemFilter
from processes.language.mappings import scope
from processes.language.values import Value
from processes.rules.base import Answer, RuleFailed
from processes.rules.ports import Context, Forms, InstanceAct, Item, Mail, PeopleQuery, PersonAct
from tests.fakes import FakeContext, FakeForms
from tests.processes.definitions import process

FIELDS = (
    {"type": "text", "name": "note"},
    {"type": "number", "name": "count"},
    {"type": "secret", "name": "key"},
)
VALUES: dict[str, Value] = {"note": "first", "count": None, "key": "k"}
ITEMS: list[dict[str, Value]] = [
    {"process.id": "orders-2", "state": "open"},
    {"process.id": "orders-1", "state": "open"},
    {"process.id": "orders-0", "state": "sent"},
]
OK = Answer(200, {}, {"a": "b"})
REFUSED = RuleFailed("http_status", "The shop answered 500.", 500)


class Given(NamedTuple):
    """A context, and what became of the world around it."""

    context: Any
    stored: Callable[[], Mapping[str, Value]]
    acts: Callable[[], Sequence[InstanceAct | PersonAct]]


class InMemory:
    """Implements `Checkpoints` and `World` of a run: what is kept is remembered."""

    def __init__(self) -> None:
        self.stored: dict[str, Value] = dict(VALUES)
        self.acts: list[InstanceAct | PersonAct] = []
        self.answers: list[Answer | RuleFailed] = [OK, REFUSED]

    def check(self) -> None: ...

    def renew(self) -> None: ...

    def before_call(self, context: RunState) -> None: ...

    def after_call(self, context: RunState) -> None: ...

    def save(self, context: RunState, values: Mapping[str, Value]) -> None:
        self.stored = dict(values)

    def call(self, call: Call, run: RunState) -> Answer:
        run.intend({"url": call.method})
        answer = self.answers.pop(0)
        if isinstance(answer, RuleFailed):
            raise answer
        return answer

    def find(self, query: Query, run: RunState) -> FoundItems:
        found = [
            item
            for item in ITEMS
            if query.filter.holds(scope(run.resolve, item=item), run.surroundings.today)
        ]
        return [*found[: query.limit]], frozenset()

    def find_people(self, query: PeopleQuery) -> list[Item]:
        return []

    def files(self, field: FormField, value: Value) -> Value:
        return value

    def mail(self, mail: Mail, run: RunState) -> None: ...

    def act(self, act: InstanceAct | PersonAct, run: RunState) -> FoundItems:
        run.intend(act.shown)
        self.acts.append(act)
        return [*ITEMS], frozenset()


def of_a_run() -> Given:
    document, outside, masker = parse_document(process(*FIELDS)), InMemory(), Masker()
    working = RunValues(document.fields, VALUES, {})
    names: dict[str, Value] = {"process.id": "p-1", "today": "2026-11-23"}
    context = RunContext(
        working=working,
        surroundings=Surroundings(names, "2026-11-23", UTC, time.monotonic() + 60),
        checkpoints=outside,
        world=outside,
        masker=masker,
        trace=RunTrace(working, masker),
        last_position=0,
    )
    # What an ending run stores goes with its closing commit.
    return Given(
        context,
        lambda: outside.stored if context.pending is None else context.pending,
        lambda: outside.acts,
    )


def of_a_rules_test() -> Given:
    context = FakeContext(
        VALUES, answers=[OK, REFUSED], items=ITEMS, refused=["count"], secrets=["key"]
    )
    return Given(context, lambda: context.stored, lambda: context.acts)


@pytest.fixture(params=[of_a_run, of_a_rules_test])
def given(request: pytest.FixtureRequest) -> Given:
    made: Given = request.param()
    return made


@pytest.mark.parametrize(
    ("port", "made"),
    [(Context, RunContext), (Context, FakeContext), (Forms, RunForms), (Forms, FakeForms)],
)
def test_a_rule_can_ask_for_all_that_its_port_names(port: type, made: type) -> None:
    asked = {name: member for name, member in vars(port).items() if inspect.isfunction(member)}
    for name, member in asked.items():
        if not name.startswith("_"):
            wanted = inspect.signature(member).parameters.values()
            had = inspect.signature(getattr(made, name)).parameters.values()
            assert [(o.name, o.kind) for o in had] == [(o.name, o.kind) for o in wanted]


def test_names_stand_for_fields_and_for_what_surrounds_the_run(given: Given) -> None:
    names = ("note", "key", "process.id", "today")
    assert [given.context.resolve(name) for name in names] == ["first", "k", "p-1", "2026-11-23"]
    assert [given.context.is_secret(name) for name in ("note", "key")] == [False, True]
    assert not given.context.is_secret_of_item("state")
    with pytest.raises(RuleFailed, match="There is no field or name nowhere") as failed:
        given.context.resolve("nowhere")
    assert failed.value.kind == "configuration"


def test_changes_are_made_all_or_none(given: Given) -> None:
    with pytest.raises(RuleFailed) as failed:
        given.context.assign_all([("note", "x"), ("count", "many")])
    assert failed.value.kind == "value"
    with pytest.raises(RuleFailed):
        given.context.must_take("count", "many")
    given.context.must_take("note", "y")
    assert given.context.resolve("note") == "first"
    given.context.assign("note", None)
    assert given.context.resolve("note") == ""
    assert given.stored()["note"] == "first"


def test_what_a_call_brought_outlives_an_undo(given: Given) -> None:
    given.context.accept([("key", "new")])
    given.context.assign("note", "later")
    given.context.undo()
    assert (given.context.resolve("note"), given.context.resolve("key")) == ("first", "new")
    assert given.stored() == VALUES


def test_an_undo_goes_back_to_what_was_saved(given: Given) -> None:
    given.context.assign("note", "saved")
    given.context.save()
    given.context.assign("note", "later")
    given.context.undo()
    assert given.context.resolve("note") == given.stored()["note"] == "saved"


def test_a_run_that_ends_with_an_undo_stores_what_calls_brought_and_the_error(
    given: Given,
) -> None:
    given.context.accept([("key", "new")])
    given.context.assign("note", "later")
    given.context.undo()
    given.context.store_undo([("note", "It failed.")])
    assert given.stored() == {"note": "It failed.", "count": None, "key": "new"}


def test_calls_are_answered_in_turn(given: Given) -> None:
    asked = {"datasource": "shop", "method": "get", "inputs": {}}
    assert given.context.call(**asked) is OK
    with pytest.raises(RuleFailed, match="answered 500"):
        given.context.call(**asked)


def test_instances_are_found_by_a_filter_and_acted_on(given: Given) -> None:
    row = {"left": "[item.state]", "operator": "eq", "right": "open"}
    filter = ItemFilter.model_validate({"items": [row]})
    assert given.context.find(process="orders", filter=filter, limit=1) == ITEMS[:1]
    assert given.context.find(process="orders", filter=filter, limit=9) == ITEMS[:2]
    act = InstanceAct("delete", "orders", filter=filter)
    assert list(given.context.act(act)) == ITEMS
    assert given.acts() == [act]
