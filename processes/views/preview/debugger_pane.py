"""The debugger beside the frame: where a session stands, and what can be done with it."""

import re
from collections.abc import Mapping
from typing import Any

from django.http import HttpRequest

from processes.definition.document import Document
from processes.document_cache import document_of
from processes.instances.leases import PATIENCE
from processes.instances.stored_values import shown
from processes.models import ProcessInstance, Run
from processes.preview.debug_session import Session, session_of
from processes.preview.next_step import planned
from processes.rules.base import Rule
from processes.running.pinned_answers import pinned_of, reaching
from processes.views.common import person, target_title
from processes.views.instances.trace_steps import sentence_of, shown_step, title_of
from processes.views.preview import common

# A list of rules that stands in a rule starts with that rule alone.
_IN_A_RULE = re.compile(r"rules/\d+/rules\Z")


def pane_of(
    request: HttpRequest, name: str, document: Document, instance: ProcessInstance | None
) -> dict[str, Any]:
    """Return what the debugger's pane shows: a session, the one that has ended, or what to do."""
    held = session_of(instance) if instance else None
    halted = common.breakpoints_of(request, name)
    if instance is None:
        return {"state": "idle", "lists": _lists(document, halted)}
    if held is None:
        ended = _ended(request, instance)
        return {"state": "idle", "lists": _lists(document, halted), "ended": ended}
    run, session = held
    mine = run.run_as_id == person(request).pk
    known = session.document if session else document_of(instance.version)
    context: dict[str, Any] = {
        "state": "paused" if session and mine else "held",
        "run": run,
        "mine": mine,
        "title": target_title(known, run.target),
        "steps": steps_of(run, known),
        "until": run.lease_until if session else None,
        "patience": PATIENCE,
    }
    if session:
        again = _again(session) if mine else frozenset()
        for step in context["steps"]:
            step["again"] = bool(step["number"]) and step["position"] in again
        context |= _of_session(session)
    return context


def _again(session: Session) -> frozenset[int]:
    """Return the positions of the rules that can be run again now."""
    failure = session.state.failure
    return frozenset([failure["position"]] if failure else range(session.next))


def steps_of(run: Run, document: Document | None) -> list[dict[str, Any]]:
    """Return the steps of a trace for the narrow pane."""
    return [shown_step(step, document) for step in run.steps]


def _ended(request: HttpRequest, instance: ProcessInstance) -> dict[str, Any] | None:
    pk = common.last_debugged(request, instance.process_id)
    run = Run.objects.filter(pk=pk, instance=instance).first() if pk else None
    if run is None:
        return None
    document = document_of(instance.version)
    return {
        "run": run,
        "title": target_title(document, run.target),
        "steps": steps_of(run, document),
    }


def _of_session(session: Session) -> dict[str, Any]:
    failure = session.state.failure
    failed = session.rules[failure["position"]] if failure else None
    pinned = pinned_of(session.started.instance.design)
    waiting = [
        _rule_row(rule, session.document, number, session.state.breakpoints)
        for number, rule in enumerate(session.rules[session.next :], session.next)
    ]
    following = session.rules[session.next] if waiting and not failure else None
    return {
        "failure": failure,
        "waiting": waiting,
        "now": following and _now(session, following, pinned),
        "values": _values(session),
        "failed_call": failed and _call(session, failed, pinned),
    }


def _now(session: Session, rule: Rule, pinned: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "number": session.next + 1,
        "plan": planned(session),
        "call": _call(session, rule, pinned),
    }


def _call(session: Session, rule: Rule, pinned: Mapping[str, Any]) -> dict[str, Any] | None:
    """Return how the calls of a rule, or in it, are answered; None for a rule without any."""
    found = reaching([rule])
    if not found:
        return None
    parts = [_sample(one, pinned.get(one.id)) for one in found]
    return {"answer": session.answer_of(found[0].id), "parts": parts}


def _sample(rule: Rule, sample: Mapping[str, Any] | None) -> dict[str, Any]:
    body = sample["body"] if sample else None
    return {
        "rule": rule.id,
        "title": rule.title,
        "sample": sample,
        "fields": len(body) if isinstance(body, dict) else None,
    }


def _rule_row(rule: Rule, document: Document, number: int, halted: list[str]) -> dict[str, Any]:
    return {
        "id": rule.id,
        "number": number + 1,
        "title": rule.title,
        "sentence": sentence_of(rule, document),
        "enabled": rule.enabled,
        "halted": rule.id in halted,
    }


def _lists(document: Document, halted: list[str]) -> list[dict[str, Any]]:
    """Return the lists of rules that a person can start, for breakpoints before the start."""
    return [
        {
            "owner": found.owner,
            "loads": found.key.endswith("#load"),
            "key": found.key,
            "rules": [
                _rule_row(rule, document, number, halted) for number, rule in enumerate(found.rules)
            ],
        }
        for found in document.rule_lists
        if found.rules and not _IN_A_RULE.search(found.pointer)
    ]


def _values(session: Session) -> list[dict[str, Any]]:
    """Return every value of the working copy; secrets say only that they are set."""
    fields = session.document.fields
    stored = shown(session.document, session.working.stored)
    now = shown(session.document, session.working.values)
    raw, kept = session.working.values, session.working.stored
    return [
        {
            "name": name,
            "title": title_of(name, session.document),
            "kind": fields[name].slug(),
            "value": value,
            "stored": stored.get(name),
            "changed": raw.get(name) != kept.get(name),
        }
        for name, value in now.items()
    ]
