"""How a record goes from form to form: what nobody owns, nothing opens, nothing ends.

All of it is advice. A design may leave a form to other systems, which open and close it by the API.
"""

import re
from collections.abc import Iterator

from kianda.lib.errors import Flaw
from kianda.lib.i18n import gettext as _
from kianda.lib.pointers import pointer
from processes.definition.document import Document, Form, RuleList
from processes.definition.flow import THE_END, ever_hidden, first_to_open, rules_on, ways_from
from processes.language.expressions import Template
from processes.rules.base import Rule

_FORM = re.compile(r"/forms/(\d+)/")


def flow_advice(document: Document) -> Iterator[Flaw]:
    """Find forms of a process of more than one that wait for no one, or for ever.

    And rules that pass a form over, or may find no one when the form before is submitted already.
    """
    if len(document.forms) > 1:
        yield from _of_forms(document)
    yield from _skipped_forms(document)
    for found in document.rule_lists:
        yield from _assigned_too_late(found)


def _of_forms(document: Document) -> Iterator[Flaw]:
    rules = [rule for found in document.rule_lists for rule in found.rules if rule.enabled]
    assigned = {getattr(rule, "form", "") for rule in rules if rule.assigns}
    opened = {rule.opens_form() for rule in rules}
    submitted = {form.name for form in document.forms if _is_submitted(document, form)}
    names = {form.name for form in document.forms}
    for number, form in enumerate(document.forms):
        place, words = pointer("forms", number), {"form": form.title}
        if number and not form.owners.names and form.name not in assigned:
            said = _("“%(form)s” has no owner. It is assigned to the creator of the record.")
            yield Flaw(f"{place}/owners", said % words)
        is_reached = submitted - {form.name} or form.activate_with in names - {form.name}
        if number and not is_reached and form.name not in opened:
            yield Flaw(
                place, _("“%(form)s” never opens. Add a Submit rule to an earlier form.") % words
            )
        if form.name not in submitted and not _is_left(form):
            said = _("“%(form)s” never closes. Add a button with a Submit rule.")
            yield Flaw(f"{place}/fields", said % words)


def _is_submitted(document: Document, form: Form) -> bool:
    """Tell whether the page or a rule, wherever it stands, submits a form."""
    if not document.submits_itself(form):
        return True
    return any(
        rule.completes and rule.enabled and (getattr(rule, "form", "") or own.name) == form.name
        for own in document.forms
        for rule in rules_on(own)
    )


def _is_left(form: Form) -> bool:
    """Tell whether a rule on a form ends the record, or opens another form."""
    return any(
        rule.enabled and (rule.ends_record() or rule.opens_form() not in {"", form.name})
        for rule in rules_on(form)
    )


def _skipped_forms(document: Document) -> Iterator[Flaw]:
    """Find rules that go past a form: it has its turn after the last one, unless that is hidden."""
    numbers = {form.name: number for number, form in enumerate(document.forms)}
    hidden, opens_with = ever_hidden(document), first_to_open(document)
    in_turn = [one for one in document.forms if opens_with[one.name] == one.name not in hidden]
    for place, rule in document.placed_rules():
        own, there = _FORM.match(place), numbers.get(rule.opens_form())
        if own is None or there is None or rule.assigns or not rule.enabled:
            continue
        skipped = [one.title for one in in_turn if int(own[1]) < numbers[one.name] < there]
        if skipped and _may_go_on_after(document, document.forms[there]):
            said = _(
                "This skips “%(forms)s”, which opens after the last form instead. Hide it before "
                "this rule, or end the record with a Close rule."
            )
            yield Flaw(f"{place}/form", said % {"forms": "”, “".join(skipped)})


def _may_go_on_after(document: Document, form: Form) -> bool:
    """Tell whether the last form after one, or itself, may be submitted without an end."""
    names = {one.name: one for one in document.forms}
    waiting, seen = [form.name], set[str]()
    while waiting:
        name = waiting.pop()
        if name not in names or name in seen:
            continue
        seen.add(name)
        leads_to = [way.leads_to for way in ways_from(document, names[name])]
        if THE_END in leads_to and not _always_ends(names[name]):
            return True
        waiting += leads_to
    return False


def _always_ends(form: Form) -> bool:
    """Tell whether each submission of a form, by its buttons or the page, ends the record."""
    runs = [field.rules for field in form.all_fields() if any(map(_submits, field.rules))]
    return all(any(map(_surely_ends, (*rules, *form.rules))) for rules in runs or [[]])


def _submits(rule: Rule) -> bool:
    return rule.completes and rule.enabled


def _surely_ends(rule: Rule) -> bool:
    return rule.ends_record() and rule.enabled and rule.conditions is None


def _assigned_too_late(found: RuleList) -> Iterator[Flaw]:
    """Find rules after a Submit that assign a form to values, any of which may be empty by then."""
    is_submitted = False
    for index, rule in enumerate(found.rules):
        if not rule.enabled:
            continue
        is_submitted = is_submitted or rule.completes
        if is_submitted and rule.assigns and rule.conditions is None and _may_be_empty(rule):
            said = _(
                "If no one is found, this rule fails after the form was submitted. Move it before "
                "Submit, or add a condition."
            )
            yield Flaw(f"{found.pointer}/{index}/to", said)


def _may_be_empty(rule: Rule) -> bool:
    sources = [*rule.addressees("users"), *rule.addressees("groups")]
    return bool(sources) and not any(Template.parse(source).is_constant for source in sources)
