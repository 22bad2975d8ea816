"""The metadata of an issuer: where its endpoints are (RFC 8414, OpenID Connect Discovery)."""

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from authlib.oauth2.rfc8414 import get_well_known_url

from datasources.auth.oauth2 import OAuth2Auth
from datasources.oauth.token_answers import TokenRefused
from datasources.rest.document import RestDatasource, RestMethod
from datasources.rest.request import PreparedCall, build
from datasources.rest.response import CallAnswer
from datasources.rest.shapes import MEGABYTE, Parameter
from kianda.lib.addresses import authority, endpoint_flaw, origin_of
from kianda.lib.i18n import gettext as _

ENDPOINTS = {
    "authorize_url": "authorization_endpoint",
    "token_url": "token_endpoint",
    "revoke_url": "revocation_endpoint",
}
# Microsoft's metadata for any tenant leaves the tenant open.
_OPEN = re.compile(r"(?<=[^/:]/)\{\w+\}/")


def needs_discovery(auth: OAuth2Auth) -> bool:
    """Tell whether an endpoint that is needed has to be read from the issuer's metadata."""
    asked = not auth.authorize_url and auth.grant == "authorization_code"
    return bool(auth.issuer) and (asked or not auth.token_url)


def discovery_requests(auth: OAuth2Auth) -> list[PreparedCall]:
    """Return the requests for the metadata, to be tried in this order until one is answered."""
    issuer = auth.issuer.rstrip("/")
    origin = origin_of(issuer)
    source = RestDatasource(
        name="issuer", base_url=f"{origin.scheme}://{authority(origin)}", timeout_s=30
    )
    method = RestMethod(
        name="metadata",
        request_headers=[Parameter(name="Accept", value="application/json")],
        follow_redirects=False,
        max_answer_bytes=MEGABYTE,
    )
    below = f"{urlsplit(issuer).path}/.well-known/openid-configuration"
    paths = dict.fromkeys((below, get_well_known_url(issuer)))
    return [build(source, method, {"url_path": path}) for path in paths]


def discovered(auth: OAuth2Auth, answer: CallAnswer) -> OAuth2Auth:
    """Return the settings with the endpoints that were left out; raises TokenRefused."""
    found = answer.body
    if not isinstance(found, Mapping):
        raise _refused(_("The metadata of the issuer is not a JSON object."))
    if not _is_issuer(found.get("issuer"), auth.issuer):
        raise _refused(_("The metadata is that of another issuer. Check the issuer."))
    made = {
        setting: url
        for setting, name in ENDPOINTS.items()
        if not getattr(auth, setting) and (url := _endpoint(found, name, auth.issuer))
    }
    full = auth.model_copy(update=made)
    if needs_discovery(full):
        raise _refused(_("The metadata of the issuer has no endpoints. Enter them."))
    return full


def _refused(sentence: str) -> TokenRefused:
    return TokenRefused(sentence, permanent=False, code="discovery")


def _is_issuer(told: Any, issuer: str) -> bool:
    if not isinstance(told, str):
        return False
    # What is open in the metadata may be any one part of the path, and is no part of the host.
    pattern = "[^/]+/".join(re.escape(part) for part in _OPEN.split(f"{told.rstrip('/')}/"))
    return re.fullmatch(pattern, f"{issuer.rstrip('/')}/") is not None


def _endpoint(found: Mapping[str, Any], name: str, issuer: str) -> str:
    url = found.get(name)
    if not isinstance(url, str) or not url:
        return ""
    downgraded = issuer.lower().startswith("https:") and not url.lower().startswith("https:")
    if downgraded or endpoint_flaw(url):
        sentence = _("The metadata of the issuer contains a URL that is not valid: %(name)s.")
        raise _refused(sentence % {"name": name})
    return url
