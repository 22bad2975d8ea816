"""Rules read as sentences: what a rule does, when, and what happens when it fails.

Each line is a list of parts (text, whether it is the name of something), which templates mark.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from django.utils.translation import gettext as _
from pydantic import ValidationError

from processes.checks import Catalog
from processes.rules import Rule, rules
from processes.rules.base import CallingRule
from processes.rules.find_items import BUILT_IN
from processes.rules.set_form_field import SetFormField

_REFERENCE = re.compile(r"\[([A-Za-z][A-Za-z0-9_]*)\]")
_NAMED = 2  # How many fields a sentence names before it counts the others.


class Part(NamedTuple):
    """A piece of a sentence; a reference is the title of a field, form, method or process."""

    text: str
    is_ref: bool = False


Line = list[Part]


class Said(NamedTuple):
    """What the list says of a rule."""

    line: Line
    more: Line
    finished: bool


class Teller:
    """Puts rules into words with the titles of what they name."""

    def __init__(self, titles: Mapping[str, str], catalog: Catalog) -> None:
        """Take the titles of forms and fields, and what exists outside the design."""
        self._titles = titles
        self._catalog = catalog

    def say(self, raw: Mapping[str, Any]) -> Said:
        """Return a rule in words; one that is not complete yet says so."""
        try:
            rule = rules.parse(dict(raw))
        except ValidationError:
            return Said([Part(_("Not complete yet. Open it to fill it in."))], [], finished=False)
        return Said(self._line(rule, raw), [*self._when(rule), *self._then(rule)], finished=True)

    def _line(self, rule: Rule, raw: Mapping[str, Any]) -> Line:
        if isinstance(rule, SetFormField):
            return self._assignments(rule)
        if isinstance(rule, CallingRule) and rule.datasource != BUILT_IN:
            return self._call(rule)
        return self._marked(rule.sentence(), set(_names_in(raw)) & set(self._titles))

    def _assignments(self, rule: SetFormField) -> Line:
        line = [Part(_("Set "))]
        for number, row in enumerate(rule.assignments):
            if number:
                line.append(Part(_(" and ")))
            line += [self._ref(row.field), Part(_(" to "))]
            line += self._marked(row.value, set()) if row.value else [Part(_("empty"))]
        return line

    def _call(self, rule: CallingRule) -> Line:
        source = self._catalog.datasource(rule.datasource)
        method = source.method(rule.method) if source else None
        count = len(rule.input_mapping)
        values = _(" with 1 value") if count == 1 else _(" with %(n)s values") % {"n": count}
        return [
            Part(_("Call ")),
            Part(method.title if method else rule.method, is_ref=True),
            Part(_(" on ")),
            Part(source.title if source else rule.datasource, is_ref=True),
            Part(values if count else ""),
        ]

    def _when(self, rule: Rule) -> Line:
        if rule.conditions is None or not rule.conditions.items:
            return []
        words = rule.conditions.in_words(self._titles)
        return [Part(_("Only when %(words)s. ") % {"words": words})]

    def _then(self, rule: Rule) -> Line:
        if not isinstance(rule, CallingRule):
            return []
        line: Line = []
        if rule.on_success:
            line += [Part(_("If it succeeds, set ")), *self._some(r.field for r in rule.on_success)]
            line.append(Part(". "))
        line.append(Part(_("If it fails, ")))
        if rule.on_error:
            line += [Part(_("set ")), *self._some(row.field for row in rule.on_error), Part(", ")]
        ends = {
            "stop": _("stop; nothing unsaved is stored."),
            "undo": _("drop unsaved changes, stop."),
            "continue": _("go on with the next rule."),
        }
        return [*line, Part(ends[rule.failure_mode])]

    def _some(self, names: Iterator[str]) -> Line:
        known = list(names)
        line: Line = []
        for number, name in enumerate(known[:_NAMED]):
            last = number == len(known) - 1
            line += [Part(_(" and ") if last else ", ")] if number else []
            line.append(self._ref(name))
        rest = len(known) - _NAMED
        return [*line, Part(_(" and %(n)s more") % {"n": rest})] if rest > 0 else line

    def _ref(self, name: str) -> Part:
        return Part(self._titles.get(name, name), is_ref=True)

    def _marked(self, text: str, names: set[str]) -> Line:
        """Cut a sentence at the names it holds: `[name]` anywhere, the bare ones of `names`."""
        bare = "|".join(re.escape(name) for name in sorted(names, key=len, reverse=True))
        pattern = rf"{_REFERENCE.pattern}|(?<![\w\[])({bare})(?![\w\]])" if bare else _REFERENCE
        line: Line = []
        at = 0
        for match in re.finditer(pattern, text):
            name = next(one for one in match.groups() if one)
            if name not in self._titles:
                continue
            line += [Part(text[at : match.start()]), self._ref(name)]
            at = match.end()
        return [part for part in [*line, Part(text[at:])] if part.text]


def _names_in(raw: Any) -> Iterator[str]:
    """Yield every text of a rule's settings that may be a name; titles and texts are no harm."""
    if isinstance(raw, str):
        yield raw
    elif isinstance(raw, Mapping):
        for key, value in raw.items():
            if key not in {"title", "id", "type", "value"}:
                yield from _names_in(value)
    elif isinstance(raw, list):
        for value in raw:
            yield from _names_in(value)
