"""SAML, stricter than django-allauth and python3-saml: an answer is for this sign-in of a browser.

Both check what has to be signed, by whom, for whom and when. Here is what they leave out: that who
it is for, where it is sent and to which request it answers stand there at all, in what is signed;
and that the addresses of this workspace are those of its settings, whoever asked.
"""

from typing import Any
from urllib.parse import urlsplit

from allauth.account.models import EmailAddress
from allauth.socialaccount.providers.saml.provider import SAMLProvider
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.translation import gettext as _

from kianda.accounts.models import IdentityProvider
from kianda.accounts.services.addresses import plain_address
from kianda.accounts.sso.saml_metadata import (
    POST,
    REDIRECT,
    answers_at,
    entity_id,
    installed,
    not_installed,
    up_to_date,
)

MOST_CHARACTERS = 200_000
_FORMATS = "urn:oasis:names:tc:SAML:{}:nameid-format:{}"
TRANSIENT = _FORMATS.format("2.0", "transient")
# Names that may well be an address of mail.
_ADDRESS = (None, _FORMATS.format("1.1", "emailAddress"), _FORMATS.format("1.1", "unspecified"))
_CLAIMS = "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/"
# By which attributes providers are known to tell it, where an administrator names none.
USUAL: dict[str, tuple[str, ...]] = {
    "email": ("urn:oid:0.9.2342.19200300.100.1.3", f"{_CLAIMS}emailaddress", "mail", "email"),
    "verified": ("http://schemas.auth0.com/email_verified", "email_verified"),
    "username": ("urn:oid:0.9.2342.19200300.100.1.1", "uid", "username"),
    "name": (
        "urn:oid:2.16.840.1.113730.3.1.241", "displayName",
        "http://schemas.microsoft.com/identity/claims/displayname",
    ),
    "first_name": ("urn:oid:2.5.4.42", f"{_CLAIMS}givenname", "givenName", "firstName"),
    "last_name": ("urn:oid:2.5.4.4", f"{_CLAIMS}surname", "sn", "lastName"),
}  # fmt: skip


class AnswerNotTaken(Exception):
    """What a provider answered is not for us, not signed, or too old; says what."""


def _nonce(slug: str, asked: str) -> str:
    return f"{slug} {asked}"


def configuration(row: IdentityProvider, **security: bool) -> dict[str, Any]:
    """Return what python3-saml has to know of a provider and of us."""
    return {
        "strict": True,
        "sp": {
            "entityId": entity_id(row.slug),
            "assertionConsumerService": {"url": answers_at(row.slug), "binding": POST},
        },
        "idp": {
            "entityId": row.issuer,
            "singleSignOnService": {"url": row.sign_in_url, "binding": REDIRECT},
            "x509certMulti": {"signing": row.certificates},
        },
        "security": {
            # That one of both is signed is always asked for.
            "wantAssertionsSigned": False, "wantMessagesSigned": False,
            "requestedAuthnContext": False, "rejectDeprecatedAlgorithm": True,
            "wantAttributeStatement": False, "wantNameId": False, "allowRepeatAttributeName": True,
            "allowSingleLabelDomains": True,
            # Ours never change: nobody has to read them again.
            "metadataValidUntil": "", "metadataCacheDuration": "", **security,
        },
    }  # fmt: skip


def own_metadata(row: IdentityProvider) -> bytes:
    """Return what a provider is told of us."""
    from onelogin.saml2.settings import OneLogin_Saml2_Settings as Settings

    # Providers sign assertions that are asked for so.
    told = configuration(row, wantAssertionsSigned=True)
    metadata: bytes | str = Settings(told, sp_validation_only=True).get_sp_metadata()
    return metadata.encode() if isinstance(metadata, str) else metadata


def _request(slug: str, **post: str) -> dict[str, Any]:
    """Return a request as python3-saml wants it: to our address, whoever the host was."""
    there = urlsplit(answers_at(slug))
    return {
        "https": "on" if there.scheme == "https" else "off", "http_host": there.netloc,
        "script_name": there.path, "get_data": {}, "post_data": post,
    }  # fmt: skip


