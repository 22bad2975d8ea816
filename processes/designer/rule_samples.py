"""The values that a rule would move now: of the newest instance, and of the last answer it got.

Traces are masked where they are written, and what refers to a secret is never evaluated here.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.contrib.auth.models import User
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from datasources.rest.document import RestMethod
from kianda.accounts.services.person_data import PersonValues
from kianda.accounts.services.profiles import zone_of
from kianda.lib.secret_names import MASK
from processes.definition.document import Document
from processes.designer.settings_forms.editor_scope import EditorScope
from processes.designer.settings_forms.expression_preview import NotYet, text_of, type_words
from processes.designer.settings_forms.mapping_rows import NO_SAMPLE, MappingSample
from processes.designer.settings_forms.value_chips import ValueChip, chips_of
from processes.document_cache import document_of
from processes.engine.trace_replay import newest_first
from processes.fields.base import value_read_out
from processes.fields.table import may_name_people
from processes.instances.mail_words import read_out_for
from processes.instances.process_ids import address_of
from processes.language.call_results import Answer
from processes.language.expressions import Template, TemplateError
from processes.language.mappings import item_at
from processes.language.people import inside
from processes.language.timestamps import moment_text, today_in
from processes.language.values import Value, ValueFailure, column_of, from_json, is_blank
from processes.models import ProcessInstance
from processes.record_titles import SeenRecord, learn_names, seen_record
from processes.rights.instance_rights import InstanceRights
from processes.rights.seen import seen_run, seen_values
from processes.running.adapters import item_of
from processes.selectors import DocumentsOfRuns, traces_of, visible_instances

# How many of the newest runs are looked through for an answer of the rule, and how many of the
# newest records are offered to take values from.
NEWEST, MOST_RECORDS = 40, 10


@dataclass(frozen=True)
class NameSample:
    """A name of a text and its value in words; a secret has none to show, nor what is not there."""

    chip: ValueChip
    words: str = ""
    secret: bool = False
    has_value: bool = True


class RuleSamples:
    """Implements `mapping_rows.Samples` for one rule of a process."""

    def __init__(
        self, *, process: str, rule_ids: frozenset[str], user: User, method: RestMethod | None,
        found_in: str = "", loop: str = "", record: str = "",
    ) -> None:  # fmt: skip
        """Take the process, the rules that make the same call, and for whom it is shown.

        `record`: whose values are wanted, where that is not the newest record.
        """
        self._process = process
        self._rule_ids = rule_ids
        self.user = user
        self._method = method
        self._found_in = found_in
        self._loop = loop
        self._record = record

    @cached_property
    def _instance(self) -> tuple[ProcessInstance, Document] | None:
        chosen = self._rows(self._process).filter(key=self._record.lower()).first()
        if chosen is not None:
            return chosen, document_of(chosen.version)
        return self._newest(self._process)

    def _newest(self, process: str) -> tuple[ProcessInstance, Document] | None:
        row = self._rows(process).first()
        return (row, document_of(row.version)) if row is not None else None

    def _rows(self, process: str) -> QuerySet[ProcessInstance]:
        rows = visible_instances(self.user).filter(design__name=process)
        return rows.select_related("version").order_by("-pk")

    @property
    def records(self) -> list[SeenRecord]:
        """Return the records whose values can be shown, the newest first."""
        rows = list(self._rows(self._process)[:MOST_RECORDS])
        learn_names(rows)
        return [seen_record(row, self.user) for row in rows]

    def _seen(self, instance: ProcessInstance, document: Document) -> Mapping[str, Value]:
        """Return an instance as an item, as far as the person sees it."""
        rights = InstanceRights(self.user, instance, document)
        return seen_values(item_of(instance, document), rights)

    @property
    def process_id(self) -> str:
        """Return whose values are shown; nothing when there is no instance."""
        return self._instance[0].process_id if self._instance is not None else ""

    @cached_property
    def _values(self) -> Mapping[str, Value]:
        if self._instance is None:
            return {}
        return {**self._seen(*self._instance), "process.url": address_of(self.process_id)}

    @cached_property
    def _secrets(self) -> frozenset[str]:
        return self._instance[1].secrets if self._instance is not None else frozenset()

    @cached_property
    def _item(self) -> Mapping[str, Value]:
        found = self._newest(self._found_in) if self._found_in else None
        if found is None:
            return {}
        return {
            name: MASK if name in found[1].secrets and value else value
            for name, value in self._seen(*found).items()
        }

    @cached_property
    def _steps(self) -> list[dict[str, Any]]:
        runs, documents = traces_of(self._process, self.user)[:NEWEST], DocumentsOfRuns()
        seen = (seen_run(run, self.user, documents).steps for run in runs)
        return [step for steps in seen for step in self._of_the_rule(steps)]

    def _of_the_rule(self, steps: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
        for step in newest_first(steps):
            if step.get("rule") in self._rule_ids:
                yield step

    @cached_property
    def answer(self) -> Answer | None:
        """Return the last answer that was kept in a trace, secrets masked."""
        for step in self._steps:
            found = step.get("response")
            if isinstance(found, dict) and step.get("status") == "succeeded":
                return self._as_answer(found)
        return None

    def _as_answer(self, response: Mapping[str, Any]) -> Answer:
        status, headers = response.get("status"), response.get("headers")
        return Answer(
            status if isinstance(status, int) else None,
            headers if isinstance(headers, dict) else {},
            from_json(response.get("body")),
            self._method.output_paths() if self._method is not None else {},
        )

    @cached_property
    def _error(self) -> Mapping[str, Value]:
        for step in self._steps:
            if isinstance(step.get("error"), dict):
                return {key: from_json(value) for key, value in step["error"].items()}
        return {}

    def resolve(self, name: str) -> Value:
        """Return what a name stands for now; raises ValueFailure when that is not known."""
        root, _dot, rest = name.partition(".")
        if root == "response" and self.answer is not None:
            return self.answer.at(name)
        if root == "error" and self._error:
            return self._error.get(rest)
        if root == "item" and self._item:
            return item_at(self._item, rest)
        if name in self._secrets:
            raise ValueFailure(_("%(name)s is a secret.") % {"name": name})
        if name in self._values:
            return self._values[name]
        if rest and (root == "row" or root in self._values):
            return self._of_rows(root, rest)
        return self._of_the_moment(name)

    def read_out(self, name: str) -> Value:
        """Return a value as its field shows it to people."""
        fields = self._instance[1].fields if self._instance is not None else {}
        people = may_name_people(fields, name, row=self._loop)
        return value_read_out(fields.get(name), self.resolve(name), people=people)

    def _of_rows(self, table: str, column: str) -> Value:
        """Return a column of a table; of the row that a loop is at, what the first one holds."""
        if table != "row":
            return inside(self._values[table], column)
        first = column_of(self._values.get(self._loop), column)[:1]
        if not first:
            raise NotYet(
                _("row.%(column)s has no value yet: the table has no row.") % {"column": column}
            )
        return first[0]

    def _of_the_moment(self, name: str) -> Value:
        now = timezone.now()
        known: dict[str, Value] = {
            "now": moment_text(now.replace(microsecond=0)),
            "today": today_in(now, str(zone_of(self.user))),
        }
        names: Mapping[str, Value] = PersonValues(known, self.user)
        if name not in names:
            raise NotYet(_("%(name)s has no value yet.") % {"name": name})
        return names[name]

    def names_in(self, source: str, scope: EditorScope) -> list[NameSample]:
        """Return the names that a text takes values from, as people read these."""
        return [self._in_words(chip, scope) for chip in chips_of(source, scope)]

    def _in_words(self, chip: ValueChip, scope: EditorScope) -> NameSample:
        if scope.names.is_secret(chip.name):
            return NameSample(chip, secret=True)
        try:
            value = self.read_out(chip.name)
        except ValueFailure:
            return NameSample(chip, has_value=False)
        write = read_out_for([self.user])
        many = value if isinstance(value, list) else [value]
        words = ", ".join(write(text_of(one)) for one in many)
        return NameSample(chip, words, secret=MASK in words)

    def of(self, control: str, texts: Mapping[str, str], *, secret: bool) -> MappingSample:
        """Return what a row of a mapping would carry."""
        source = texts.get("value", "")
        if not source:
            return NO_SAMPLE
        if secret:
            return MappingSample(secret=True)
        try:
            template = Template.parse(source)
            value = template.evaluate(self.resolve)
        except (TemplateError, ValueFailure):
            return NO_SAMPLE
        if is_blank(value):
            return MappingSample(empty=True)
        text = text_of(value)
        if MASK in text:
            return MappingSample(secret=True)
        return MappingSample(text, type=type_words(value) if template.is_expression else "")


def samples_for(
    document: Mapping[str, Any], rule: Mapping[str, Any], rules: list[Mapping[str, Any]], *,
    user: User, scope: EditorScope, record: str = "",
) -> RuleSamples:  # fmt: skip
    """Return the samples for a rule of a working copy; rules that make the same call count too."""
    call = (rule.get("datasource"), rule.get("method"))
    same = {
        str(one.get("id")) for one in rules
        if call != (None, None) and (one.get("datasource"), one.get("method")) == call
    }  # fmt: skip
    return RuleSamples(
        process=str(document.get("name", "")),
        rule_ids=frozenset({*same, str(rule.get("id"))}),
        user=user,
        method=scope.rest_method,
        found_in=scope.looks_into,
        loop=scope.loop,
        record=record,
    )
