"""What a run does in other instances: makes, changes, deletes them, runs targets of them.

The intent is durable before (`intend`); each write takes the other instance's own lock.
"""

import time
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from django.contrib.auth.models import User
from django.utils.translation import gettext as _

from kianda.lib.errors import ApplicationError, Busy, Invalid, Missing, Stale
from kianda.lib.i18n import grouped
from processes.definition.document import Document, TargetMissing
from processes.document_cache import document_of
from processes.engine.ports import FoundItems, Query, RunState
from processes.fields.base import FormField
from processes.files.uploads import Uploader
from processes.files.values import KnownFiles
from processes.instances.claim import RunRequest, read_instance
from processes.instances.lifecycle import create_instance, delete_instance, patch_instance
from processes.instances.mailing import prepared_letter
from processes.instances.recycle_bin import ByRule
from processes.language.conditions import ConditionGroup, ItemFilter
from processes.language.values import Value
from processes.models import ProcessInstance, Run
from processes.rules.base import RuleFailed
from processes.rules.ports import InstanceAct, Item, Mail, PersonAct
from processes.running.adapters import WorldAdapter, item_of
from processes.running.people import change_person
from processes.running.rule_files import given_values, known_files

MOST_AT_ONCE = 1_000
DEEPEST = 8


class Chain(NamedTuple):
    """The run that acts, and the instances that it and those above it hold."""

    run: Run
    mode: str
    held: frozenset[str]
    depth: int


def chain_of(run: Run, instance: ProcessInstance) -> Chain:
    """Return the chain of runs that led to this one."""
    held, depth = set(), 0
    above: Run | None = run
    while above is not None:
        held.add(above.process_id.lower())
        depth += 1
        above = above.parent
    return Chain(run, instance.mode, frozenset(held), depth)


