"""Stand-ins for what a rule talks to: a run's context, its trace, a catalog, all in memory."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC
from typing import Any

from datasources.rest.document import RestDatasource
from processes.definition.document import Document
from processes.fields.base import value_read_out
from processes.language.conditions import ConditionGroup
from processes.language.mappings import scope
from processes.language.values import Value, from_json
from processes.rules.base import Answer, Rule, RuleFailed
from processes.rules.ports import (
    DisplayPart,
    FormLinkTerms,
    InstanceAct,
    Mail,
    PeopleQuery,
    PersonAct,
)
from tests.processes.definitions import TOKEN_SERVICE

Changes = Sequence[tuple[str, Value]]


class FakeContext:
    """Holds values as a run does: a working copy, a safe point, what is stored, what was called."""

    today = "2026-11-23"
    zone = UTC

    def __init__(
        self,
        values: Mapping[str, Value] | None = None,
        *,
        answers: Sequence[Answer | RuleFailed] = (),
        items: Sequence[Mapping[str, Value]] = (),
        people: Sequence[Mapping[str, Value]] = (),
        refused: Sequence[str] = (),
        secrets: Sequence[str] = (),
    ) -> None:
        self.values: dict[str, Value] = dict(values or {})
        self.safe = dict(self.values)
        self.stored = dict(self.values)
        self.mapped: dict[str, Value] = {}
        self.answers = list(answers)
        self.items = list(items)
        # Fields that take no value at all, as a number takes no word.
        self.refused = set(refused)
        self.calls: list[tuple[str, str, dict[str, Value]]] = []
        self.events: list[str] = []
        self.secrets = set(secrets)
        self.forms = FakeForms()
        # What rules asked of other instances; the items it was given come back.
        self.acts: list[InstanceAct | PersonAct] = []
        # Whom it finds, whatever it is asked, and what it was asked.
        self.people = list(people)
        self.queries: list[PeopleQuery] = []
        self.rows: list[tuple[str, list[str], bool]] = []
        self.notes: list[str] = []
        self.alerts: list[tuple[list[str], str, str]] = []
        self.links: list[FormLinkTerms] = []
        self.mails: list[Mail] = []

    def each_row(self, table: str, rules: Sequence[Rule], *, go_on: bool) -> None:
        self.rows.append((table, [rule.id for rule in rules], go_on))

    def resolve(self, name: str) -> Value:
        facts: dict[str, Value] = {"process.id": "p-1", "today": self.today}
        if name in self.values:
            return self.values[name]
        if name in facts:
            return facts[name]
        raise RuleFailed("configuration", f"There is no field or name {name}.")

    def read_out(self, name: str) -> Value:
        return value_read_out(None, self.resolve(name), people=True)

    def is_secret(self, name: str) -> bool:
        return name in self.secrets

    def is_secret_of_item(self, name: str) -> bool:
        return False

    def masked(self, failure: RuleFailed) -> RuleFailed:
        return failure

    def assign(self, field: str, value: Value) -> None:
        self.assign_all([(field, value)])

    def assign_all(self, changes: Changes) -> None:
        self.values.update(self._checked(changes))

    def _checked(self, changes: Changes) -> dict[str, Value]:
        for field, _ in changes:
            if field in self.refused:
                raise RuleFailed("value", f"{field} does not take this.")
        return {field: "" if value is None else value for field, value in changes}

    def must_take(self, field: str, value: Value) -> None:
        self._checked([(field, value)])

    def alert(self, *, to: Sequence[str], title: str, text: str) -> None:
        self.alerts.append((list(to), title, text))

    def mail(self, mail: Mail) -> None:
        self.mails.append(mail)

    def link(self, terms: FormLinkTerms) -> str:
        self.links.append(terms)
        return f"http://kianda.test/f/{len(self.links)}/"

    def note(self, sentence: str) -> None:
        self.notes.append(sentence)

    def call(self, *, datasource: str, method: str, inputs: Mapping[str, Value]) -> Answer:
        self.calls.append((datasource, method, dict(inputs)))
        answer = self.answers.pop(0)
        if isinstance(answer, RuleFailed):
            raise answer
        return answer

    def accept(self, changes: Changes) -> None:
        checked = self._checked(changes)
        self.values.update(checked)
        self.mapped.update(checked)
        self.safe = dict(self.values)
        self.events.append("accept")

    def find(
        self, *, process: str, filter: ConditionGroup, limit: int
    ) -> list[Mapping[str, Value]]:
        found = [
            item for item in self.items if filter.holds(scope(self.resolve, item=item), self.today)
        ]
        self.events.append(f"find {process}")
        return found[:limit]

    def find_people(self, query: PeopleQuery) -> list[Mapping[str, Value]]:
        self.queries.append(query)
        return self.people[: query.most]

    def act(self, act: InstanceAct | PersonAct) -> Sequence[Mapping[str, Value]]:
        self.acts.append(act)
        return self.items

    def save(self) -> None:
        self.stored = dict(self.values)
        self.safe = dict(self.values)
        self.mapped = {}
        self.events.append("save")

    def undo(self) -> None:
        self.values = dict(self.safe)
        self.events.append("undo")

    def store_undo(self, changes: Changes) -> None:
        checked = self._checked(changes)
        self.values.update(checked)
        self.stored = {**self.stored, **self.mapped, **checked}
        self.events.append("store_undo")


class FakeForms:
    """Remembers what rules did with the forms of their instance."""

    def __init__(self) -> None:
        self.done: list[tuple[Any, ...]] = []
        self.display: dict[tuple[str, str], bool] = {}
        # What stands in containers and forms; a field holds its own value.
        self.inside: dict[str, list[str]] = {}

    def submit(self, form: str, *, status: str) -> None:
        self.done.append(("submit", form, status))

    def close(self, *, status: str) -> None:
        self.done.append(("close", status))

    def delete(self) -> None:
        self.done.append(("delete",))

    def go_to(self, form: str, *, mode: str, make_current: bool, note: str = "") -> None:
        self.done.append(("go_to", form, mode, make_current, *([note] if note else [])))

    def assign(
        self, forms: Sequence[str], *, users: Sequence[str], groups: Sequence[str],
        append: bool, opens: bool,
    ) -> None:  # fmt: skip
        self.done.append(("assign", list(forms), list(users), list(groups), append, opens))

    def secure(self, lists: Mapping[str, Sequence[str]], *, append: bool) -> None:
        self.done.append(("secure", {name: list(refs) for name, refs in lists.items()}, append))

    def show(self, name: str, part: DisplayPart, *, value: bool) -> None:
        self.display[name, part] = value

    def shows(self, name: str, part: DisplayPart) -> bool:
        return self.display.get((name, part), part != "required")

    def show_as(self, name: str, mode: str) -> None:
        self.done.append(("show_as", name, mode))

    def holders(self, name: str) -> list[str]:
        return self.inside.get(name, [name])


class FakeRecord:
    """Remembers what became of one step."""

    def __init__(self, rule: Rule) -> None:
        self.goes_on_at: tuple[int, int] | None = None
        self.rule = rule
        self.status = "succeeded"
        self.reason = ""
        self.failure: RuleFailed | None = None

    def fail(self, failure: RuleFailed) -> None:
        self.status, self.failure = "failed", failure

    def skip(self, reason: str) -> None:
        self.status, self.reason = "skipped", reason

    def note(self, reason: str) -> None:
        self.reason = reason


class FakeTrace:
    """Remembers the steps of a run."""

    def __init__(self) -> None:
        self.records: dict[int, FakeRecord] = {}

    @contextmanager
    def step(self, position: int, rule: Rule) -> Iterator[FakeRecord]:
        record = self.records[position] = FakeRecord(rule)
        yield record

    def skipped(self, position: int, rule: Rule, reason: str) -> None:
        record = self.records[position] = FakeRecord(rule)
        record.skip(reason)

    @property
    def statuses(self) -> list[str]:
        return [record.status for _, record in sorted(self.records.items())]

    @property
    def reasons(self) -> list[str]:
        return [record.reason for _, record in sorted(self.records.items())]


def answer(body: Any = None, *, status: int = 200, **headers: str) -> Answer:
    """Make the answer of a call from a JSON value."""
    return Answer(status, headers, from_json(body))


class Nothing:
    """A catalog where nothing exists."""

    def datasource(self, name: str) -> None:
        """Return nothing."""

    def process(self, name: str) -> None:
        """Return nothing."""

    def unknown_users(self, names: Iterable[str]) -> set[str]:
        """Return them all."""
        return set(names)

    def unknown_groups(self, names: Iterable[str]) -> set[str]:
        """Return them all."""
        return set(names)

    def unassignable(
        self, *, people: Iterable[str], groups: Iterable[str]
    ) -> tuple[set[str], set[str]]:
        """Return none."""
        return self.unknown_users(people), self.unknown_groups(groups)


class FakeCatalog(Nothing):
    """Knows the contract's datasource, some processes, Ada and a few groups."""

    GROUPS = ("Buyers", "Finance", "Sales")

    def __init__(self, *documents: Document, sources: bool = True) -> None:
        """Take the processes, and whether there is the datasource."""
        self.documents = {document.name: document for document in documents}
        known = [RestDatasource.model_validate(TOKEN_SERVICE)] if sources else []
        self.sources = {source.name: source for source in known}

    def datasource(self, name: str) -> RestDatasource | None:  # type: ignore[override]
        """Return the one that it knows."""
        return self.sources.get(name)

    def process(self, name: str) -> Document | None:  # type: ignore[override]
        """Return one that it knows."""
        return self.documents.get(name)

    def unknown_users(self, names: Iterable[str]) -> set[str]:
        """Return all but Ada."""
        return set(names) - {"ada"}

    def unknown_groups(self, names: Iterable[str]) -> set[str]:
        """Return those that it does not know."""
        return set(names) - {*self.GROUPS}
