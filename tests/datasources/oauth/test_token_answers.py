"""What token endpoints answer: every form of a token, and everything that is none."""

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from datasources.oauth.token_answers import TokenAnswer, TokenRefused, read_token_answer
from datasources.rest.response import CallAnswer
from tests.datasources.oauth.settings import NOW, answered, oauth2

HOUR = timedelta(hours=1)
LONGEST = timedelta(days=3650)


def told(body: Any, **settings: Any) -> TokenAnswer:
    """Return what an answer tells."""
    return read_token_answer(oauth2(**settings), answered(body), now=NOW)


def refused(answer: CallAnswer, *, secrets: tuple[str, ...] = ()) -> TokenRefused:
    """Return why an answer brings no token."""
    with pytest.raises(TokenRefused) as caught:
        read_token_answer(oauth2(), answer, now=NOW, title="Xero", secrets=secrets)
    return caught.value


def test_an_answer_by_the_book() -> None:
    found = told(
        {
            "access_token": "at-1",
            "token_type": "bearer",
            "expires_in": 3600,
            "refresh_token": "rt-1",
            "scope": "read write",
        }
    )
    assert found == TokenAnswer("at-1", "bearer", NOW + HOUR, "rt-1", None, ("read", "write"))
    assert "at-1" not in repr(found)
    assert "rt-1" not in repr(found)


def test_what_an_answer_does_not_tell_is_left_open() -> None:
    assert told({"access_token": "at-1"}) == TokenAnswer("at-1", "Bearer", None, None, None, None)


SECONDS = int(NOW.timestamp())


@pytest.mark.parametrize(
    ("lifetime", "expires"),
    [
        ({"expires_in": 3600}, HOUR),
        ({"expires_in": "3600"}, HOUR),
        ({"expires_in": " 3600.0 "}, HOUR),
        ({"expires_in": Decimal("3599.5")}, timedelta(seconds=3599.5)),
        ({"expires_in": 0}, None),
        ({"expires_in": -1}, None),
        ({"expires_in": "never"}, None),
        ({"expires_in": "one hour"}, None),
        ({"expires_in": None}, None),
        ({"expires_in": ""}, None),
        ({"expires_in": True}, None),
        ({"expires_in": [3600]}, None),
        ({"expires_in": "NaN"}, None),
        ({"expires_in": "Infinity"}, None),
        ({"expires_in": "1e400"}, LONGEST),
        ({"expires_in": "1e999999999"}, LONGEST),
        ({"expires_in": "-1e999999999"}, None),
        ({"expires_in": "1e-400"}, None),
        ({"expires_in": Decimal("0.9")}, None),
        ({"expires_in": 10**5000}, LONGEST),
        ({"expires_at": "9999-12-31T23:59:59-14:00"}, None),
        ({"expires_at": "9999-12-31T23:59:59Z"}, LONGEST),
        ({"expires_at": "0001-01-01T00:00:00+14:00"}, None),
        ({"expires_in": 10**30}, LONGEST),
        ({"expires_in": 999_999_999}, LONGEST),
        ({"expires_in": 3_600_000}, HOUR),
        ({"expires_in": "7200000"}, 2 * HOUR),
        ({"expires_in": 43_200_000}, 12 * HOUR),
        ({"expires_in": 5_184_000}, timedelta(days=60)),
        ({"expires_in": 2_592_000}, timedelta(days=30)),
        ({"expires_in": 31_536_000}, timedelta(days=365)),
        ({"expires_in": 8_640_000}, timedelta(days=100)),
        ({"expires_in": 3_600_000, "expires_in_sec": 3600}, HOUR),
        ({"expires_in": SECONDS + 3600}, HOUR),
        ({"expires_in": (SECONDS + 3600) * 1000}, HOUR),
        ({"expires_on": str(SECONDS + 3600)}, HOUR),
        ({"expires_on": SECONDS - 5}, None),
        ({"expires_on": "11/30/2026 13:00:00 +00:00"}, HOUR),
        ({"expires_on": "11/30/2026 2:00:00 PM +01:00"}, HOUR),
        ({"expires_at": "2026-11-30T13:00:00Z"}, HOUR),
        ({"expires_at": "2026-11-30T13:00:00"}, HOUR),
        ({"expires_at": "2026-11-30T14:00:00.000+01:00"}, HOUR),
        ({"expires_at": "2026-11-30T11:00:00Z"}, None),
        ({"expires_at": "2026-99-99T11:00:00Z"}, None),
        ({".expires": "Mon, 30 Nov 2026 13:00:00 GMT"}, HOUR),
        ({"expires_in": 0, "expires_at": SECONDS + 3600}, HOUR),
        ({"expires_in": 3600, "ext_expires_in": 7200, "expires_on": SECONDS + 9}, HOUR),
        ({"ext_expires_in": 7200}, None),
    ],
)
def test_a_lifetime_is_understood_as_it_is_meant(
    lifetime: dict[str, Any], expires: timedelta | None
) -> None:
    found = told({"access_token": "at-1", **lifetime}).expires_at
    assert found == (NOW + expires if expires else None)


