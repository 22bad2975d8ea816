"""Who may mend a connection is told when it needs them, and when it works again: once each."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from time_machine import travel

from datasources.connections.live import live_token
from datasources.connections.refreshing import Wish, refresh
from datasources.connections.telling import tell_ending_certificates
from datasources.models import Connection
from datasources.rest.certificates import load_certificate
from datasources.rest.errors import CallFailed
from datasources.selectors import get_document
from datasources.services.access import set_security
from datasources.services.datasources import (
    create_datasource,
    delete_datasource,
    patch_datasource,
)
from kianda.messages.kinds import KINDS
from kianda.messages.models import Notification
from kianda.messages.services import lines_of
from tests.authorities import Authority
from tests.datasources.conftest import raw_datasource
from tests.datasources.connections.conftest import Make
from tests.datasources.connections.provider import TokenProvider, says

pytestmark = pytest.mark.django_db(transaction=True)


def told(user: Any) -> list[str]:
    """Return what a person was told, the oldest first."""
    return [KINDS[line.kind].sentence(line.data) for line in lines_of(user)][::-1]


def broken(row: Connection) -> None:
    """Have the connection refreshed by hand, in vain."""
    with pytest.raises(CallFailed):
        refresh(row.pk, "books", Wish("manual", lambda _: False))


@pytest.fixture
def refused(make: Make, provider: TokenProvider) -> Connection:
    """A connection whose refresh token the provider refuses."""
    row = make()
    live_token(get_document("books"))
    provider.refresh = "somebody else has it"
    return row


def test_who_may_mend_it_is_told_once_of_each_change(
    refused: Connection, dan: Any, root: Any, ada: Any, ben: Any, provider: TokenProvider
) -> None:
    broken(refused)
    broken(refused)
    for person in (dan, root):
        assert told(person) == ["Books must be reconnected"]
    assert "invalid_grant" in KINDS["connection_broken"].detail(lines_of(dan)[0].data)
    provider.refresh = "refresh-1"
    refresh(refused.pk, "books", Wish("manual", lambda _: False))
    for person in (dan, root):
        assert told(person) == ["Books must be reconnected", "Books is connected again"]
    assert told(ada) == told(ben) == []


def test_what_passes_by_itself_is_told_to_nobody(
    make: Make, dan: Any, provider: TokenProvider
) -> None:
    row = make()
    live_token(get_document("books"))
    provider.reactions = [says("503 Busy")]
    broken(row)
    with travel(timezone.now(), tick=True):
        refresh(row.pk, "books", Wish("manual", lambda _: False))
    assert not Notification.objects.exists()


def test_who_may_not_change_it_is_not_told(refused: Connection, dan: Any, root: Any) -> None:
    set_security(name="books", raw={"editors": {"users": ["root"]}}, user=root)
    broken(refused)
    assert (len(told(root)), told(dan)) == (1, [])


def test_what_was_told_is_gone_with_the_right_to_it(
    refused: Connection, dan: Any, root: Any
) -> None:
    broken(refused)
    assert told(dan)
    set_security(name="books", raw={"editors": {"users": ["root"]}}, user=root)
    assert (len(told(root)), told(dan)) == (1, [])
    delete_datasource(name="books", user=root)
    assert told(root) == []


def test_who_may_mend_it_is_told_once_that_a_client_certificate_ends(
    dan: Any, root: Any, ada: Any
) -> None:
    ours = Authority("Ours")
    certificate = {"pem": ours.client().pem()}
    create_datasource(raw=raw_datasource(client_certificate=certificate), user=dan)
    kept = get_document("token-service").client_certificate
    assert kept is not None
    ends = load_certificate(kept).expires_at
    with travel(ends - timedelta(days=31)):
        tell_ending_certificates(timezone.now())
        assert told(dan) == []
    with travel(ends - timedelta(days=29)):
        for _time in range(2):
            tell_ending_certificates(timezone.now())
        sentence = f"The client certificate of Token service expires on {ends:%Y-%m-%d}"
        assert told(dan) == told(root) == [sentence]
        assert told(ada) == []
        assert lines_of(dan)[0].url == "/datasources/token-service/"
    with travel(ends + timedelta(days=31)):
        Notification.objects.all().delete()
        tell_ending_certificates(timezone.now())
        assert told(dan) == []
    patch_datasource(name="token-service", changes={"client_certificate": None}, user=dan)
    with travel(ends - timedelta(days=2)):
        tell_ending_certificates(timezone.now())
        assert told(dan) == []
