"""Plain functions that make rows for tests; every app's tests may use them."""

from collections.abc import Callable, Sequence
from typing import Any

from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group
from rest_framework.test import APIClient

from kianda.accounts.services.tokens import create_token

PASSWORD = "a good test password"
# The rights of a design whose instances everybody sees, and of one in which all fill them in too.
SEEN_BY_ALL: dict[str, Any] = {"see": ["everyone"]}
OPEN_TO_ALL: dict[str, Any] = {**SEEN_BY_ALL, "change": ["everyone"]}
# What the fixture `api` is: `api(user, scopes)` gives a client.
Api = Callable[..., APIClient]


def make_user(name: str, *roles: str, **fields: Any) -> Any:
    """Make a person with the given roles, such as "Designer"."""
    user = get_user_model().objects.create_user(
        name, email=f"{name}@example.org", password=PASSWORD, **fields
    )
    for role in roles:
        user.groups.add(Group.objects.get_or_create(name=role)[0])
    return user


def make_token(user: Any, scopes: Sequence[str] = ()) -> str:
    """Make an API token and return its text."""
    return create_token(user, name="test", scopes=scopes)[1]


def api_client(user: Any, scopes: Sequence[str] = ()) -> APIClient:
    """Return a client that calls the API with a real bearer token of the person."""
    client = APIClient()
    client.default_format = "json"
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {make_token(user, scopes)}")
    return client
