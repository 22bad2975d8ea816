"""Thirty days of a connection in a fast clock, with a provider as providers are."""

import random
from datetime import UTC, datetime, timedelta

import pytest
from time_machine import travel

from datasources.connections.live import live_token
from datasources.connections.rows import row_of, tokens_of
from datasources.connections.sweep import due, refresh_ahead
from datasources.models import ConnectionRefresh
from datasources.rest.errors import CallFailed
from datasources.selectors import get_document
from tests.datasources.connections.conftest import Make
from tests.datasources.connections.provider import TokenProvider, says
from tests.datasources.servers import Visit

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timeout(180)]

START = datetime(2027, 3, 1, tzinfo=UTC)
DAYS, STEP = 30, timedelta(minutes=10)
ERRORS, SILENCES = 0.05, 0.02
# Each day, longer than what a refresh ahead of time leaves.
OUTAGE = (timedelta(hours=3), timedelta(hours=3, minutes=25))


def silent(_provider: TokenProvider, visit: Visit) -> None:
    """Hang up before anything was done, as a gateway in front of a provider does."""
    visit.socket.close()


class Moody:
    """What the provider does to each request for tokens."""

    def __init__(self, provider: TokenProvider) -> None:
        self.provider, self.dice = provider, random.Random(4)
        self.refused = 0

    def prepare(self, moment: datetime) -> bool:
        """Decide what happens to the next request; tell whether it is answered with tokens."""
        day = moment - moment.replace(hour=0, minute=0)
        thrown = self.dice.random()
        if OUTAGE[0] <= day < OUTAGE[1]:
            reaction = says("503 Service Unavailable")
        elif thrown < ERRORS:
            reaction = says("500 Internal Server Error")
        elif thrown < ERRORS + SILENCES:
            reaction = silent
        else:
            self.provider.reactions = []
            return True
        self.provider.reactions = [reaction] * 2
        return False


def test_the_token_is_valid_whenever_the_provider_allows_it(
    make: Make, provider: TokenProvider
) -> None:
    provider.lifetime_s = 3600
    moods = Moody(provider)
    calls = without = 0
    with travel(START, tick=False) as clock:
        row = make()
        live_token(get_document("books"))
        while (moment := datetime.now(UTC)) < START + timedelta(days=DAYS):
            well = moods.prepare(moment)
            for pk in due(moment):
                refresh_ahead(pk)
            calls += 1
            try:
                token = live_token(get_document("books"))
            except CallFailed:
                without += 1
                assert not well, f"no token at {moment}, though the provider is well"
            else:
                assert token == provider.access
            found = row_of("books")
            assert found is not None
            assert found.expires_at is not None
            assert found.expires_at > moment or not well
            assert tokens_of(found) is not None
            assert found.state != "needs_attention"
            clock.shift(STEP)
    assert calls == DAYS * 144
    # Only in an outage that is longer than the token lives on.
    assert without <= DAYS * 3
    assert not provider.reused
    outcomes = set(
        ConnectionRefresh.objects.filter(connection=row).values_list("outcome", flat=True)
    )
    assert outcomes == {"refreshed", "failed", "lost_answer"}
    # A refresh each three quarters of an hour, and what had to be tried again.
    good = ConnectionRefresh.objects.filter(outcome="refreshed").count()
    assert DAYS * 24 <= good <= DAYS * 34