def test_the_settings_tell_a_lifetime_where_the_answer_does_not() -> None:
    assert told({"access_token": "a"}, lifetime_s=1800).expires_at == NOW + HOUR / 2
    assert (
        told({"access_token": "a", "expires_in": -1}, lifetime_s=1800).expires_at == NOW + HOUR / 2
    )
    assert told({"access_token": "a", "expires_in": 60}, lifetime_s=1800).expires_at == (
        NOW + timedelta(seconds=60)
    )


@pytest.mark.parametrize(
    ("told_of_it", "expires"),
    [
        ({"refresh_token_expires_in": 86400}, timedelta(days=1)),
        ({"x_refresh_token_expires_in": 8_726_400}, timedelta(days=101)),
        ({"refresh_expires_in": 1800}, HOUR / 2),
        ({"refresh_expires_in": 0}, None),
        ({}, None),
    ],
)
def test_the_end_of_a_refresh_token_is_told_where_it_is_known(
    told_of_it: dict[str, Any], expires: timedelta | None
) -> None:
    found = told({"access_token": "a", "refresh_token": "r", **told_of_it}).refresh_expires_at
    assert found == (NOW + expires if expires else None)


def test_values_are_taken_from_where_the_settings_say() -> None:
    places = {
        "access_token": "authed_user.access_token",
        "refresh_token": "tokens.1.value",
        "expires_in": "life.seconds",
        "scope": "authed_user.scopes",
    }
    body = {
        "access_token": "bot",
        "authed_user": {"access_token": "user", "scopes": ["a", 5, "b"]},
        "tokens": [{"value": "no"}, {"value": "rt-2"}],
        "life": {"seconds": 60},
        "expires_in": 3600,
    }
    expected = TokenAnswer("user", "Bearer", NOW + timedelta(seconds=60), "rt-2", None, ("a", "b"))
    assert told(body, answer=places) == expected
    with pytest.raises(TokenRefused, match="without an access token"):
        told({"access_token": "bot", "authed_user": "?", "tokens": []}, answer=places)


def test_old_servers_answer_a_form() -> None:
    found = told("access_token=at-1&expires=3600&scope=repo%2Cgist&token_type=bearer\n")
    assert found == TokenAnswer("at-1", "bearer", NOW + HOUR, None, None, ("repo", "gist"))


