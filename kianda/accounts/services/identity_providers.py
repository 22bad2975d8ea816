"""Identity providers: who vouches for people at the sign-in, as administrators set them up."""

import base64
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Final, Literal, get_args
from urllib.parse import urlsplit

from allauth.socialaccount.models import SocialAccount
from cryptography import x509
from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.text import slugify
from django.utils.translation import gettext as _

from kianda.accounts.models import IdentityProvider, SignInPolicy
from kianda.accounts.roles import ROLES
from kianda.accounts.services import audit
from kianda.accounts.services.groups import lock_people, own_groups
from kianda.accounts.services.second_factors import policy
from kianda.accounts.services.users import able_administrators
from kianda.lib.errors import Conflict, Flaw, Invalid, Missing, Stale

KIND: Final = "identity provider"
_LOOPBACK: Final = frozenset({"localhost", "127.0.0.1", "::1"})
_DOMAIN: Final = re.compile(r"(?!-)[a-z0-9-]+(\.[a-z0-9-]+)+\Z")
_LONGEST: Final = {
    "name": 80, "issuer": 500, "client_id": 191, "groups_claim": 300, "metadata_url": 500,
    "sign_in_url": 500,
}  # fmt: skip
OPENID: Final = "openid_connect"
SAML: Final = "saml"
# What an attribute of SAML can say of a person.
Attribute = Literal["id", "email", "verified", "username", "name", "first_name", "last_name"]
ATTRIBUTES: Final[tuple[Attribute, ...]] = get_args(Attribute)


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderSettings:
    """What an administrator says of an identity provider. `secret` None: as it is stored."""

    name: str
    issuer: str
    kind: str = OPENID
    client_id: str = ""
    secret: str | None = None
    domains: tuple[str, ...] = ()
    trusts_addresses: bool = False
    creates_users: bool = False
    groups_claim: str = ""
    groups: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    metadata_url: str = ""
    sign_in_url: str = ""
    certificates: tuple[str, ...] = ()
    attributes: Mapping[str, str] = field(default_factory=dict)
    is_active: bool = True


def providers(*, active: bool = False) -> QuerySet[IdentityProvider]:
    """Return the identity providers by name; `active`: those that people can use."""
    rows = IdentityProvider.objects.all()
    return rows.filter(is_active=True) if active else rows


def provider(slug: str) -> IdentityProvider:
    """Return one identity provider; raises Missing."""
    found = IdentityProvider.objects.filter(slug=slug).first()
    if found is None:
        raise Missing(_("No identity provider named %(name)s.") % {"name": slug[:40]})
    return found


def settings_of(row: IdentityProvider) -> ProviderSettings:
    """Return what is stored of a provider, without its secret."""
    return ProviderSettings(
        name=row.name, issuer=row.issuer, kind=row.kind, client_id=row.client_id,
        domains=tuple(row.domains), trusts_addresses=row.trusts_addresses,
        creates_users=row.creates_users, groups_claim=row.groups_claim,
        groups={key: tuple(names) for key, names in row.groups.items()},
        metadata_url=row.metadata_url, sign_in_url=row.sign_in_url,
        certificates=tuple(row.certificates), attributes=row.attributes, is_active=row.is_active,
    )  # fmt: skip


def add_provider(given: ProviderSettings, *, by: User) -> IdentityProvider:
    """Store a new identity provider; raises Invalid with every flaw."""
    with transaction.atomic():
        lock_people()
        _raise(_flaws(given))
        now = timezone.now()
        row = IdentityProvider(slug=_free_slug(given.name), kind=given.kind, created=now)
        _store(row, given)
        audit.record(by, action="created", kind=KIND, name=row.slug, detail=row.issuer)
    return row


