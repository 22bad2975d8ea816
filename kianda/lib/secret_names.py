"""Which names stand for secrets, and what is shown in their place. Plain Python."""

from decimal import Decimal
from typing import Any

MASK = "********"

SECRET_WORDS = ("key", "token", "secret", "password")
SECRET_HEADERS = frozenset({"authorization", "cookie", "set-cookie", "proxy-authorization"})
SECRET_KEYS = frozenset(
    {"access_token", "refresh_token", "id_token", "client_secret", "password", "assertion", "code"}
)


def is_secret_name(name: str) -> bool:
    """Tell whether a parameter of this name counts as secret from the start (contract 2)."""
    low = name.lower()
    return low in SECRET_HEADERS or any(word in low for word in SECRET_WORDS)


def always_holds_secret(name: str, value: Any) -> bool:
    """Tell whether a value under this name in a body, query or header is masked by its place.

    A number under `code` is none: it tells of an error, a status or an article.
    """
    low = name.lower()
    if value is None or value == "" or (low == "code" and isinstance(value, (int, float, Decimal))):
        return False
    return low in SECRET_KEYS or low in SECRET_HEADERS
