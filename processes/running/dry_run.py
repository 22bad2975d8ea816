"""Rules on a form that has no instance yet: they work on what was typed, and nothing is stored.

Rules that only set, show, require or refuse need no instance; those that call, save or submit do.
"""

import time
from collections.abc import Iterable, Mapping, Sequence
from itertools import takewhile
from typing import NamedTuple
from zoneinfo import ZoneInfo

from django.contrib.auth.models import User
from django.utils import timezone
from django.utils.translation import gettext as _

from kianda.lib.masking import Masker
from processes.definition.document import Document
from processes.engine.context import RunContext
from processes.engine.context_forms import FormsScope
from processes.engine.instance_state import InstanceState
from processes.engine.ports import Call, FoundItems, Query, RunState, Surroundings
from processes.engine.run_values import RunValues
from processes.engine.runner import run_rules
from processes.engine.trace import RunTrace
from processes.engine.transitions import ActedBy
from processes.fields.base import FormField
from processes.files.uploads import Uploader
from processes.instances.default_values import early_names
from processes.instances.form_states import known_groups, known_people
from processes.language.timestamps import moment_text, today_in
from processes.language.values import Value
from processes.rules.base import Answer, Rule, RuleFailed
from processes.rules.ports import InstanceAct, Item, Mail, PeopleQuery, PersonAct
from processes.running.people import found_people
from processes.running.rule_files import known_files

SECONDS = 10.0


class DryRun(NamedTuple):
    """What rules have made of a form, and why they ended before their end."""

    values: Mapping[str, Value]
    display: Mapping[str, Mapping[str, bool]]
    failure: RuleFailed | None = None
    # A Close rule left the form.
    leaves: bool = False
    # How a rule lets the page show fields.
    modes: Mapping[str, str] = {}
    # Whose the forms would be.
    standing: InstanceState = InstanceState()


def stays_inside(rules: Iterable[Rule]) -> bool:
    """Tell whether rules need no instance to work on."""
    return all(rule.stays_inside() for rule in rules if rule.enabled)


def first_inside(rules: Iterable[Rule]) -> list[Rule]:
    """Return the rules before the first one that needs an instance."""
    return list(takewhile(lambda rule: stays_inside([rule]), rules))


def dry_run(
    document: Document,
    rules: Sequence[Rule],
    *,
    user: User,
    values: Mapping[str, Value],
    display: Mapping[str, Mapping[str, bool]],
) -> DryRun:
    """Carry out rules that stay inside; after a failure everything is as it was."""
    standing = InstanceState(display=display)
    working = RunValues(document.fields, values, {}, standing)
    context = _context(document, working, user)
    outcome = run_rules(rules, context, context.trace, outcome=context.outcome)
    if outcome.failure:
        return DryRun(values, display, outcome.failure)
    leaves, modes = bool(context.page.get("leave")), context.page.get("display", {})
    shown = working.standing.display
    return DryRun(working.values, shown, leaves=leaves, modes=modes, standing=working.standing)


def _context(document: Document, working: RunValues, user: User) -> RunContext:
    now, zone = timezone.now(), timezone.get_current_timezone_name()
    today = today_in(now, zone)
    known: dict[str, Value] = {
        "process.id": "", "process.status": working.standing.status, "today": today,
        "process.created": moment_text(now), "process.url": "",
    }  # fmt: skip
    names = early_names(document, user=user, more=known)
    paper = _PaperWorld(user, document)
    return RunContext(
        working=working,
        surroundings=Surroundings(names, today, ZoneInfo(zone), time.monotonic() + SECONDS),
        checkpoints=paper,
        world=paper,
        masker=Masker(),
        trace=RunTrace(working, Masker()),
        last_position=-1,
        forms_scope=FormsScope(
            document=document,
            own_form=document.forms[0].name if document.forms else "",
            submits=False,
            moment=ActedBy(user.get_username(), moment_text(now)),
            creator=user.get_username,
            known_users=known_people,
            known_groups=known_groups,
        ),
    )


class _PaperWorld:
    """Where a run becomes durable and reaches out, for rules that do neither."""

    def __init__(self, user: User, document: Document) -> None:
        """Take the person, whose own uploads can be in values, and the definition."""
        self.user, self.document = user, document

    def files(self, field: FormField, value: Value) -> Value:
        """Look up own uploads."""
        return known_files(
            field, value, by=Uploader(self.user), instance=None, document=self.document
        )

    def check(self) -> None:
        """Go on: nothing is held."""

    def renew(self) -> None:
        """Go on: nothing is held."""

    def before_call(self, context: RunState) -> None:
        """Refuse."""
        raise _needs_an_instance()

    def after_call(self, context: RunState) -> None:
        """Refuse."""
        raise _needs_an_instance()

    def save(self, context: RunState, values: Mapping[str, Value]) -> None:
        """Refuse."""
        raise _needs_an_instance()

    def call(self, call: Call, run: RunState) -> Answer:
        """Refuse."""
        raise _needs_an_instance()

    def find(self, query: Query, run: RunState) -> FoundItems:
        """Refuse."""
        raise _needs_an_instance()

    def find_people(self, query: PeopleQuery) -> list[Item]:
        """Look them up: that needs no instance."""
        return found_people(query)

    def mail(self, mail: Mail, run: RunState) -> None:
        """Refuse."""
        raise _needs_an_instance()

    def act(self, act: InstanceAct | PersonAct, run: RunState) -> FoundItems:
        """Refuse."""
        raise _needs_an_instance()


def _needs_an_instance() -> RuleFailed:
    return RuleFailed("configuration", _("This needs a record, and there is none yet."))
