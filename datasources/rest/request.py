"""From a REST method and its inputs to a request. Plain Python: nothing is sent here."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import quote
from uuid import NAMESPACE_URL, uuid4, uuid5

from datasources.auth.base import RequestDraft
from datasources.rest.answer_forms import AnswerForm
from datasources.rest.document import Parameter, RestDatasource, RestMethod
from datasources.rest.encoding import as_json, as_text, form, pairs
from datasources.rest.errors import CallFailed
from datasources.rest.paging import AnyPaging
from datasources.rest.payloads import WITH_BODY, RequestItem, shown_body
from datasources.rest.payloads import payload as written
from datasources.rest.repeating import Retry
from datasources.rest.sent_files import Payload, as_told
from datasources.rest.typed_values import typed
from kianda.lib.addresses import PATH_SAFE, Origin, path_flaw
from kianda.lib.headers import BREAKS, header_bytes
from kianda.lib.i18n import gettext as _
from kianda.lib.secret_names import MASK, always_holds_secret

ALWAYS = {"user-agent": ("User-Agent", "Kianda-open"), "accept": ("Accept", "*/*")}
# The codings that the standard library can undo with a bound on the size.
CODINGS = "gzip, deflate"
# Asking twice with these may act twice, unless a key tells that it is the same call.
CHANGING = frozenset({"POST", "PATCH", "PUT", "DELETE"})
TEST = RestMethod(name="test")


@dataclass(frozen=True, slots=True)
class PreparedCall:
    """A request that is ready to be sent, and what the trace may show of it.

    `headers` holds everything but what the connection sets; `secret_headers` are dropped when a
    redirect leads elsewhere; `shown` is `{"method", "url", "headers", "body"}` with secret places
    masked; `secrets` are the secret values that go out, to be masked wherever they come back.
    """

    verb: str
    origin: Origin
    url: str
    headers: dict[str, str | bytes]
    body: Payload | None
    shown: dict[str, Any]
    secrets: tuple[str, ...]
    timeout_s: float
    max_answer_bytes: int
    follow_redirects: bool
    secret_headers: frozenset[str]
    answer: AnswerForm = "auto"
    retry: Retry | None = None
    paging: AnyPaging | None = None
    # Makes the call of another page: the same one with some values of its own.
    again: Callable[[Mapping[str, Any]], "PreparedCall"] | None = None
    success_when: Mapping[str, Any] | None = None
    # Where the declared values of its answer stand, for those conditions.
    names: Mapping[str, str] = field(default_factory=dict)
    # The header with the key of this call, where the product has set it.
    key_header: str = ""
    # How large a file may be that it answers; None: as large as files are here.
    most_of_a_file: int | None = None


@dataclass(slots=True)
class _Parts:
    """The parts of a request while it is put together; each item knows whether it is secret."""

    path: str = ""
    shown_path: str = ""
    draft: RequestDraft = field(default_factory=RequestDraft)
    secret_headers: set[str] = field(default_factory=set)
    query: list[RequestItem] = field(default_factory=list)
    body: list[RequestItem] = field(default_factory=list)
    secrets: list[str] = field(default_factory=list)


def build(
    datasource: RestDatasource,
    method: RestMethod,
    inputs: Mapping[str, Any],
    token: str = "",
    *,
    call_key: str = "",
) -> PreparedCall:
    """Return the request of a REST method with the given values by target.

    `token` is the live access token of the datasource's connection, for schemes that need one;
    `call_key` tells one call from others, whatever token it is made again with.
    Raises CallFailed: `configuration` for a target that is not declared, `value` for a value that
    cannot be sent.
    """
    given = _declared(method, inputs)
    parts = _Parts()
    _put_path(parts, method, given)
    _refuse_missing(method, given)
    for target, parameter in method.parameters.items():
        value = given.get(target, parameter.value)
        if value is not None or target in given:
            value = _typed(target, value, parameter) if parameter.type else value
            if value is None and parameter.type == "file":
                continue  # No file is no part of the body.
            _put(parts, target, value, secret=parameter.secret)
    _authenticate(parts, datasource, token)
    key = call_key or str(uuid4())
    call = _assemble(parts, datasource, method, call_key=key)
    if method.paging is None:
        return call

    def again(values: Mapping[str, Any]) -> PreparedCall:
        own = key_of_page(key, as_json(values))
        return build(datasource, method, {**inputs, **values}, token, call_key=own)

    return replace(call, paging=method.paging, again=again)


def key_of_page(key: str, page: str) -> str:
    """Return the key of another page of a call: of its own, and the same when it is asked again."""
    return str(uuid5(NAMESPACE_URL, f"{key} {page}"))


def build_test(datasource: RestDatasource, token: str = "") -> PreparedCall:
    """Return the request of a connection test: GET to the base URL or `test_path`."""
    path, mark, rest = (datasource.test_path or "").partition("?")
    path = quote(path, safe=PATH_SAFE)
    parts = _Parts(path=path, shown_path=path)
    _authenticate(parts, datasource, token)
    call = _assemble(parts, datasource, TEST)
    if not mark:
        return call
    joint = "&" if parts.query else "?"
    return replace(call, url=f"{call.url}{joint}{quote(rest, safe=PATH_SAFE + '?')}")


def _declared(method: RestMethod, inputs: Mapping[str, Any]) -> dict[str, Any]:
    given = {}
    for target, value in inputs.items():
        declared = method.canonical_target(target)
        if declared is None:
            sentence = _("The REST method %(method)s has no parameter %(target)s.") % {
                "method": method.title,
                "target": target,
            }
            raise CallFailed("configuration", sentence, place=target)
        given[declared] = value
    return given


def _refuse_missing(method: RestMethod, given: Mapping[str, Any]) -> None:
    for target in method.required:
        value = given.get(target, method.parameters[target].value)
        blank = isinstance(value, str) and not value.strip()
        no_file = value == [] and method.parameters[target].type == "file"
        if value is None or blank or no_file:
            sentence = _("The parameter %(name)s of %(method)s is required and has no value.") % {
                "name": target,
                "method": method.title,
            }
            raise CallFailed("value", sentence, place=target)


def _typed(target: str, value: Any, parameter: Parameter) -> Any:
    try:
        return typed(value, parameter.type)
    except ValueError as error:
        sentence = _("The value of the parameter %(name)s is not valid. %(reason)s") % {
            "name": target,
            "reason": error,
        }
        raise CallFailed("value", sentence, place=target) from error


def _put_path(parts: _Parts, method: RestMethod, given: Mapping[str, Any]) -> None:
    mapped = "url_path" in given
    path = shown = as_text(given["url_path"]) if mapped else method.url_path
    for name in () if mapped else method.path_names:
        text = as_text(given.get(f"path.{name}"))
        if not text.strip():
            sentence = _("The path parameter %(name)s of %(method)s has no value.") % {
                "name": name,
                "method": method.title,
            }
            raise CallFailed("value", sentence, place=f"path.{name}")
        coded = quote(text, safe="")
        secret = method.is_secret_target(f"path.{name}")
        path = path.replace(f"{{{name}}}", coded)
        shown = shown.replace(f"{{{name}}}", MASK if secret else coded)
        parts.secrets += [text] if secret else []
    if flaw := path_flaw(path):
        raise CallFailed(
            "value",
            _("The path %(shown)r cannot be used. %(flaw)s") % {"shown": shown, "flaw": flaw},
            place="url_path",
        )
    parts.path, parts.shown_path = quote(path, safe=PATH_SAFE), quote(shown, safe=PATH_SAFE)


def _put(parts: _Parts, target: str, value: Any, *, secret: bool) -> None:
    place, _, name = target.partition(".")
    if place == "header":
        parts.draft.headers[name.lower()] = (name, _header(target, value))
        parts.secret_headers |= {name.lower()} if secret else set()
        return
    items = parts.query if place == "query" else parts.body
    items.append((name or place, value, secret))
    parts.secrets += [text for _, text in pairs(name, as_told(value))] if secret else []


def _header(target: str, value: Any) -> str:
    text = ", ".join(map(as_text, value)) if isinstance(value, list) else as_text(value)
    if BREAKS.search(text):
        name = target.removeprefix("header.")
        sentence = _("The value of the header %(name)s contains a line break or NUL.") % {
            "name": name
        }
        raise CallFailed("value", sentence, place=target)
    return text


def _authenticate(parts: _Parts, datasource: RestDatasource, token: str) -> None:
    scheme = datasource.auth
    if scheme.lacks_credentials():
        sentence = _("The datasource %(datasource)s has no %(missing)s stored.") % {
            "datasource": datasource.title,
            "missing": scheme.missing_words(),
        }
        raise CallFailed("configuration", sentence)
    if scheme.needs_token and not token:
        sentence = _("The datasource %(datasource)s is not connected. Connect it first.") % {
            "datasource": datasource.title
        }
        raise CallFailed("configuration", sentence)
    own = RequestDraft(
        query=[(name, "") for name, _, _ in parts.query],
        asks_for_token=any(name == "grant_type" for name, _, _ in parts.body),
    )
    scheme.apply(own, token)
    _put_cookies(parts, own.cookies)
    for low, header in own.headers.items():
        parts.draft.headers.setdefault(low, header)
        parts.secret_headers.add(low)
    parts.query += [(name, value, True) for name, value in own.query[len(parts.query) :]]
    parts.secrets += scheme.credentials().values()
    parts.secrets += [token] if scheme.needs_token else []


def _put_cookies(parts: _Parts, cookies: list[tuple[str, str]]) -> None:
    """Add cookies to those that the method sends itself; one of the same name is its own."""
    name, sent = parts.draft.headers.get("cookie", ("Cookie", ""))
    known = {one.partition("=")[0].strip() for one in sent.split(";")}
    added = [f"{cookie}={value}" for cookie, value in cookies if cookie not in known]
    if added:
        parts.draft.headers["cookie"] = (name, "; ".join([*([sent] if sent else []), *added]))
        parts.secret_headers.add("cookie")


def _assemble(
    parts: _Parts, datasource: RestDatasource, method: RestMethod, *, call_key: str = ""
) -> PreparedCall:
    payload, media_type = written(method, parts.body)
    for low, header in ALWAYS.items():
        parts.draft.headers.setdefault(low, header)
    if method.idempotency_header and method.http_method in CHANGING:
        # One key for one call, whoever makes it again; a mapped one goes before.
        call_key = call_key or str(uuid4())
        parts.draft.set_header(method.idempotency_header, call_key)
    if media_type:
        parts.draft.set_header("Content-Type", media_type)
    follow = method.follow_redirects
    return PreparedCall(
        verb=method.http_method,
        origin=datasource.origin,
        url=_with_query(_address(datasource, parts.path), parts.query),
        headers=_wire_headers(method, parts.draft, payload),
        body=payload,
        shown=_masked_request(parts, datasource, method, sent=payload is not None),
        secrets=(*_secrets(parts), *datasource.variable_secrets),
        timeout_s=method.timeout_s or datasource.timeout_s,
        max_answer_bytes=method.max_answer_bytes or datasource.max_answer_bytes,
        follow_redirects=datasource.follow_redirects if follow is None else follow,
        secret_headers=frozenset(parts.secret_headers),
        answer=method.answer,
        retry=method.retry,
        success_when=method.success_when,
        names=method.output_paths() if method.success_when else {},
        most_of_a_file=method.max_answer_bytes,
        key_header=_key_header(parts, method, call_key),
    )


def _key_header(parts: _Parts, method: RestMethod, key: str) -> str:
    """Return the header that holds the key of the call; nothing for a key that was mapped."""
    name, value = parts.draft.headers.get((method.idempotency_header or "").lower(), ("", ""))
    return name if key and value == key else ""


def _address(datasource: RestDatasource, path: str) -> str:
    return f"{datasource.stem}{path}" if path or datasource.has_path else f"{datasource.stem}/"


def _masked_request(
    parts: _Parts, datasource: RestDatasource, method: RestMethod, *, sent: bool
) -> dict[str, Any]:
    query = [
        (name, MASK if value and (secret or always_holds_secret(name, value)) else value, False)
        for name, value, secret in parts.query
    ]
    return {
        "method": method.http_method,
        "url": _with_query(_address(datasource, parts.shown_path), query),
        "headers": {
            name: MASK if low in parts.secret_headers and value else value
            for low, (name, value) in parts.draft.headers.items()
        },
        "body": shown_body(method, parts.body) if sent else None,
    }


def _secrets(parts: _Parts) -> tuple[str, ...]:
    values = [parts.draft.headers[low][1] for low in parts.secret_headers]
    # "Bearer abc": what comes after the scheme is the secret.
    values += [value.partition(" ")[2] for value in values]
    return tuple(value for value in (*parts.secrets, *values) if value)


def _with_query(url: str, query: list[RequestItem]) -> str:
    if not query:
        return url
    return f"{url}?{form([pair for name, value, _ in query for pair in pairs(name, value)])}"


def _wire_headers(
    method: RestMethod, draft: RequestDraft, payload: Payload | None
) -> dict[str, str | bytes]:
    headers = {name: header_bytes(value) for name, value in draft.headers.values()}
    # A file comes as it is: packed, it would have to be held whole to be unpacked.
    headers["Accept-Encoding"] = "identity" if method.answer == "file" else CODINGS
    if payload is not None or method.http_method in WITH_BODY:
        headers["Content-Length"] = str(len(payload or b""))
    return headers
