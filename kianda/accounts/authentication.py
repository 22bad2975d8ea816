"""Bearer tokens of the REST API."""

from datetime import timedelta
from typing import Any

from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from kianda.accounts.models import ApiToken
from kianda.accounts.roles import remember_roles
from kianda.accounts.services.tokens import digest_of
from kianda.lib.api.throttling import refuse_too_many_anonymous
from kianda.lib.db.prepared_statements import PreparedQuery

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
            raise AuthenticationFailed(_("The API token is unknown, expired or revoked."))
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
