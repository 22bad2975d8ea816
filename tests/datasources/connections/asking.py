"""What tests ask of a connection: its token, its history, a later clock, how it fails."""

from datetime import timedelta
from typing import Any

import pytest
from time_machine import travel

from datasources.connections.live import live_token
from datasources.models import Connection, ConnectionRefresh
from datasources.rest.errors import CallFailed
from datasources.selectors import get_document


def token() -> str:
    """Return the token of the datasource as a call gets it."""
    return live_token(get_document("books"))


def history() -> list[tuple[str, str]]:
    """Return cause and outcome of each try, the oldest first."""
    return [(row.cause, row.outcome) for row in ConnectionRefresh.objects.order_by("pk")]


def later(row: Connection, **after_expiry: float) -> Any:
    """Return a clock that stands so long after the token has expired."""
    row.refresh_from_db()
    assert row.expires_at is not None
    return travel(row.expires_at + timedelta(**after_expiry), tick=True)


def broken(match: str) -> str:
    """Return the kind of the failure with which a call gets no token."""
    with pytest.raises(CallFailed, match=match) as caught:
        token()
    return caught.value.kind
