"""The settings of a connection: what each grant needs, where its secrets go, how it is shown."""

from typing import Any

import pytest

from datasources.auth.oauth2 import OAuth2Auth
from datasources.kinds import DatasourceDocument
from datasources.rest.errors import CallFailed
from datasources.rest.request import build
from datasources.selectors import as_rest
from datasources.services.restored_secrets import SEND_AGAIN
from datasources.services.validation import parse_datasource
from kianda.lib.errors import Invalid
from kianda.lib.secret_names import MASK
from tests.datasources.conftest import raw_datasource

TOKEN_URL = "https://auth.example.org/token"
SECRETS = {
    "client_secret": "cs-1234",
    "password": "pw-1234",
    "refresh_token": "rt-1234",
}
PARAMETERS = [
    {"name": "api_key", "value": "k-1"},
    {"name": "resource", "value": "r-1", "secret": True},
    {"name": "resource", "value": "r-2", "secret": True},
    {"name": "tenant", "value": "t-1"},
]


def body(base_url: str = "https://api.example.org", **auth: Any) -> dict[str, Any]:
    """Return a datasource with a connection."""
    own = {"scheme": "oauth2", "token_url": TOKEN_URL, "client_id": "kianda", **auth}
    return raw_datasource(base_url=base_url, auth=own)


def auth_of(parsed: DatasourceDocument) -> OAuth2Auth:
    found = as_rest(parsed).auth
    assert isinstance(found, OAuth2Auth)
    return found


def flaws(raw: dict[str, Any], stored: DatasourceDocument | None = None) -> dict[str, str]:
    """Return what is wrong with a body, by place."""
    with pytest.raises(Invalid) as refused:
        parse_datasource(raw, stored=stored)
    return {flaw.pointer: flaw.detail for flaw in refused.value.errors}


@pytest.fixture
def stored() -> DatasourceDocument:
    """A connection with every secret that it can have."""
    return parse_datasource(body(**SECRETS, token_parameters=PARAMETERS))


# --- what is needed -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("auth", "missing"),
    [
        ({"client_secret": "s"}, ""),
        ({}, "client secret"),
        ({"client_id": "", "client_secret": "s"}, "client ID"),
        ({"client_auth": "post"}, "client secret"),
        ({"client_auth": "private_key_jwt"}, "private key"),
        ({"client_auth": "none"}, ""),
        ({"client_auth": "none", "client_id": ""}, "client ID"),
        ({"grant": "password", "client_auth": "none", "username": "ada"}, "password"),
        ({"grant": "password", "client_auth": "none", "client_id": "", "username": "a",
          "password": "p"}, ""),
        ({"grant": "refresh_token", "client_secret": "s"}, "refresh token"),
        ({"grant": "refresh_token", "client_secret": "s", "refresh_token": "r"}, ""),
        ({"grant": "jwt_bearer", "client_auth": "none"}, "private key"),
        ({"grant": "authorization_code", "authorize_url": TOKEN_URL}, "client secret"),
        ({"grant": "authorization_code", "issuer": TOKEN_URL, "client_auth": "none"}, ""),
    ],
)  # fmt: skip
def test_a_grant_names_the_credential_that_it_lacks(auth: dict[str, Any], missing: str) -> None:
    made = as_rest(parse_datasource(body(**auth)))
    assert made.auth.lacks_credentials() is bool(missing)
    assert made.auth.missing_words() == missing
    assert made.lacks() == ("Credentials are missing" if missing else "")
    with pytest.raises(CallFailed, match=missing or "is not connected"):
        build(made, made.methods[0], {})


