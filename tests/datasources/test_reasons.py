"""What a failure tells of the reason that the outside system gave, and what it never tells."""

from typing import Any

import pytest

from datasources.rest.oauth_errors import refusal_in_words
from tests.datasources.calling import Make, failure
from tests.datasources.servers import always, answer, serving

SPENT = "invalid_grant, the refresh token (or code) is no longer accepted; enter a new one"
CLIENT = "invalid_client, the client ID or the client secret is not accepted"


@pytest.mark.parametrize(
    ("body", "told"),
    [
        (b'{"error": "invalid_grant", "error_description": "rt-secret is spent"}', f": {SPENT}."),
        (b'{"error": "invalid_client"}', f": {CLIENT}."),
        (b'{"error": {"code": "invalid_grant", "message": "rt-secret"}}', f": {SPENT}."),
        (b'{"error": {"code": 401, "type": "invalid_client", "hint": "rt-secret"}}',
         f": {CLIENT}."),
        (b'{"errors": [{"code": "invalid_client", "detail": "rt-secret"}]}', f": {CLIENT}."),
        (b'{"errors": [{"title": "rt-secret"}, {"extensions": {"code": "invalid_grant"}}]}',
         f": {SPENT}."),
        (b'{"errors": ["invalid_grant"]}', f": {SPENT}."),
        (b'[{"error": "invalid_client"}]', f": {CLIENT}."),
        (b'{"ok": false, "error": "token_expired"}',
         ": token_expired, the token has expired."),
        (b'{"error": "rt-secret"}', "."),
        (b'{"error": {"code": "rt-secret", "message": "rt-secret"}}', "."),
        (b'{"error": {"code": 190}}', "."),
        (b'{"errors": {"rt-secret": "rt-secret"}}', "."),
        (b'{"hint": "invalid_grant"}', "."),
        (b'{"error": ' + b'{"a": ' * 9 + b'"invalid_grant"' + b"}" * 10, "."),
        (b'["invalid_grant"]', "."),
        (b"invalid_grant", "."),
        (b"", "."),
    ],
)  # fmt: skip
def test_a_known_error_code_is_told_with_its_meaning_and_nothing_else_of_the_answer(
    datasource: Make, body: bytes, told: str
) -> None:
    with serving(always(answer(body, status="400 Bad Request"))) as server:
        failed = failure(datasource(server.url))
    assert failed.message == f"Token service answered 400 Bad Request{told}"


def test_a_flood_of_errors_is_not_read_to_its_end() -> None:
    looked_at: list[int] = []

    class Counted(dict[str, Any]):
        def values(self) -> Any:
            looked_at.append(1)
            return super().values()

    assert refusal_in_words({"errors": [Counted(code="odd") for _ in range(10_000)]}) == ""
    assert len(looked_at) < 100


@pytest.mark.parametrize(
    ("header", "told"),
    [
        ("120", " It asks to wait 120 s before the next call."),
        (" 0 ", " It asks to wait 0 s before the next call."),
        ("Wed, 25 Nov 2026 09:00:00 GMT",
         " It asks to wait until 2026-11-25T09:00:00Z before the next call."),
        ("Wednesday, 25-Nov-26 09:00:00 GMT",
         " It asks to wait until 2026-11-25T09:00:00Z before the next call."),
        ("Wed, 25 Nov 2026 10:00:00 +0100",
         " It asks to wait until 2026-11-25T09:00:00Z before the next call."),
        ("rt-secret", ""),
        ("-5", ""),
        ("1.5", ""),
        ("12345678901", ""),
        ("Wed, 99 Nov 2026 09:00:00 GMT", ""),
        ("Wed, 25 Nov 2026 09:00:00 rt-secret",
         " It asks to wait until 2026-11-25T09:00:00Z before the next call."),
        ("Fri, 31 Dec 9999 23:59:59 -2359", ""),
        ("", ""),
    ],
)  # fmt: skip
@pytest.mark.parametrize("status", ["429 Too Many Requests", "503 Service Unavailable"])
def test_how_long_the_other_side_asks_to_wait_is_told(
    datasource: Make, status: str, header: str, told: str
) -> None:
    data = answer(status=status, more=[f"Retry-After: {header}"])
    with serving(always(data)) as server:
        failed = failure(datasource(server.url))
    assert failed.message == f"Token service answered {status}.{told}"


def test_the_reason_goes_before_the_wait(datasource: Make) -> None:
    data = answer(
        b'{"error": "slow_down"}', status="429 Too Many Requests", more=["Retry-After: 5"]
    )
    with serving(always(data)) as server:
        failed = failure(datasource(server.url))
    assert failed.message == (
        "Token service answered 429 Too Many Requests: slow_down, there were too many calls. "
        "It asks to wait 5 s before the next call."
    )
