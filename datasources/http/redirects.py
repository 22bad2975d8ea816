"""Where a redirect leads, and what goes along. Plain Python."""

from dataclasses import replace
from urllib.parse import quote, urldefrag, urljoin

from django.utils.translation import gettext as _

from datasources.rest.errors import CallFailed
from datasources.rest.request import PreparedCall
from datasources.rest.response import CallAnswer
from kianda.lib.addresses import PATH_SAFE, Origin, base_url_flaw, origin_of, stem_of

MOST_HOPS = 5
REDIRECTS = frozenset({301, 302, 303, 307, 308})
QUERY_SAFE = PATH_SAFE + "?"
READING = frozenset({"GET", "HEAD"})
SEE_OTHER = 303


def next_hop(call: PreparedCall, answer: CallAnswer) -> PreparedCall | None:
    """Return the call that a redirect asks for, None when there is none to follow.

    Only what reads is sent again; after another verb a 303 is followed with GET, and any other
    redirect is left as the answer it is. Secrets stay behind when the origin changes.
    """
    location = answer.header("Location")
    if answer.status not in REDIRECTS or not location:
        return None
    if call.verb not in READING and answer.status != SEE_OTHER:
        return None
    url = urldefrag(urljoin(call.url, location)).url
    path, mark, query = url.partition("?")
    if flaw := base_url_flaw(path):
        sentence = _("The redirect to %(path)r cannot be followed. %(flaw)s") % {
            "path": path,
            "flaw": flaw,
        }
        raise CallFailed("bad_answer", sentence, status=answer.status)
    origin = origin_of(path)
    tail = mark + quote(query, safe=QUERY_SAFE)
    return replace(
        call,
        verb="HEAD" if call.verb == "HEAD" else "GET",
        origin=origin,
        url=stem_of(path) + ("/" if path.endswith("/") else "") + tail,
        headers=_headers_to(origin, call),
        body=None,
    )


def _headers_to(origin: Origin, call: PreparedCall) -> dict[str, str | bytes]:
    left_out = {"content-length", "content-type"}
    if origin != call.origin:
        left_out |= {"authorization", "cookie"} | call.secret_headers
    return {name: value for name, value in call.headers.items() if name.lower() not in left_out}
