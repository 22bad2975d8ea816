"""A person's session: how it is stored, its zone and language, and its end after 12 idle hours."""

import time
from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate, ParamSpec, TypeAlias, cast

from django.conf import settings
from django.contrib.sessions.backends import db
from django.contrib.sessions.backends.base import SessionBase
from django.http import HttpRequest, HttpResponseBase
from django.utils import timezone, translation
from django.utils.cache import patch_vary_headers

from kianda.accounts.permissions import signed_in
from kianda.accounts.services.profiles import language_of, zone_of
from kianda.accounts.services.sessions import note_session, stored_key

P = ParamSpec("P")
View: TypeAlias = Callable[Concatenate[HttpRequest, P], HttpResponseBase]

GetResponse = Callable[[HttpRequest], HttpResponseBase]
_SEEN = "seen"
_RENEW_AFTER_S = 300


class PersonalTime:
    """Shows times in the person's zone, and keeps the session of whoever does something.

    A part that refreshes by itself (it sends `X-Refresh`) is nobody's act: a page left open over
    night does not keep its session alive.
    """

    def __init__(self, get_response: GetResponse) -> None:
        """Keep the next layer."""
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Activate the zone for this request alone."""
        if settings.SESSION_COOKIE_NAME in request.COOKIES and "X-Refresh" not in request.headers:
            _renew(request)
        with timezone.override(zone_of(request.user)):
            return self.get_response(request)


class PersonalLanguage:
    """Answers in the language of the person; the API in that of the installation, whoever asks."""

    def __init__(self, get_response: GetResponse) -> None:
        """Keep the next layer."""
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Activate the language for this request alone."""
        if request.path.startswith("/api/v"):
            return self.get_response(request)
        language = language_of(request.user, accepted=request.headers.get("Accept-Language", ""))
        with translation.override(language):
            response = self.get_response(request)
        response.setdefault("Content-Language", language)
        patch_vary_headers(response, ("Accept-Language",))
        return response


def in_language_shown(view: View[P]) -> View[P]:
    """Read and answer a form in the language in which it was shown, though another is chosen since.

    It says so by `shown-in`: a number in it would be another one in the other language.
    """

    @wraps(view)
    def reading(request: HttpRequest, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
        shown = request.POST.get("shown-in", "") if request.method == "POST" else ""
        if shown not in dict(settings.LANGUAGES):
            return view(request, *args, **kwargs)
        with translation.override(shown):
            response = view(request, *args, **kwargs)
        response["Content-Language"] = shown
        return response

    return cast(View[P], reading)


def _renew(request: HttpRequest) -> None:
    # Not at each request: every renewal is a write.
    now = int(time.time())
    # Seen in the future: the clock was put back, and the session would last until then.
    apart = abs(now - request.session.get(_SEEN, 0))
    if request.user.is_authenticated and apart > _RENEW_AFTER_S:
        request.session[_SEEN] = now
        note_session(request, signed_in(request))


class SessionStore(db.SessionStore):
    """Django's sessions in the database, found by a hash of what the cookie holds.

    Whoever reads the table, or a backup of it, cannot sign in with what stands there. The name of
    the class is a part of the signature of what is stored: it is that of Django's own.
    """

    # Django's own for async views ask the database by the key itself.
    aexists, acreate, asave = SessionBase.aexists, SessionBase.acreate, SessionBase.asave
    adelete, aload = SessionBase.adelete, SessionBase.aload

    def load(self) -> dict[str, Any]:
        """Return what is stored under the key of the cookie."""
        rows = self.model.objects.filter(expire_date__gt=timezone.now())
        row = rows.filter(session_key=stored_key(self.session_key or "")).first()
        if row is None:
            self._session_key = None
            return {}
        return self.decode(row.session_data)

    def exists(self, session_key: str | None = None) -> bool:
        """Tell whether a key is taken."""
        return super().exists(stored_key(session_key or ""))

    def create_model_instance(self, data: dict[str, Any]) -> Any:
        """Return the row of this session."""
        row = super().create_model_instance(data)
        row.session_key = stored_key(row.session_key)
        return row

    def delete(self, session_key: str | None = None) -> None:
        """Delete a session, this one when none is named."""
        key = session_key or self.session_key
        if key is not None:
            super().delete(stored_key(key))
