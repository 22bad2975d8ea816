"""Pinned answers: what a call is answered with in a preview, in place of the outside system."""

import json
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from django.contrib.auth.models import User
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from kianda.lib.errors import Invalid, Missing
from kianda.lib.secret_names import MASK
from processes.definition.document import Document
from processes.document_cache import document_of
from processes.engine.ports import Call, FoundItems, Query, RunState, World
from processes.engine.run_values import START
from processes.engine.trace_replay import newest_first
from processes.fields.base import FormField
from processes.language.timestamps import moment_text
from processes.language.values import Value, from_json, to_json
from processes.models import PinnedAnswer, ProcessDesign, ProcessInstance, Run
from processes.rights.seen import seen_run
from processes.rules.base import Answer, Rule, RuleFailed
from processes.rules.ports import InstanceAct, Item, Mail, PeopleQuery, PersonAct
from processes.running.adapters import prepared_call
from processes.selectors import DocumentsOfRuns, get_design, traces_of

MOST_BYTES = 256 * 1024
LOOKED_AT = 50
# What a person starts from the page; a schedule or an API call was made to do the real thing.
BY_A_PERSON = frozenset({"button", "change", "load", "submit"})
_KEYS = frozenset({"status", "headers", "body"})
_SHAPE = gettext_noop('Write {"status": 200, "headers": {}, "body": ...}.')


def reaching(rules: Iterable[Rule]) -> list[Rule]:
    """Return those of the rules that reach out, and of the rules that stand in them."""
    return [one for rule in rules for one in (rule, *rule.inner_rules()) if one.reaches_out()]


def outward_rules(document: Document) -> dict[str, Rule]:
    """Return the rules of a design that reach out, by id."""
    return {rule.id: rule for _, rule in document.placed_rules() if rule.reaches_out()}


def pinned_of(design: ProcessDesign) -> dict[str, dict[str, Any]]:
    """Return the pinned answers of a design by rule."""
    return {one.rule: one.answer for one in PinnedAnswer.objects.filter(design=design)}


def outward_rule(name: str, rule_id: str) -> tuple[ProcessDesign, Rule]:
    """Return a design and one of its rules that reach out; raises Missing."""
    design = get_design(name)
    found = outward_rules(document_of(design.draft)).get(rule_id) if design.draft else None
    if found is None:
        raise Missing(
            _("%(name)s has no rule %(rule_id)s that calls another system.")
            % {"name": name, "rule_id": rule_id}
        )
    return design, found


def pin_answer(*, name: str, rule_id: str, text: str, user: User) -> PinnedAnswer:
    """Keep the answer of a rule that was written as JSON; raises Invalid at `/answer`."""
    design, rule = outward_rule(name, rule_id)
    pinned, _ = PinnedAnswer.objects.update_or_create(
        design=design,
        rule=rule.id,
        defaults={"answer": _read(text), "modified": timezone.now(), "modified_by": user},
    )
    return pinned


def unpin_answer(*, name: str, rule_id: str) -> None:
    """Forget the pinned answer of a rule."""
    PinnedAnswer.objects.filter(design=get_design(name), rule=rule_id).delete()


