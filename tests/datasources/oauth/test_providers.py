"""Each provider that is offered: the address where a person agrees, and the token requests."""

import base64
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest

from datasources.auth import auth_schemes
from datasources.auth.oauth2 import OAuth2Auth
from datasources.oauth.discovery import discovery_requests, needs_discovery
from datasources.oauth.presets import PROVIDERS
from datasources.oauth.providers import OAuthProvider
from datasources.oauth.token_requests import (
    Code,
    RefreshToken,
    authorize_url,
    first_grant,
    token_request,
)
from datasources.services.validation import parse_datasource
from tests.datasources.oauth.settings import NOW, form_of, pem, rsa_key

BACK = "https://kianda.example/connections/callback/"
VERIFIER = "v" * 43
CHALLENGE = "code_challenge=7w_YNF9DSfIdPf_pRjSq646_kPr-2-o9NAl16JGghdM&code_challenge_method=S256"
VALUES = {
    "account": "acc-1",
    "audience": "https://api.acme.example/",
    "center": "us21",
    "company": "4620816365",
    "domain": "acme",
    "enterprise": "7700",
    "host": "login.acme.example",
    "realm": "staff",
    "shop": "acme",
    "site": "eu",
}
# Where a person agrees: what comes before and after what is the same for all.
AUTHORIZE = {
    "microsoft": (
        "login.microsoftonline.com/organizations/oauth2/v2.0/authorize",
        "scope=offline_access+User.Read", CHALLENGE,
    ),
    "google": (
        "accounts.google.com/o/oauth2/v2/auth",
        "scope=openid", f"access_type=offline&prompt=consent&{CHALLENGE}",
    ),
    "salesforce": (
        "acme.my.salesforce.com/services/oauth2/authorize", "scope=api+refresh_token", CHALLENGE,
    ),
    "hubspot": ("app.hubspot.com/oauth/authorize", "scope=oauth+crm.objects.contacts.read", ""),
    "xero": (
        "login.xero.com/identity/connect/authorize",
        "scope=offline_access+accounting.transactions", "",
    ),
    "quickbooks": (
        "appcenter.intuit.com/connect/oauth2", "scope=com.intuit.quickbooks.accounting", "",
    ),
    "zoho": (
        "accounts.zoho.com/oauth/v2/auth",
        "scope=ZohoCRM.users.READ%2CZohoCRM.modules.ALL", "access_type=offline&prompt=consent",
    ),
    "slack": (
        "slack.com/oauth/v2/authorize",
        "scope=chat%3Awrite%2Cchannels%3Aread%2Cusers%3Aread", "",
    ),
    "github": ("github.com/login/oauth/authorize", "scope=read%3Auser", CHALLENGE),
    "gitlab": ("gitlab.com/oauth/authorize", "scope=read_user", CHALLENGE),
    "atlassian": (
        "auth.atlassian.com/authorize",
        "scope=offline_access+read%3Ajira-work", "prompt=consent&audience=api.atlassian.com",
    ),
    "dropbox": (
        "www.dropbox.com/oauth2/authorize",
        "scope=account_info.read", f"token_access_type=offline&{CHALLENGE}",
    ),
    "box": ("account.box.com/api/oauth2/authorize", "", ""),
    "stripe": ("connect.stripe.com/oauth/authorize", "scope=read_write", ""),
    "shopify": (
        "acme.myshopify.com/admin/oauth/authorize",
        "scope=read_orders%2Cwrite_orders%2Cread_products", "",
    ),
    "mailchimp": ("login.mailchimp.com/oauth2/authorize", "", ""),
    "docusign": ("account.docusign.com/oauth/auth", "scope=signature+extended", CHALLENGE),
    "zoom": ("zoom.us/oauth/authorize", "", CHALLENGE),
    "linkedin": ("www.linkedin.com/oauth/v2/authorization", "scope=openid+profile", ""),
}  # fmt: skip
# Where the token comes from, and whether the client says who it is in the form.
TOKENS = {
    "microsoft": ("login.microsoftonline.com/organizations/oauth2/v2.0/token", True),
    "google": ("oauth2.googleapis.com/token", True),
    "salesforce": ("acme.my.salesforce.com/services/oauth2/token", True),
    "hubspot": ("api.hubapi.com/oauth/v1/token", True),
    "xero": ("identity.xero.com/connect/token", False),
    "quickbooks": ("oauth.platform.intuit.com/oauth2/v1/tokens/bearer", False),
    "zoho": ("accounts.zoho.com/oauth/v2/token", True),
    "slack": ("slack.com/api/oauth.v2.access", False),
    "github": ("github.com/login/oauth/access_token", True),
    "gitlab": ("gitlab.com/oauth/token", True),
    "atlassian": ("auth.atlassian.com/oauth/token", True),
    "dropbox": ("api.dropboxapi.com/oauth2/token", True),
    "box": ("api.box.com/oauth2/token", True),
    "stripe": ("connect.stripe.com/oauth/token", True),
    "shopify": ("acme.myshopify.com/admin/oauth/access_token", True),
    "mailchimp": ("login.mailchimp.com/oauth2/token", True),
    "docusign": ("account.docusign.com/oauth/token", False),
    "zoom": ("zoom.us/oauth/token", False),
    "linkedin": ("www.linkedin.com/oauth/v2/accessToken", True),
}
# Which scopes are ticked beside those that always are.
MORE = {
    "zoho": ["ZohoCRM.modules.ALL"],
    "slack": ["channels:read", "users:read"],
    "shopify": ["write_orders", "read_products"],
}
BY_ISSUER = {
    "okta": "https://acme/oauth2/default/.well-known/openid-configuration",
    "auth0": "https://acme/.well-known/openid-configuration",
    "keycloak": "https://login.acme.example/realms/staff/.well-known/openid-configuration",
}
# What a request without a person says, beside who the client is.
ALONE: dict[str, dict[str, str]] = {
    "microsoft": {"scope": "https://graph.microsoft.com/.default"},
    "salesforce": {},
    "xero": {"scope": "accounting.transactions"},
    "box": {"box_subject_type": "enterprise", "box_subject_id": "7700"},
    "shopify": {},
    "zoom": {"grant_type": "account_credentials", "account_id": "acc-1"},
    "okta": {},
    "auth0": {"audience": "https://api.acme.example/"},
    "keycloak": {},
}
SIGNED = {"google", "salesforce", "docusign"}


