"""What the rules of one run may do in other instances: each act is a call (contract 4.5)."""

from collections.abc import Mapping, Sequence
from typing import Any

from kianda.lib.i18n import gettext as _
from kianda.lib.secret_names import MASK
from processes.engine.ports import Effect, EffectKind, RunState
from processes.language.conditions import ItemFilter
from processes.language.values import Value, to_json
from processes.rules.base import RuleFailed
from processes.rules.ports import Item


class RunOthers:
    """Implements `processes.rules.ports.Others`: intent, act, and what came of it, in the trace."""

    def __init__(self, context: RunState) -> None:
        """Take the run for which it acts."""
        self.context = context

    def create(
        self, *, process: str, values: Mapping[str, Value], secret: frozenset[str]
    ) -> Sequence[Item]:
        """Make an instance of a process."""
        return self._done("create", process, values=values, secret=secret)

    def change(
        self,
        *,
        process: str,
        filter: ItemFilter,
        values: Mapping[str, Value],
        secret: frozenset[str],
        every: bool,
    ) -> Sequence[Item]:
        """Store values in the instances found; returns them, none when none was found."""
        return self._done(
            "change", process, values=values, secret=secret, filter=filter, every=every
        )

    def delete(self, *, process: str, filter: ItemFilter, every: bool) -> Sequence[Item]:
        """Delete the instances found; returns them as they were."""
        return self._done("delete", process, filter=filter, every=every)

    def start(
        self,
        *,
        process: str,
        process_id: str,
        values: Mapping[str, Value],
        secret: frozenset[str],
        target: str,
    ) -> Sequence[Item]:
        """Make an instance, or take that of the Process ID, and run a target of it."""
        return self._done(
            "start", process, values=values, secret=secret, process_id=process_id, target=target
        )

    def _done(self, act: EffectKind, process: str, **more: Any) -> Sequence[Item]:
        context = self.context
        if context.seconds_left <= 0:
            raise RuleFailed(
                "timeout", _("The run has used up its time; nothing was done elsewhere.")
            )
        effect = self._effect(act, process, **{"values": {}, "secret": frozenset(), **more})
        items, secrets = context.world.affect(effect)
        context.learn_secrets(items, secrets)
        if context.trace.current is not None:
            context.trace.current.response = _answer(items, secrets)
        return items

    def _effect(self, act: EffectKind, process: str, **more: Any) -> Effect:
        shown: dict[str, Any] = {"act": act, "process": process}
        if more.get("filter") is not None:
            shown["filter"] = more["filter"].in_words()
        shown |= {name: more[name] for name in ("process_id", "target") if more.get(name)}
        if more["values"]:
            shown["values"] = {
                name: MASK if name in more["secret"] else to_json(value)
                for name, value in more["values"].items()
            }
        return Effect(
            act=act,
            process=process,
            shown=shown,
            surroundings=self.context.surroundings,
            resolve=self.context.resolve,
            on_request=self._requested,
            seconds=self.context.seconds_left,
            **more,
        )

    def _requested(self, shown: Mapping[str, Any], secrets: Sequence[str]) -> None:
        for secret in secrets:
            self.context.masker.add(secret)
        if self.context.trace.current is not None:
            self.context.trace.current.request = shown
        self.context.checkpoints.before_call(self.context)


def _answer(items: Sequence[Item], secrets: frozenset[str]) -> dict[str, Any]:
    """Return what came of it for the trace: the first item, and the Process IDs of all."""
    if not items:
        return {"status": None, "headers": {}, "body": None}
    first = {
        name: (MASK if value else "") if name in secrets else to_json(value)
        for name, value in items[0].items()
    }
    body = {**first, "instances": [to_json(item.get("process.id")) for item in items[:100]]}
    return {"status": None, "headers": {}, "body": body if len(items) > 1 else first}
