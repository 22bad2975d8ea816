"""The ports of a run to the world: REST calls, and lookups in stored instances."""

import time
from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from functools import partial
from typing import Any, NamedTuple
from uuid import uuid4

from django.contrib.auth.models import User
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from datasources.connections.calls import send_authorised
from datasources.http.client import send
from datasources.rest.document import RestDatasource, RestMethod
from datasources.rest.errors import CallFailed
from datasources.rest.received_files import ReceivedFile
from datasources.rest.request import PreparedCall, build
from datasources.rest.response import CallAnswer
from datasources.selectors import get_document, get_document_to_call, ready_to_call
from kianda.lib.errors import ApplicationError, Forbidden, Missing, NoSpace, TooLarge
from kianda.lib.secret_names import MASK
from kianda.lib.secrets import WrongKeyRing
from processes.definition.document import Document
from processes.document_cache import document_of
from processes.engine.ports import Call, FoundItems, Query, RunState
from processes.files.uploads import Uploader
from processes.files.values import KnownFiles
from processes.instances.stored_values import stored_values
from processes.language.call_results import NO_NAMES
from processes.language.conditions import Condition, ConditionGroup
from processes.language.expressions import Template
from processes.language.timestamps import moment_text
from processes.language.values import Value, as_text, from_json, to_json
from processes.models import ProcessDesign, ProcessInstance
from processes.rights.instance_rights import InstanceRights
from processes.rights.seen import seen_values
from processes.rules.base import Answer, RuleFailed
from processes.rules.ports import Item, PeopleQuery
from processes.running.people import found_people
from processes.running.rule_files import kept_file, sent_files, told_files
from processes.selectors import visible_instances


class Ready(NamedTuple):
    """A call that could be sent now: its datasource, the request, the names its answer declares."""

    source: RestDatasource
    call: PreparedCall
    names: Mapping[str, str]


def prepared_call(asked: Call) -> Ready:
    """Return the request of a REST method with its values; raises RuleFailed. Nothing is sent.

    So no token is fetched for it: a mask stands in its place.
    """
    source, method = _found(asked, get_document)
    try:
        ready = ready_to_call(source)
        inputs = _inputs(asked, method, told_files)
        call = build(ready, ready.method(method.name) or method, inputs, MASK)
    except CallFailed as failed:
        raise _as_rule_failed(failed) from failed
    return Ready(source, call, method.output_paths())


def _inputs(asked: Call, method: RestMethod, files: Callable[[Value], Any]) -> dict[str, Any]:
    """Return the values of a call as JSON; `files` makes those that are sent as files."""
    return {
        target: files(value) if method.takes_file(target) else to_json(value)
        for target, value in asked.inputs.items()
    }


def _found(asked: Call, find: Callable[[str], RestDatasource]) -> tuple[RestDatasource, RestMethod]:
    try:
        source = find(asked.datasource)
    except (Missing, Forbidden, WrongKeyRing) as refusal:
        raise RuleFailed("configuration", refusal.detail) from refusal
    found = source.method(asked.method)
    if found is None:
        raise RuleFailed(
            "configuration",
            _("The datasource %(datasource)s has no REST method %(method)s.")
            % {"datasource": asked.datasource, "method": asked.method},
        )
    return source, found


