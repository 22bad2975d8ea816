"""How a call leaves: to whom, within which addresses, through which proxy."""

import base64
import functools
from typing import NamedTuple
from urllib.parse import unquote, urlsplit

from django.conf import settings

from datasources.http.egress import SANDBOX_HOST
from datasources.rest.certificates import ClientCertificate
from datasources.rest.document import RestDatasource
from kianda.lib.addresses import Origin

HTTP_PROXY_PORT = 3128


class EgressProxy(NamedTuple):
    """The proxy through which all calls of datasources leave, and what signs in there."""

    host: str
    port: int
    authorization: str

    def headers(self) -> dict[str, str]:
        """Return the headers that only the proxy sees."""
        return {"Proxy-Authorization": self.authorization} if self.authorization else {}


class TlsSettings(NamedTuple):
    """What a datasource shows and whom it trusts beside the system's authorities."""

    certificate: ClientCertificate | None
    trusted_ca: str | None


class Route(NamedTuple):
    """One way out. Connections are kept for each: none is used by a call that may not go there."""

    origin: Origin
    allowed: tuple[str, ...] = ()
    proxy: EgressProxy | None = None
    tls: TlsSettings | None = None

    @property
    def forwarded(self) -> bool:
        """Tell whether the proxy reads the request itself: with TLS it only carries it on."""
        return self.proxy is not None and self.origin.scheme == "http"


def route_to(origin: Origin, datasource: RestDatasource) -> Route:
    """Return the route of a datasource's call to an origin, its own or one it was sent on to."""
    # A server that somebody was sent on to is not shown who calls.
    shown = datasource.client_certificate if origin in datasource.certificate_origins else None
    own = shown is not None or datasource.trusted_ca
    tls = TlsSettings(shown, datasource.trusted_ca) if own and origin.scheme == "https" else None
    return plain_route(origin)._replace(allowed=tuple(datasource.allowed_addresses), tls=tls)


def plain_route(origin: Origin) -> Route:
    """Return the route to an origin as the installation has it."""
    # The sandbox is a part of this product, on this machine.
    proxy = None if origin.host == SANDBOX_HOST else read_proxy(settings.KIANDA_EGRESS_PROXY)
    return Route(origin, proxy=proxy)


@functools.lru_cache(maxsize=4)
def read_proxy(url: str) -> EgressProxy | None:
    """Return the proxy that a checked address names, None for an empty one."""
    if not url:
        return None
    parts = urlsplit(url)
    named = parts.username is not None
    account = f"{unquote(parts.username or '')}:{unquote(parts.password or '')}"
    signed = "Basic " + base64.b64encode(account.encode()).decode() if named else ""
    return EgressProxy(parts.hostname or "", parts.port or HTTP_PROXY_PORT, signed)