class RealWorld(WorldAdapter):
    """Implements `processes.engine.ports.World` for the person a run works for."""

    def __init__(
        self, *, user: User | None, chain: Chain, nested: Callable[[RunRequest], Run]
    ) -> None:
        """Take the person, the chain of runs, and what carries out a nested run."""
        super().__init__(user)
        self.chain, self.nested = chain, nested

    def known_files(self) -> KnownFiles:
        """Return the files of the instance, and own uploads."""
        run = self.chain.run
        return KnownFiles(Uploader(self.user, run.link), run.instance)

    def files(self, field: FormField, value: Value) -> Value:
        """Return files of the instance, or own uploads, with what is known of them."""
        run = self.chain.run
        by = Uploader(self.user, run.link)
        assert run.instance is not None  # a run is on one while it goes on
        document = document_of(run.instance.version)
        return known_files(field, value, by=by, instance=run.instance, document=document)

    def _given(self, act: InstanceAct) -> dict[str, Any]:
        return given_values(act.values, instance=self.chain.run.instance, by=self.user)

    def act(self, act: InstanceAct | PersonAct, run: RunState) -> FoundItems:
        """Do something in other instances, or to a person; raises RuleFailed."""
        acts = {
            "create": self._create, "change": self._change,
            "delete": self._delete, "start": self._start,
        }  # fmt: skip
        try:
            if isinstance(act, PersonAct):
                changed = change_person(act, run, by=self.user, where=self.chain.run.process_id)
                return [changed], frozenset()
            return acts[act.act](act, run)
        except ApplicationError as refusal:
            raise _as_rule_failed(refusal) from refusal

    def mail(self, mail: Mail, run: RunState) -> Mapping[str, Any] | None:
        """Return an email as it is planned; raises RuleFailed when nobody would get it."""
        instance = self.chain.run.instance
        assert instance is not None  # a run is on one while it goes on
        made = prepared_letter(mail, instance, standing=run.working.standing, by=self.user)
        run.show_request(made.shown)
        if made.note:
            run.note(made.note)
        return made.letter

    def _create(self, act: InstanceAct, run: RunState) -> FoundItems:
        run.intend(act.shown)
        return self._item(self._made(act))

    def _made(self, act: InstanceAct) -> str:
        made = create_instance(
            process=act.process,
            mode=self.chain.mode,
            data=self._given(act),
            user=self.user,
            set_by_rules=act.values.keys(),
            check=lambda document: _refuse_misfit(act, document),
        )
        return made.process_id

    def _change(self, act: InstanceAct, run: RunState) -> FoundItems:
        def change(process_id: str) -> FoundItems:
            self._patch(act, process_id)
            return self._item(process_id)

        return self._each(act, run, change)

    def _patch(self, act: InstanceAct, process_id: str) -> None:
        assert self.user is not None  # somebody found it
        _refuse_misfit(act, _document_now(*read_instance(process_id, self.user)))
        patch_instance(process_id=process_id, data=self._given(act), user=self.user, trigger="rule")

    def _delete(self, act: InstanceAct, run: RunState) -> FoundItems:
        def delete(process_id: str) -> FoundItems:
            before = self._item(process_id)
            assert self.user is not None  # somebody found it
            delete_instance(process_id=process_id, user=self.user, by_rule=ByRule())
            return before

        return self._each(act, run, delete)

    def _each(self, act: InstanceAct, run: RunState, do: Callable[[str], FoundItems]) -> FoundItems:
        """Act on each instance that the filter finds, up to the deadline of the run."""
        found = self._wanted(act, run)
        run.intend(act.shown)
        items: list[Item] = []
        secrets: frozenset[str] = frozenset()
        for done, process_id in enumerate(found):
            _refuse_late(act, done, of=len(found), deadline=run.surroundings.deadline)
            acted_on, names = do(process_id)
            items, secrets = [*items, *acted_on], secrets | names
        return items, secrets

    def _wanted(self, act: InstanceAct, run: RunState) -> list[str]:
        """Return the Process IDs of what the filter finds; none is held by this chain."""
        limit = MOST_AT_ONCE + 1 if act.every else 2
        items, _secrets = self.find(Query(act.process, act.filter or ItemFilter(), limit), run)
        found = [str(item["process.id"]) for item in items]
        _refuse_many(act, found)
        for process_id in found:
            self._refuse_held(process_id)
        return found

    def _refuse_held(self, process_id: str) -> None:
        if process_id.lower() in self.chain.held:
            raise RuleFailed(
                "busy",
                _(
                    "%(process_id)s is in use by this run or by one that started it, so no rule "
                    "of this run can work on it from outside."
                )
                % {"process_id": process_id},
            )

    def _start(self, act: InstanceAct, run: RunState) -> FoundItems:
        existing = self._existing(act)
        if act.target and self.chain.depth >= DEEPEST:
            raise RuleFailed(
                "configuration",
                _("Runs can start each other at most %(most)s levels deep.") % {"most": DEEPEST},
            )
        run.intend(act.shown)
        process_id = existing or self._made(act)
        if act.target:
            self._run(act, run, process_id, with_values=bool(existing))
        elif existing and act.values:
            self._patch(act, existing)
        return self._item(process_id)

    def _existing(self, act: InstanceAct) -> str:
        """Return the Process ID of the instance that is looked up, or nothing for a new one."""
        if not act.process_id:
            return ""
        instance, document = read_instance(act.process_id, self.user)
        if document.name != act.process:
            raise RuleFailed(
                "not_found",
                _("%(process_id)s is not a record of %(process)s.")
                % {"process_id": instance.process_id, "process": act.process},
            )
        self._refuse_held(instance.process_id)
        _refuse_misfit(act, _document_now(instance, document))
        return instance.process_id

    def _run(self, act: InstanceAct, run: RunState, process_id: str, *, with_values: bool) -> None:
        nested = self.nested(
            RunRequest(
                process_id,
                act.target,
                self.user,
                "rule",
                self._given(act) if with_values else None,
                time_zone=self.chain.run.time_zone,
                deadline_s=run.seconds_left,
                parent=self.chain.run,
            )
        )
        if nested.status != Run.Status.SUCCEEDED:
            error = nested.error or {}
            raise RuleFailed(
                str(error.get("kind", "internal")),
                _("Run %(run)s of %(process_id)s %(status)s: %(message)s")
                % {
                    "run": nested.pk,
                    "process_id": process_id,
                    "status": nested.status,
                    "message": error.get("message", ""),
                },
            )

    def _item(self, process_id: str) -> FoundItems:
        instance, document = read_instance(process_id, self.user)
        return [self._seen(item_of(instance, document), instance, document)], document.secrets


