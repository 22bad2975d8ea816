"""The ways of a record from form to form, as its design says them: which button leads where."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from kianda.lib.i18n import gettext as _
from processes.definition.document import Document, Form
from processes.fields.base import walk
from processes.language.conditions import ConditionGroup
from processes.language.expressions import Template
from processes.language.parser import TemplateError
from processes.language.values import Value, ValueFailure, as_text
from processes.rules.base import Rule

# Where a way leads that goes to no other form.
THE_END = ""
NOTHING_KNOWN: Mapping[str, Value] = MappingProxyType({})


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


def ever_hidden(document: Document) -> set[str]:
    """Return what a rule hides; a hidden form is passed over."""
    rules = [rule for _place, rule in document.placed_rules() if rule.enabled]
    return {name for rule in rules for name in rule.may_hide()}


def ways_from(
    document: Document, form: Form, known: Mapping[str, Value] = NOTHING_KNOWN
) -> list[FlowWay]:
    """Return the ways on from a form, those of its buttons first, in their order.

    `known` are values of a record; ways whose conditions they do not meet are left out.
    """
    ways = [
        FlowWay(field.title or field.name, field.name, *way)
        for field in form.all_fields()
        for way in _led_to(document, form, field.rules, known)
    ]
    if document.is_submitted(form) and not document.submits_itself(form):
        own = _led_to(document, form, form.rules, known, is_submitted=True)
        ways += [FlowWay(_("Submit"), "", *way) for way in own]
    return list(dict.fromkeys(ways))


def _led_to(
    document: Document, form: Form, rules: Iterable[Rule], values: Mapping[str, Value],
    *, is_submitted: bool = False,
) -> Iterator[tuple[str, str, bool]]:  # fmt: skip
    """Yield where rules of a form lead to, with the status that they set, and whether surely."""
    enabled = [rule for rule in _with_inner(rules) if rule.enabled]
    submits = [rule for rule in enabled if _completes(rule, form)]
    if submits and not is_submitted:
        # The form's own rules run when it is completed.
        enabled += [rule for rule in _with_inner(form.rules) if rule.enabled]
    known = dict(values)
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


def _learn(rule: Rule, known: dict[str, Value], *, met: bool | None) -> None:
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


def _is_met(conditions: ConditionGroup | None, known: Mapping[str, Value]) -> bool | None:
    """Tell whether conditions are met by what rules before have set; None when that says nothing.

    A button that sets a decision and one that sets another lead to different places.
    """
    if conditions is None:
        return True
    names = set(conditions.references())
    if names and names <= known.keys():
        try:
            return conditions.holds(known.__getitem__, today="")
        except (ValueFailure, KeyError, ValueError):
            # Who will act, and on which day, is not known.
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


def _status_of(rules: Iterable[Rule], known: Mapping[str, Value]) -> str:
    """Return the first status that some rules set; empty where it is worked out."""
    for rule in rules:
        source = getattr(rule, "status", "")
        if isinstance(source, str) and source:
            try:
                template = Template.parse(source)
            except TemplateError:
                return ""
            named = template.only_reference or ""
            return source if template.is_constant else as_text(known.get(named, ""))
    return ""


def forms_ahead(
    document: Document, leads: Iterable[str], known: Mapping[str, Value] = NOTHING_KNOWN
) -> dict[str, bool]:
    """Return the forms that may open after ways that lead to some, and whether each surely does.

    Sure is a form that every way to the end passes; one that no way leads to is left out.
    """
    opens_with = first_to_open(document)
    starts = {opens_with.get(name, THE_END) for name in leads}
    onward = _onward(document, known, opens_with)
    reached = _reached(starts, onward)
    # After the last form those open that were skipped; a rule anywhere may open a form.
    all_may = any(opens_with[name] in reached for name in _last_forms(document))
    opened = {rule.opens_form() for _place, rule in document.placed_rules() if rule.enabled}
    hidden = ever_hidden(document)
    ahead: dict[str, bool] = {}
    for form in document.forms:
        first = opens_with[form.name]
        is_passed = THE_END in reached and THE_END not in _reached(starts, onward, without=first)
        if first in reached or all_may or form.name in opened:
            ahead[form.name] = is_passed and not hidden & {form.name, form.activate_with, first}
    return ahead


def _last_forms(document: Document) -> list[str]:
    return [form.name for form in document.forms if not _following(document, form)]


def _onward(
    document: Document, known: Mapping[str, Value], opens_with: Mapping[str, str]
) -> dict[str, set[str]]:
    """Return where forms lead, each with those that open with it, as the first of such."""
    hidden = ever_hidden(document)
    onward: dict[str, set[str]] = {}
    for form in document.forms:
        leads = {way.leads_to for way in ways_from(document, form, known)}
        leads |= {way[0] for way in _led_to(document, form, form.load_rules, known)}
        if not leads or form.name in hidden:
            leads |= set(_following(document, form)[:1] or [THE_END])
        places = {opens_with.get(name, THE_END) for name in leads}
        onward.setdefault(opens_with[form.name], set()).update(places)
    return onward


def _reached(
    starts: Iterable[str], onward: Mapping[str, Iterable[str]], without: str | None = None
) -> set[str]:
    """Return what some places lead to, themselves included, without passing one."""
    reached, waiting = set[str](), [one for one in starts if one != without]
    while waiting:
        place = waiting.pop()
        if place not in reached:
            reached.add(place)
            waiting += [one for one in onward.get(place, ()) if one != without]
    return reached
