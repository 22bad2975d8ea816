"""The middleware of a person's session: its time zone, and its end after 12 idle hours."""

import time
from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponseBase
from django.utils import timezone

from kianda.accounts.services.profiles import zone_of

GetResponse = Callable[[HttpRequest], HttpResponseBase]
_SEEN = "seen"
_RENEW_AFTER_S = 300


class PersonalTime:
    """Shows times in the person's zone, and keeps the session of whoever does something.

    A part that refreshes by itself (it sends `X-Refresh`) is nobody's act: a page left open over
    night does not keep its session alive.
    """

    def __init__(self, get_response: GetResponse) -> None:
        """Keep the next layer."""
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Activate the zone for this request alone."""
        if settings.SESSION_COOKIE_NAME in request.COOKIES and "X-Refresh" not in request.headers:
            _renew(request)
        with timezone.override(zone_of(request.user)):
            return self.get_response(request)


def _renew(request: HttpRequest) -> None:
    # Not at each request: every renewal is a write.
    now = int(time.time())
    # Seen in the future: the clock was put back, and the session would last until then.
    apart = abs(now - request.session.get(_SEEN, 0))
    if request.user.is_authenticated and apart > _RENEW_AFTER_S:
        request.session[_SEEN] = now
