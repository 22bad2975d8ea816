"""How a record goes from form to form: what nobody owns, nothing opens, nothing ends.

All of it is advice. A design may leave a form to other systems, which open and close it by the API.
"""

from collections.abc import Iterator

from kianda.lib.errors import Flaw
from kianda.lib.i18n import gettext as _
from kianda.lib.pointers import pointer
from processes.definition.document import Document, Form, RuleList
from processes.definition.flow import rules_on
from processes.language.expressions import Template
from processes.rules.base import Rule


def flow_advice(document: Document) -> Iterator[Flaw]:
    """Find forms of a process of more than one that wait for no one, or for ever.

    And rules that may find no one when the form before is submitted already.
    """
    if len(document.forms) > 1:
        yield from _of_forms(document)
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
