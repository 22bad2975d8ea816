"""How a caller proves who it is: bearer tokens of the REST API, and what passwords count."""

from datetime import timedelta
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db.models import F
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from kianda.accounts.models import ApiToken
from kianda.accounts.permissions import what_to_send
from kianda.accounts.roles import remember_roles
from kianda.accounts.services.guessing import (
    begin_try,
    note_locked_account,
    right_try,
)
from kianda.accounts.services.sessions import note_session
from kianda.accounts.services.tokens import digest_of
from kianda.lib.api.throttling import refuse_too_many_anonymous
from kianda.lib.db.prepared_statements import PreparedQuery
from kianda.lib.errors import TooMany

STAMP_EVERY = timedelta(minutes=1)


class BearerTokenAuthentication(BaseAuthentication):
    """Reads `Authorization: Bearer <API token>`: one query for token, person and roles."""

    def authenticate(self, request: Request) -> tuple[Any, ApiToken] | None:
        """Return the person and the token, or None when another scheme is used."""
        scheme, _blank, text = request.headers.get("Authorization", "").strip().partition(" ")
        if scheme.lower() != "bearer":
            return None
        token = _find(text.strip())
        if token is None:
            refuse_too_many_anonymous(request)
            refusal = _("The API token is unknown, expired or revoked.")
            raise AuthenticationFailed(f"{refusal} {what_to_send(request)}")
        _stamp(token)
        return token.user, token

    def authenticate_header(self, request: Request) -> str:
        """Return what WWW-Authenticate says, which makes a refusal 401 and not 403."""
        return 'Bearer realm="Kianda"'


# Each request of an API client asks this, so its text is made once.
_TOKEN = PreparedQuery(
    lambda digest: (
        ApiToken.objects.filter(digest=digest, revoked_at__isnull=True, user__is_active=True)
        .select_related("user")
        .annotate(role=F("user__groups__name"))
    ),
    "digest",
)


def _find(text: str) -> ApiToken | None:
    rows: list[Any] = _TOKEN.rows(digest_of(text))
    if not rows:
        return None
    token: ApiToken = rows[0]
    if token.expires_at is not None and token.expires_at <= timezone.now():
        return None
    remember_roles(token.user, [row.role for row in rows])
    return token


def _stamp(token: ApiToken) -> None:
    """Write down the use, at most once a minute, so that reading stays reading."""
    now = timezone.now()
    if token.last_used_at is None or abs(now - token.last_used_at) >= STAMP_EVERY:
        # Only who still sees the old stamp writes: a burst of requests makes one write.
        ApiToken.objects.filter(pk=token.pk, last_used_at=token.last_used_at).update(
            last_used_at=now
        )


class CountsTries:
    """Asked before a password is looked at: refuses an address that fails for many accounts.

    It signs nobody in, so it is no backend that a session can name.
    """

    def authenticate(self, request: HttpRequest | None, **credentials: Any) -> None:
        """Count the try; the next backend looks at the password."""
        account = credentials.get("username")
        if request is None or account is None:
            return
        try:
            begin_try(address=address_of(request), account=str(account))
        except TooMany as error:
            # Axes neither counts what was not looked at, and answers in the end with 429.
            request.axes_locked_out = True  # type: ignore[attr-defined]
            request.META["KIANDA_WAIT_S"] = error.extra["retry_after"]
            raise PermissionDenied from error


def address_of(request: HttpRequest) -> str:
    """Return the caller's address, as the trusted proxies have told it."""
    return str(request.META.get("REMOTE_ADDR", ""))


def signed_in(*, request: HttpRequest, user: Any, **_: Any) -> None:
    """Take the person out of what counts against the address, and note where they are."""
    right_try(address=address_of(request), account=user.get_username())
    note_session(request, user)


def was_locked_out(*, request: HttpRequest, username: str | None, **_: Any) -> None:
    """Note that an account takes no passwords from an address for a while."""
    note_locked_account(address=address_of(request), account=username or "")