@pytest.mark.parametrize(
    ("auth", "place", "sentence"),
    [
        ({"token_url": ""}, "token_url", "Enter the token URL, or an issuer that publishes it"),
        ({"grant": "authorization_code"}, "authorize_url", "Enter the authorization URL, or an"),
        ({"token_url": "https://{tenant}.example.org/"}, "token_url", "Replace {tenant} in the"),
        ({"token_url": "auth.example.org"}, "token_url", "with its scheme"),
        ({"token_url": "https://a:b@auth.example.org"}, "token_url", "Remove the credentials"),
        ({"revoke_url": "https://auth.example.org/#x"}, "revoke_url", "from the address"),
        ({"issuer": "ftp://auth.example.org"}, "issuer", "scheme ftp is not supported"),
        ({"authorize_url": "https://auth.example.org/../x"}, "authorize_url", "cannot contain .."),
        ({"grant": "implicit"}, "grant", "Choose one of"),
        ({"client_auth": "header"}, "client_auth", "Choose one of"),
        ({"lifetime_s": 0}, "lifetime_s", "1 or more"),
        ({"private_key": "abc"}, "private_key", "Paste the complete key, from -----BEGIN"),
        ({"client_secret": "a\nb"}, "client_secret", "Remove line breaks and control characters"),
        ({"answer": {"access_token": "a..b"}}, "answer/access_token", ""),
        ({"token_parameters": [{"name": "code", "value": "1"}]}, "token_parameters",
         "Kianda sets code. Remove it from the list"),
        ({"authorize_parameters": [{"name": "state"}]}, "authorize_parameters",
         "Kianda sets state. Remove it from the list"),
        ({"client": "x"}, "client", "Unknown setting 'client'"),
    ],
)  # fmt: skip
def test_a_wrong_setting_is_told_at_its_place(
    auth: dict[str, Any], place: str, sentence: str
) -> None:
    found = flaws(body(**auth))
    assert list(found) == [f"/auth/{place}"]
    assert sentence in found[f"/auth/{place}"]


def test_a_token_address_that_was_left_out_is_told_at_its_place_too() -> None:
    raw = body()
    del raw["auth"]["token_url"]
    assert list(flaws(raw)) == ["/auth/token_url"]


def test_an_address_of_a_token_may_be_refused_as_every_address() -> None:
    with pytest.raises(Invalid) as refused:
        parse_datasource(
            body(revoke_url="https://10.0.0.1/revoke"),
            refusal=lambda origin: "Not there." if origin.host == "10.0.0.1" else None,
        )
    assert [(one.pointer, one.detail) for one in refused.value.errors] == [
        ("/auth/revoke_url", "Not there.")
    ]


# --- how it is put on a call ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("auth", "header", "query"),
    [
        ({}, ("Authorization", "Bearer tok-1"), ""),
        ({"prefix": "Zoho-oauthtoken"}, ("Authorization", "Zoho-oauthtoken tok-1"), ""),
        ({"name": "X-Access-Token", "prefix": ""}, ("X-Access-Token", "tok-1"), ""),
        ({"place": "query", "name": "access_token", "prefix": ""}, None, "access_token=tok-1"),
    ],
)
def test_the_live_token_is_put_where_the_settings_say_and_is_never_shown(
    auth: dict[str, Any], header: tuple[str, str] | None, query: str
) -> None:
    made = as_rest(parse_datasource(body(client_secret="s", **auth)))
    call = build(made, made.methods[0], {}, token="tok-1")
    assert call.url.partition("?")[2] == query
    assert header is None or call.headers[header[0]] == header[1]
    assert "tok-1" in call.secrets
    assert "tok-1" not in str(call.shown)


# --- its secrets ----------------------------------------------------------------------------------


def test_every_secret_is_shown_as_asterisks_also_in_lists(stored: DatasourceDocument) -> None:
    shown = stored.masked()["auth"]
    assert {name: shown[name] for name in SECRETS} == dict.fromkeys(SECRETS, MASK)
    assert shown["private_key"] == ""
    assert [item["value"] for item in shown["token_parameters"]] == [MASK, MASK, MASK, "t-1"]
    assert not any(value in str(shown) for value in (*SECRETS.values(), "k-1", "r-1", "r-2"))
    known = set(auth_of(stored).credentials().values())
    assert {*SECRETS.values(), "k-1", "r-1", "r-2"} <= known
    assert "t-1" not in known


