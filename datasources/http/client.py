"""The only place from which a request leaves: sends, bounds, reads, and puts failures in words."""

import math
import time
import zlib
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from http import HTTPStatus

import requests
import urllib3
from django.utils.translation import gettext as _

from datasources.gates.passing import passing
from datasources.http.dialling import proxy_refusal
from datasources.http.failures import failure_of
from datasources.http.file_answers import head_of, received, refusal_of
from datasources.http.paging import AllPages
from datasources.http.pool import ConnectionPool, KeptConnection
from datasources.http.redirects import MOST_HOPS, READING, next_hop
from datasources.http.repeating import repeated
from datasources.http.routes import route_to
from datasources.http.success import checked, is_2xx
from datasources.http.unpacking import unpacked
from datasources.rest.answer_forms import AnswerForm, NotInForm, read_as
from datasources.rest.document import RestDatasource
from datasources.rest.errors import CallFailed
from datasources.rest.received_files import ReceivedFile
from datasources.rest.request import PreparedCall
from datasources.rest.response import CallAnswer, read_body, read_headers, why_not_json
from datasources.rest.sent_files import opened
from kianda.lib.i18n import grouped

# How long somebody without a run of a limited time may wait for all attempts.
PATIENCE_S = 60.0
BROKEN = (OSError, urllib3.exceptions.HTTPError, zlib.error, CallFailed, ValueError)


class Client:
    """Sends prepared calls over kept connections; one is repeated only where its method says so."""

    def __init__(self, *, lines: ConnectionPool | None = None) -> None:
        """Use the given lines, or own ones."""
        self._lines = lines or ConnectionPool()

    def send(
        self,
        call: PreparedCall,
        *,
        datasource: RestDatasource,
        timeout_s: float | None = None,
        deadline: float | None = None,
        before_send: Callable[[], None] | None = None,
    ) -> CallAnswer:
        """Send a call and return its answer; raises CallFailed on anything but success.

        `timeout_s` and `deadline` (of time.monotonic) cut the datasource's own timeout short;
        `before_send` runs right before the request leaves and may raise to keep it back. A method
        with `retry` or `paging` is asked again until then; without a limit, for a minute at most.
        """
        if call.retry is None and call.paging is None:
            return self._send(call, datasource, timeout_s, deadline, before_send)
        patience_s = max(call.timeout_s, PATIENCE_S) if timeout_s is None else timeout_s
        ends = min(time.monotonic() + patience_s, deadline or math.inf)

        def ask(one: PreparedCall) -> CallAnswer:
            attempt = partial(self._send, one, datasource, None, ends, before_send)
            return repeated(attempt, one.retry, ends=ends) if one.retry else attempt()

        if call.paging is None:
            return ask(call)
        return AllPages(call, call.paging, title=datasource.title).fetched(ask)

    def _send(
        self,
        call: PreparedCall,
        datasource: RestDatasource,
        timeout_s: float | None,
        deadline: float | None,
        before_send: Callable[[], None] | None,
    ) -> CallAnswer:
        if datasource.limits is None:
            return self._go(call, datasource, timeout_s, deadline, before_send)
        patience_s = PATIENCE_S if timeout_s is None else timeout_s
        ends = min(time.monotonic() + patience_s, deadline or math.inf)
        # A turn is waited for in the time of the run, not in that of the call.
        gate = passing(
            datasource.name,
            datasource.limits,
            title=datasource.title,
            holds_s=call.timeout_s,
            ends=ends,
        )
        with gate as waited:
            answer = self._go(call, datasource, None, ends, before_send)
        return replace(answer, attempts=(waited, *answer.attempts)) if waited else answer

    def _go(
        self,
        call: PreparedCall,
        datasource: RestDatasource,
        timeout_s: float | None,
        deadline: float | None,
        before_send: Callable[[], None] | None,
    ) -> CallAnswer:
        started = time.monotonic()
        most_s = call.timeout_s if timeout_s is None else min(call.timeout_s, timeout_s)
        ends = started + most_s if deadline is None else min(started + most_s, deadline)
        if before_send is not None:
            before_send()
        acted = False
        for _hop in range(MOST_HOPS + 1):
            route = route_to(call.origin, datasource)
            line = self._lines.to(route)
            line.limits.begin(ends, sent=acted)
            answer = _exchange(line, call, title=datasource.title, started=started)
            if route.forwarded and answer.status == HTTPStatus.PROXY_AUTHENTICATION_REQUIRED:
                raise CallFailed("connection", proxy_refusal(f"{answer.status}"))
            before, acted = acted, acted or call.verb not in READING
            following = next_hop(call, answer) if call.follow_redirects else None
            if following is None:
                return _judged(call, answer, title=datasource.title, acted=before)
            call = following
        sentence = _("%(datasource)s redirected more than %(most)s times.") % {
            "datasource": datasource.title,
            "most": MOST_HOPS,
        }
        raise CallFailed("bad_answer", sentence, status=answer.status, answer=answer)

    def close(self) -> None:
        """Close this thread's connections."""
        self._lines.close()


