"""What an OAuth service means by the error codes of RFC 6749 and RFC 6750, in plain words."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext
from django.utils.translation import gettext_noop as _

MEANINGS = {
    "invalid_request": _("a parameter is missing or wrong"),
    "invalid_client": _("the client ID or the client secret is not accepted"),
    "invalid_grant": _("the refresh token (or code) is no longer accepted; enter a new one"),
    "unauthorized_client": _("this client may not use this kind of grant"),
    "unsupported_grant_type": _("the service does not know this grant type"),
    "invalid_scope": _("the scope is not accepted"),
    "invalid_token": _("the access token is not accepted; it may have expired"),
    "insufficient_scope": _("the access token does not allow this"),
    "access_denied": _("the service refused access"),
}


def refusal_in_words(body: Any) -> str:
    """Return the code of an answer with its meaning; nothing for an answer without a known one.

    Known codes alone: whatever else an answer holds may be a secret.
    """
    code = body.get("error") if isinstance(body, Mapping) else None
    meaning = MEANINGS.get(code) if isinstance(code, str) else None
    return f"{code}, {gettext(meaning)}" if meaning else ""
