"""What the rules of one run may do: the implementation of `processes.rules.base.Context`."""

import secrets
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import tzinfo
from typing import Any, cast

from kianda.lib.i18n import gettext as _
from kianda.lib.masking import Masker
from kianda.lib.secret_names import MASK
from processes.engine.context_forms import FormsScope, RunForms
from processes.engine.context_rows import run_rows
from processes.engine.ports import Call, Checkpoints, Query, Surroundings, World
from processes.engine.run_values import Changes, RunValues
from processes.engine.runner import Outcome
from processes.engine.trace import RunTrace
from processes.fields.base import value_read_out
from processes.fields.files import FilesField
from processes.fields.table import may_name_people
from processes.language.conditions import ConditionGroup
from processes.language.expressions import Template
from processes.language.people import inside
from processes.language.values import Value, as_text, files_in, to_json
from processes.rules.base import Answer, Rule, RuleFailed
from processes.rules.ports import (
    LINKS_AT,
    FormLinkTerms,
    Forms,
    InstanceAct,
    Item,
    Mail,
    PeopleQuery,
    PersonAct,
)

__all__ = ["RunContext", "Surroundings"]

# Nobody guesses a token of this length.
TOKEN_BYTES = 24


@dataclass
class RunContext:
    """The working copy of one run and the ports to the world."""

    working: RunValues
    surroundings: Surroundings
    checkpoints: Checkpoints
    world: World
    masker: Masker
    trace: RunTrace
    last_position: int
    found_secrets: list[str] = field(default_factory=list)
    # The names of the secret fields of the instances that were found last.
    item_secrets: frozenset[str] = frozenset()
    # Values whose commit is joined with the closing one, because no rule follows.
    pending: dict[str, Value] | None = None
    forms_scope: FormsScope | None = None
    # What the page is to do after the run: form, mode, leave.
    page: dict[str, Any] = field(default_factory=dict)
    outcome: Outcome = field(default_factory=Outcome)

    @property
    def forms(self) -> Forms:
        """Return what may be done with the forms of the instance."""
        if self.forms_scope is None:
            raise RuleFailed("configuration", _("There are no forms here."))
        return RunForms(self, self.forms_scope)

    @property
    def today(self) -> str:
        """Return the day of the run in its time zone, `2026-11-23`."""
        return self.surroundings.today

    @property
    def zone(self) -> tzinfo:
        """Return the time zone of the run."""
        return self.surroundings.zone

    @property
    def seconds_left(self) -> float:
        """Return what is left of the run's deadline."""
        return self.surroundings.deadline - time.monotonic()

    def resolve(self, name: str) -> Value:
        """Return the value of a field, or of `process.* user.* now today`."""
        table, _dot, column = name.partition(".")
        if table == "row":
            value = self.working.cell(column)
        elif name in self.working.values:
            value = self.working.values[name]
            if self.working.is_secret(name):
                self.masker.add(value)
        elif name in self.surroundings.names:
            value = self.surroundings.names[name]
        elif table in self.working.values:
            value = inside(self.working.values[table], column)
        else:
            words = _("There is no field or name %(name)s.") % {"name": name}
            raise RuleFailed("configuration", words)
        self.trace.reads(name, value)
        return value

    def read_out(self, name: str) -> Value:
        """Return a value as its field shows it to people; moments stay as they are stored."""
        row = self.working.row[0] if self.working.row else ""
        people = may_name_people(self.working.fields, name, row=row)
        return value_read_out(self.working.field(name), self.resolve(name), people=people)

    def is_secret(self, name: str) -> bool:
        """Tell whether the field is a secret one."""
        return self.working.is_secret(name)

    def is_secret_of_item(self, name: str) -> bool:
        """Tell whether it is a secret field of the instances that were found last."""
        return name.partition(".")[0] in self.item_secrets

    def masked(self, failure: RuleFailed) -> RuleFailed:
        """Return a failure whose sentences hold no secret that the run has read or received."""
        mask = self.masker.text
        return RuleFailed(
            failure.kind,
            mask(failure.message),
            failure.status,
            answer=failure.answer,
            fields={place: mask(sentence) for place, sentence in failure.fields.items()},
        )

    def assign(self, field: str, value: Value) -> None:
        """Set one field of the working copy."""
        self.assign_all([(field, value)])

    def assign_all(self, changes: Changes) -> None:
        """Set several fields of the working copy: all or none."""
        self.working.change(self._checked(changes))

    def must_take(self, field: str, value: Value) -> None:
        """Raise RuleFailed for a value that does not fit the field; nothing is changed."""
        self.working.converted([(field, value)])

    def alert(self, *, to: Sequence[str], title: str, text: str) -> None:
        """Tell people, given as refs, with what is stored next; a run that fails tells nobody."""
        told = {"to": list(to), "title": self.masker.text(title), "text": self.masker.text(text)}
        self.working.alerts.append(told)

    def mail(self, mail: Mail) -> None:
        """Send an email with what is stored next; raises RuleFailed when nobody would get it."""
        mask = self.masker.text
        subject, body = (
            tuple((mask(text), is_value) for text, is_value in pieces)
            for pieces in (mail.subject, mail.body)
        )
        meeting = mail.meeting and replace(mail.meeting, location=mask(mail.meeting.location))
        masked = replace(mail, subject=subject, body=body, meeting=meeting)
        letter = self.world.mail(masked, self)
        if letter is not None:
            self.working.letters.append(dict(letter))

    def link(self, terms: FormLinkTerms) -> str:
        """Return the address of a new link to a form, which is made with what is stored next."""
        token = secrets.token_urlsafe(TOKEN_BYTES)
        self.working.links.append({**asdict(terms), "token": token})
        return f"{self.surroundings.address}{LINKS_AT}{token}/"

    def note(self, sentence: str) -> None:
        """Note something about the step under way, which goes on."""
        if (step := self.trace.current) is not None:
            step.note(f"{step.reason} {sentence}".strip())

    def accept(self, changes: Changes) -> None:
        """Set what a successful call brought, and make it durable at once."""
        self.working.accept(self._checked(changes), cells=self._cells_of(changes))
        self.checkpoints.after_call(self)

    def _cells_of(self, changes: Changes) -> list[str]:
        """Return the columns that are set in the row under way, unless its whole table is."""
        names = [name for name, _ in changes]
        if self.working.row and self.working.row[0] in names:
            return []
        return [name.removeprefix("row.") for name in names if name.startswith("row.")]

    def _checked(self, changes: Changes) -> dict[str, Value]:
        converted = self.working.converted(changes)
        for name, value in converted.items():
            if isinstance(self.working.fields[name], FilesField):
                converted[name] = self._known_files(name, value)
                self._refuse_files(name, converted[name])
            elif self.working.is_secret(name):
                self.masker.add(value)
            elif self._holds_found_secret(value):
                words = _(
                    "A secret of another process was mapped into the field %(name)s, which is "
                    "not secret. Map it into a secret field."
                )
                raise RuleFailed("configuration", words % {"name": name})
        return converted

    def _refuse_files(self, name: str, value: Value) -> None:
        """Raise RuleFailed for a file that the field would take from nobody; what it has stays."""
        field = cast(FilesField, self.working.fields[name])
        kept = [one["id"] for one in files_in(self.working.values.get(name))]
        for one in files_in(value):
            refusal = field.refusal(one["name"], one["size"], one["media_type"])
            if refusal and one["id"] not in kept:
                raise RuleFailed("value", f"{field.title}: {refusal}")

    def _known_files(self, name: str, value: Value) -> Value:
        """Return files as they are known: an answer may claim anything of any file."""
        target = cast(FilesField, self.working.fields[name])
        known = [
            other
            for other, field in self.working.fields.items()
            if isinstance(field, FilesField) and target.takes_files_of(field)
        ]
        held = [
            one
            for values in (self.working.values, self.working.stored)
            for other in known
            for one in files_in(values.get(other))
        ]
        if all(one in held for one in files_in(value)):
            return value
        return self.world.files(target, value)

    def _holds_found_secret(self, value: Value) -> bool:
        if not self.found_secrets:
            return False
        text = as_text(value)
        return any(
            text == secret or (len(secret) >= Masker.SHORTEST_INSIDE and secret in text)
            for secret in self.found_secrets
        )

    def call(self, *, datasource: str, method: str, inputs: Mapping[str, Value]) -> Answer:
        """Call a REST method; the intent is durable before anything is sent."""
        seconds = self.seconds_left
        if seconds <= 0:
            raise RuleFailed("timeout", _("The run has used up its time; the call was not sent."))

        try:
            answer = self.world.call(Call(datasource, method, inputs, seconds), self)
        except RuleFailed as failure:
            if failure.answer is not None:
                self._answered(failure.answer)
            raise
        self._answered(answer)
        return answer

    def _answered(self, answer: Answer) -> None:
        step = self.trace.current
        if step is None:
            return
        step.response = {
            "status": answer.status,
            "headers": dict(answer.headers),
            "body": to_json(answer.body),
            **({"bytes": answer.size} if answer.size else {}),
            **({"attempts": list(answer.attempts)} if answer.attempts else {}),
            **({"pages": list(answer.pages)} if answer.pages else {}),
        }
        self._learn_mapped_secrets(step.rule, answer)

    def _learn_mapped_secrets(self, rule: Rule, answer: Answer) -> None:
        """Mask the places of an answer that are mapped into secret fields, whatever follows."""
        for row in getattr(rule, "on_success", ()):
            if not self.working.is_secret(row.field):
                continue
            for name in Template.parse(row.value).references:
                self.masker.add(answer.at(name))

    def find(
        self, *, process: str, filter: ConditionGroup, limit: int
    ) -> list[Mapping[str, Value]]:
        """Return stored instances of a process that the run's person may see."""
        items, secret_names = self.world.find(Query(process, filter, limit), self)
        self.learn_secrets(items, secret_names)
        return items

    def find_people(self, query: PeopleQuery) -> list[Item]:
        """Return people, and what is wanted of each."""
        return self.world.find_people(query)

    def act(self, act: InstanceAct | PersonAct) -> Sequence[Item]:
        """Do something in other instances, or to a person; what came of it stands in the trace."""
        if self.seconds_left <= 0:
            words = _("The run has used up its time; nothing was done elsewhere.")
            raise RuleFailed("timeout", words)
        items, secrets = self.world.act(act, self)
        self.learn_secrets(items, secrets)
        if self.trace.current is not None:
            self.trace.current.response = _answer(items, secrets)
        return items

    def show_request(self, shown: Mapping[str, Any], secrets: Iterable[str] = ()) -> None:
        """Note in the trace what is asked of the world; the secrets in it are masked from now."""
        for secret in secrets:
            self.masker.add(secret)
        if self.trace.current is not None:
            self.trace.current.request = shown

    def intend(self, shown: Mapping[str, Any], secrets: Iterable[str] = ()) -> None:
        """Note it, and make it durable: right before it is sent."""
        self.show_request(shown, secrets)
        self.checkpoints.before_call(self)

    def learn_secrets(self, items: Sequence[Mapping[str, Value]], names: frozenset[str]) -> None:
        """Mask the secrets of other instances, and keep them out of fields that are none."""
        self.item_secrets = names
        for item in items:
            for name in names:
                value = item.get(name)
                if isinstance(value, str) and value:
                    self.masker.add(value)
                    self.found_secrets.append(value)

    def each_row(self, table: str, rules: Sequence[Rule], *, go_on: bool) -> None:
        """Run rules for each row of a table; `go_on` passes over a row that fails."""
        run_rows(self, table, rules, go_on=go_on)

    def save(self) -> None:
        """Store the working copy. The commit of a last rule is joined with the closing one."""
        if self.working.deleted_by:
            # Nothing of it is left to be shown.
            self.page["leave"] = True
        if self.trace.place() == [[0, self.last_position]]:
            self.pending = dict(self.working.values)
            return
        self.checkpoints.save(self, self.working.values)
        self.working.kept(self.working.values)

    def undo(self) -> None:
        """Put the working copy back to the last safe point."""
        self.working.undo()

    def store_undo(self, changes: Changes) -> None:
        """Apply on-error values and store them, with what calls brought before.

        The run ends with this, so the closing commit carries them: both or neither.
        """
        converted = self._checked(changes)
        self.working.change(converted)
        self.pending = self.working.to_store_on_undo(converted, cells=self._cells_of(changes))


def _answer(items: Sequence[Item], secrets: frozenset[str]) -> dict[str, Any]:
    """Return what came of it for the trace: the first item, and the Process IDs of all."""
    if not items:
        return {"status": None, "headers": {}, "body": None}
    first = {
        name: (MASK if value else "") if name in secrets else to_json(value)
        for name, value in items[0].items()
    }
    body = {**first, "instances": [to_json(item.get("process.id")) for item in items[:100]]}
    return {"status": None, "headers": {}, "body": body if len(items) > 1 else first}
