"""The body of a datasource with OAuth 2.0."""

from typing import Any


def oauth_datasource(url: str, **auth: Any) -> dict[str, Any]:
    """Return the body of a datasource whose provider is at this address."""
    return {
        "name": "books",
        "title": "Books",
        "base_url": url,
        "timeout_s": 10,
        "auth": {
            "scheme": "oauth2",
            "grant": "refresh_token",
            "token_url": f"{url}/token",
            "revoke_url": f"{url}/revoke",
            "client_id": "kianda",
            "client_secret": "s3cret-of-books",
            "refresh_token": "seed",
            **auth,
        },
        "methods": [
            {"name": "read", "url_path": "/thing"},
            {"name": "write", "http_method": "POST", "url_path": "/thing"},
        ],
    }
