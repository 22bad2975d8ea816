"""/identity-providers/: who vouches for people at the sign-in; a secret is written, never read."""

from typing import Any, ClassVar

from drf_spectacular.utils import extend_schema
from pydantic import StrictBool, StrictStr
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from kianda.accounts.idempotency import KEY, idempotent_at_once
from kianda.accounts.models import IdentityProvider
from kianda.accounts.permissions import caller
from kianda.accounts.roles import ADMINISTRATOR
from kianda.accounts.services import identity_providers as services
from kianda.accounts.services.identity_providers import ATTRIBUTES, OPENID, Attribute
from kianda.accounts.sso.kinds import KINDS
from kianda.accounts.sso.saml_metadata import expiries
from kianda.administration.sso.identity_providers import try_provider
from kianda.lib.api.drf import (
    check_if_match,
    etag_of,
    list_parameters,
    list_response,
    read_query,
    tagged,
)
from kianda.lib.api.schemas import TEXT, Schema, page_of, shape
from kianda.lib.api.strict_json import Body, read_body
from kianda.lib.secrets import opens

ADMIN = (ADMINISTRATOR,)
TAGS = ["Sign-in"]
_SETTINGS: Schema = {
    "name": TEXT, "issuer": TEXT | {"description": "Cannot be changed after creation."},
    "client_id": TEXT, "domains": {"type": "array", "items": TEXT},
    "trusts_addresses": {
        "type": "boolean",
        "description": "Addresses of the domains are verified where the provider says nothing.",
    },
    "creates_users": {"type": "boolean"}, "groups_claim": TEXT,
    "groups": {
        "type": "object", "additionalProperties": {"type": "array", "items": TEXT},
        "description": "Value of the claim: the groups and roles that it gives.",
    },
    "metadata_url": TEXT | {"description": "SAML: where it publishes its metadata."},
    "attributes": {
        "type": "object", "additionalProperties": False,
        "properties": dict.fromkeys(ATTRIBUTES, TEXT),
        "description": "SAML: what is known of a person, by which attribute; else by usual ones.",
    },
    "active": {"type": "boolean"},
}  # fmt: skip
_KIND: Schema = {
    "kind": {
        "type": "string", "enum": list(KINDS), "default": OPENID,
        "description": "Cannot be changed after creation.",
    }
}  # fmt: skip
PROVIDER = shape({
    "slug": TEXT, **_KIND, **_SETTINGS, "has_secret": {"type": "boolean"},
    "sign_in_url": TEXT | {"description": "SAML: where people sign in."},
    "certificates": {
        "type": "array", "items": {"type": "string", "format": "date-time"},
        "description": "SAML: until when each certificate to sign with is valid.",
    },
})  # fmt: skip
PROVIDER_IN = shape(
    {
        **_KIND, **_SETTINGS, "secret": TEXT | {"writeOnly": True},
        "metadata": TEXT | {
            "writeOnly": True,
            "description": "SAML: its metadata (XML), in the place of their address.",
        },
    },
    required=["name"],
)  # fmt: skip
PROVIDER_PATCH = PROVIDER_IN | {"required": []}
TESTED = shape({"ok": {"type": "boolean"}, "detail": TEXT})


class _Changes(Body):
    """PATCH /identity-providers/{slug}/"""

    kind: StrictStr = OPENID
    name: StrictStr = ""
    issuer: StrictStr = ""
    client_id: StrictStr = ""
    secret: StrictStr | None = None
    domains: list[StrictStr] = []
    trusts_addresses: StrictBool = False
    creates_users: StrictBool = False
    groups_claim: StrictStr = ""
    groups: dict[StrictStr, list[StrictStr]] = {}
    metadata_url: StrictStr = ""
    metadata: StrictStr = ""
    attributes: dict[Attribute, StrictStr] = {}
    active: StrictBool = True


def _json(row: IdentityProvider) -> dict[str, Any]:
    return {
        "slug": row.slug, "kind": row.kind, "name": row.name, "issuer": row.issuer,
        "client_id": row.client_id,
        "domains": row.domains, "trusts_addresses": row.trusts_addresses,
        "creates_users": row.creates_users,
        "groups_claim": row.groups_claim, "groups": row.groups,
        "metadata_url": row.metadata_url, "attributes": row.attributes, "active": row.is_active,
        "has_secret": opens(row, "secret") and row.secret is not None,
        "sign_in_url": row.sign_in_url,
        "certificates": [one.until for one in expiries(row.certificates)],
    }  # fmt: skip


def _etag(row: IdentityProvider) -> str:
    return etag_of("identity-provider", [row.pk, row.revision])


