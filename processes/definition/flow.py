"""The ways of a record from form to form, as its design says them: which button leads where."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from kianda.lib.i18n import gettext as _
from processes.definition.document import Document, Form
from processes.fields.base import walk
from processes.language.conditions import ConditionGroup
from processes.language.expressions import Template
from processes.language.parser import TemplateError
from processes.language.values import ValueFailure
from processes.rules.base import Rule

# Where a way leads that goes to no other form.
THE_END = ""


@dataclass(frozen=True)
class FlowWay:
    """A way on from a form: what leads there, and the status that it sets, where that is fixed.

    `field` is the button; empty for the form's own submission. One that is not sure depends on
    conditions.
    """

    title: str
    field: str
    leads_to: str
    status: str
    is_sure: bool


def first_to_open(document: Document) -> dict[str, str]:
    """Return, by form, the one with which it opens, through others that do; in its turn: itself.

    So opens a form of a ring, which designs could have once.
    """
    opens_with = {form.name: form.activate_with for form in document.forms}
    return {name: _first(name, opens_with) for name in opens_with}


def _first(name: str, opens_with: Mapping[str, str]) -> str:
    seen = [name]
    while (before := opens_with[seen[-1]]) in opens_with:
        if before in seen:
            return name
        seen.append(before)
    return seen[-1]


def rules_on(form: Form) -> Iterator[Rule]:
    """Yield the rules of a form and of its fields, those within rules included."""
    yield from form.rules
    for _place, field in walk(form.fields, ""):
        yield from _with_inner(field.rules)


def ways_from(document: Document, form: Form) -> list[FlowWay]:
    """Return the ways on from a form, those of its buttons first, in their order."""
    ways = [
        FlowWay(field.title or field.name, field.name, *way)
        for field in form.all_fields()
        for way in _led_to(document, form, field.rules)
    ]
    if document.is_submitted(form) and not document.submits_itself(form):
        own = _led_to(document, form, form.rules, is_submitted=True)
        ways += [FlowWay(_("Submit"), "", *way) for way in own]
    return list(dict.fromkeys(ways))


def _led_to(
    document: Document, form: Form, rules: Iterable[Rule], *, is_submitted: bool = False
) -> Iterator[tuple[str, str, bool]]:
    """Yield where rules of a form lead to, with the status that they set, and whether surely."""
    enabled = [rule for rule in _with_inner(rules) if rule.enabled]
    submits = [rule for rule in enabled if _completes(rule, form)]
    if submits and not is_submitted:
        # The form's own rules run when it is completed.
        enabled += [rule for rule in _with_inner(form.rules) if rule.enabled]
    known: dict[str, str] = {}
    may_differ = False
    for rule in enabled:
        met = _is_met(rule.conditions, known)
        _learn(rule, known, met=met)
        there = rule.opens_form()
        if met is not False and (rule.ends_record() or there not in {"", form.name}):
            end = THE_END if rule.ends_record() else there
            yield end, _status_of([rule, *submits], known), met is True
            if met:
                return
            may_differ = True
    if submits or is_submitted:
        for name in _following(document, form) or [THE_END]:
            yield name, _status_of(submits, known), not may_differ


def _learn(rule: Rule, known: dict[str, str], *, met: bool | None) -> None:
    """Note the texts that a rule surely sets, and forget what it may have set to something else."""
    if met is not False and rule.brings_answers():
        known.clear()
    for row in rule.assignments_shown() if met is not False else ():
        known.pop(row.field, None)
        if met and _is_text(row.value):
            known[row.field] = row.value


def _is_text(source: str) -> bool:
    try:
        return Template.parse(source).is_constant
    except TemplateError:
        return False


def _is_met(conditions: ConditionGroup | None, known: Mapping[str, str]) -> bool | None:
    """Tell whether conditions are met by what rules before have set; None when that says nothing.

    A button that sets a decision and one that sets another lead to different places.
    """
    if conditions is None:
        return True
    names = set(conditions.references())
    if names and names <= known.keys():
        try:
            return conditions.holds(known.__getitem__, today="")
        except ValueFailure:
            return None
    items = conditions.items if len(conditions.items) > 1 and conditions.match == "all" else ()
    verdicts = [_is_met(ConditionGroup(match="all", items=(one,)), known) for one in items]
    return False if False in verdicts else None


def _completes(rule: Rule, form: Form) -> bool:
    return rule.completes and getattr(rule, "form", "") in {"", form.name}


def _with_inner(rules: Iterable[Rule]) -> Iterator[Rule]:
    for rule in rules:
        yield from (rule, *rule.inner_rules())


def _following(document: Document, form: Form) -> list[str]:
    """Return what opens when a form is completed: the next one in order, and what opens with it."""
    opens_with = first_to_open(document)
    later = document.forms[document.forms.index(form) + 1 :]
    following = next((one.name for one in later if opens_with[one.name] == one.name), None)
    if following is None:
        return []
    return [following, *(one for one in opens_with if opens_with[one] == following != one)]


def _status_of(rules: Iterable[Rule], known: Mapping[str, str]) -> str:
    """Return the first status that some rules set; empty where it is worked out."""
    for rule in rules:
        source = getattr(rule, "status", "")
        if isinstance(source, str) and source:
            try:
                template = Template.parse(source)
            except TemplateError:
                return ""
            return source if template.is_constant else known.get(template.only_reference or "", "")
    return ""
