"""From a REST method and its inputs to a request. Plain Python: nothing is sent here."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import quote

from datasources.addresses import PATH_SAFE, Origin, path_flaw
from datasources.auth.base import Draft
from datasources.document import RestDatasource, RestMethod
from datasources.encoding import as_json, as_text, form, multipart, nested, pairs
from datasources.errors import CallFailed
from datasources.headers import BREAKS, header_bytes
from kianda.lib.secret_names import MASK

ALWAYS = {"user-agent": ("User-Agent", "Kianda-open"), "accept": ("Accept", "*/*")}
# The codings that the standard library can undo with a bound on the size.
CODINGS = "gzip, deflate"
WITH_BODY = frozenset({"POST", "PUT", "PATCH"})
TEST = RestMethod(name="test")
# Name, value, whether it is secret.
Item = tuple[str, Any, bool]


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
    body: bytes | None
    shown: dict[str, Any]
    secrets: tuple[str, ...]
    timeout_s: float
    max_answer_bytes: int
    follow_redirects: bool
    secret_headers: frozenset[str]


def build(
    datasource: RestDatasource, method: RestMethod, inputs: Mapping[str, Any]
) -> PreparedCall:
    """Return the request of a REST method with the given values by target.

    Raises CallFailed: `configuration` for a target that is not declared, `value` for a value that
    cannot be sent.
    """
    given = _declared(method, inputs)
    values = [
        (target, given.get(target, parameter.value), parameter.secret)
        for target, parameter in method.parameters.items()
        if target in given or parameter.value is not None
    ]
    draft = Draft()
    secret_headers = set()
    for target, value, secret in values:
        if target.startswith("header."):
            name = target.removeprefix("header.")
            draft.headers[name.lower()] = (name, _header(target, value))
            if secret:
                secret_headers.add(name.lower())
    query = [(t.removeprefix("query."), v, s) for t, v, s in values if t.startswith("query.")]
    body = [(t.removeprefix("body."), v, s) for t, v, s in values if t.startswith("body")]
    path = _path(method, given)
    _authenticate(datasource, draft, query, secret_headers)
    return _assemble(datasource, method, path=path, draft=draft, query=query, body=body,
                     secret_headers=secret_headers)  # fmt: skip


def build_test(datasource: RestDatasource) -> PreparedCall:
    """Return the request of a connection test: GET to the base URL or `test_path`."""
    path, mark, rest = (datasource.test_path or "").partition("?")
    query: list[Item] = []
    secret_headers: set[str] = set()
    draft = Draft()
    _authenticate(datasource, draft, query, secret_headers)
    call = _assemble(datasource, TEST, path=quote(path, safe=PATH_SAFE), draft=draft,
                     query=query, body=[], secret_headers=secret_headers)  # fmt: skip
    if not mark:
        return call
    joint = "&" if query else "?"
    return replace(call, url=f"{call.url}{joint}{quote(rest, safe=PATH_SAFE + '?')}")


def _declared(method: RestMethod, inputs: Mapping[str, Any]) -> dict[str, Any]:
    given = {}
    for target, value in inputs.items():
        declared = method.canonical_target(target)
        if declared is None:
            sentence = f"The REST method {method.title} has no parameter {target}."
            raise CallFailed("configuration", sentence, place=target)
        given[declared] = value
    return given


def _path(method: RestMethod, given: Mapping[str, Any]) -> str:
    mapped = "url_path" in given
    path = as_text(given["url_path"]) if mapped else method.url_path
    for name in () if mapped else method.path_names:
        text = as_text(given.get(f"path.{name}"))
        if not text.strip():
            sentence = f"The path parameter {name} of {method.title} has no value."
            raise CallFailed("value", sentence, place=f"path.{name}")
        path = path.replace(f"{{{name}}}", quote(text, safe=""))
    if flaw := path_flaw(path):
        raise CallFailed("value", f"The path {path!r} cannot be used. {flaw}", place="url_path")
    return quote(path, safe=PATH_SAFE)


def _header(target: str, value: Any) -> str:
    text = ", ".join(map(as_text, value)) if isinstance(value, list) else as_text(value)
    if BREAKS.search(text):
        name = target.removeprefix("header.")
        sentence = f"The value of the header {name} holds a line break or NUL."
        raise CallFailed("value", sentence, place=target)
    return text


def _authenticate(
    datasource: RestDatasource, draft: Draft, query: list[Item], secret_headers: set[str]
) -> None:
    scheme = datasource.auth
    if scheme.lacks_credentials():
        sentence = f"The datasource {datasource.title} has no {scheme.missing} stored."
        raise CallFailed("configuration", sentence)
    own = Draft(query=[(name, "") for name, _, _ in query])
    scheme.apply(own)
    for low, header in own.headers.items():
        draft.headers.setdefault(low, header)
        secret_headers.add(low)
    query += [(name, value, True) for name, value in own.query[len(query) :]]


def _assemble(
    datasource: RestDatasource,
    method: RestMethod,
    *,
    path: str,
    draft: Draft,
    query: list[Item],
    body: list[Item],
    secret_headers: set[str],
) -> PreparedCall:
    payload, media_type = _payload(method, body)
    for low, header in ALWAYS.items():
        draft.headers.setdefault(low, header)
    if media_type:
        draft.set_header("Content-Type", media_type)
    url = f"{datasource.stem}{path}" if path or datasource.has_path else f"{datasource.stem}/"
    return PreparedCall(
        verb=method.http_method,
        origin=datasource.origin,
        url=_with_query(url, query),
        headers=_wire_headers(method.http_method, draft, payload),
        body=payload,
        shown={
            "method": method.http_method,
            "url": _with_query(url, [(n, MASK if s and v else v, s) for n, v, s in query]),
            "headers": {
                name: MASK if low in secret_headers and value else value
                for low, (name, value) in draft.headers.items()
            },
            "body": _shown_body(method, body) if payload is not None else None,
        },
        secrets=_secrets(datasource, draft, secret_headers, [*query, *body]),
        timeout_s=method.timeout_s or datasource.timeout_s,
        max_answer_bytes=method.max_answer_bytes or datasource.max_answer_bytes,
        follow_redirects=(
            datasource.follow_redirects
            if method.follow_redirects is None
            else method.follow_redirects
        ),
        secret_headers=frozenset(secret_headers),
    )


def _secrets(
    datasource: RestDatasource, draft: Draft, secret_headers: set[str], items: list[Item]
) -> tuple[str, ...]:
    values = [value for name, value in draft.headers.values() if name.lower() in secret_headers]
    # "Bearer abc": what comes after the scheme is the secret.
    values += [value.partition(" ")[2] for value in values]
    values += datasource.auth.credentials().values()
    values += [text for name, value, secret in items if secret for _, text in pairs(name, value)]
    return tuple(value for value in values if value)


def _with_query(url: str, query: list[Item]) -> str:
    if not query:
        return url
    return f"{url}?{form([pair for name, value, _ in query for pair in pairs(name, value)])}"


def _wire_headers(verb: str, draft: Draft, payload: bytes | None) -> dict[str, str | bytes]:
    headers = {name: header_bytes(value) for name, value in draft.headers.values()}
    headers["Accept-Encoding"] = CODINGS
    if payload is not None or verb in WITH_BODY:
        headers["Content-Length"] = str(len(payload or b""))
    return headers


def _payload(method: RestMethod, body: list[Item]) -> tuple[bytes | None, str]:
    if not body and not (method.request_body and method.http_method in WITH_BODY):
        return None, ""
    try:
        return PAYLOADS[method.content_type](method, body)
    except (ValueError, UnicodeError) as error:
        raise CallFailed("value", f"The request body cannot be written: {error}") from error


def _json(method: RestMethod, body: list[Item]) -> tuple[bytes, str]:
    made = nested([(name, value) for name, value, _ in body])
    return as_json(made).encode(), "application/json"


def _form(method: RestMethod, body: list[Item]) -> tuple[bytes, str]:
    return form(_pairs(body)).encode(), "application/x-www-form-urlencoded"


def _multipart(method: RestMethod, body: list[Item]) -> tuple[bytes, str]:
    return multipart(_pairs(body))


def _raw(method: RestMethod, body: list[Item]) -> tuple[bytes, str]:
    return as_text(body[0][1] if body else "").encode(), method.media_type


def _pairs(body: list[Item]) -> list[tuple[str, str]]:
    return [pair for name, value, _ in body for pair in pairs(name, value)]


PAYLOADS: dict[str, Callable[[RestMethod, list[Item]], tuple[bytes, str]]] = {
    "json": _json,
    "form": _form,
    "multipart": _multipart,
    "raw": _raw,
}


def _shown_body(method: RestMethod, body: list[Item]) -> Any:
    shown = [(name, MASK if secret and value else value) for name, value, secret in body]
    if method.content_type == "raw":
        return as_text(shown[0][1]) if shown else ""
    return nested(shown) if method.content_type == "json" else dict(shown)