def change_provider(
    row: IdentityProvider, given: ProviderSettings, *, revision: int | None = None, by: User
) -> IdentityProvider:
    """Store what is given of a provider; raises Stale when it is another one than was read."""
    with transaction.atomic():
        lock_people()
        row = IdentityProvider.objects.select_for_update().get(pk=row.pk)
        if revision is not None and revision != row.revision:
            raise Stale
        flaws = _flaws(given, of=row)
        if given.issuer != row.issuer:
            sentence = _(
                "The issuer identifies people and cannot be changed. Add another provider."
            )
            flaws.append(Flaw("/issuer", sentence))
        _raise(flaws)
        before = settings_of(row)
        if not given.is_active:
            _check_not_needed(row)
        row.revision += 1
        _store(row, given)
        changed = [
            key for key, value in asdict(settings_of(row)).items() if value != asdict(before)[key]
        ]
        if given.secret is not None:
            changed.append("secret")
        if changed:
            detail = ", ".join(changed)
            audit.record(by, action="changed", kind=KIND, name=row.slug, detail=detail)
    return row


def remove_provider(row: IdentityProvider, *, by: User) -> None:
    """Delete a provider and what it vouched for; the accounts stay."""
    with transaction.atomic():
        lock_people()
        _check_not_needed(row)
        SocialAccount.objects.filter(provider=row.slug).delete()
        IdentityProvider.objects.filter(pk=row.pk).delete()
        audit.record(by, action="deleted", kind=KIND, name=row.slug, detail=row.issuer)


def only_single_sign_on(wanted: object, *, by: User | None) -> None:
    """Let passwords and passkeys be for Administrators alone, or for everybody again."""
    only = bool(wanted)
    with transaction.atomic():
        lock_people()
        if only == policy().only_single_sign_on:
            return
        if only and not providers(active=True).exists():
            sentence = _("Without an identity provider, no one could sign in. Add one first.")
            raise Invalid.at("/only_single_sign_on", sentence)
        if only and not able_administrators().exists():
            sentence = _("No Administrator has a password to get back in. Set one first.")
            raise Invalid.at("/only_single_sign_on", sentence)
        SignInPolicy.objects.update_or_create(pk=1, defaults={"only_single_sign_on": only})
        detail = _("On") if only else _("Off")
        audit.record(
            by, action="changed", kind="sign-in", name=_("Single sign-on only"), detail=detail
        )


def _check_not_needed(row: IdentityProvider) -> None:
    if policy().only_single_sign_on and not providers(active=True).exclude(pk=row.pk).exists():
        raise Conflict(
            _("This is the only way to sign in. Allow passwords under Users, Sign-in first.")
        )


def _store(row: IdentityProvider, given: ProviderSettings) -> None:
    row.name, row.issuer, row.client_id = given.name, given.issuer, given.client_id
    row.domains = [domain.lower() for domain in given.domains]
    row.creates_users, row.is_active = given.creates_users, given.is_active
    row.groups_claim, row.trusts_addresses = given.groups_claim, given.trusts_addresses
    row.groups = {key: list(names) for key, names in given.groups.items()}
    row.metadata_url, row.sign_in_url = given.metadata_url, given.sign_in_url
    row.certificates = list(given.certificates)
    row.attributes = {key: name.strip() for key, name in given.attributes.items() if name.strip()}
    if given.secret is not None:
        row.secret = given.secret or None
    row.modified = timezone.now()
    row.save()


def _free_slug(name: str) -> str:
    base = slugify(name)[:32] or "provider"
    taken = set(
        IdentityProvider.objects.filter(slug__startswith=base).values_list("slug", flat=True)
    )
    return next(slug for n in range(1, len(taken) + 2) if (slug := numbered(base, n)) not in taken)


def numbered(base: str, n: int) -> str:
    """Return a name, with a number from the second of its kind on."""
    return base if n == 1 else f"{base}-{n}"


def _flaws(given: ProviderSettings, *, of: IdentityProvider | None = None) -> list[Flaw]:
    kind = of.kind if of else given.kind
    if kind not in _FLAWS or given.kind != kind:
        return [Flaw("/kind", _("Choose OpenID Connect or SAML. You cannot change it later."))]
    flaws = [] if given.name.strip() else [Flaw("/name", _("Enter a value."))]
    flaws += [
        Flaw(f"/{key}", _("Use at most %(most)d characters.") % {"most": most})
        for key, most in _LONGEST.items()
        if len(getattr(given, key)) > most
    ]
    rows = IdentityProvider.objects.filter(issuer=given.issuer, client_id=given.client_id)
    taken = rows.exclude(pk=of.pk if of else 0).exists()
    flaws += _FLAWS[kind](given, taken)
    if given.trusts_addresses and not given.domains:
        sentence = _("Enter the domains whose addresses count as verified.")
        flaws.append(Flaw("/domains", sentence))
    return [*flaws, *_domain_flaws(given.domains), *_group_flaws(given)]