def _answer(row: IdentityProvider, *, status: int = 200) -> Response:
    return tagged(Response(_json(row), status=status), _etag(row))


def _given(body: _Changes, row: IdentityProvider | None) -> services.ProviderSettings:
    """Return what is given, completed by what the provider says; what is left out stays."""
    before = {**_json(row), "secret": None} if row else _Changes().model_dump()
    told = {**before, **body.model_dump(include=body.model_fields_set)}
    given = services.ProviderSettings(
        kind=told["kind"], name=told["name"], issuer=told["issuer"], client_id=told["client_id"],
        secret=told.get("secret"), domains=tuple(told["domains"]),
        trusts_addresses=told["trusts_addresses"], creates_users=told["creates_users"],
        groups_claim=told["groups_claim"],
        groups={value: tuple(names) for value, names in told["groups"].items()},
        metadata_url=told["metadata_url"], attributes=told["attributes"],
        is_active=told["active"],
    )  # fmt: skip
    if given.kind not in KINDS or (row and row.kind != given.kind):
        return given
    stored = services.settings_of(row) if row else None
    return KINDS[given.kind].complete(given, xml=body.metadata, before=stored)


class IdentityProviders(APIView):
    """The identity providers."""

    scopes: ClassVar = {"GET": "read", "POST": "admin"}
    roles: ClassVar = {"GET": ADMIN, "POST": ADMIN}

    @extend_schema(
        operation_id="identity_providers_list", parameters=list_parameters(),
        responses={200: page_of(PROVIDER)}, tags=TAGS,
    )  # fmt: skip
    def get(self, request: Request) -> Response:
        """List the identity providers, without their secrets."""
        rows = services.providers()
        return list_response(request, rows, to_json=_json, default_order=["name", "slug"])

    @extend_schema(
        operation_id="identity_providers_create", parameters=[KEY],
        request={"application/json": PROVIDER_IN}, responses={201: PROVIDER}, tags=TAGS,
    )  # fmt: skip
    @idempotent_at_once
    def post(self, request: Request) -> Response:
        """Add an identity provider.

        Its redirect address is `/sign-in/with/{slug}/callback/`, for SAML
        `/sign-in/with/{slug}/answer/`.
        """
        read_query(request, ())
        body = read_body(_Changes, request.data)
        row = services.add_provider(_given(body, None), by=caller(request))
        response = _answer(row, status=201)
        response["Location"] = request.build_absolute_uri(f"/api/v1/identity-providers/{row.slug}/")
        return response


class OneIdentityProvider(APIView):
    """One identity provider."""

    scopes: ClassVar = {"GET": "read", "PATCH": "admin", "DELETE": "admin"}
    roles: ClassVar = {"GET": ADMIN, "PATCH": ADMIN, "DELETE": ADMIN}

    @extend_schema(operation_id="identity_provider_read", responses={200: PROVIDER}, tags=TAGS)
    def get(self, request: Request, slug: str) -> Response:
        """Read an identity provider, without its secret."""
        read_query(request, ())
        return _answer(services.provider(slug))

    @extend_schema(
        operation_id="identity_provider_change", request={"application/json": PROVIDER_PATCH},
        responses={200: PROVIDER}, tags=TAGS,
    )  # fmt: skip
    def patch(self, request: Request, slug: str) -> Response:
        """Change the settings sent; an omitted secret does not change, an empty one is removed."""
        read_query(request, ())
        row = services.provider(slug)
        check_if_match(request, _etag(row))
        body = read_body(_Changes, request.data)
        changed = services.change_provider(
            row, _given(body, row), revision=row.revision, by=caller(request)
        )
        return _answer(changed)

    @extend_schema(operation_id="identity_provider_delete", responses={204: None}, tags=TAGS)
    def delete(self, request: Request, slug: str) -> Response:
        """Delete an identity provider; its accounts stay."""
        read_query(request, ())
        row = services.provider(slug)
        check_if_match(request, _etag(row))
        services.remove_provider(row, by=caller(request))
        return Response(status=204)


class IdentityProviderTest(APIView):
    """The test of one identity provider."""

    scopes: ClassVar = {"POST": "admin"}
    roles: ClassVar = {"POST": ADMIN}

    @extend_schema(
        operation_id="identity_provider_test", request=None, responses={200: TESTED}, tags=TAGS
    )
    def post(self, request: Request, slug: str) -> Response:
        """Test a provider: read its configuration and its keys."""
        read_query(request, ())
        problem, found = try_provider(services.provider(slug), by=caller(request))
        detail = found.address if found else problem
        return Response({"ok": found is not None, "detail": detail})
