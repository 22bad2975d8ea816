"""How a Postman collection or request signs in, in the ways that a data source has."""

import re
from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from datasources.auth import auth_schemes
from datasources.importing.base import AuthChoice
from datasources.importing.documents import DocumentNode
from datasources.importing.schema_shapes import scalar_text
from kianda.lib.i18n import gettext as _

_VARIABLE = re.compile(r"\{\{\s*([^{}]+?)\s*\}\}")
_GRANTS = {
    "authorization_code": "authorization_code",
    "authorization_code_with_pkce": "authorization_code",
    "client_credentials": "client_credentials",
    "password_credentials": "password",
}


def auth_settings(auth: DocumentNode, variables: Mapping[str, str]) -> AuthChoice:
    """Return the settings of a sign-in; one that a data source has not is told."""
    kind = auth.text("type")
    if kind in ("", "noauth"):
        return AuthChoice()
    settings = _translated(kind, _values(auth.get(kind), variables))
    if settings is None or not _fits(settings):
        words = _("This type of authentication is not supported: %(kind)s.")
        auth.notes.leave(auth.place, words % {"kind": kind[:100]})
        return AuthChoice()
    return AuthChoice(settings, _("The sign-in of the collection: %(kind)s.") % {"kind": kind})


def _fits(settings: Mapping[str, Any]) -> bool:
    if settings["scheme"] not in auth_schemes.kinds:
        return False
    try:
        auth_schemes.parse(dict(settings))
    except ValidationError:
        return False
    return True


def _values(held: DocumentNode, variables: Mapping[str, str]) -> dict[str, str]:
    """Return the values of a sign-in: a list in 2.1, a map in 2.0; unknown variables are empty."""
    listed = [(one.text("key"), one.held("value")) for one in held.items()]
    listed += list(held.value.items()) if isinstance(held.value, dict) else []
    return {
        str(name): _VARIABLE.sub(
            lambda found: variables.get(found[1], ""), scalar_text(value) or ""
        )
        for name, value in listed
    }


def _translated(kind: str, values: Mapping[str, str]) -> dict[str, Any] | None:
    if kind == "basic":
        return {
            "scheme": "basic",
            "username": values.get("username", ""),
            "password": values.get("password", ""),
        }
    if kind == "bearer":
        return {"scheme": "bearer", "token": values.get("token", "")}
    if kind == "apikey":
        return {
            "scheme": "api_key",
            "name": values.get("key") or "X-API-Key",
            "place": "query" if values.get("in") == "query" else "header",
            "key": values.get("value", ""),
        }
    return _oauth2(values) if kind == "oauth2" else None


def _oauth2(values: Mapping[str, str]) -> dict[str, Any] | None:
    grant = _GRANTS.get(values.get("grant_type", "authorization_code"))
    if grant is None:
        return None
    settings: dict[str, Any] = {"scheme": "oauth2", "grant": grant}
    for key, written in (
        ("authorize_url", "authUrl"),
        ("token_url", "accessTokenUrl"),
        ("client_id", "clientId"),
        ("client_secret", "clientSecret"),
        ("username", "username"),
        ("password", "password"),
    ):
        if values.get(written):
            settings[key] = values[written]
    if scopes := values.get("scope", "").split():
        settings["scopes"] = scopes
    return settings
