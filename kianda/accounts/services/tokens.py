"""API tokens: made, listed, revoked. The text is shown once; only its hash is stored."""

import hashlib
import secrets
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from kianda.accounts.models import ApiToken
from kianda.accounts.permissions import SCOPES
from kianda.accounts.services import audit
from kianda.lib.errors import Flaw, Invalid
from kianda.lib.names import unseen_flaw

PREFIX = "kia_"


def digest_of(text: str) -> str:
    """Return the hash by which a token is found. It is random, so one round is enough."""
    return hashlib.sha256(text.encode("utf-8", "surrogateescape")).hexdigest()


def create_token(
    user: Any,
    *,
    name: str,
    scopes: Sequence[str] = (),
    expires_at: datetime | None = None,
    by: Any = None,
) -> tuple[ApiToken, str]:
    """Make a token for a person; return the row and the text that is never shown again.

    Without `by` it is made at the terminal, by the operator.
    """
    if flaws := [*_scope_flaws(scopes), *_name_flaws(name)]:
        raise Invalid(" ".join(flaw.detail for flaw in flaws), errors=flaws)
    text = PREFIX + secrets.token_urlsafe(32)
    with transaction.atomic():
        token = ApiToken.objects.create(
            user=user,
            name=name.strip(),
            digest=digest_of(text),
            hint=text[:8],
            scopes=sorted(set(scopes)),
            created=timezone.now(),
            expires_at=expires_at,
        )
        audit.record(
            by, action="created", kind="API token", name=token.name, detail=_power_of(token)
        )
    return token, text


def _power_of(token: ApiToken) -> str:
    return _("For %(person)s. Scopes: %(scopes)s. Expires: %(until)s.") % {
        "person": token.user.get_username(),
        "scopes": ", ".join(token.scopes) or _("all"),
        "until": token.expires_at.date().isoformat() if token.expires_at else _("never"),
    }


def _scope_flaws(scopes: Sequence[str]) -> list[Flaw]:
    return [
        Flaw(
            f"/scopes/{n}",
            _("Unknown scope %(scope)r. Use %(scopes)s.")
            % {"scope": scope, "scopes": ", ".join(SCOPES)},
        )
        for n, scope in enumerate(scopes)
        if scope not in SCOPES
    ]


def _name_flaws(name: str) -> list[Flaw]:
    if not name.strip() or len(name) > 120:
        return [Flaw("/name", _("Enter a name of 1 to 120 characters."))]
    unseen = unseen_flaw(name)
    return [Flaw("/name", unseen)] if unseen else []


def revoke_token(token: ApiToken, *, by: Any = None) -> None:
    """End a token at once; one that has ended stays as it is."""
    with transaction.atomic():
        ended = ApiToken.objects.filter(pk=token.pk, revoked_at__isnull=True).update(
            revoked_at=timezone.now()
        )
        if ended:
            audit.record(by, action="revoked", kind="API token", name=token.name)
