"""The addresses of the API of datasources."""

from typing import Any

LIST = "/api/v1/datasources/"
ONE = "/api/v1/datasources/token-service/"
TEST = f"{ONE}test/"
CALL = f"{ONE}methods/refresh-token/call/"


def pointers(response: Any) -> set[str]:
    """Return the places of a problem."""
    assert response.status_code == 400, response.content
    assert response["Content-Type"].startswith("application/problem+json")
    return {flaw["pointer"] for flaw in response.json()["errors"]}
