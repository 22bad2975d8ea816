"""The person behind a request that the permissions have let through."""

from typing import cast

from django.contrib.auth.models import User
from django.http import HttpRequest
from rest_framework.request import Request


def caller(request: Request) -> User:
    """Return the signed-in person; `MayCall` lets nobody else reach a view's method."""
    return cast(User, request.user)


def signed_in(request: HttpRequest) -> User:
    """Return the person behind a page; the decorator `page` lets nobody else in."""
    return cast(User, request.user)
