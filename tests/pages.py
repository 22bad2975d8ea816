"""Pages without a browser: who asks for them, and what they say."""

import html
import re
from typing import Any

from allauth.account.internal.flows.login import record_authentication
from django.http import HttpRequest
from django.test import Client

SCRIPT = "<script>alert(1)</script>\"'&"


def client_of(user: Any, **more: Any) -> Client:
    """Return a client in which a person is signed in."""
    client = Client(**more)
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client


def fresh_client_of(user: Any, **more: Any) -> Client:
    """Return a client in which a person has signed in just now: no page asks again who it is."""
    client = client_of(user, **more)
    request = HttpRequest()
    request.session = client.session
    record_authentication(request, user, "password")
    request.session.save()
    return client


def markup_of(response: Any) -> str:
    """Return a page with white space as one space, and none at the ends of an element."""
    line = re.sub(r"\s+", " ", response if isinstance(response, str) else response.content.decode())
    return re.sub(r"(<[a-z][^>]*>) | (</)", r"\1\2", line)


def text_of(response: Any) -> str:
    """Return what a page says, without its marks."""
    plain = re.sub(r"<(script|style)[\s\S]*?</\1>|<[^>]+>", " ", response.content.decode())
    return re.sub(r"\s+", " ", html.unescape(plain))
