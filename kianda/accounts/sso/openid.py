"""OpenID Connect, stricter than django-allauth: the token is verified, and is for this sign-in.

allauth keeps the state of a sign-in in the session, and asks for the code with PKCE. Here are the
checks that it leaves out: that the provider is the issuer it says, the signature of the token
although it came over TLS, and a nonce that ties it to the request that this browser has made.
"""

import hashlib
import json
from typing import Any

import jwt
from allauth.account.models import EmailAddress
from allauth.socialaccount.adapter import get_adapter
from allauth.socialaccount.providers.oauth2.client import OAuth2Error
from allauth.socialaccount.providers.openid_connect.provider import OpenIDConnectProvider
from allauth.socialaccount.providers.openid_connect.views import OpenIDConnectOAuth2Adapter
from django.core.cache import cache
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.crypto import get_random_string
from django.utils.translation import gettext as _

from kianda.accounts.services.account_mails import address_in_full
from kianda.accounts.services.addresses import plain_address

# No algorithm with a shared secret: the key would be public.
ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512",
              "EdDSA")  # fmt: skip
# Clocks differ.
LEEWAY_S = 60
# How long a process knows what a provider says of itself, and that it does not answer.
KNOWN_S, AWAY_S = 300, 10
WELL_KNOWN = "/.well-known/openid-configuration"
# What a person is called there fits into this.
MOST_CHARACTERS = 191
_NEEDED = ("issuer", "authorization_endpoint", "token_endpoint", "jwks_uri")


def _told(data: dict[str, Any]) -> dict[str, Any]:
    """Return what a token and the provider's answer tell of a person together."""
    token, info = data["id_token"], data.get("userinfo", {})
    # Whether an address is verified is said by whoever tells the address.
    source = info if "email" in info else token
    said = source.get("email_verified")
    # Some say it as a text, and some say nothing: that is neither yes nor no.
    verified_there = None if said is None else said is True or said == "true"
    return {**token, **info, "email_verified": verified_there}


class Provider(OpenIDConnectProvider):
    """A provider of this workspace, as it is asked and as its answers are read."""

    pkce_enabled_default = True

    def get_scope_from_request(self, request: HttpRequest) -> list[str]:
        """Ask for what the product needs, whatever the address says."""
        return list(self.get_default_scope())

    def get_auth_params_from_request(self, request: HttpRequest, action: Any) -> dict[str, str]:
        """Add nothing that the address says."""
        return {}

    def redirect(self, request: HttpRequest, process: Any, **kwargs: Any) -> HttpResponse:
        """Lead to the provider with a nonce, which its token has to hold."""
        nonce = get_random_string(32)
        kwargs["auth_params"] = {**(kwargs.get("auth_params") or {}), "nonce": nonce}
        answer: HttpResponse = super().redirect(request, process, nonce=nonce, **kwargs)
        return answer

    def extract_extra_data(self, data: dict[str, Any]) -> dict[str, Any]:
        """Keep of what is told of a person what is used."""
        told = _told(data)
        claim = self.app.settings["claim"]
        return {
            "nonce": str(data["id_token"].get("nonce", "")),
            "email": plain_address(told.get("email")),
            "email_verified": told["email_verified"],
            "username": str(told.get("preferred_username") or "")[:150],
            "name": str(told.get("name") or "")[:300],
            "claims": {claim: told[claim]} if claim and claim in told else {},
        }

    def extract_uid(self, data: dict[str, Any]) -> str:
        """Return what the provider calls the person: never used for anybody else."""
        known_as = str(data["id_token"]["sub"])
        if len(known_as) > MOST_CHARACTERS:
            raise OAuth2Error(_("The user ID from the provider is too long."))
        return known_as

    def extract_common_fields(self, data: dict[str, Any]) -> dict[str, Any]:
        """Return what a new account is made of."""
        told = _told(data)
        names = {"first_name": "given_name", "last_name": "family_name", "name": "name"}
        found = {key: str(told.get(claim) or "")[:150] for key, claim in names.items()}
        return {**found, "email": plain_address(told.get("email"))}

    def extract_email_addresses(self, data: dict[str, Any]) -> list[EmailAddress]:
        """Return the address, verified or not."""
        told = _told(data)
        address = plain_address(told.get("email"))
        verified_too = bool(told["email_verified"])
        return [EmailAddress(email=address, verified=verified_too, primary=True)] if address else []


