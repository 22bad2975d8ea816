"""What services mean by the error codes of OAuth, in plain words. Plain Python."""

from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any

from kianda.lib.i18n import gettext
from kianda.lib.i18n import gettext_noop as _

SPENT = _("the refresh token (or code) is no longer accepted; enter a new one")
CLIENT = _("the client ID or the client secret is not accepted")
EXPIRED = _("the token has expired")
ENDED = _("the access token is not accepted; it may have expired")
CONSENT = _("a user has to sign in there and agree again")

MEANINGS = {
    # RFC 6749 and RFC 6750.
    "invalid_request": _("a parameter is missing or wrong"),
    "invalid_client": CLIENT,
    "invalid_grant": SPENT,
    "unauthorized_client": _("this client may not use this kind of grant"),
    "unsupported_grant_type": _("the service does not know this grant type"),
    "unsupported_response_type": _("the service does not know this response type"),
    "invalid_scope": _("the scope is not accepted"),
    "invalid_token": ENDED,
    "insufficient_scope": _("the access token does not allow this"),
    "access_denied": _("the service refused access"),
    "server_error": _("the service has failed"),
    "temporarily_unavailable": _("the service is busy or being maintained"),
    # RFC 8628, RFC 8707 and OpenID Connect.
    "authorization_pending": _("the user has not agreed yet"),
    "slow_down": _("there were too many calls"),
    "expired_token": EXPIRED,
    "invalid_target": _("the resource or audience is not accepted"),
    "interaction_required": CONSENT,
    "login_required": CONSENT,
    "consent_required": CONSENT,
    # Services that say it in an answer of status 200.
    "bad_refresh_token": SPENT,
    "bad_verification_code": SPENT,
    "invalid_refresh_token": SPENT,
    "incorrect_client_credentials": CLIENT,
    "invalid_client_id": CLIENT,
    "bad_client_secret": CLIENT,
    "redirect_uri_mismatch": _("the redirect address is not the registered one"),
    "bad_redirect_uri": _("the redirect address is not the registered one"),
    "invalid_auth": ENDED,
    "not_authed": _("no access token was sent"),
    "token_expired": EXPIRED,
    "token_revoked": _("the token was revoked"),
}
PLACES = ("error", "errors")
# An answer may be deep and long; a reason stands near its top.
DEEPEST, MOST = 4, 50


def refusal_in_words(body: Any) -> str:
    """Return the error code of an answer with its meaning; nothing for one without a known code.

    It may stand in objects and lists below `error` or `errors`. Known codes alone: whatever else
    an answer holds may be a secret.
    """
    tops = body[:MOST] if isinstance(body, list) else [body]
    for top in tops:
        for place in PLACES if isinstance(top, Mapping) else ():
            for text in islice(_texts(top.get(place), DEEPEST), MOST):
                if text in MEANINGS:
                    return f"{text}, {gettext(MEANINGS[text])}"
    return ""


def _texts(value: Any, deep: int) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif deep and isinstance(value, (Mapping, list)):
        inner = value.values() if isinstance(value, Mapping) else value
        for item in islice(inner, MOST):
            yield from _texts(item, deep - 1)
