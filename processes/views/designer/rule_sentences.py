"""Rules read as sentences: what a rule does, when, and what happens when it fails.

Each line is a list of parts (text, whether it is the name of something), which templates mark.
"""

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from django.utils.translation import gettext as _
from pydantic import ValidationError

from processes.definition.checks import Catalog
from processes.language.labels import called_by
from processes.language.mappings import Assignment
from processes.rules import rules
from processes.rules.base import OutwardRule, Rule
from processes.rules.instances import process_setting
from processes.rules.ports import Ref

# `[name]` inside a text, and what stands for the names that a rule's settings hold.
_NAMED_HERE = re.compile(r"\[([A-Za-z][A-Za-z0-9_]*(?:\.[a-z][a-z0-9_]*)?)\]|zref(\d+)z")
# Texts of a rule that are no names, whatever they say.
_NO_NAMES = frozenset({"id", "type", "title", "value", "message"})
_NAMED = 2  # How many fields a sentence names before it counts the others.


class SentencePart(NamedTuple):
    """A piece of a sentence; a reference is the title of a field, form, method or process."""

    text: str
    is_ref: bool = False


SentenceParts = list[SentencePart]


class Said(NamedTuple):
    """What the list says of a rule."""

    line: SentenceParts
    more: SentenceParts
    finished: bool


class Teller:
    """Puts rules into words with the titles of what they name."""

    def __init__(self, titles: Mapping[str, str], catalog: Catalog) -> None:
        """Take the titles of forms and fields, and what exists outside the design."""
        self._titles = dict(titles)
        self._catalog = catalog

    def say(self, raw: Mapping[str, Any]) -> Said:
        """Return a rule in words; one that is not complete yet says so."""
        try:
            rule = rules.parse(dict(raw))
        except ValidationError:
            return Said(
                [SentencePart(_("Not complete yet. Open it to fill it in."))], [], finished=False
            )
        more = [*self._when(rule), *self._otherwise(raw), *self._then(rule)]
        return Said(self._line(rule, raw), more, finished=True)

    def _line(self, rule: Rule, raw: Mapping[str, Any]) -> SentenceParts:
        if rows := rule.assignments_shown():
            return self._assignments(rows)
        if isinstance(rule, OutwardRule):
            for ref in rule.refers():
                if ref.datasource:
                    return self._call(rule, ref)
        return self._sentence(raw)

    def _sentence(self, raw: Mapping[str, Any]) -> SentenceParts:
        """Return what the rule says of itself, with the names in it marked by their titles.

        A name is known by its place among the settings, not by how it is spelt: a field may be
        called `form`. So the sentence is told with other words in their places.
        """
        names: list[str] = []
        known = {*self._titles, *self._processes(raw)}
        try:
            told = rules.parse(_coded(dict(raw), known, names)).sentence()
        except ValidationError:
            told = rules.parse(dict(raw)).sentence()
        return self._marked(told, names, self._titles | self._processes(raw))

    def _processes(self, raw: Mapping[str, Any]) -> dict[str, str]:
        name = raw.get(process_setting(raw))
        found = self._catalog.process(name) if isinstance(name, str) else None
        return {found.name: found.title} if found is not None else {}

    def _otherwise(self, raw: Mapping[str, Any]) -> SentenceParts:
        if not raw.get("opposite") or not isinstance(raw["opposite"], list):
            return []
        other = self._sentence({**raw, "changes": raw["opposite"], "opposite": []})
        first = other[0]
        lower = SentencePart(first.text[:1].lower() + first.text[1:], first.is_ref)
        return [SentencePart(_("Otherwise ")), lower, *other[1:], SentencePart(". ")]

    def _assignments(self, rows: Sequence[Assignment]) -> SentenceParts:
        line = [SentencePart(_("Set "))]
        for number, row in enumerate(rows):
            if number:
                line.append(SentencePart(_(" and ")))
            line += [self._ref(row.field), SentencePart(_(" to "))]
            value = self._marked(row.value, [], self._titles)
            line += value if row.value else [SentencePart(_("empty"))]
        return line

    def _call(self, rule: OutwardRule, ref: Ref) -> SentenceParts:
        source = self._catalog.datasource(ref.datasource)
        method = source.method(ref.method) if source else None
        count = len(rule.input_mapping)
        values = _(" with 1 value") if count == 1 else _(" with %(n)s values") % {"n": count}
        return [
            SentencePart(_("Call ")),
            SentencePart(method.title if method else ref.method, is_ref=True),
            SentencePart(_(" on ")),
            SentencePart(source.title if source else ref.datasource, is_ref=True),
            SentencePart(values if count else ""),
        ]

    def _when(self, rule: Rule) -> SentenceParts:
        if rule.conditions is None or not rule.conditions.items:
            return []
        words = rule.conditions.in_words(self._titles)
        return [SentencePart(_("Only when %(words)s. ") % {"words": words})]

    def _then(self, rule: Rule) -> SentenceParts:
        if not isinstance(rule, OutwardRule):
            return []
        line: SentenceParts = []
        if rule.on_success:
            line += [
                SentencePart(_("If it succeeds, set ")),
                *self._some(r.field for r in rule.on_success),
            ]
            line.append(SentencePart(". "))
        line.append(SentencePart(_("If it fails, ")))
        if rule.on_error:
            line += [
                SentencePart(_("set ")),
                *self._some(row.field for row in rule.on_error),
                SentencePart(", "),
            ]
        ends = {
            "stop": _("stop; nothing unsaved is stored."),
            "undo": _("drop unsaved changes, stop."),
            "continue": _("continue with the next rule."),
        }
        return [*line, SentencePart(ends[rule.failure_mode])]

    def _some(self, names: Iterator[str]) -> SentenceParts:
        known = list(names)
        line: SentenceParts = []
        for number, name in enumerate(known[:_NAMED]):
            last = number == len(known) - 1
            line += [SentencePart(_(" and ") if last else ", ")] if number else []
            line.append(self._ref(name))
        rest = len(known) - _NAMED
        return [*line, SentencePart(_(" and %(n)s more") % {"n": rest})] if rest > 0 else line

    def _ref(self, name: str) -> SentencePart:
        return SentencePart(self._titles.get(name, name), is_ref=True)

    def _marked(self, text: str, names: list[str], titles: Mapping[str, str]) -> SentenceParts:
        """Cut a sentence at the names in it: `[name]`, and what stands for those of `names`."""
        line: SentenceParts = []
        at = 0
        for match in _NAMED_HERE.finditer(text):
            number = int(match[2]) if match[2] else len(names)
            name = names[number] if number < len(names) else match[1]
            if name.partition(".")[0] not in titles:
                continue
            line += [
                SentencePart(text[at : match.start()]),
                SentencePart(called_by(name, titles), is_ref=True),
            ]
            at = match.end()
        return [part for part in [*line, SentencePart(text[at:])] if part.text]


def _coded(raw: Any, known: Collection[str], names: list[str]) -> Any:
    """Return settings with other words in the places of known names, which are noted."""
    if isinstance(raw, str) and raw in known:
        names.append(raw)
        return f"zref{len(names) - 1}z"
    if isinstance(raw, list):
        return [_coded(one, known, names) for one in raw]
    if isinstance(raw, dict):
        return {
            key: value if key in _NO_NAMES else _coded(value, known, names)
            for key, value in raw.items()
        }
    return raw