def test_what_is_sent_back_masked_or_left_out_stays(stored: DatasourceDocument) -> None:
    shown = stored.masked()
    del shown["auth"]["client_secret"]
    shown["auth"]["token_parameters"].reverse()
    again = auth_of(parse_datasource(shown, stored=stored))
    assert {name: getattr(again, name) for name in SECRETS} == SECRETS
    # Of one name in their order, whatever stands between them.
    assert [(item.name, item.value) for item in again.token_parameters] == [
        ("tenant", "t-1"),
        ("resource", "r-1"),
        ("resource", "r-2"),
        ("api_key", "k-1"),
    ]


def test_a_secret_is_removed_or_replaced_by_what_is_sent(stored: DatasourceDocument) -> None:
    shown = stored.masked()
    shown["auth"] |= {"client_secret": "", "password": "new"}
    shown["auth"]["token_parameters"] = [{"name": "api_key", "value": ""}]
    again = auth_of(parse_datasource(shown, stored=stored))
    assert (again.client_secret, again.password) == ("", "new")
    assert [item.value for item in again.token_parameters] == [""]


def test_a_mask_stands_for_nothing_where_nothing_is_stored(stored: DatasourceDocument) -> None:
    items = [{"name": "other_key", "value": MASK}, {"name": "api_key", "value": MASK}]
    found = flaws(body(private_key=MASK, token_parameters=[*items, items[1]]), stored)
    assert list(found) == [
        "/auth/private_key",
        "/auth/token_parameters/0/value",
        "/auth/token_parameters/2/value",
    ]


def test_a_secret_parameter_is_not_opened_by_calling_it_open(stored: DatasourceDocument) -> None:
    items = [{"name": "api_key", "value": MASK, "secret": False}]
    found = flaws(body(token_parameters=items), stored)
    assert list(found) == ["/auth/token_parameters/0/value"]
    assert "was secret until now" in found["/auth/token_parameters/0/value"]


ALL_PLACES = {
    *(f"/auth/{name}" for name in SECRETS),
    *(f"/auth/token_parameters/{at}/value" for at in range(3)),
}


@pytest.mark.parametrize(
    "changes",
    [
        {"token_url": "https://evil.example/token"},
        {"token_url": "http://auth.example.org/token"},
        {"token_url": "https://auth.example.org:8443/token"},
        {"issuer": "https://evil.example"},
        {"revoke_url": "https://evil.example/revoke"},
    ],
)
def test_no_secret_goes_to_a_host_for_which_nobody_has_typed_it(
    stored: DatasourceDocument, changes: dict[str, str]
) -> None:
    shown = stored.masked()
    shown["auth"] |= changes
    found = flaws(shown, stored)
    assert set(found) == ALL_PLACES
    assert set(found.values()) == {SEND_AGAIN}
    typed = shown["auth"] | dict.fromkeys(SECRETS, "again") | {"token_parameters": []}
    assert auth_of(parse_datasource({**shown, "auth": typed}, stored=stored)).password == "again"


@pytest.mark.parametrize(
    "changes",
    [
        {"token_url": "https://auth.example.org/v2/token?p=1"},
        {"token_url": "", "issuer": "https://auth.example.org"},
        {"revoke_url": "https://AUTH.example.org:443/revoke"},
        # No secret goes there.
        {"authorize_url": "https://login.example.org/authorize"},
        {"grant": "password", "client_auth": "post"},
    ],
)
def test_secrets_stay_where_their_host_stays(
    stored: DatasourceDocument, changes: dict[str, str]
) -> None:
    shown = stored.masked()
    shown["auth"] |= changes
    assert auth_of(parse_datasource(shown, stored=stored)).client_secret == "cs-1234"


