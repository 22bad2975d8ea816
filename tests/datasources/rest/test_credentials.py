"""Credentials go into their place of a request, and no secret into what a trace may show."""

import base64
from decimal import Decimal
from typing import Any, ClassVar, Literal

import pytest
from pydantic import ValidationError

from datasources.auth.base import AuthScheme, RequestDraft
from datasources.rest.document import RestDatasource, RestMethod
from datasources.rest.errors import CallFailed
from datasources.rest.request import build, build_test
from kianda.lib.masking import Masker
from kianda.lib.secret_names import MASK
from tests.datasources.rest.building import failure, prepared


@pytest.mark.parametrize(
    ("auth", "header", "value"),
    [
        ({"scheme": "basic", "username": "ada", "password": "pä:ss"}, "Authorization",
         "Basic YWRhOnDDpDpzcw=="),
        ({"scheme": "basic", "username": "a:d a", "password": "p%/+ä"}, "Authorization",
         "Basic YTpkIGE6cCUvK8Ok"),
        ({"scheme": "basic", "username": "a:d a", "password": "p%/+ä", "form_encoded": True},
         "Authorization", "Basic YSUzQWQlMjBhOnAlMjUlMkYlMkIlQzMlQTQ="),
        ({"scheme": "bearer", "token": "abc"}, "Authorization", "Bearer abc"),
        ({"scheme": "api_key", "key": "k1"}, "X-API-Key", "k1"),
        ({"scheme": "api_key", "name": "X-Mine", "key": "k1"}, "X-Mine", "k1"),
    ],
)  # fmt: skip
def test_credentials_go_into_their_header(auth: Any, header: str, value: str) -> None:
    call = prepared(source={"auth": auth})
    assert call.headers[header] == value
    assert call.shown["headers"][header] == MASK
    assert value in call.secrets


def test_form_encoded_credentials_are_masked_in_both_spellings() -> None:
    auth = {"scheme": "basic", "username": "me", "password": "s/3 cr", "form_encoded": True}
    masker = Masker(prepared(source={"auth": auth}).secrets)
    echo = f"me:s%2F3+cr s/3 cr {base64.b64encode(b'me:s%2F3%20cr').decode()}"
    assert masker.text(echo) == f"me:{MASK} {MASK} {MASK}"


@pytest.mark.parametrize(
    ("body", "encoded"),
    [
        ([{"name": "grant_type", "value": "client_credentials"}], True),
        ([{"name": "grant_type"}], False),
        ([{"name": "other", "value": "x"}], False),
        ([], False),
    ],
)
def test_credentials_may_be_form_encoded_for_token_endpoints_alone(
    body: list[dict[str, str]], encoded: bool
) -> None:
    auth = {
        "scheme": "basic",
        "username": "a:b",
        "password": "c d",
        "form_encoded": "token_methods",
    }
    method: dict[str, Any] = {"http_method": "POST", "content_type": "form", "request_body": body}
    sent = str(prepared(source={"auth": auth}, **method).headers["Authorization"])
    pair = base64.b64decode(sent.removeprefix("Basic ")).decode()
    assert pair == ("a%3Ab:c%20d" if encoded else "a:b:c d")


@pytest.mark.parametrize("odd", ["yes", 1, None])
def test_whether_credentials_are_form_encoded_is_a_switch(odd: Any) -> None:
    with pytest.raises(ValidationError, match="form_encoded"):
        prepared(source={"auth": {"scheme": "basic", "username": "me", "form_encoded": odd}})


def test_an_api_key_may_go_into_the_query() -> None:
    auth = {"scheme": "api_key", "name": "apikey", "place": "query", "key": "k/1"}
    call = prepared(source={"auth": auth}, query=[{"name": "a", "value": "b"}])
    assert call.url.endswith("?a=b&apikey=k%2F1")
    assert call.shown["url"].endswith(f"?a=b&apikey={MASK}")
    assert "k/1" in call.secrets


def test_a_mapped_authorization_wins_over_the_stored_one() -> None:
    call = prepared(
        {"header.Authorization": "Bearer mapped"},
        source={"auth": {"scheme": "bearer", "token": "stored"}},
        request_headers=[{"name": "Authorization"}],
    )
    assert call.headers["Authorization"] == "Bearer mapped"
    assert {"Bearer mapped", "mapped"} <= set(call.secrets)


@pytest.mark.parametrize("scheme", ["basic", "bearer", "api_key"])
def test_a_scheme_without_its_secret_fails_the_step(scheme: str) -> None:
    failed = failure(source={"auth": {"scheme": scheme}})
    assert failed.kind == "configuration"
    assert failed.message.startswith("The datasource CRM has no ")


def test_what_the_trace_may_show_has_no_secret_in_it() -> None:
    call = prepared(
        {"body.client_secret": "s3", "query.token": "t0", "header.Cookie": "c=1", "body.id": "me"},
        http_method="POST",
        content_type="form",
        request_headers=[{"name": "Cookie"}],
        query=[{"name": "token"}],
        request_body=[{"name": "client_secret"}, {"name": "id"}],
    )
    assert call.shown["body"] == {"client_secret": MASK, "id": "me"}
    assert call.shown["headers"]["Cookie"] == MASK
    assert "t0" not in call.shown["url"]
    assert {"s3", "t0", "c=1"} <= set(call.secrets)


