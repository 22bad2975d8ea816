"""How an API signs its callers in, as OpenAPI has it, in the ways that a data source has."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urljoin

from pydantic import ValidationError

from datasources.auth import auth_schemes
from datasources.importing.base import AuthChoice, Operation, keys_in_headers
from datasources.importing.documents import DocumentNode
from kianda.lib.i18n import gettext as _
from kianda.lib.i18n import ngettext

MOST_SCOPES, MOST_ASKED = 30, 200
_FLOWS = {
    "authorizationCode": "authorization_code",
    "accessCode": "authorization_code",
    "clientCredentials": "client_credentials",
    "application": "client_credentials",
    "password": "password",
}
_DISCOVERY = "/.well-known/openid-configuration"


def auth_of(
    root: DocumentNode, asked: Sequence[tuple[Operation, DocumentNode]], *, old: bool, base: str
) -> AuthChoice:
    """Return the way in which most of the chosen operations sign in; tell of the others."""
    schemes = root.get("securityDefinitions") if old else root.get("components", "securitySchemes")
    known = dict(schemes.entries())
    wanted = {operation.id: _alternatives(root, node) for operation, node in asked}
    if together := _together(root, asked, known):
        return together
    votes = Counter(name for names in wanted.values() for name in names if name in known)
    for name, _count in votes.most_common():
        settings = _settings(known[name], scopes=_scopes(root, asked, name), base=base)
        if settings is not None:
            _tell_of_others(asked, wanted, name)
            return AuthChoice(settings, _sentence(settings))
    return AuthChoice()


def _together(
    root: DocumentNode,
    asked: Sequence[tuple[Operation, DocumentNode]],
    known: Mapping[str, DocumentNode],
) -> AuthChoice | None:
    """Return the headers that most operations want at once, None when they want one thing."""
    votes = Counter(
        tuple(name for name, _scopes in requirement.entries())
        for _operation, node in asked
        for requirement in _requirements(root, node)[:1]
    )
    names = next((names for names, _count in votes.most_common(1)), ())
    schemes = [known[name] for name in names if name in known]
    if len(schemes) < 2 or any(_place(one) != ("apiKey", "header") for one in schemes):
        return None
    keys = [(one.text("name"), "") for one in schemes]
    sentence = _("Keys in headers: %(names)s.") % {"names": ", ".join(name for name, _v in keys)}
    return keys_in_headers(keys, sentence)


def _place(scheme: DocumentNode) -> tuple[str, str]:
    return scheme.text("type"), scheme.text("in")


def _alternatives(root: DocumentNode, operation: DocumentNode) -> dict[str, None]:
    """Return the names of the ways in which an operation can sign in, in their order."""
    return {name: None for one in _requirements(root, operation) for name, _s in one.entries()}


def _requirements(root: DocumentNode, operation: DocumentNode) -> list[DocumentNode]:
    own = isinstance(operation.value, dict) and "security" in operation.value
    return list((operation if own else root).get("security").items())


def _scopes(
    root: DocumentNode, asked: Sequence[tuple[Operation, DocumentNode]], name: str
) -> list[str]:
    found: dict[str, None] = {}
    for _operation, node in asked:
        for requirement in _requirements(root, node):
            for scope in requirement.get(name).items():
                if isinstance(scope.value, str):
                    found[scope.value] = None
    return list(found)[:MOST_ASKED]


def _tell_of_others(
    asked: Sequence[tuple[Operation, DocumentNode]],
    wanted: Mapping[str, Mapping[str, None]],
    name: str,
) -> None:
    for operation, node in asked:
        if wanted[operation.id] and name not in wanted[operation.id]:
            words = _("Its authentication (%(names)s) differs from that of the data source.")
            node.notes.leave(
                f"{operation.place}/security", words % {"names": ", ".join(wanted[operation.id])}
            )


def _settings(scheme: DocumentNode, *, scopes: list[str], base: str) -> dict[str, Any] | None:
    """Return the settings of a scheme; None, and a note, for one that a data source has not."""
    settings = _translated(scheme, scopes=scopes, base=base)
    kind = auth_schemes.kinds.get(settings["scheme"]) if settings else None
    if settings is not None and kind is not None:
        try:
            auth_schemes.parse(settings)
        except ValidationError:
            kind = None
    if kind is None:
        words = _("This type of authentication is not supported: %(kind)s.")
        scheme.notes.leave(scheme.place, words % {"kind": _called(scheme)})
        return None
    return settings


def _called(scheme: DocumentNode) -> str:
    parts = [scheme.text("type"), scheme.text("scheme"), scheme.text("in"), scheme.text("flow")]
    return " ".join(filter(None, parts)) or "?"


def _translated(scheme: DocumentNode, *, scopes: list[str], base: str) -> dict[str, Any] | None:
    kind, how = scheme.text("type"), scheme.text("scheme").lower()
    if kind == "apiKey":
        return {"scheme": "api_key", "name": scheme.text("name"), "place": scheme.text("in")}
    if kind == "basic" or (kind, how) == ("http", "basic"):
        return {"scheme": "basic"}
    if (kind, how) == ("http", "bearer"):
        return {"scheme": "bearer"}
    if kind == "openIdConnect":
        issuer = scheme.text("openIdConnectUrl").removesuffix(_DISCOVERY)
        return {
            "scheme": "oauth2",
            "grant": "authorization_code",
            "issuer": issuer,
            "scopes": scopes,
        }
    return _oauth2(scheme, scopes=scopes, base=base) if kind == "oauth2" else None


def _oauth2(scheme: DocumentNode, *, scopes: list[str], base: str) -> dict[str, Any] | None:
    flows = dict(scheme.get("flows").entries()) or {scheme.text("flow"): scheme}
    for name, grant in _FLOWS.items():
        if name not in flows:
            continue
        flow = flows[name]
        offered = [scope for scope, _words in flow.get("scopes").entries()]
        settings: dict[str, Any] = {"scheme": "oauth2", "grant": grant}
        if wished := scopes or (offered if len(offered) <= MOST_SCOPES else []):
            settings["scopes"] = wished
        for key, written in (("authorize_url", "authorizationUrl"), ("token_url", "tokenUrl")):
            if url := flow.text(written):
                settings[key] = urljoin(f"{base}/", url)
        return settings
    return None


def _sentence(settings: Mapping[str, Any]) -> str:
    scheme = settings["scheme"]
    if scheme == "oauth2":
        n = len(settings.get("scopes", ()))
        return ngettext(
            "OAuth 2.0 with its URLs and %(n)s scope.",
            "OAuth 2.0 with its URLs and %(n)s scopes.",
            n,
        ) % {"n": n}
    if scheme == "api_key":
        return _("API key %(name)s.") % {"name": settings["name"]}
    return _("User name and password.") if scheme == "basic" else _("Bearer token.")
