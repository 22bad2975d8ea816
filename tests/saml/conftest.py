"""A workspace with a provider of SAML, and a browser that has asked it."""

from typing import Any, NamedTuple

import pytest
from django.test import Client
from pytest_django import Settings

from kianda.accounts.models import AuditEntry, IdentityProvider
from kianda.accounts.services.identity_providers import (
    ProviderSettings,
    add_provider,
    change_provider,
    settings_of,
)
from kianda.accounts.sso.kinds import KINDS
from tests.saml.provider import SIGN_IN, Answer, metadata, posted, request_in, signed

PUBLIC = "http://kianda.example"
ACS = "/sign-in/with/acme/answer/"
OURS = f"{PUBLIC}/sign-in/with/acme/metadata/"


class Scene(NamedTuple):
    """A browser that was led to the provider, and the right answer to what it asked."""

    client: Client
    right: Answer

    def post(self, document: Any, *, client: Client | None = None) -> Any:
        """Post an answer as the provider's page has a browser do: without cookies."""
        other = Client().post(ACS, {"SAMLResponse": posted(document)})
        if other["Location"].endswith("/finish/"):
            client = client or self.client
            client.cookies["saml-answer"] = other.cookies["saml-answer"].value
            return client.get(other["Location"])
        return other

    def answer(self, **other: Any) -> Any:
        """Post an answer that is signed, and right but for some parts."""
        return self.post(signed(self.right.but(**other)))


def add(by: Any, *, xml: str = "", **given: Any) -> IdentityProvider:
    known = {"name": "Acme", "issuer": "", "kind": "saml", "trusts_addresses": True,
             "domains": ("example.org",)}  # fmt: skip
    settings = ProviderSettings(**{**known, **given})
    full = KINDS["saml"].complete(settings, xml=xml or metadata(), before=None)
    return add_provider(full, by=by)


def change(by: Any, **given: Any) -> None:
    row = IdentityProvider.objects.get(slug="acme")
    now = settings_of(row)
    fields = {name: getattr(now, name) for name in now.__slots__}
    change_provider(row, ProviderSettings(**{**fields, **given}), by=by)


def go(client: Client, **query: str) -> Answer:
    """Lead a browser to the provider; return the right answer to what it asks there."""
    where = client.get("/sign-in/with/acme/", query)["Location"]
    assert where.startswith(f"{SIGN_IN}?")
    asked = request_in(where)
    assert asked.get("AssertionConsumerServiceURL") == f"{PUBLIC}{ACS}"
    return Answer(asked.get("ID"), f"{PUBLIC}{ACS}", OURS)


def is_in(client: Client) -> bool:
    return client.get("/profile/").status_code == 200


def why() -> str:
    return AuditEntry.objects.filter(action="sign-in refused").latest("pk").detail


@pytest.fixture
def acme(admin: Any, settings: Settings) -> IdentityProvider:
    settings.KIANDA_PUBLIC_URL = PUBLIC
    return add(admin)


@pytest.fixture
def scene(acme: IdentityProvider) -> Scene:
    client = Client(REMOTE_ADDR="203.0.113.5")
    return Scene(client, go(client))
