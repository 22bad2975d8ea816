"""How many requests one person, or one address without a token, may make in a minute."""

import time
from typing import Any

from django.conf import settings
from django.core.cache import cache
from rest_framework import exceptions
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle

WINDOW_S = 60


def left_of_window() -> float:
    """Return the seconds until the next minute."""
    return WINDOW_S - time.time() % WINDOW_S


def over(scope: str, who: str) -> bool:
    """Count one request in this minute; a fixed window costs one cache entry, not a list."""
    rates: Any = settings.REST_FRAMEWORK["DEFAULT_THROTTLE_RATES"]
    limit = int(rates[scope].split("/")[0])
    key = f"throttle:{scope}:{who}:{int(time.time() // WINDOW_S)}"
    if cache.add(key, 1, WINDOW_S + 1):
        return limit < 1
    try:
        return cache.incr(key) > limit
    except ValueError:  # It ended between the two calls: a new minute has begun.
        return False


class UserThrottle(BaseThrottle):
    """Bounds the requests of one person. The count is per web process."""

    def allow_request(self, request: Request, view: Any) -> bool:
        """Count the request; say whether it may go on."""
        user = request.user
        if user is not None and user.is_authenticated:
            return not over("user", str(user.pk))
        return not over("anon", self.get_ident(request))

    def wait(self) -> float:
        """Return the seconds until the next minute."""
        return left_of_window()


def refuse_too_many_anonymous(request: Request) -> None:
    """Count a request that is about to be refused with 401; raise Throttled past the bound.

    DRF asks its throttles only after the permissions, when the 401 is already on its way.
    """
    if over("anon", str(request.META.get("REMOTE_ADDR", ""))):
        raise exceptions.Throttled(wait=left_of_window())
