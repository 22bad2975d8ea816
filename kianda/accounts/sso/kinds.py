"""The kinds of identity providers: what each of them is, where pages and API do not know it."""

from dataclasses import dataclass, replace
from typing import Any, Protocol

from allauth.socialaccount.adapter import get_adapter
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from kianda.accounts.models import IdentityProvider
from kianda.accounts.services.account_mails import address_in_full
from kianda.accounts.services.identity_providers import OPENID, SAML, ProviderSettings
from kianda.accounts.sso import saml_metadata
from kianda.accounts.sso.openid import Adapter, discover, keys_of
from kianda.accounts.sso.saml import SamlProvider


@dataclass(frozen=True, slots=True)
class ProviderTested:
    """What a provider says of itself."""

    address: str
    keys: int
    expiries: tuple[saml_metadata.CertificateValidity, ...] = ()
    # Nobody is asked whose metadata were pasted.
    was_asked: bool = True


class ProviderKind(Protocol):
    """A protocol in which providers speak."""

    title: Any

    def provider(self, request: HttpRequest, slug: str) -> Any:
        """Return a provider as allauth asks it; raises SocialApp.DoesNotExist."""

    def complete(
        self, given: ProviderSettings, *, xml: str, before: ProviderSettings | None
    ) -> ProviderSettings:
        """Add what the provider says of itself; raises Invalid."""

    def test(self, row: IdentityProvider) -> ProviderTested:
        """Ask it; raises OAuth2Error or ValueError with a sentence."""

    def addresses(self, row: IdentityProvider) -> list[tuple[str, str]]:
        """Return what has to be entered there: names and addresses."""


class OpenIdConnect:
    """An issuer of OpenID Connect."""

    title = "OpenID Connect"

    def provider(self, request: HttpRequest, slug: str) -> Any:
        """Return a provider as allauth asks it; raises SocialApp.DoesNotExist."""
        return Adapter(request, slug).get_provider()

    def complete(
        self, given: ProviderSettings, *, xml: str, before: ProviderSettings | None
    ) -> ProviderSettings:
        """Add nothing: it is asked at each sign-in."""
        return given

    def test(self, row: IdentityProvider) -> ProviderTested:
        """Ask for its configuration and keys."""
        found = discover(row.issuer)
        return ProviderTested(found["authorization_endpoint"], keys_of(found))

    def addresses(self, row: IdentityProvider) -> list[tuple[str, str]]:
        """Return where it sends browsers back to."""
        callback = address_in_full(reverse("openid_connect_callback", args=[row.slug]))
        return [(_("Redirect address"), callback)]


class Saml:
    """An identity provider of SAML."""

    title = gettext_lazy("SAML")

    def provider(self, request: HttpRequest, slug: str) -> Any:
        """Return a provider as allauth asks it; raises SocialApp.DoesNotExist."""
        return SamlProvider(request, app=get_adapter().get_app(request, provider=slug))

    def complete(
        self, given: ProviderSettings, *, xml: str, before: ProviderSettings | None
    ) -> ProviderSettings:
        """Add what its metadata say."""
        given = replace(given, client_id="", secret=None)
        return saml_metadata.complete(given, xml=xml, before=before)

    def test(self, row: IdentityProvider) -> ProviderTested:
        """Read its metadata anew, where they have an address."""
        if not saml_metadata.installed():
            raise ValueError(saml_metadata.not_installed())
        row = saml_metadata.up_to_date(row, now=True)
        expiries = saml_metadata.expiries(row.certificates)
        return ProviderTested(
            row.sign_in_url, len(expiries), tuple(expiries), bool(row.metadata_url)
        )

    def addresses(self, row: IdentityProvider) -> list[tuple[str, str]]:
        """Return what we are called there, and where it sends its answers to."""
        return [
            (_("Metadata and entity ID (audience)"), saml_metadata.entity_id(row.slug)),
            (_("Assertion consumer service (ACS, reply address)"),
             saml_metadata.answers_at(row.slug)),
        ]  # fmt: skip


KINDS: dict[str, ProviderKind] = {OPENID: OpenIdConnect(), SAML: Saml()}