def _judged(call: PreparedCall, answer: CallAnswer, *, title: str, acted: bool) -> CallAnswer:
    """Return an answer that is a success; else CallFailed, which knows what led to the answer."""
    try:
        found = checked(call, answer, title=title)
        return replace(found, may_have_acted=True) if acted else found
    except CallFailed as failed:
        failed.may_have_acted = acted
        raise


def _exchange(
    line: KeptConnection, call: PreparedCall, *, title: str, started: float
) -> CallAnswer:
    request = requests.PreparedRequest()
    request.method, request.url = call.verb, call.url
    # A plain dict serves the adapter as well, and costs less.
    request.headers = call.headers  # type: ignore[assignment]
    budget_s = max(0, math.ceil(line.limits.ends - started))
    raw: urllib3.HTTPResponse | None = None
    try:
        line.limits.left()
        with opened(call.body) as body:
            request.body = body
            raw = line.send(request).raw
        brings_file = call.answer == "file" and is_2xx(raw.status)
        found = received(raw, call, title=title) if brings_file else None
        data = b"" if found else _bounded(raw, call.max_answer_bytes, title)
    except BROKEN as error:
        # What is left of a broken exchange must not be read as the next answer.
        status = None
        if raw is not None:
            status = raw.status
            raw.close()
        line.renew()
        raise failure_of(
            error, title=title, limits=line.limits, budget_s=budget_s, status=status
        ) from error
    finally:
        line.used = time.monotonic()
    answer = CallAnswer(
        status=raw.status,
        reason=raw.reason or "",
        headers=read_headers(raw.headers),
        body=None,
        elapsed_ms=round((line.used - started) * 1000),
        size=found.size if found else len(data),
    )
    media_type = raw.headers.get("Content-Type", "")
    if found:
        return _with_file(answer, found, media_type, title=title)
    form = call.answer if is_2xx(raw.status) or call.success_when else "auto"
    return _read(answer, data, media_type, "auto" if form == "file" else form, title=title)


def _with_file(
    answer: CallAnswer, found: ReceivedFile, media_type: str, *, title: str
) -> CallAnswer:
    """Return the answer with the file that it brings; raises CallFailed when that is none."""
    if sentence := refusal_of(found, title=title, status=answer.status):
        told = replace(answer, body=read_body(head_of(found), media_type))
        raise CallFailed("bad_answer", sentence, status=answer.status, answer=told)
    return replace(answer, body=found.told, content=found)


def _read(
    answer: CallAnswer, data: bytes, media_type: str, form: AnswerForm, *, title: str
) -> CallAnswer:
    """Return the answer, its body in the form that the method says; a failed one is as it comes."""
    try:
        body = read_as(form, data, media_type, title=title)
    except NotInForm as error:
        told = replace(answer, body=read_body(data, media_type))
        if not is_2xx(answer.status):
            return told
        raise CallFailed("bad_answer", str(error), status=answer.status, answer=told) from error
    as_text = form == "auto" and isinstance(body, str)
    return replace(answer, body=body, not_json=why_not_json(data, media_type) if as_text else "")


def _bounded(raw: urllib3.HTTPResponse, most: int, title: str) -> bytes:
    """Return the decoded body; one byte more than allowed is never held."""
    announced = raw.headers.get("Content-Length", "")
    if not (announced.isdecimal() and int(announced) > most):
        data = b""
        # Read until nothing comes: only then is it known that nothing is missing.
        while more := raw.read(most + 1 - len(data), decode_content=False):
            data += more
            if len(data) > most:
                break
        else:
            data = unpacked(data, raw.headers.get("Content-Encoding", ""), most=most)
        if len(data) <= most:
            return data
    raise CallFailed(
        "too_large",
        _("%(title)s answered with more than %(most)s bytes.")
        % {"title": title, "most": grouped(most)},
    )


client = Client()
send = client.send