def test_a_blank_refresh_token_is_a_missing_one() -> None:
    assert told({"access_token": "at-1", "refresh_token": ""}).refresh_token is None
    assert told({"access_token": "at-1", "refresh_token": None}).refresh_token is None


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        ({}, "Xero answered 200 without an access token."),
        ({"access_token": ""}, "Xero answered 200 without an access token."),
        ({"access_token": None}, "Xero answered 200 without an access token."),
        ({"access_token": 123}, "Xero answered 200 with an access token that is not text."),
        ({"access_token": {"a": 1}}, "Xero answered 200 with an access token that is not text."),
        ({"access_token": ["a"]}, "Xero answered 200 with an access token that is not text."),
        ({"access_token": "a b"}, "Xero answered 200 with an access token that is not text."),
        ({"access_token": "a\nb"}, "Xero answered 200 with an access token that is not text."),
        ({"access_token": "ü"}, "Xero answered 200 with an access token that is not text."),
        (
            {"access_token": "a" * 32_001},
            "Xero answered 200 with an access token that is too long.",
        ),
        (
            {"access_token": "a", "refresh_token": 5},
            "Xero answered 200 with a refresh token that is not text.",
        ),
        (None, "Xero answered 200 with something that is not JSON."),
        ("", "Xero answered 200 with something that is not JSON."),
        ("<html>a=b</html>", "Xero answered 200 with something that is not JSON."),
        ('{"access_token": "at', "Xero answered 200 with something that is not JSON."),
        (["at-1"], "Xero answered 200 with something that is not JSON."),
        ("at-1", "Xero answered 200 with something that is not JSON."),
        ("a=b", "Xero answered 200 without an access token."),
    ],
)
def test_what_is_no_token_changes_nothing_and_may_be_asked_again(body: Any, sentence: str) -> None:
    found = refused(answered(body))
    assert (found.reason, found.permanent, found.code) == (sentence, False, "no_token")


FINE, BAD = (200, "OK"), (400, "Bad Request")


@pytest.mark.parametrize(
    ("body", "status", "code", "permanent", "said"),
    [
        ({"error": "invalid_grant"}, BAD, "invalid_grant", True, "no longer accepted"),
        ({"error": "invalid_client"}, (401, "Unauthorized"), "invalid_client", True, "client ID"),
        ({"error": "unauthorized_client"}, BAD, "unauthorized_client", True, "may not use"),
        ({"error": "invalid_scope"}, BAD, "invalid_scope", True, "scope"),
        ({"error": "interaction_required"}, BAD, "interaction_required", True, "sign in"),
        ({"error": "temporarily_unavailable"}, BAD, "temporarily_unavailable", False, "busy"),
        ({"error": "server_error"}, BAD, "server_error", False, "has failed"),
        ({"error": "invalid_request"}, BAD, "invalid_request", False, "missing or wrong"),
        ({"error": "slow_down"}, BAD, "slow_down", False, "there were too many calls"),
        # A provider that has failed cannot know that a grant is spent.
        ({"error": "invalid_grant"}, (503, "Gone Fishing"), "invalid_grant", False, "503 Gone"),
        ({"error": "invalid_grant"}, (429, "Slow"), "invalid_grant", False, "429"),
        # In a 200, beside a token too.
        ({"ok": False, "error": "invalid_refresh_token"}, FINE, "invalid_refresh_token", True,
         "200 OK"),
        ({"access_token": "a", "error": "invalid_grant"}, FINE, "invalid_grant", True, "200"),
        ({"success": False}, FINE, "", False, "200 OK"),
        # Deeper down, in other words, and in a form.
        ({"error": {"code": "invalid_grant", "message": "Bad one."}}, BAD, "invalid_grant", True,
         "Bad one."),
        ({"errors": [{"code": "invalid_grant", "detail": "It is spent."}]}, BAD, "invalid_grant",
         True, "It is spent."),
        ({"status": "BAD_REFRESH_TOKEN", "message": "missing or invalid refresh token"}, BAD,
         "bad_refresh_token", True, "missing or invalid refresh token"),
        ({"errorCode": "E0000022", "errorSummary": "The endpoint is closed"}, BAD, "e0000022",
         False, "The endpoint is closed"),
        ("error=bad_verification_code&error_description=The+code+is+old", FINE,
         "bad_verification_code", True, "The code is old"),
        ({"error": "Your account is closed"}, BAD, "", False, "Your account is closed"),
        ("<html>Bad gateway</html>", (502, "Bad Gateway"), "", False, "502 Bad Gateway"),
        (None, (500, ""), "", False, "Xero answered 500."),
        (None, (302, "Found"), "", False, "302 Found"),
        ({"error": 5, "errors": [None, 7]}, BAD, "", False, "400"),
    ],
)  # fmt: skip
def test_a_refusal_tells_its_reason_and_whether_asking_again_is_in_vain(
    body: Any, status: tuple[int, str], code: str, permanent: bool, said: str
) -> None:
    found = refused(answered(body, *status))
    assert (found.code, found.permanent) == (code, permanent)
    assert found.reason.startswith("Xero answered ")
    assert said in found.reason