class SamlProvider(SAMLProvider):
    """A provider of this workspace, as it is asked and as its answers are read."""

    def redirect(
        self, request: HttpRequest, process: Any, next_url: Any = None, data: Any = None,
        **kwargs: Any,
    ) -> HttpResponse:  # fmt: skip
        """Lead to the provider with a request, to which its answer has to answer."""
        if not installed():
            raise AnswerNotTaken(not_installed())
        from onelogin.saml2.auth import OneLogin_Saml2_Auth as Auth

        slug = self.app.provider_id
        row = up_to_date(IdentityProvider.objects.get(slug=slug))
        auth = Auth(_request(slug), configuration(row))
        there = auth.login(return_to="")
        asked = auth.get_last_request_id()
        self.stash_redirect_state(
            request, process, next_url, data, state_id=asked, nonce=_nonce(slug, asked), **kwargs
        )
        return HttpResponseRedirect(there)

    def extract_uid(self, data: dict[str, Any]) -> str:
        """Return what the provider calls the person: never used for anybody else."""
        return str(data["uid"])

    def extract_extra_data(self, data: dict[str, Any]) -> dict[str, Any]:
        """Keep of what is told of a person what is used."""
        kept = ("email", "email_verified", "username", "name", "claims")
        nonce = _nonce(self.app.provider_id, data["asked"])
        return {"nonce": nonce, **{key: data[key] for key in kept}}

    def extract_common_fields(self, data: dict[str, Any]) -> dict[str, Any]:
        """Return what a new account is made of."""
        return {key: data[key] for key in ("email", "name", "first_name", "last_name")}

    def extract_email_addresses(self, data: dict[str, Any]) -> list[EmailAddress]:
        """Return the address, verified or not."""
        address, sure = data["email"], bool(data["email_verified"])
        return [EmailAddress(email=address, verified=sure, primary=True)] if address else []


def read_answer(row: IdentityProvider, answer: str) -> dict[str, Any]:
    """Return of whom an answer of a provider speaks; raises AnswerNotTaken with a sentence."""
    if not installed():
        raise AnswerNotTaken(not_installed())
    from onelogin.saml2.errors import OneLogin_Saml2_Error, OneLogin_Saml2_ValidationError
    from onelogin.saml2.response import OneLogin_Saml2_Response as Response
    from onelogin.saml2.settings import OneLogin_Saml2_Settings as Settings

    if not answer or len(answer) > MOST_CHARACTERS:
        raise AnswerNotTaken(_("The response is missing or too long."))
    try:
        response = Response(Settings(configuration(row)), answer)
        if not response.is_valid(_request(row.slug)):
            raise AnswerNotTaken(str(response.get_error()))
        return _told(row, response)
    # A document that cannot be read is an error of syntax.
    except (
        OneLogin_Saml2_Error, OneLogin_Saml2_ValidationError, ValueError, SyntaxError,
    ) as error:  # fmt: skip
        raise AnswerNotTaken(str(error)) from error


def _told(row: IdentityProvider, response: Any) -> dict[str, Any]:
    asked = _asked(row, response)
    attributes = {**response.get_friendlyname_attributes(), **response.get_attributes()}
    texts = {
        name: [value for value in values if isinstance(value, str)]
        for name, values in attributes.items()
    }
    told = {key: _first(texts, _names(row, key)) for key in ("id", *USUAL)}
    name_id = response.get_nameid_data()
    known_as, form = name_id.get("Value") or "", name_id.get("Format")
    if row.attributes.get("id"):
        known_as = told["id"]
    elif form == TRANSIENT:
        raise AnswerNotTaken(_("The provider sends a different user ID each time (transient)."))
    if not known_as or len(known_as) > 191:
        raise AnswerNotTaken(_("The response contains no permanent ID of the user."))
    address = told["email"] or ((name_id.get("Value") or "") if form in _ADDRESS else "")
    verified = told["verified"].lower() in ("true", "1") if told["verified"] else None
    claim = row.groups_claim
    return {
        "slug": row.slug, "asked": asked, "uid": known_as, "email": plain_address(address),
        "email_verified": verified, "username": told["username"][:150],
        "name": told["name"][:300], "first_name": told["first_name"][:150],
        "last_name": told["last_name"][:150],
        "claims": {claim: texts[claim]} if claim in texts else {},
    }  # fmt: skip


def _names(row: IdentityProvider, key: str) -> tuple[str, ...]:
    own = row.attributes.get(key)
    return (own,) if own else USUAL.get(key, ())


def _first(texts: dict[str, list[str]], names: tuple[str, ...]) -> str:
    return next((texts[name][0] for name in names if texts.get(name)), "")


def _asked(row: IdentityProvider, response: Any) -> str:
    """Return which request an answer answers, as its signed part says.

    python3-saml has checked what of this stands there; it does not mind when it is missing, when a
    recipient only begins as ours, or when one of several confirmations holds.
    """
    from onelogin.saml2.xml_utils import OneLogin_Saml2_XML as Xml

    if entity_id(row.slug) not in response.get_audiences():
        raise AnswerNotTaken(_("The response is not intended for this workspace."))
    subject = "/samlp:Response/saml:Assertion/saml:Subject/saml:SubjectConfirmation"
    found = Xml.query(response.get_xml_document(), subject)
    data = Xml.query(response.get_xml_document(), f"{subject}/saml:SubjectConfirmationData")
    if len(found) != 1 or len(data) != 1 or data[0].get("Recipient") != answers_at(row.slug):
        raise AnswerNotTaken(_("The response was not addressed to this server."))
    if not data[0].get("NotOnOrAfter"):
        raise AnswerNotTaken(_("The response has no expiry time."))
    asked = data[0].get("InResponseTo")
    if not asked:
        raise AnswerNotTaken(_("No request belongs to this response. Start the sign-in here."))
    return str(asked)
