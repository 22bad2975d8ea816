"""Changing and calling datasources."""

import time
from collections.abc import Callable, Iterable, Iterator
from typing import Any, Final
from uuid import uuid4

from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _

from datasources.connections.calls import send_authorised
from datasources.connections.rows import follow_settings
from datasources.gates.passing import forget as forget_gate
from datasources.http.egress import refusal_of_literal
from datasources.kinds import DatasourceDocument, known_by_columns
from datasources.models import Datasource
from datasources.rest.document import RestDatasource, RestMethod
from datasources.rest.errors import CallFailed
from datasources.rest.request import PreparedCall, build
from datasources.rest.response import CallAnswer
from datasources.selectors import (
    document_of,
    get_datasource,
    get_document,
    ready_to_call,
    rest_document_of,
)
from datasources.services.access import must_edit, must_see_token, must_set_addresses
from datasources.services.call_records import record_sent
from datasources.services.given_files import with_files
from datasources.services.status import lacks
from datasources.services.validation import parse_datasource
from datasources.services.variable_settings import must_use_secret_variables
from kianda.accounts.roles import ADMINISTRATOR, has_role
from kianda.accounts.services.audit import record
from kianda.lib.errors import Flaw, Forbidden, InUse, Invalid, Missing, Stale
from kianda.lib.masking import Masker
from kianda.lib.pointers import pointer
from kianda.lib.secret_names import MASK
from kianda.lib.secrets import seal
from kianda.lib.usage import Use, used_by
from kianda.mail.accounts import forget_account

__all__ = [
    "call_method",
    "create_datasource",
    "delete_datasource",
    "get_datasource",
    "get_document",
    "patch_datasource",
    "replace_datasource",
]

KIND: Final = "datasource"


def create_datasource(*, raw: object, user: Any, flaws: Iterable[Flaw] = ()) -> Datasource:
    """Store a new datasource; raises Invalid with every flaw of the body.

    `flaws` are what the caller has found already.
    """
    document = parse_datasource(raw, refusal=refusal_of_literal, flaws=[*flaws, *_taken(raw)])
    must_see_token(document, user)
    must_use_secret_variables(document, user)
    now = timezone.now()
    try:
        with transaction.atomic():
            row = Datasource.objects.create(
                **_columns(document), created=now, modified=now, modified_by=_person(user)
            )
            follow_settings(row, document)
            record(user, action="created", kind=KIND, name=document.name)
    except IntegrityError as error:
        raise Invalid(
            _("The datasource has errors."), errors=[_taken_flaw(document.name)]
        ) from error
    return row


def replace_datasource(
    *, name: str, raw: object, user: Any, revision: int | None = None, force: bool = False
) -> Datasource:
    """Store a changed datasource; a secret that is masked or left out stays as it is.

    Raises Invalid, Stale when `revision` is no longer the stored one, and InUse when a REST method
    that something uses would go; an administrator may `force` that.
    """
    row = get_datasource(name)
    must_edit(row, user)
    if revision is not None and row.revision != revision:
        raise Stale()
    stored = document_of(row)
    document = parse_datasource(
        raw, stored=stored, refusal=refusal_of_literal, flaws=_renamed(name, raw)
    )
    if document == stored:
        return row
    must_set_addresses(document, user, stored=stored)
    must_see_token(document, user)
    must_use_secret_variables(document, user, stored=stored)
    _refuse_use(_uses_of_gone_methods(stored, document), user=user, force=force)
    with transaction.atomic():
        changed = Datasource.objects.filter(pk=row.pk, revision=row.revision).update(
            **_columns(document) | {"document": seal(row, "document", document.plain())},
            revision=row.revision + 1,
            modified=timezone.now(),
            modified_by=_person(user),
        )
        if not changed:
            raise Stale()
        follow_settings(row, document, before=stored)
        record(user, action="changed", kind=KIND, name=name)
    return get_datasource(name)