def test_the_providers_own_words_are_told_in_one_short_line() -> None:
    body = {"error": "invalid_grant", "error_description": "Token has been\n expired  or revoked."}
    assert refused(answered(body, *BAD)).reason == (
        "Xero answered 400 Bad Request: invalid_grant, the refresh token (or code) is no longer "
        "accepted; enter a new one. It says: “Token has been expired or revoked.”"
    )
    long = refused(answered({"error": "x", "error_description": "no " * 9000}, *BAD)).reason
    assert len(long) < 400


def test_no_secret_is_told_in_the_providers_words() -> None:
    said = (
        "The client s3cr3t-of-kianda sent rt-1234 with "
        "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJhIn0.c2ln and gave it a0B1c2D3e4F5g6H7i8J9k0"
    )
    body = {"error": "invalid_grant", "error_description": said}
    reason = refused(answered(body, *BAD), secrets=("rt-1234",)).reason
    assert reason.endswith("“The client ******** sent ******** with ******** and gave it ********”")


def test_a_long_answer_without_an_end_is_read_at_once() -> None:
    assert refused(answered({"error_description": "a" * 900_000 + " b"}, *BAD)).code == ""
    deep: Any = {}
    for _ in range(500):
        deep = {"error": deep, "errors": [deep]}
    assert refused(answered(deep, *BAD)).code == ""


@pytest.mark.parametrize(
    ("header", "wait"),
    [
        ("120", 120),
        ("Mon, 30 Nov 2026 12:02:00 GMT", 120),
        ("Mon, 30 Nov 2026 11:00:00 GMT", 0),
        ("soon", None),
        ("-5", None),
    ],
)
def test_the_wait_that_a_provider_asks_for_is_told(header: str, wait: int | None) -> None:
    answer = answered({}, 429, "Too Many Requests", {"Retry-After": header})
    assert refused(answer).retry_after_s == wait


NAMES = (
    "access_token", "refresh_token", "expires_in", "expires_on", "expires_at", ".expires", "expiry",
    "expires", "scope", "token_type", "data", "refresh_token_expires_in", "refresh_expires_at",
)  # fmt: skip
ERRORS = ("error", "errors", "error_description", "message", "code", "status", "ok", "fault")
SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(allow_nan=False),
    st.decimals(allow_nan=False, allow_infinity=False),
    st.text(),
    st.datetimes(timezones=st.timezones()).map(datetime.isoformat),
    st.from_regex(r"\A-?[0-9]{1,3}(e[0-9]{1,9})?\Z"),
    st.sampled_from(["at-1", "invalid_grant", "It is so.", "NaN", "Infinity", "sNaN"]),
)
ANYTHING = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(NAMES + ERRORS), inner, max_size=4)
    ),
    max_leaves=12,
)
ANSWERS = st.dictionaries(st.sampled_from(NAMES), ANYTHING, max_size=6) | ANYTHING


@given(body=ANSWERS, status=st.sampled_from([200, 200, 201, 302, 400, 401, 429, 503]))
@hypothesis_settings(
    max_examples=600, deadline=None, database=None, derandomize=True,
    suppress_health_check=list(HealthCheck),
)  # fmt: skip
def test_any_answer_is_either_a_token_or_a_refusal(body: Any, status: int) -> None:
    try:
        found = read_token_answer(oauth2(lifetime_s=5), answered(body, status), now=NOW)
    except TokenRefused:
        return
    assert found.access_token
    assert found.access_token.strip() == found.access_token
    assert found.expires_at is not None
    assert NOW < found.expires_at <= NOW + LONGEST


def test_a_moment_is_one_of_time_everywhere() -> None:
    found = told({"access_token": "a", "expires_at": "2026-11-30T14:00:00+01:00"}).expires_at
    assert isinstance(found, datetime)
    assert found.utcoffset() == timedelta(0)