def values_of(provider: OAuthProvider) -> dict[str, str]:
    """Return what is filled in where nothing is there by itself."""
    return {one.name: VALUES[one.name] for one in provider.blanks if not one.default}


def auth_of(slug: str, **more: Any) -> OAuth2Auth:
    """Return the settings of a provider, as they are saved."""
    provider = PROVIDERS[slug]
    grant = more.pop("grant", "authorization_code")
    scopes = (
        [*provider.ticked, *MORE[slug]] if slug in MORE and grant == "authorization_code" else None
    )
    made = provider.settings(values_of(provider), grant=grant, scopes=scopes)
    raw = {**made["auth"], "client_id": "id-1", "client_secret": "cs-1", **more}
    found = auth_schemes.parse(raw, refusal=lambda origin: None)
    assert isinstance(found, OAuth2Auth)
    return found


def test_at_least_twenty_providers_are_offered_each_with_its_test() -> None:
    assert len(PROVIDERS) >= 20
    assert set(PROVIDERS) == {*AUTHORIZE, *BY_ISSUER}
    assert AUTHORIZE.keys() == TOKENS.keys()
    assert {slug for slug, one in PROVIDERS.items() if "client_credentials" in one.ways} == {*ALONE}
    assert {slug for slug, one in PROVIDERS.items() if "jwt_bearer" in one.ways} == SIGNED


@pytest.mark.parametrize("slug", AUTHORIZE)
def test_a_person_agrees_at_the_address_of_the_provider(slug: str) -> None:
    auth = auth_of(slug)
    url = authorize_url(auth, redirect_uri=BACK, state="st-1", code_verifier=VERIFIER)
    address, scope, more = AUTHORIZE[slug]
    back = "redirect_uri=https%3A%2F%2Fkianda.example%2Fconnections%2Fcallback%2F"
    query = [f"response_type=code&client_id=id-1&{back}", scope, "state=st-1", more]
    assert url == f"https://{address}?{'&'.join(part for part in query if part)}"


@pytest.mark.parametrize("slug", TOKENS)
def test_the_code_and_later_the_refresh_token_bring_a_token(slug: str) -> None:
    auth = auth_of(slug)
    address, in_form = TOKENS[slug]
    client = {"client_id": "id-1", "client_secret": "cs-1"} if in_form else {}
    verifier = {"code_verifier": VERIFIER} if CHALLENGE in AUTHORIZE[slug][2] else {}
    call = token_request(auth, Code("code-1", BACK, VERIFIER), now=NOW)
    assert call.url == f"https://{address}"
    assert form_of(call) == {
        "grant_type": "authorization_code",
        "code": "code-1",
        "redirect_uri": BACK,
        **verifier,
        **client,
    }
    assert call.headers.get("Authorization") == (None if in_form else BASIC)
    again = token_request(auth, RefreshToken("rt-1"), now=NOW)
    assert (again.url, again.headers.get("Authorization")) == (
        call.url,
        call.headers.get("Authorization"),
    )
    assert form_of(again) == {"grant_type": "refresh_token", "refresh_token": "rt-1", **client}


BASIC = f"Basic {base64.b64encode(b'id-1:cs-1').decode()}"


@pytest.mark.parametrize("slug", ALONE)
def test_a_client_gets_a_token_without_a_person(slug: str) -> None:
    auth = auth_of(slug, grant="client_credentials")
    if slug in BY_ISSUER:
        auth = auth.model_copy(update={"token_url": "https://found.example/token"})
    grant = first_grant(auth)
    assert grant is not None
    form = form_of(token_request(auth, grant, now=NOW))
    for name in ("client_id", "client_secret"):
        form.pop(name, None)
    assert form == {"grant_type": "client_credentials", **ALONE[slug]}


