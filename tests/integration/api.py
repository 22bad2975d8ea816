"""An integrator's client of the API."""

from typing import Any

import requests


class Api:
    """An integrator's client: requests and a bearer token."""

    def __init__(self, url: str, token: str) -> None:
        """Take the address of the product and a token."""
        self.url, self.token = url, token
        self.session = requests.Session()
        self.session.trust_env = False
        self.session.headers["Authorization"] = f"Bearer {token}"

    def call(self, verb: str, path: str, body: Any = None, *, expect: int | None = None) -> Any:
        """Call the API and return the JSON of its answer."""
        answer = self.session.request(verb, f"{self.url}/api/v1{path}", json=body, timeout=70)
        if expect is not None:
            assert answer.status_code == expect, f"{verb} {path}: {answer.text[:2000]}"
        else:
            assert answer.ok, f"{verb} {path}: {answer.status_code} {answer.text[:2000]}"
        return answer.json() if answer.content else None

    def get(self, path: str) -> Any:
        """Read."""
        return self.call("GET", path)

    def post(self, path: str, body: Any = None, *, expect: int | None = None) -> Any:
        """Create, or do."""
        return self.call("POST", path, body, expect=expect)

    def all(self, path: str) -> list[dict[str, Any]]:
        """Return every row of a list, over all pages."""
        rows: list[dict[str, Any]] = []
        joint = "&" if "?" in path else "?"
        page = 1
        while True:
            answer = self.get(f"{path}{joint}page_size=200&page={page}")
            rows += answer["results"]
            if not answer["next"]:
                return rows
            page += 1
