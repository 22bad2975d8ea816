"""What of a definition can be triggered: fields, single rules of them, forms, the process."""

from collections.abc import Iterator
from typing import Literal, NamedTuple

from kianda.lib.i18n import as_in_sentence
from kianda.lib.i18n import gettext as _
from processes.fields.base import FormField
from processes.rules import Rule

TargetKind = Literal["button", "change", "load", "submit"]


class TargetMissing(LookupError):
    """A trigger names something that the definition does not have. The message says what."""


class Target(NamedTuple):
    """Something that can be triggered, for pickers."""

    target: str
    title: str
    kind: TargetKind


def rules_of_field(field: FormField, rule_id: str = "") -> tuple[list[Rule], TargetKind]:
    """Return what a field runs, or one rule of it; raises TargetMissing."""
    if not field.runs_rules:
        raise TargetMissing(
            _("%(field)s is a %(kind)s; it has no rules.")
            % {"field": field.name, "kind": as_in_sentence(_(field.label))}
        )
    found: list[Rule] = [rule for rule in field.rules if rule_id in {"", rule.id}]
    if rule_id and not found:
        raise TargetMissing(
            _("The field %(field)s has no rule %(rule)s.") % {"field": field.name, "rule": rule_id}
        )
    return found, "change" if field.holds_value else "button"


def targets_of_field(field: FormField) -> Iterator[Target]:
    """Yield a field that runs rules, and each of its rules."""
    if not field.runs_rules:
        return
    kind: TargetKind = "change" if field.holds_value else "button"
    if field.rules or kind == "button":
        yield Target(field.name, field.title, kind)
    for rule in field.rules:
        yield Target(f"{field.name}#{rule.id}", f"{field.title}: {rule.title}", kind)


def targets_of_form(name: str, title: str) -> Iterator[Target]:
    """Yield what a form runs when it is opened and when it is submitted."""
    yield Target(f"form:{name}#load", _("%(form)s: opened") % {"form": title}, "load")
    yield Target(f"form:{name}#submit", _("%(form)s: submitted") % {"form": title}, "submit")


def target_of_process(title: str) -> Target:
    """Return what a process runs when an instance of it is opened."""
    return Target("process#load", _("%(process)s: opened") % {"process": title}, "load")