class WorldAdapter:
    """What a run asks of the world that changes no instance, for the person it works for."""

    def __init__(self, user: User | None) -> None:
        """Take the person."""
        self.user = user

    def known_files(self) -> KnownFiles:
        """Return which files may be sent: where there is no instance, own uploads alone."""
        return KnownFiles(Uploader(self.user))

    def call(self, call: Call, run: RunState) -> Answer:
        """Send a call, outside any transaction."""
        source, method = _found(call, lambda name: get_document_to_call(name, self.user))
        inputs = _inputs(call, method, lambda value: sent_files(value, self.known_files()))
        key = str(uuid4())

        def prepare(token: str) -> PreparedCall:
            ready = ready_to_call(source)
            found = ready.method(method.name) or method
            made = build(ready, found, inputs, token, call_key=key)
            sent = {"bytes": len(made.body)} if made.body else {}
            run.intend({**made.shown, **sent}, made.secrets)
            return made

        # The lease is looked at right before anything is sent.
        sender = partial(send, timeout_s=call.seconds, before_send=run.checkpoints.check)
        try:
            answer = send_authorised(source, prepare, sender=sender)
        except CallFailed as failed:
            raise _as_rule_failed(failed) from failed
        if answer.content is not None:
            answer = self._with_kept_file(answer, answer.content, title=source.title)
        return _answer(answer, method.output_paths())

    def _with_kept_file(
        self, answer: CallAnswer, content: ReceivedFile, *, title: str
    ) -> CallAnswer:
        """Return the answer with the file that holds its content from now; raises RuleFailed."""
        known = self.known_files()
        try:
            body = kept_file(content, by=known.by.user, instance=known.instance)
        except ApplicationError as refusal:
            kind = "too_large" if isinstance(refusal, TooLarge | NoSpace) else "bad_answer"
            words = _("The file that %(title)s sent was not saved. %(reason)s")
            said = words % {"title": title, "reason": refusal.detail}
            raise RuleFailed(kind, said, answer.status, answer=_answer(answer)) from refusal
        return replace(answer, body=body, content=None)

    def find(self, query: Query, run: RunState) -> FoundItems:
        """Return the newest stored instances of a process that hold the filter."""
        filter, surroundings = query.filter, run.surroundings
        asked = {name.split(".")[1] for name in filter.references() if name.startswith("item.")}
        items: list[Item] = []
        secrets: set[str] = set()
        for instance in self._looked_through(query, run).iterator(chunk_size=200):
            _refuse_late(surroundings.deadline, query.process)
            document = document_of(instance.version)
            _refuse_secrets(asked & document.secrets)
            item = self._seen(item_of(instance, document), instance, document)
            read = _reader(item, run.resolve)
            if not filter.holds(read, surroundings.today, zone=surroundings.zone):
                continue
            items.append(item)
            secrets |= document.secrets
            if len(items) >= query.limit:
                break
        return items, frozenset(secrets)

    def find_people(self, query: PeopleQuery) -> list[Item]:
        """Return the people who fit."""
        return found_people(query)

    def _seen(
        self, item: dict[str, Value], instance: ProcessInstance, document: Document
    ) -> dict[str, Value]:
        """Return an item without the fields and columns that the run's person does not see."""
        rights = InstanceRights(self.user, instance, document)
        return seen_values(item, rights) if document.has_hidden_parts else item

    def _looked_through(self, query: Query, run: RunState) -> QuerySet[ProcessInstance]:
        """Return the instances of a process, newest first; that of a Process ID alone if named."""
        if not ProcessDesign.objects.filter(name=query.process).exists():
            raise RuleFailed(
                "configuration", _("There is no process %(process)s.") % {"process": query.process}
            )
        rows = visible_instances(self.user).filter(design__name=query.process)
        key = _wanted_process_id(query.filter, run.resolve)
        if key is not None:
            rows = rows.filter(key=key.lower())
        return rows.select_related("version").defer("version__document").order_by("-pk")


def _refuse_late(deadline: float, process: str) -> None:
    if time.monotonic() >= deadline:
        raise RuleFailed(
            "timeout",
            _(
                "The run has used up its time while searching %(process)s. Filter by "
                "[item.process.id], which is found immediately."
            )
            % {"process": process},
        )


def _refuse_secrets(asked: Collection[str]) -> None:
    """Refuse a filter that asks for secrets: who may only run it could guess them by letters."""
    if asked:
        raise RuleFailed(
            "configuration",
            _("[item.%(name)s] is a secret. Secrets cannot be used in a filter.")
            % {"name": min(asked)},
        )


def _reader(item: Mapping[str, Value], resolve: Callable[[str], Value]) -> Callable[[str], Value]:
    """Return a reader of `item.x` from an item and of other names from the run."""

    def read(name: str) -> Value:
        return item.get(name.removeprefix("item.")) if name.startswith("item.") else resolve(name)

    return read


def item_of(instance: ProcessInstance, document: Document) -> dict[str, Value]:
    """Return an instance as an item: its stored values and its `process.*` facts."""
    return {
        **stored_values(document, instance),
        "process.id": instance.process_id,
        "process.name": document.name,
        "process.status": instance.status,
        "process.created": moment_text(instance.created),
    }


def _wanted_process_id(filter: ConditionGroup, resolve: Callable[[str], Value]) -> str | None:
    """Return the one Process ID that a filter asks for, so that the index can be used."""
    if filter.match != "all":
        return None
    for row in filter.items:
        if (
            isinstance(row, Condition)
            and row.left == "[item.process.id]"
            and row.operator == "eq"
            and not any(name.startswith("item.") for name in _names_in(row.right))
        ):
            return as_text(Template.parse(row.right).evaluate(resolve))
    return None


def _names_in(source: str) -> tuple[str, ...]:
    return Template.parse(source).references


def _answer(came: CallAnswer, names: Mapping[str, str] = NO_NAMES) -> Answer:
    return Answer(
        came.status, came.headers, from_json(came.body), names, came.attempts, came.pages, came.size
    )


def _as_rule_failed(failed: CallFailed) -> RuleFailed:
    sent = failed.answer
    answer = _answer(sent) if sent else None
    return RuleFailed(failed.kind, failed.message, failed.status, answer=answer)
