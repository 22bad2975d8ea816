"""What a token endpoint answers, read tolerantly; whatever is no token changes nothing."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl

from datasources.auth.oauth2 import OAuth2Auth
from datasources.oauth.lifetimes import LONGEST, expiry_of, moment_of, refresh_expiry_of
from datasources.oauth.refusals import TokenRefused, refused, tells_an_error
from datasources.rest.response import CallAnswer
from kianda.lib.i18n import gettext as _

LONGEST_TOKEN = 32_000

__all__ = ["TokenAnswer", "TokenRefused", "read_token_answer"]


@dataclass(frozen=True, slots=True)
class TokenAnswer:
    """A new pair of tokens. What the answer does not tell is None."""

    access_token: str = field(repr=False)
    token_type: str
    expires_at: datetime | None
    refresh_token: str | None = field(repr=False)
    refresh_expires_at: datetime | None
    scopes: tuple[str, ...] | None


def read_token_answer(
    auth: OAuth2Auth,
    answer: CallAnswer,
    *,
    now: datetime,
    title: str = "",
    secrets: Iterable[str] = (),
) -> TokenAnswer:
    """Return the tokens of an answer; raises TokenRefused, and then nothing is to be changed.

    `title` is the name of the datasource; `secrets` are the values that the request carried, so
    that none of them is told in the provider's words.
    """
    title = title or _("The provider")
    hidden = [*auth.credentials().values(), *secrets]
    body = _fields(answer.body)
    if not 200 <= answer.status < 300 or (body is not None and tells_an_error(body)):
        raise refused(
            answer.body if body is None else body, answer, title=title, secrets=hidden, now=now
        )
    if body is None:
        sentence = _("%(title)s answered %(status)s with something that is not JSON.")
        raise _no_token(sentence, title, answer)
    return TokenAnswer(
        access_token=_access_token(auth, body, answer, title),
        token_type=_text(body.get("token_type")) or "Bearer",
        expires_at=_expires(auth, body, now=now),
        refresh_token=_refresh_token(auth, body, answer, title),
        refresh_expires_at=refresh_expiry_of(body, now=now),
        scopes=_scopes(_at(body, auth.answer.scope or "scope")),
    )


def _no_token(sentence: str, title: str, answer: CallAnswer) -> TokenRefused:
    words = sentence % {"title": title, "status": answer.status}
    return TokenRefused(words, permanent=False, code="no_token")


def _fields(body: Any) -> Mapping[str, Any] | None:
    """Return an answer as an object; old servers send a form."""
    if isinstance(body, Mapping):
        return body
    if isinstance(body, str) and "=" in body and not body.lstrip().startswith(("<", "{", "[")):
        return dict(parse_qsl(body.strip())) or None
    return None


def _at(body: Any, path: str) -> Any:
    """Return what stands at a dotted place; None when nothing does."""
    found = body
    for part in path.split("."):
        if isinstance(found, list) and part.isdecimal() and int(part) < len(found):
            found = found[int(part)]
        else:
            found = found.get(part) if isinstance(found, Mapping) else None
    return found


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _is_token(value: Any) -> bool:
    """Tell whether a value can be sent as a token: one line of visible signs."""
    return isinstance(value, str) and value.isascii() and value.isprintable() and " " not in value


def _access_token(auth: OAuth2Auth, body: Any, answer: CallAnswer, title: str) -> str:
    found = _at(body, auth.answer.access_token or "access_token")
    if found is None or found == "":
        raise _no_token(_("%(title)s answered %(status)s without an access token."), title, answer)
    if not _is_token(found):
        sentence = _("%(title)s answered %(status)s with an access token that is not text.")
        raise _no_token(sentence, title, answer)
    if len(found) > LONGEST_TOKEN:
        sentence = _("%(title)s answered %(status)s with an access token that is too long.")
        raise _no_token(sentence, title, answer)
    return str(found)


def _refresh_token(auth: OAuth2Auth, body: Any, answer: CallAnswer, title: str) -> str | None:
    found = _at(body, auth.answer.refresh_token or "refresh_token")
    if found is None or found == "":
        return None
    if not _is_token(found) or len(found) > LONGEST_TOKEN:
        sentence = _("%(title)s answered %(status)s with a refresh token that is not text.")
        raise _no_token(sentence, title, answer)
    return str(found)


def _expires(auth: OAuth2Auth, body: Mapping[str, Any], *, now: datetime) -> datetime | None:
    told = _at(body, auth.answer.expires_in) if auth.answer.expires_in else None
    found = moment_of(told, now=now) or expiry_of(body, now=now)
    if found is None and auth.lifetime_s:
        return now + min(timedelta(seconds=auth.lifetime_s), LONGEST)
    return found


def _scopes(told: Any) -> tuple[str, ...] | None:
    if isinstance(told, str):
        return tuple(told.replace(",", " ").split())
    if isinstance(told, list):
        return tuple(one for one in told if isinstance(one, str))
    return None