def _openid_flaws(given: ProviderSettings, taken: bool) -> list[Flaw]:  # noqa: FBT001
    flaws = [
        Flaw(f"/{key}", _("Enter a value."))
        for key in ("issuer", "client_id")
        if not getattr(given, key).strip()
    ]
    if given.issuer and (sentence := _address_flaw(given.issuer)):
        flaws.append(Flaw("/issuer", sentence))
    if taken:
        flaws.append(
            Flaw("/client_id", _("A provider with this issuer and client ID already exists."))
        )
    return flaws


def _saml_flaws(given: ProviderSettings, taken: bool) -> list[Flaw]:  # noqa: FBT001
    flaws = []
    if not given.issuer.strip():
        flaws.append(Flaw("/issuer", _("Enter a value.")))
    if taken:
        flaws.append(Flaw("/issuer", _("A provider with this entity ID already exists.")))
    if sentence := _address_flaw(given.sign_in_url, query=True):
        flaws.append(Flaw("/metadata", _("Sign-in address: %(flaw)s") % {"flaw": sentence}))
    if given.metadata_url and (sentence := _address_flaw(given.metadata_url, query=True)):
        flaws.append(Flaw("/metadata_url", sentence))
    if not given.certificates:
        flaws.append(Flaw("/metadata", _("The metadata contains no signing certificate.")))
    try:
        for text in given.certificates:
            certificate(text)
    except ValueError:
        flaws.append(Flaw("/metadata", _("A certificate in the metadata cannot be read.")))
    flaws += [
        Flaw(f"/attributes/{key}", _("Use at most %(most)d characters.") % {"most": 300})
        for key, name in given.attributes.items()
        if len(name) > 300
    ]
    return flaws


_FLAWS: Final[dict[str, Callable[[ProviderSettings, bool], list[Flaw]]]] = {
    OPENID: _openid_flaws, SAML: _saml_flaws,
}  # fmt: skip


def certificate(text: str) -> x509.Certificate:
    """Read a certificate as metadata of SAML hold it; raises ValueError."""
    return x509.load_der_x509_certificate(base64.b64decode(text, validate=True))


def _address_flaw(address: str, *, query: bool = False) -> str:
    try:
        parts = urlsplit(address)
        host = parts.hostname
    except ValueError:
        return _("Enter an address such as https://login.example.org.")
    if not host or parts.username or (parts.query and not query) or parts.fragment:
        return _("Enter an address such as https://login.example.org.")
    if parts.scheme != "https" and not (parts.scheme == "http" and host in _LOOPBACK):
        return _("The address must begin with https://.")
    return ""


def _domain_flaws(domains: Iterable[str]) -> list[Flaw]:
    return [
        Flaw(
            "/domains",
            _("%(text)s is not a domain. Enter one such as example.org.") % {"text": domain[:80]},
        )
        for domain in domains
        if not _DOMAIN.match(domain.lower())
    ]


def _group_flaws(given: ProviderSettings) -> list[Flaw]:
    flaws = []
    if given.groups and not given.groups_claim.strip():
        flaws.append(Flaw("/groups_claim", _("Enter the claim that contains the groups.")))
    known = {*ROLES, *own_groups().values_list("name", flat=True)}
    named = dict.fromkeys(name for names in given.groups.values() for name in names)
    flaws += [
        Flaw("/groups", _("No group or role named %(name)s.") % {"name": name[:80]})
        for name in named
        if name not in known
    ]
    return flaws


def _raise(flaws: list[Flaw]) -> None:
    if flaws:
        raise Invalid(" ".join(flaw.detail for flaw in flaws), errors=flaws)
