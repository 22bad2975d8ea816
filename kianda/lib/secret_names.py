"""Which names stand for secrets, and what is shown in their place. Plain Python."""

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