@pytest.mark.parametrize("slug", sorted(SIGNED))
def test_a_key_gets_a_token_without_a_person_and_without_a_secret(slug: str) -> None:
    auth = auth_of(slug, grant="jwt_bearer", client_secret="", private_key=pem(rsa_key()))
    grant = first_grant(auth)
    assert grant is not None
    assert not auth.lacking()
    form = form_of(token_request(auth, grant, now=NOW))
    assert form.keys() - {"scope"} == {"grant_type", "assertion"}
    expected = {"salesforce": "https://login.salesforce.com", "docusign": "account.docusign.com"}
    assert auth.assertion_audience == expected.get(slug, "")


@pytest.mark.parametrize("slug", BY_ISSUER)
def test_an_issuer_tells_its_addresses_itself(slug: str) -> None:
    auth = auth_of(slug)
    assert needs_discovery(auth)
    assert discovery_requests(auth)[0].url == BY_ISSUER[slug]


QUIRKS: dict[str, dict[str, Any]] = {
    "zoho": {"prefix": "Zoho-oauthtoken", "scope_separator": ",", "lifetime_s": 3600},
    "shopify": {"name": "X-Shopify-Access-Token", "prefix": "", "scope_separator": ","},
    "slack": {"scope_separator": ",", "revoke_url": "https://slack.com/api/auth.revoke"},
    "salesforce": {"lifetime_s": 3600},
    "xero": {"pkce": False, "revoke_url": "https://identity.xero.com/connect/revocation"},
    "google": {"revoke_url": "https://oauth2.googleapis.com/revoke"},
}


@pytest.mark.parametrize("slug", QUIRKS)
def test_a_quirk_of_a_provider_is_known(slug: str) -> None:
    auth = auth_of(slug)
    assert {name: getattr(auth, name) for name in QUIRKS[slug]} == QUIRKS[slug]


@pytest.mark.parametrize("slug", PROVIDERS)
def test_what_a_provider_makes_is_saved_as_it_is(slug: str) -> None:
    provider = PROVIDERS[slug]
    for grant in provider.grants:
        made = provider.settings(values_of(provider), grant=grant)
        assert provider.flaws(values_of(provider), grant=grant) == {}
        parsed = parse_datasource({"name": "one", "title": "One", **made})
        assert parsed.address == made["base_url"]
        assert urlsplit(made["base_url"]).scheme == "https"


@pytest.mark.parametrize("slug", PROVIDERS)
def test_a_provider_is_told_in_words(slug: str) -> None:
    provider = PROVIDERS[slug]
    assert provider.slug == slug
    assert provider.app_url.startswith("https://")
    assert provider.help.endswith(".")
    assert provider.about[0].isupper()
    for blank in provider.blanks:
        assert blank.title
        assert blank.help.endswith(".")
    assert len({one.scope for one in provider.scopes}) == len(provider.scopes)


def test_what_is_filled_in_may_be_a_whole_address_and_can_lead_nowhere_else() -> None:
    gitlab = PROVIDERS["gitlab"]
    made = gitlab.settings({"host": " https://git.acme.example/git/ "})
    assert made["auth"]["token_url"] == "https://git.acme.example/git/oauth/token"
    salesforce = PROVIDERS["salesforce"]
    for value in ("evil.example/x", "a@b", "a?b", "a#b", "a b", "..", "a\nb", "{x}"):
        assert salesforce.flaws({"domain": value}), value
    assert salesforce.flaws({}) == {"domain": "Enter a value."}
    assert salesforce.flaws({"domain": "acme--dev.sandbox"}) == {}
    open_one = salesforce.settings()["auth"]["token_url"]
    assert open_one == "https://{domain}.my.salesforce.com/services/oauth2/token"


def test_what_is_chosen_takes_the_place_of_what_is_usual() -> None:
    microsoft = PROVIDERS["microsoft"]
    assert microsoft.settings(scopes=["Mail.Send"])["auth"]["scopes"] == ["Mail.Send"]
    assert microsoft.settings()["auth"]["scopes"] == ["offline_access", "User.Read"]
    alone = microsoft.settings({"tenant": "t-1"}, grant="client_credentials")
    assert alone["test_path"] is None
    assert "/t-1/" in alone["auth"]["token_url"]
    assert [one.name for one in PROVIDERS["box"].blanks_of()] == []
    assert [one.name for one in PROVIDERS["box"].blanks_of("client_credentials")] == ["enterprise"]
    query = dict(parse_qsl(urlsplit(authorize_url(
        auth_of("google"), redirect_uri=BACK, state="s", code_verifier=VERIFIER
    )).query))  # fmt: skip
    assert query["access_type"] == "offline"