def patch_datasource(
    *, name: str, changes: object, user: Any, revision: int | None = None, force: bool = False
) -> Datasource:
    """Replace the given top-level settings and leave the others as they are."""
    if not isinstance(changes, dict):
        raise Invalid.at("", _("Send an object."))
    row = get_datasource(name)
    raw = {**document_of(row).masked(), **changes}
    # What is left out was read just now: a change in between must not be written over.
    revision = row.revision if revision is None else revision
    return replace_datasource(name=name, raw=raw, user=user, revision=revision, force=force)


def delete_datasource(
    *,
    name: str,
    user: Any,
    force: bool = False,
    unchanged: Callable[[Datasource], None] | None = None,
) -> None:
    """Put a datasource that nothing uses into the recycle bin; an administrator may force it.

    `unchanged` may refuse what the datasource has become by the time it is locked.
    """
    must_edit(get_datasource(name), user)
    _refuse_use(used_by(KIND, name), user=user, force=force)
    with transaction.atomic():
        row = Datasource.objects.select_for_update().filter(name=name).first()
        if row is None:
            raise Missing(_("There is no datasource %(name)s.") % {"name": name})
        if unchanged is not None:
            unchanged(row)
        forget_gate(name)
        row.deleted_at, row.deleted_by = timezone.now(), _person(user)
        row.save(update_fields=["deleted_at", "deleted_by"])
        if row.kind == "email":
            # Another one that is given its name must not become the workspace's by that.
            forget_account(name, user=user)
        record(user, action="deleted", kind=KIND, name=name)


def forget_settings(row: Datasource) -> None:
    """Keep of a datasource whose settings no key opens what its columns say.

    It is incomplete until somebody enters the rest again; what refers to it stays as it is.
    """
    known = known_by_columns(kind=row.kind, name=row.name, title=row.title, address=row.base_url)
    Datasource.everything.filter(pk=row.pk).update(
        document=seal(row, "document", known.plain()),
        is_complete=False,
        revision=F("revision") + 1,
        modified=timezone.now(),
        modified_by=None,
    )
    follow_settings(row, known)


def call_method(*, name: str, method: str, inputs: object, user: Any) -> dict[str, Any]:
    """Call a REST method once with the given inputs; the answer is shown and kept nowhere.

    A failure without an answer comes back as `status` null and `error`.
    """
    row = get_datasource(name)
    must_edit(row, user)
    document = rest_document_of(row)
    found = document.method(method)
    if found is None:
        raise Missing(
            _("The datasource %(name)s has no REST method %(method)s.")
            % {"name": name, "method": method}
        )
    return send_once(document, found, inputs=inputs, user=user)


def send_once(
    document: RestDatasource,
    method: RestMethod,
    *,
    inputs: object,
    user: Any,
    detail: str = "",
    hidden: Iterable[str] = (),
    of_instance: bool = False,
) -> dict[str, Any]:
    """Send a REST method of a document, stored or not, as `call_method` does.

    `hidden` are secrets among the inputs, which no log is to show; `of_instance` tells that values
    of an instance are among them.
    """
    started = time.monotonic()
    # A token is nobody's to see, though the outside system may send it back.
    masker = Masker()
    sent: list[PreparedCall] = []
    key = str(uuid4())

    def prepare(token: str) -> PreparedCall:
        masker.add(token)
        for secret in ready_to_call(document).variable_secrets:
            masker.add(secret)
        sent.append(prepared(document, method, inputs, token, call_key=key))
        return sent[-1]

    def keep(**ended: Any) -> None:
        took_ms = round((time.monotonic() - started) * 1000)
        call = sent[-1] if sent else None
        told = {"hidden": hidden, "of_instance": of_instance, **ended}
        record_sent(document.name, method.name, call, took_ms=took_ms, **told)

    try:
        # Inputs at fault are told before a token is asked for.
        prepared(document, method, inputs)
        record(user, action="called", kind=KIND, name=document.name, detail=detail or method.name)
        answer = send_authorised(document, prepare)
        keep(answer=answer)
    except CallFailed as failed:
        keep(failed=failed)
        if failed.answer is None:
            return {
                "status": failed.status,
                "headers": {},
                "body": None,
                "elapsed_ms": round((time.monotonic() - started) * 1000),
                "error": {"kind": failed.kind, "message": masker.text(failed.message)},
            }
        told = _shown_answer(failed.answer, masker)
        if failed.kind == "http_status" and method.success_when is None:
            return told  # Its status says it.
        return {**told, "error": {"kind": failed.kind, "message": masker.text(failed.message)}}
    return _shown_answer(answer, masker)


