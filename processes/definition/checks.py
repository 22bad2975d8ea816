"""What a definition says about things outside it, and what its designer should know.

`check_references` finds names that do not hold: a draft is stored with them, publishing refuses
them. `advise` finds what works and is unwise. Both together are a design's `warnings`.
"""

import re
from collections.abc import Iterator
from typing import Any

from datasources.rest.document import RestMethod
from kianda.lib.errors import Flaw
from kianda.lib.i18n import gettext as _
from kianda.lib.secret_names import MASK
from processes.definition.catalog import Catalog
from processes.definition.checks_files import file_flaws
from processes.definition.checks_flow import flow_advice
from processes.definition.checks_people import assignment_advice, owner_flaws
from processes.definition.checks_processes import process_flaws
from processes.definition.checks_secrets import written_out
from processes.definition.checks_values import value_advice
from processes.definition.document import Document, RuleList
from processes.rules.base import OutwardRule, Rule
from processes.rules.ports import Ref

_OF_SUBMISSION = re.compile(r"/forms/\d+/rules\Z")

__all__ = ["Catalog", "advise", "check", "check_references", "export"]


def check(document: Document, catalog: Catalog) -> list[Flaw]:
    """Return all warnings of a definition."""
    return [*check_references(document, catalog), *advise(document, catalog)]


def check_references(document: Document, catalog: Catalog) -> list[Flaw]:
    """Return the names that do not hold outside the definition; publishing refuses them."""
    return [
        *owner_flaws(document, catalog),
        *(
            flaw
            for place, rule in document.placed_rules()
            for flaw in _flaws_of_rule(place, rule, document, catalog)
        ),
    ]


def advise(document: Document, catalog: Catalog) -> list[Flaw]:
    """Return what works and is unwise.

    Secrets written out, values that a field cannot store, people whom nobody knows, forms that wait
    for no one, answers at risk before a Save.
    """
    flaws = [
        Flaw(
            f"{found.place}/value",
            _(
                "A secret seems to be in plain text for %(target)s. Move it to a secret field or "
                "to the datasource: anyone with access to the definition can read it."
            )
            % {"target": found.target},
        )
        for found in written_out(document, catalog)
        if found.is_long
    ]
    flaws += value_advice(document)
    flaws += assignment_advice(document, catalog)
    flaws += flow_advice(document)
    for rules in document.rule_lists:
        flaws += _unsaved_answers(rules)
        flaws += _without_effect(rules)
    return flaws


def export(document: Document, catalog: Catalog) -> dict[str, Any]:
    """Return the definition for other eyes: written-out secrets are replaced by asterisks."""
    made = document.normalised()
    for found in written_out(document, catalog):
        if not (found.is_long or found.into_field):
            continue
        row: Any = made
        for part in found.place.split("/")[1:]:
            row = row[int(part)] if isinstance(row, list) else row[part]
        row["value"] = MASK
    return made


def _flaws_of_rule(place: str, rule: Rule, document: Document, catalog: Catalog) -> Iterator[Flaw]:
    if not isinstance(rule, OutwardRule):
        yield from _account_flaws(place, rule, catalog)
        return
    for ref in rule.refers():
        if ref.process:
            yield from process_flaws(place, rule, ref, document, catalog.process)
        else:
            yield from _method_flaws(place, rule, ref, document, catalog)


def _account_flaws(place: str, rule: Rule, catalog: Catalog) -> Iterator[Flaw]:
    """Find names of mail accounts that do not hold."""
    for ref in rule.refers():
        source = catalog.datasource(ref.datasource) if ref.datasource else None
        if ref.datasource and (source is None or source.kind != "email"):
            words = _("No mail account named %(name)s.") % {"name": ref.datasource}
            yield Flaw(f"{place}/{ref.place}", words)


def _method_flaws(
    place: str, rule: OutwardRule, ref: Ref, document: Document, catalog: Catalog
) -> Iterator[Flaw]:
    source = catalog.datasource(ref.datasource)
    if source is None:
        yield Flaw(
            f"{place}/datasource",
            _("There is no datasource %(datasource)s.") % {"datasource": ref.datasource},
        )
        return
    method = source.method(ref.method)
    if method is None:
        yield Flaw(
            f"{place}/method",
            _("The datasource %(source)s has no REST method %(method)s.")
            % {"source": source.name, "method": ref.method},
        )
        return
    yield from _target_flaws(place, rule, method)
    yield from file_flaws(place, rule, method, document)


def _target_flaws(place: str, rule: OutwardRule, method: RestMethod) -> Iterator[Flaw]:
    mapped: set[str | None] = set()
    for index, row in enumerate(rule.input_mapping):
        target = method.canonical_target(row.target)
        mapped.add(target)
        if target is None:
            yield Flaw(
                f"{place}/input_mapping/{index}/target",
                _("The REST method %(method)s has no %(target)s.")
                % {"method": method.name, "target": row.target},
            )
    for target in method.required:
        if target not in mapped and not method.parameters[target].value:
            yield Flaw(
                f"{place}/input_mapping",
                _("Nothing is mapped to %(target)s, which %(method)s requires.")
                % {"target": target, "method": method.name},
            )
    if "url_path" in mapped:
        return
    for target in method.input_targets():
        if target.startswith("path.") and target not in mapped:
            yield Flaw(
                f"{place}/input_mapping",
                _("Nothing is mapped to %(target)s, which %(url_path)s needs.")
                % {"target": target, "url_path": method.url_path},
            )


def _unsaved_answers(found: RuleList) -> Iterator[Flaw]:
    """Find rules that can end the run between a call's answer and the Save that stores it."""
    call: Rule | None = None
    at_risk: list[Flaw] = []
    for index, rule in enumerate(found.rules):
        if not rule.enabled:
            continue
        if rule.stores:
            yield from at_risk
            call, at_risk = None, []
            continue
        at_risk += [Flaw(f"{found.pointer}/{index}", said) for said in _risks(rule, after=call)]
        if rule.brings_answers():
            call = rule


def _without_effect(found: RuleList) -> Iterator[Flaw]:
    """Find rules whose effect waits for a rule that stores, and none comes after them."""
    if _OF_SUBMISSION.match(found.pointer):
        # What is submitted is stored at the end.
        return
    for index, rule in enumerate(found.rules):
        later = any(one.stores and one.enabled for one in found.rules[index + 1 :])
        if rule.enabled and rule.takes_effect_when_stored and not later:
            words = _("%(rule)s has no effect: add a Save rule after it.")
            yield Flaw(f"{found.pointer}/{index}", words % {"rule": rule.title})


def _risks(rule: Rule, *, after: Rule | None) -> Iterator[str]:
    """Say what is lost when a rule ends the run: what a call before it brought, its own rows."""
    if not rule.can_end_the_run():
        return
    if after is not None:
        yield _(
            "When %(rule)s fails, the values from %(call)s are not stored. Add a Save rule "
            "between them."
        ) % {"rule": rule.title, "call": after.title}
    if rule.inner_rules() and rule.brings_answers():
        yield _(
            "When a row of %(rule)s fails, the values of the rows before it are not stored. Add a "
            "Save rule to the loop, or let it continue with the next row."
        ) % {"rule": rule.title}