def _document_now(instance: ProcessInstance, document: Document) -> Document:
    """Return the definition by which an instance takes values: a preview follows the draft."""
    draft = instance.design.draft if instance.mode == ProcessInstance.Mode.PREVIEW else None
    return document_of(draft) if draft is not None else document


def _refuse_misfit(act: InstanceAct, document: Document) -> None:
    """Refuse fields and a target that the definition does not have, before anything is done."""
    for name in sorted(act.values.keys() - document.value_fields.keys()):
        raise RuleFailed(
            "configuration",
            _("The process %(other)s has no field %(name)s that has a value.")
            % {"other": document.name, "name": name},
        )
    try:
        if act.target:
            document.rules_of(act.target)
    except TargetMissing as missing:
        raise RuleFailed("configuration", str(missing)) from missing
    _refuse_secrets(act, document)


def _refuse_secrets(act: InstanceAct, document: Document) -> None:
    """Let what was made of a secret only into a secret field."""
    for name in act.secret:
        field = document.fields.get(name)
        if field is not None and not field.is_secret:
            raise RuleFailed(
                "configuration",
                _(
                    "A secret was mapped to %(name)s of %(process)s, which is not secret. Map "
                    "it to a secret field."
                )
                % {"name": name, "process": act.process},
            )


def _refuse_many(act: InstanceAct, found: list[str]) -> None:
    if len(found) > 1 and not act.every:
        raise RuleFailed(
            "value",
            _(
                "More than one record of %(process)s matches%(where)s, such as %(first)s and "
                "%(second)s. Narrow the filter, or choose all."
            )
            % {
                "process": act.process,
                "where": _where(act.filter),
                "first": found[0],
                "second": found[1],
            },
        )
    if len(found) > MOST_AT_ONCE:
        raise RuleFailed(
            "value",
            _("More than %(most)s records of %(process)s match. Narrow the filter.")
            % {"most": grouped(MOST_AT_ONCE), "process": act.process},
        )


def _refuse_late(act: InstanceAct, done: int, *, of: int, deadline: float) -> None:
    """End an act on many instances at the run's deadline: each of them may keep it waiting."""
    if time.monotonic() >= deadline:
        raise RuleFailed(
            "timeout",
            _("The run has used up its time after %(done)s of %(total)s records of %(process)s.")
            % {"done": done, "total": of, "process": act.process},
        )


def _where(filter: ConditionGroup | None) -> str:
    return _(" where %(where)s") % {"where": filter.in_words()} if filter and filter.items else ""


def _as_rule_failed(refusal: ApplicationError) -> RuleFailed:
    kinds: dict[type[ApplicationError], str] = {
        Busy: "busy", Stale: "busy", Missing: "not_found", Invalid: "value",
    }  # fmt: skip
    kind = next((kind for one, kind in kinds.items() if isinstance(refusal, one)), "configuration")
    # The process itself is not there, or it has no published version.
    if any(flaw.pointer in {"/process", "/mode"} for flaw in refusal.errors):
        kind = "configuration"
    sentence = " ".join(flaw.detail for flaw in refusal.errors) or refusal.detail
    return RuleFailed(kind, sentence)