def test_secrets_of_the_authorization_address_are_bound_to_its_own_host() -> None:
    own: dict[str, Any] = {
        "grant": "authorization_code",
        "authorize_url": "https://login.example.org/authorize",
        "authorize_parameters": [{"name": "partner_key", "value": "pk-1"}],
        "client_secret": "cs-1",
    }
    kept = parse_datasource(body(**own))
    shown = kept.masked()
    shown["auth"] |= {"authorize_url": "https://evil.example/authorize"}
    assert list(flaws(shown, kept)) == ["/auth/authorize_parameters/0/value"]
    shown["auth"] |= {"authorize_url": "https://login.example.org/other"}
    assert auth_of(parse_datasource(shown, stored=kept)).authorize_parameters[0].value == "pk-1"
    shown["auth"] |= {"token_url": "https://evil.example/token"}
    assert list(flaws(shown, kept)) == ["/auth/client_secret"]


def test_another_address_of_the_api_asks_for_the_secrets_again_too(
    stored: DatasourceDocument,
) -> None:
    shown = stored.masked() | {"base_url": "https://evil.example"}
    assert set(flaws(shown, stored)) == ALL_PLACES


def test_secrets_of_another_scheme_are_not_taken_over(stored: DatasourceDocument) -> None:
    raw = body() | {"auth": {"scheme": "basic", "username": "a", "password": MASK}}
    assert list(flaws(raw, stored)) == ["/auth/password"]


# --- when a token is no longer good ---------------------------------------------------------------


def test_conditions_tell_when_a_token_is_no_longer_good() -> None:
    says = {"items": [{"left": "[response.body.error]", "operator": "eq", "right": "expired"}]}
    assert auth_of(parse_datasource(body(expired_when=says))).expired_when == says
    assert auth_of(parse_datasource(body())).expired_when is None


@pytest.mark.parametrize(
    ("conditions", "place"),
    [
        ("[response.status] = 401", "/auth/expired_when"),
        ({"items": [{"left": "[other]", "operator": "eq", "right": "x"}]},
         "/auth/expired_when/items/0/left"),
    ],
)  # fmt: skip
def test_conditions_about_anything_but_the_response_are_refused(
    conditions: Any, place: str
) -> None:
    assert list(flaws(body(expired_when=conditions))) == [place]


# --- headers --------------------------------------------------------------------------------------

HEADERS = {
    "scheme": "headers",
    "headers": [{"name": "X-Key", "value": "k-1234"}, {"name": "X-Account", "value": "acc-9"}],
}


def test_secret_headers_are_masked_and_stay() -> None:
    kept = parse_datasource(raw_datasource(auth=HEADERS))
    shown = kept.masked()
    assert shown["auth"]["headers"] == [
        {"name": "X-Key", "value": MASK},
        {"name": "X-Account", "value": MASK},
    ]
    shown["auth"]["headers"].reverse()
    assert set(as_rest(parse_datasource(shown, stored=kept)).auth.credentials().values()) == {
        "k-1234",
        "acc-9",
    }
    moved = flaws(shown | {"base_url": "https://evil.example"}, kept)
    assert {*moved.values()} == {SEND_AGAIN}
    assert {*moved} == {"/auth/headers/0/value", "/auth/headers/1/value"}


def test_a_wrong_header_is_told_at_its_place_though_it_is_called_as_its_scheme() -> None:
    rows = [{"name": "X-Key", "value": "k"}, {"name": "Host", "value": "h", "extra": True}]
    found = flaws(raw_datasource(auth={"scheme": "headers", "headers": rows}))
    assert list(found) == ["/auth/headers/1/name", "/auth/headers/1/extra"]
    assert found["/auth/headers/1/extra"].endswith("Available: name, value.")
    twice = flaws(raw_datasource(auth={"scheme": "headers", "headers": [rows[0], rows[0]]}))
    assert list(twice) == ["/auth/headers"]


def test_the_header_of_a_key_is_none_that_the_connection_sets() -> None:
    for auth in ({"scheme": "api_key", "name": "Host"}, body(name="Content-Length")["auth"]):
        found = flaws(raw_datasource(auth=auth))
        assert list(found) == ["/auth/name"]
        assert "set automatically" in found["/auth/name"]
