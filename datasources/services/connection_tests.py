"""Testing connections, with settings that are stored or only typed; nothing else is changed."""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from django.utils import timezone
from django.utils.translation import gettext as _

from datasources.connections.calls import send_authorised
from datasources.http.egress import refusal_of_literal
from datasources.kinds import DatasourceDocument, EmailDatasource
from datasources.models import Datasource
from datasources.rest.document import RestDatasource
from datasources.rest.errors import CallFailed
from datasources.rest.request import PreparedCall, build_test
from datasources.selectors import as_rest, document_of, get_datasource, ready_to_call
from datasources.services.access import must_edit, must_see_token, must_set_addresses
from datasources.services.call_records import record_sent
from datasources.services.validation import parse_datasource
from datasources.services.variable_settings import must_use_secret_variables
from datasources.smtp.accounts import try_account
from kianda.accounts.services.audit import record
from kianda.lib.errors import Invalid
from kianda.mail.addresses import BadAddress, read_address

KIND: Final = "datasource"
LONGEST_DETAIL = 500
SERVER_ERROR = 500


@dataclass(frozen=True, slots=True)
class Tested:
    """What a connection test found, with which settings, and whether these are the stored ones."""

    answer: dict[str, Any]
    document: DatasourceDocument
    stored: bool


def test_connection(*, name: str, user: Any, to: str) -> dict[str, Any]:
    """Send GET to the base URL or `test_path`, keep the outcome, and return it.

    Of a mail account, sign in; `to` is an address that gets a test message. Raises Invalid.
    """
    row = get_datasource(name)
    must_edit(row, user)
    document = document_of(row)
    _must_take(document, to)
    answer = _answer_of(document, to=to)
    Datasource.objects.filter(pk=row.pk).update(
        last_test_at=timezone.now(),
        last_test_ok=answer["ok"],
        last_test_detail=answer["detail"][:LONGEST_DETAIL],
    )
    record(user, action="tested", kind=KIND, name=name, detail=_to(to))
    return answer


def _must_take(document: DatasourceDocument, to: str) -> None:
    """Refuse an address that no test message can go to."""
    if to and not isinstance(document, EmailDatasource):
        raise Invalid.at("/to", _("Only mail accounts send a test message."))
    if to:
        try:
            read_address(to)
        except BadAddress as error:
            raise Invalid.at("/to", str(error)) from error


def _to(to: str) -> str:
    return _("Test message to %(to)s") % {"to": to} if to else ""


def try_settings(*, name: str, settings: Mapping[str, Any], user: Any, to: str = "") -> Tested:
    """Test a datasource with settings that may not be stored yet; raises Invalid.

    The outcome is kept only when they are the stored ones, as `test_connection` does.
    """
    row = get_datasource(name)
    must_edit(row, user)
    stored = document_of(row)
    # No method is called: its secrets need not be sent again for another address.
    without: dict[str, Any] = {"methods": []} if isinstance(stored, RestDatasource) else {}
    raw = {**stored.masked(), **settings, **without}
    raw["title"] = raw["title"] or stored.title
    document = parse_datasource(raw, stored=stored, refusal=refusal_of_literal)
    must_set_addresses(document, user, stored=stored)
    must_see_token(document, user)
    must_use_secret_variables(document, user, stored=stored)
    _must_take(document, to)
    if document == stored.model_copy(update=without):
        return Tested(test_connection(name=name, user=user, to=to), stored, stored=True)
    detail = _("With unsaved settings")
    record(user, action="tested", kind=KIND, name=name, detail=f"{detail} {_to(to)}".strip())
    return Tested(_answer_of(document, to=to), document, stored=False)


def try_connection(raw: object, *, user: Any, to: str = "") -> Tested:
    """Test a datasource that is not stored yet, as `test_connection` does; raises Invalid."""
    document = parse_datasource(raw, refusal=refusal_of_literal)
    must_see_token(document, user)
    must_use_secret_variables(document, user)
    _must_take(document, to)
    detail = f"{_('Not saved yet')} {_to(to)}".strip()
    record(user, action="tested", kind=KIND, name=document.name, detail=detail)
    return Tested(_answer_of(document, to=to), document, stored=False)


def _answer_of(document: DatasourceDocument, *, to: str = "") -> dict[str, Any]:
    started = time.monotonic()
    status: int | None = None
    if isinstance(document, EmailDatasource):
        detail, ok = try_account(document, to=to)
    else:
        status, detail, answered = _tried(as_rest(document))
        ok = answered and status is not None and status < SERVER_ERROR
    return {
        "ok": ok,
        "status": status,
        "elapsed_ms": round((time.monotonic() - started) * 1000),
        "detail": detail,
    }


# pytest would take the name for a test.
test_connection.__test__ = False  # type: ignore[attr-defined]


def _tried(document: RestDatasource) -> tuple[int | None, str, bool]:
    """Return the status, a sentence, and whether an answer came over a good connection."""
    started, sent = time.monotonic(), list[PreparedCall]()

    def prepare(token: str) -> PreparedCall:
        sent.append(build_test(ready_to_call(document), token))
        return sent[-1]

    def keep(**ended: Any) -> None:
        took_ms = round((time.monotonic() - started) * 1000)
        record_sent(document.name, "", sent[-1] if sent else None, took_ms=took_ms, **ended)

    try:
        answer = send_authorised(document, prepare)
        keep(answer=answer)
    except CallFailed as failed:
        keep(failed=failed)
        # More than is read, or an error status: the other side is there all the same.
        answered = failed.kind in {"http_status", "too_large", "bad_answer"}
        return failed.status if answered else None, failed.message, answered
    said = f"{answer.status} {answer.reason}".strip()
    return (
        answer.status,
        _("%(datasource)s answered %(said)s.") % {"datasource": document.title, "said": said},
        True,
    )