@pytest.mark.parametrize("name", ["code", "Assertion", "access_token"])
def test_a_credential_in_the_query_is_masked_by_its_place(name: str) -> None:
    call = prepared({f"query.{name}": "c0de"}, query=[{"name": name, "secret": False}])
    assert call.url.endswith(f"?{name}=c0de")
    assert "c0de" not in call.shown["url"]


def test_a_number_in_the_query_is_no_authorization_code() -> None:
    call = prepared({"query.code": Decimal(190)}, query=[{"name": "code"}])
    assert call.shown["url"].endswith("?code=190")
    assert call.secrets == ()


def test_a_secret_in_the_path_is_masked_too() -> None:
    call = prepared({"path.token": "t/0"}, url_path="/hooks/{token}/go")
    assert call.url.endswith("/hooks/t%2F0/go")
    assert call.shown["url"].endswith(f"/hooks/{MASK}/go")
    assert "t/0" in call.secrets


class _Connected(AuthScheme):
    """A scheme whose token is fetched at the moment of the call."""

    scheme: Literal["connected"] = "connected"
    label: ClassVar[str] = "Connected"
    needs_token: ClassVar[bool] = True

    def apply(self, draft: RequestDraft, token: str = "") -> None:
        draft.set_header("Authorization", f"Bearer {token}")


def _connected() -> RestDatasource:
    return RestDatasource(
        name="crm",
        title="CRM",
        base_url="https://crm.example.org/v1",
        methods=[RestMethod(name="call", url_path="/things")],
    ).model_copy(update={"auth": _Connected()})


def test_the_live_token_is_taken_at_the_moment_of_the_call_and_shown_nowhere() -> None:
    source = _connected()
    for call in (build(source, source.methods[0], {}, "live-1"), build_test(source, "live-2")):
        token = call.secrets[0]
        assert token in {"live-1", "live-2"}
        assert call.headers["Authorization"] == f"Bearer {token}"
        assert "authorization" in call.secret_headers
        assert token not in str(call.shown)


def test_without_a_live_token_nothing_is_sent() -> None:
    source = _connected()
    with pytest.raises(CallFailed, match=r"CRM is not connected\. Connect it first\.") as caught:
        build(source, source.methods[0], {})
    assert caught.value.kind == "configuration"


# --- headers and cookies --------------------------------------------------------------------------

TWO = {
    "scheme": "headers",
    "headers": [{"name": "X-Key", "value": "k-1234"}, {"name": "X-Account", "value": "acc-9"}],
}


def test_headers_of_a_service_are_sent_and_each_of_their_values_is_secret() -> None:
    call = prepared(source={"auth": TWO})
    assert (call.headers["X-Key"], call.headers["X-Account"]) == ("k-1234", "acc-9")
    assert {"k-1234", "acc-9"} <= set(call.secrets)
    assert call.shown["headers"]["X-Account"] == MASK
    assert {"x-key", "x-account"} <= call.secret_headers


def test_a_method_may_set_one_of_these_headers_itself() -> None:
    own = [{"name": "x-account", "value": "other"}]
    assert prepared(source={"auth": TWO}, request_headers=own).headers["x-account"] == "other"


@pytest.mark.parametrize(
    ("headers", "sentence"),
    [
        ([{"name": "Host", "value": "x"}], "set automatically"),
        ([{"name": "a b", "value": "x"}], "not a header name"),
        ([{"name": "X-Key", "value": "a\nb"}], "Remove line breaks and control characters"),
        (
            [{"name": "X-Key", "value": "a"}, {"name": "x-key", "value": "b"}],
            "x-key is listed twice",
        ),
        ([{"name": "X-Key", "value": "a", "secret": False}], "Extra inputs"),
    ],
)
def test_a_header_that_cannot_be_sent_is_refused(headers: Any, sentence: str) -> None:
    with pytest.raises(ValidationError, match=sentence):
        prepared(source={"auth": {"scheme": "headers", "headers": headers}})


@pytest.mark.parametrize("headers", [[], [{"name": "X-Key", "value": ""}]])
def test_headers_without_a_value_are_missing(headers: Any) -> None:
    failed = failure(source={"auth": {"scheme": "headers", "headers": headers}})
    assert failed.kind == "configuration"
    assert "no value of a header stored" in failed.message


COOKIE = {"scheme": "api_key", "name": "session", "place": "cookie", "key": "s-1234"}


@pytest.mark.parametrize(
    ("own", "sent"),
    [
        (None, "session=s-1234"),
        ("theme=dark", "theme=dark; session=s-1234"),
        ("a=1; session=mine", "a=1; session=mine"),
    ],
)
def test_an_api_key_may_go_into_a_cookie_beside_those_of_the_method(
    own: str | None, sent: str
) -> None:
    headers = [{"name": "Cookie", "value": own, "secret": False}] if own else []
    call = prepared(source={"auth": COOKIE}, request_headers=headers)
    assert {low.lower(): value for low, value in call.headers.items()}["cookie"] == sent
    assert "s-1234" in call.secrets
    assert "s-1234" not in str(call.shown)


@pytest.mark.parametrize("key", ["a b", "a;b", "a,b", 'a"b', "a\\b", "ä"])
def test_a_key_that_no_cookie_can_hold_is_refused(key: str) -> None:
    with pytest.raises(ValidationError, match="A cookie cannot contain spaces, quotes, commas"):
        prepared(source={"auth": {**COOKIE, "key": key}})
    assert prepared(source={"auth": {**COOKIE, "place": "query", "key": key}}).secrets