class Adapter(OpenIDConnectOAuth2Adapter):
    """Asks a provider for its configuration, the token, and what it knows of the person."""

    @property
    def openid_config(self) -> dict[str, Any]:
        """Return what the provider says of itself; raises OAuth2Error when it is another one."""
        if not hasattr(self, "_openid_config"):
            self._openid_config = _known(self.get_provider().app.settings["server_url"])
        found: dict[str, Any] = self._openid_config
        return found

    def get_provider(self) -> Provider:
        """Return the provider, with the checks of here."""
        found = super().get_provider()
        return Provider(self.request, app=found.app)

    def get_callback_url(self, request: HttpRequest, app: Any) -> str:
        """Return where the provider sends browsers back to: the address that it was told."""
        return address_in_full(reverse("openid_connect_callback", args=[self.provider_id]))

    def complete_login(self, request: HttpRequest, app: Any, token: Any, **kwargs: Any) -> Any:
        """Return the person of whom a verified token speaks."""
        data: dict[str, Any] = {"id_token": verified(
            kwargs["response"].get("id_token"), keys=_keys(self.openid_config["jwks_uri"]),
            issuer=app.settings["server_url"], audience=app.client_id,
        )}  # fmt: skip
        if "userinfo_endpoint" in self.openid_config:
            data["userinfo"] = self._fetch_user_info(token.token)
            if data["userinfo"].get("sub") != data["id_token"]["sub"]:
                raise OAuth2Error(_("The user data belongs to someone else."))
        return self.get_provider().sociallogin_from_response(request, data)


Provider.oauth2_adapter_class = Adapter


def discover(issuer: str) -> dict[str, Any]:
    """Return what a provider says of itself; raises OAuth2Error with a sentence."""
    found = _json(f"{issuer.rstrip('/')}{WELL_KNOWN}")
    missing = [key for key in _NEEDED if not isinstance(found.get(key), str)]
    if missing:
        raise OAuth2Error(
            _("The configuration of the provider lacks %(key)s.") % {"key": missing[0]}
        )
    if found["issuer"] != issuer:
        said = {"said": found["issuer"][:200]}
        raise OAuth2Error(_("The provider names %(said)s as its issuer.") % said)
    return found


def _known(issuer: str) -> dict[str, Any]:
    """Return what a provider says of itself, asked once in a while.

    Anybody can begin a sign-in: a provider that is away, or slow, is not asked by each of them.
    """
    key = f"kianda-openid-{hashlib.sha256(issuer.encode()).hexdigest()}"
    found: dict[str, Any] | str | None = cache.get(key)
    if found is None:
        try:
            found = discover(issuer)
        except OAuth2Error as error:
            cache.set(key, str(error), AWAY_S)
            raise
        cache.set(key, found, KNOWN_S)
    if isinstance(found, str):
        raise OAuth2Error(found)
    return found


def keys_of(config: dict[str, Any]) -> int:
    """Return how many keys a provider signs with; raises OAuth2Error when there is none."""
    count = sum(1 for key in _keys(config["jwks_uri"]) if key.get("use", "sig") == "sig")
    if not count:
        raise OAuth2Error(_("The provider publishes no signing key."))
    return count


def verified(
    token: Any, *, keys: list[dict[str, Any]], issuer: str, audience: str
) -> dict[str, Any]:
    """Return what a token says; raises OAuth2Error unless the issuer has signed it for us."""
    if not isinstance(token, str):
        raise OAuth2Error(_("The response contained no ID token."))
    try:
        head = jwt.get_unverified_header(token)
        claims: dict[str, Any] = jwt.decode(
            token, _key(keys, head), algorithms=list(ALGORITHMS), issuer=issuer, audience=audience,
            leeway=LEEWAY_S, options={"require": ["iss", "sub", "aud", "exp", "iat"]},
        )  # fmt: skip
    except (jwt.PyJWTError, ValueError, TypeError, KeyError) as error:
        raise OAuth2Error(_("The ID token is not valid: %(why)s") % {"why": error}) from error
    if isinstance(claims["aud"], list) and claims.get("azp", audience) != audience:
        raise OAuth2Error(_("The ID token is for another client."))
    return claims


def _key(keys: list[dict[str, Any]], head: dict[str, Any]) -> Any:
    """Return the key that a token names; the only one when it names none."""
    if head.get("alg") not in ALGORITHMS:
        raise ValueError("unknown algorithm")
    usable = [key for key in keys if key.get("use", "sig") == "sig"]
    found = [key for key in usable if "kid" not in head or key.get("kid") == head["kid"]]
    if len(found) != 1:
        raise ValueError("unknown key")
    return jwt.PyJWK.from_json(json.dumps(found[0]), algorithm=str(head["alg"])).key


def _keys(url: str) -> list[dict[str, Any]]:
    found = _json(url).get("keys")
    return [key for key in found if isinstance(key, dict)] if isinstance(found, list) else []


def _json(url: str) -> dict[str, Any]:
    try:
        with get_adapter().get_requests_session() as session:
            answer = session.get(url)
            answer.raise_for_status()
            found = answer.json()
    # What requests raises are errors of the system, and of a body that is no JSON.
    except (OSError, ValueError) as error:
        raise OAuth2Error(str(error)) from error
    if not isinstance(found, dict):
        raise OAuth2Error(_("The provider did not return a JSON object."))
    return found