def _read(text: str) -> dict[str, Any]:
    if len(text.encode()) > MOST_BYTES:
        raise Invalid.at(
            "/answer",
            _("A sample response can have at most %(most)s KB.") % {"most": MOST_BYTES // 1024},
        )
    try:
        raw = json.loads(text)
    except (ValueError, RecursionError) as error:
        place = (
            _(" Line %(lineno)s.") % {"lineno": error.lineno}
            if isinstance(error, json.JSONDecodeError)
            else ""
        )
        raise Invalid.at(
            "/answer",
            _("This is not JSON.%(place)s %(shape)s") % {"place": place, "shape": _(_SHAPE)},
        ) from error
    if not isinstance(raw, dict) or set(raw) - _KEYS:
        raise Invalid.at(
            "/answer",
            _("A sample response is an object with three parts. %(shape)s") % {"shape": _(_SHAPE)},
        )
    answer = {"status": 200, "headers": {}, "body": None, **raw}
    _check(answer["status"], answer["headers"])
    return answer


def _check(status: Any, headers: Any) -> None:
    if isinstance(status, bool) or not isinstance(status, int) or not 100 <= status <= 599:
        raise Invalid.at("/answer", _("The status is a whole number from 100 to 599, such as 200."))
    if not isinstance(headers, dict) or not all(isinstance(one, str) for one in headers.values()):
        raise Invalid.at("/answer", _('The headers are an object of texts: {"ETag": "1"}.'))


def last_answer(
    design: ProcessDesign, rule_id: str, *, user: User, run_pk: int | None = None
) -> tuple[Run, dict[str, Any]] | None:
    """Return the newest real answer that runs of this design recorded for a rule, as a sample.

    Of runs that the person sees, and as far as they see them. With `run_pk` it is that of one run.
    """
    rows, documents = traces_of(design.name, user), DocumentsOfRuns()
    for run in rows[:LOOKED_AT] if run_pk is None else rows.filter(pk=run_pk):
        for step in newest_first(seen_run(run, user, documents).steps):
            if step["rule"] == rule_id and step.get("response") and not was_pinned(step):
                return run, as_sample(step["response"])
    return None


def blank_answer(rule: Rule) -> dict[str, Any]:
    """Return an answer to be filled in: with the keys that one has which is an instance."""
    process = next((ref.process for ref in rule.refers()), "")
    return {"status": 200, "headers": {}, "body": _blank_item(process) if process else {}}


def _blank_item(process: str) -> dict[str, Any]:
    """Return an instance of a process as rules read it, none of its fields filled in."""
    design = ProcessDesign.objects.filter(name=process).select_related("draft").first()
    fields = document_of(design.draft).value_fields if design and design.draft else {}
    return {
        **{name: to_json(field.empty()) for name, field in fields.items()},
        "process.id": f"{process}-1",
        "process.name": process,
        "process.status": START.status,
        "process.created": moment_text(timezone.now().replace(microsecond=0)),
    }


def was_pinned(step: Mapping[str, Any]) -> bool:
    """Tell whether a step of a trace was answered from a pinned sample: nothing was sent."""
    return bool((step.get("request") or {}).get("pinned"))


def as_sample(response: Mapping[str, Any]) -> dict[str, Any]:
    """Return a recorded answer to be pinned; a secret, which no trace holds, becomes a sample."""
    headers = response.get("headers") or {}
    return {
        "status": response.get("status") or 200,
        "headers": {name: value for name, value in headers.items() if MASK not in value},
        "body": _without_masks(response.get("body"), "secret"),
    }


def _without_masks(value: Any, name: str) -> Any:
    if isinstance(value, str):
        return value.replace(MASK, f"sample-{name}")
    if isinstance(value, dict):
        return {key: _without_masks(item, key) for key, item in value.items()}
    return [_without_masks(item, name) for item in value] if isinstance(value, list) else value


def answers_from_samples(run: Run, instance: ProcessInstance) -> bool:
    """Tell whether this run is one of a preview whose person chose pinned samples."""
    return (
        instance.mode == ProcessInstance.Mode.PREVIEW
        and instance.outward == ProcessInstance.Outward.PINNED
        and run.trigger in BY_A_PERSON
    )


class PinnedWorld:
    """Implements `processes.engine.ports.World`: samples answer the rules that `pins` names.

    Nothing of theirs leaves the product. The others, and looking things up, go the real way.
    """

    def __init__(self, real: World, design: ProcessDesign, *, pins: Callable[[str], bool]) -> None:
        """Take the real one, and whose samples answer."""
        self.real, self.design, self.pins = real, design, pins

    def call(self, call: Call, run: RunState) -> Answer:
        """Answer from the sample of the rule under way, or send the call."""
        step = run.trace.current
        if step is None or not self.pins(step.rule.id):
            return self.real.call(call, run)
        ready = prepared_call(call)
        run.show_request({**ready.call.shown, "pinned": True}, ready.call.secrets)
        return self._sample(step.rule, ready.source.title, ready.names)

    def act(self, act: InstanceAct | PersonAct, run: RunState) -> FoundItems:
        """Answer with the item of the sample, or do it."""
        step = run.trace.current
        if step is None or not self.pins(step.rule.id):
            return self.real.act(act, run)
        run.show_request({**act.shown, "pinned": True})
        title = act.process if isinstance(act, InstanceAct) else act.person
        body = self._sample(step.rule, title, {}).body
        items = body if isinstance(body, list) else [body]
        return [item for item in items if isinstance(item, dict)], frozenset()

    def mail(self, mail: Mail, run: RunState) -> Mapping[str, Any] | None:
        """Send nothing, or plan it."""
        step = run.trace.current
        if step is None or not self.pins(step.rule.id):
            return self.real.mail(mail, run)
        self.real.mail(mail, run)
        run.note(_("Not sent: this preview sends nothing."))
        return None

    def find(self, query: Query, run: RunState) -> FoundItems:
        """Look it up."""
        return self.real.find(query, run)

    def find_people(self, query: PeopleQuery) -> list[Item]:
        """Look them up."""
        return self.real.find_people(query)

    def files(self, field: FormField, value: Value) -> Value:
        """Look them up."""
        return self.real.files(field, value)

    def _sample(self, rule: Rule, title: str, names: Mapping[str, str]) -> Answer:
        kept = pinned_of(self.design).get(rule.id)
        if kept is None:
            raise RuleFailed(
                "configuration",
                _("There is no sample response for %(rule)s. Add one, or send the call.")
                % {"rule": rule.title},
            )
        answer = Answer(kept["status"], kept["headers"], from_json(kept["body"]), names)
        if not 200 <= kept["status"] < 300:
            message = _("%(title)s answered %(status)s, by the pinned sample.") % {
                "title": title,
                "status": kept["status"],
            }
            raise RuleFailed("http_status", message, kept["status"], answer=answer)
        return answer
