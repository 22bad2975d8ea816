"""Why a provider gave no token: its own reason in a sentence, and whether it is for ever."""

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from itertools import islice
from typing import Any

from datasources.rest.oauth_errors import refusal_in_words
from datasources.rest.response import CallAnswer
from kianda.lib.i18n import gettext as _
from kianda.lib.masking import Masker
from kianda.lib.secret_names import MASK

# Asking again the same way is in vain: somebody has to change something.
PERMANENT = frozenset(
    {
        "invalid_grant", "invalid_client", "unauthorized_client", "unsupported_grant_type",
        "invalid_scope", "invalid_target", "access_denied", "bad_refresh_token",
        "bad_verification_code", "invalid_refresh_token", "incorrect_client_credentials",
        "invalid_client_id", "bad_client_secret", "redirect_uri_mismatch", "bad_redirect_uri",
        "interaction_required", "login_required", "consent_required", "token_revoked",
        "invalid_code", "code_already_used", "account_inactive", "bad_client_id", "bad_auth_code",
    }
)  # fmt: skip
_CODE_KEYS = ("error", "code", "error_code", "errorCode", "status", "type")
_SAYING_KEYS = (
    "error_description", "error_message", "errorSummary", "message", "reason", "detail", "title",
    "error",
)  # fmt: skip
_HOLDERS = ("error", "errors", "fault")
DEEPEST, MOST = 4, 50
LONGEST_SAYING = 300
# What looks like a token or a key is none of a sentence's words.
_LIKE_A_SECRET = re.compile(r"(?=[\w+/=.~-]*\d)(?=[\w+/=.~-]*[A-Za-z])[\w+/=.~-]{20,}")


class TokenRefused(Exception):
    """No token came. Nothing that is stored may be changed because of it.

    `permanent` tells that asking again is in vain; `code` is the provider's own code, if known.
    """

    def __init__(
        self, reason: str, *, permanent: bool, code: str = "", retry_after_s: int | None = None
    ) -> None:
        """Take the reason as a sentence for people, and how long the provider asks to wait."""
        super().__init__(reason)
        self.reason = reason
        self.permanent = permanent
        self.code = code
        self.retry_after_s = retry_after_s


def code_of(body: Any) -> str:
    """Return the error code of an answer: the text under `error`, however deep it is."""
    for holder in _holders(body):
        for key in _CODE_KEYS:
            found = holder.get(key)
            if isinstance(found, str) and re.fullmatch(r"[A-Za-z][\w.:-]{0,99}", found):
                return found.lower()
    return ""


def tells_an_error(body: Mapping[str, Any]) -> bool:
    """Tell whether an answer that claims success holds an error."""
    failed = any(body.get(key) is False for key in ("ok", "success"))
    return failed or any(body.get(key) for key in ("error", "errors", "error_code", "errorCode"))


def refused(
    body: Any, answer: CallAnswer, *, title: str, secrets: Iterable[str], now: datetime
) -> TokenRefused:
    """Return the refusal that an answer stands for."""
    code = code_of(body)
    status = f"{answer.status} {answer.reason}".strip()
    words = _("%(title)s answered %(status)s.") % {"title": title, "status": status}
    if meaning := refusal_in_words(body):
        words = _("%(title)s answered %(status)s: %(meaning)s.") % {
            "title": title,
            "status": status,
            "meaning": meaning,
        }
    if saying := said_in(body, secrets=secrets):
        words = f"{words} {saying}"
    busy = answer.status >= 500 or answer.status in {408, 425, 429}
    return TokenRefused(
        words,
        permanent=code in PERMANENT and not busy,
        code=code,
        retry_after_s=_wait(answer, now=now),
    )


def said_in(body: Any, *, secrets: Iterable[str]) -> str:
    """Return what a provider says of its refusal, without anything that may be a secret."""
    for holder in _holders(body):
        for key in _SAYING_KEYS:
            found = holder.get(key)
            # One word is a code, which is told with its meaning.
            if isinstance(found, str) and " " in found.strip():
                return _quoted(found, secrets)
    return ""


def _quoted(text: str, secrets: Iterable[str]) -> str:
    known = Masker(secrets).text(" ".join(text[:20_000].split()))
    # Cut before the search, which takes long for a long run of letters.
    masked = _LIKE_A_SECRET.sub(MASK, known[: 4 * LONGEST_SAYING])
    short = masked if len(masked) <= LONGEST_SAYING else f"{masked[:LONGEST_SAYING]}..."
    return _("It says: “%(text)s”") % {"text": short}


def _holders(body: Any) -> Iterator[Mapping[str, Any]]:
    """Yield the objects of an answer that may tell of an error, the outermost first."""
    waiting: list[tuple[Any, int]] = [(body, 0)]
    for value, deep in islice(_growing(waiting), MOST):
        if isinstance(value, Mapping):
            yield value
            waiting += [(value.get(key), deep + 1) for key in _HOLDERS if deep < DEEPEST]
        elif isinstance(value, list) and deep < DEEPEST:
            waiting += [(one, deep + 1) for one in value[:MOST]]


def _growing(waiting: list[tuple[Any, int]]) -> Iterator[tuple[Any, int]]:
    while waiting:
        yield waiting.pop(0)


def _wait(answer: CallAnswer, *, now: datetime) -> int | None:
    told = (answer.header("Retry-After") or "").strip()
    if re.fullmatch(r"[0-9]{1,9}", told):
        return int(told)
    try:
        at = parsedate_to_datetime(told)
    except (ValueError, OverflowError):
        return None
    moment = at if at.tzinfo else at.replace(tzinfo=UTC)
    return max(0, int((moment - now).total_seconds()))