def _shown_answer(answer: CallAnswer, masker: Masker) -> dict[str, Any]:
    return {
        "status": answer.status,
        "headers": masker.json(answer.headers),
        "body": masker.json(answer.body),
        "elapsed_ms": answer.elapsed_ms,
        **({"not_json": answer.not_json} if answer.not_json else {}),
    }


def prepared(
    document: RestDatasource,
    method: RestMethod,
    inputs: object,
    token: str = MASK,
    *,
    call_key: str = "",
) -> PreparedCall:
    """Return the request, without a live token one to be shown alone.

    Raises Invalid for inputs at fault, CallFailed when it cannot go.
    """
    if not isinstance(inputs, dict):
        raise Invalid.at("/input", _("Send an object with a value for each parameter."))
    known = ", ".join(method.input_targets())
    flaws = [
        Flaw(
            pointer("input", target),
            _("Unknown parameter %(target)s. Use one of %(known)s.")
            % {"target": target, "known": known},
        )
        for target in inputs
        if method.canonical_target(target) is None
    ]
    if flaws:
        raise Invalid(errors=flaws)
    given = with_files(method, inputs)
    ready = ready_to_call(document)
    try:
        found = ready.method(method.name) or method
        return build(ready, found, given, token, call_key=call_key)
    except CallFailed as failed:
        if not failed.place:
            raise
        raise Invalid.at(pointer("input", failed.place), failed.message) from failed


def _columns(document: DatasourceDocument) -> dict[str, Any]:
    return {
        "name": document.name,
        "title": document.title,
        "kind": document.kind,
        "base_url": document.address,
        "document": document.plain(),
        "is_complete": not lacks(document),
    }


def _person(user: Any) -> Any:
    return user if user is not None and user.is_authenticated else None


def _taken(raw: object) -> Iterator[Flaw]:
    name = raw.get("name") if isinstance(raw, dict) else None
    if isinstance(name, str) and Datasource.objects.filter(name=name).exists():
        yield _taken_flaw(name)


def _taken_flaw(name: str) -> Flaw:
    return Flaw("/name", _("%(name)s already exists. Choose another name.") % {"name": name})


def _renamed(name: str, raw: object) -> Iterator[Flaw]:
    sent = raw.get("name") if isinstance(raw, dict) else None
    if isinstance(sent, str) and sent != name:
        yield Flaw(
            "/name",
            _("The name of a datasource cannot be changed; it is %(name)s.") % {"name": name},
        )


def _uses_of_gone_methods(before: DatasourceDocument, after: DatasourceDocument) -> list[Use]:
    if not isinstance(before, RestDatasource) or not isinstance(after, RestDatasource):
        return []
    kept = {method.name for method in after.methods}
    return [
        use
        for method in before.methods
        if method.name not in kept
        for use in used_by("method", f"{before.name}/{method.name}")
    ]


def _refuse_use(uses: list[Use], *, user: Any, force: bool) -> None:
    if force and not has_role(user, ADMINISTRATOR):
        raise Forbidden(_("Only an administrator can force this."))
    if uses and not force:
        names = ", ".join(str(use["name"]) for use in uses[:3])
        raise InUse(_("It is in use by %(names)s.") % {"names": names}, used_by=uses)
