"""A connection keeps itself alive: what is asked of the provider, when, and what is kept."""

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import connections
from django.utils import timezone
from time_machine import travel

from datasources.connections.calls import send_authorised
from datasources.connections.live import live_token
from datasources.connections.refreshing import Wish, refresh
from datasources.connections.rows import empty, tokens_of
from datasources.connections.sweep import due, prune, refresh_ahead
from datasources.models import ConnectionRefresh
from datasources.rest.errors import CallFailed
from datasources.rest.request import build
from datasources.selectors import get_document
from datasources.services.datasources import (
    call_method,
    patch_datasource,
)
from tests.datasources.connections.asking import broken, history, later, token
from tests.datasources.connections.conftest import Make
from tests.datasources.connections.provider import TokenProvider, hangs_up, says

pytestmark = pytest.mark.django_db(transaction=True)


def test_the_first_call_fetches_the_token_and_the_next_ones_use_it(
    make: Make, provider: TokenProvider, django_assert_num_queries: Any
) -> None:
    row = make()
    assert token() == "access-1"
    row.refresh_from_db()
    assert (row.state, row.failures, row.reason) == ("healthy", 0, "")
    get_document("books")
    with django_assert_num_queries(1):
        assert token() == "access-1"
    assert len(provider.forms) == 1
    assert provider.forms[0]["refresh_token"] == "seed"


def test_what_was_read_with_the_settings_serves_one_call_at_once(
    make: Make, provider: TokenProvider, django_assert_num_queries: Any
) -> None:
    row = make()
    token()
    source = get_document("books")
    with django_assert_num_queries(0):
        assert live_token(source) == "access-1"
    with django_assert_num_queries(1):
        assert live_token(source) == "access-1"
    source = get_document("books")
    with travel(timezone.now() + timedelta(seconds=2)), django_assert_num_queries(1):
        assert live_token(source) == "access-1"
    source = get_document("books")
    with ThreadPoolExecutor(1) as other:
        other.submit(lambda: refresh(row.pk, "books", Wish("manual", lambda _row: False))).result()
        assert other.submit(live_token, source).result() == "access-2"
        other.submit(connections.close_all).result()


def test_a_connection_that_this_call_has_changed_is_read_anew(
    make: Make, provider: TokenProvider
) -> None:
    provider.rotates = False
    row = make()
    token()
    source = get_document("books")
    refresh(row.pk, "books", Wish("manual", lambda _row: False))
    assert live_token(source) == "access-2"
    source = get_document("books")
    empty(row.pk)
    row.refresh_from_db()
    assert live_token(source) == "access-3"


def test_tokens_are_stored_for_their_own_row_and_in_cipher(
    make: Make, django_user_model: Any
) -> None:
    from django.db import connection

    row = make()
    token()
    with connection.cursor() as cursor:
        cursor.execute("SELECT tokens FROM datasources_connection")
        [[sealed]] = cursor.fetchall()
    assert "access-1" not in sealed
    row.refresh_from_db()
    row.tokens["for"] = row.datasource_id + 1
    assert tokens_of(row) is None


def test_a_rotated_refresh_token_is_used_for_the_next_refresh(
    make: Make, provider: TokenProvider
) -> None:
    row = make()
    token()
    with later(row, seconds=-29):
        assert token() == "access-2"
    assert [form["refresh_token"] for form in provider.forms] == ["seed", "refresh-1"]
    assert not provider.reused


def test_a_missing_new_refresh_token_keeps_the_old_one(make: Make, provider: TokenProvider) -> None:
    provider.rotates = False
    row = make(grant="refresh_token")
    for _ in range(3):
        token()
        with later(row):
            token()
    assert {form["refresh_token"] for form in provider.forms} == {"seed"}


@pytest.mark.parametrize(
    ("lifetime_s", "before_s"), [(3600, 900), (1800, 900), (600, 300), (86_400, 900)]
)
def test_it_is_refreshed_ahead_of_time(
    make: Make, provider: TokenProvider, lifetime_s: int, before_s: int
) -> None:
    provider.lifetime_s = lifetime_s
    row = make()
    token()
    row.refresh_from_db()
    planned = row.next_refresh_at
    assert row.expires_at is not None
    assert planned is not None
    assert round((row.expires_at - planned).total_seconds()) == before_s
    assert due(planned - timedelta(seconds=1)) == []
    assert due(planned) == [row.pk]
    with travel(planned, tick=True):
        refresh_ahead(row.pk)
        assert due(timezone.now()) == []
    assert history() == [("call", "refreshed"), ("ahead", "refreshed")]


def test_a_token_that_never_expires_is_never_refreshed_ahead(
    make: Make, provider: TokenProvider
) -> None:
    provider.lifetime_s = None
    row = make()
    token()
    assert due(timezone.now() + timedelta(days=4000)) == []
    with travel(timezone.now() + timedelta(days=400), tick=True):
        assert token() == "access-1"
    row.refresh_from_db()
    assert row.next_refresh_at is None


@pytest.mark.parametrize("method", ["read", "write"])
def test_a_call_whose_token_was_revoked_early_is_repeated_once_with_a_new_one(
    make: Make, provider: TokenProvider, method: str
) -> None:
    make()
    token()
    provider.access = "revoked-for-all"
    answer = call_method(name="books", method=method, inputs={}, user=None)
    assert answer["status"] == 200
    assert provider.called_with == ["access-1", "access-2"]
    assert history() == [("call", "refreshed"), ("401", "refreshed")]


def test_a_refusal_that_is_not_about_the_token_does_not_refresh_for_every_call(
    make: Make, provider: TokenProvider
) -> None:
    make()
    source = get_document("books")
    token()
    provider.takes_none = True
    for _ in range(5):
        with pytest.raises(CallFailed, match="401"):
            send_authorised(source, lambda token: build(source, source.methods[0], {}, token))
    assert len(provider.forms) == 2
    assert len(provider.called_with) == 6


def test_a_token_that_comes_back_in_an_answer_is_masked(
    make: Make, provider: TokenProvider
) -> None:
    make()
    answer = call_method(name="books", method="read", inputs={}, user=None)
    assert answer["body"] == {"echo": "********"}


def test_a_provider_that_is_away_leaves_the_token_that_still_works(
    make: Make, provider: TokenProvider
) -> None:
    row = make()
    token()
    provider.reactions = [says("503 Service Unavailable")]
    with later(row, seconds=-20):
        assert token() == "access-1"
        row.refresh_from_db()
        assert row.state == "failing"
        assert "503" in row.reason
        # No further try before half a minute is over.
        assert token() == "access-1"
        assert len(provider.forms) == 2
    with later(row, seconds=5):
        assert broken("could not be refreshed") == "connection"
        assert len(provider.forms) == 2
    with later(row, seconds=12):
        assert token() == "access-3"
    row.refresh_from_db()
    assert (row.state, row.failures, row.reason) == ("healthy", 0, "")


def test_pauses_grow_and_end_at_an_hour(make: Make, provider: TokenProvider) -> None:
    row = make()
    token()
    pauses = []
    row.refresh_from_db()
    moment = row.next_refresh_at
    provider.reactions = [says("500 Oops")] * 10
    for _ in range(10):
        assert moment is not None
        with travel(moment, tick=False):
            assert due(moment) == [row.pk]
            refresh_ahead(row.pk)
        row.refresh_from_db()
        assert row.next_refresh_at is not None
        pauses.append((row.next_refresh_at - moment).total_seconds())
        moment = row.next_refresh_at
    for at, pause in enumerate(pauses):
        assert min(30 * 2**at, 3600) <= pause <= min(45 * 2**at, 3600)
    assert (row.failures, row.state) == (10, "failing")
    assert tokens_of(row) is not None


@pytest.mark.parametrize("as_moment", [False, True])
def test_a_provider_that_asks_to_wait_is_left_alone_so_long(
    make: Make, provider: TokenProvider, as_moment: bool
) -> None:
    row = make()
    now = datetime.now(timezone.get_default_timezone()).replace(microsecond=0)
    wait = (now + timedelta(seconds=600)).astimezone(tz=None)
    said = wait.strftime("%a, %d %b %Y %H:%M:%S %z") if as_moment else "600"
    provider.reactions = [says("429 Too Many Requests", f"Retry-After: {said}")]
    with travel(now, tick=False):
        assert broken("429") == "connection"
    with travel(now + timedelta(seconds=590), tick=True):
        broken("429")
    assert len(provider.forms) == 1
    row.refresh_from_db()
    assert row.next_refresh_at is not None
    assert row.next_refresh_at >= now + timedelta(seconds=600)
    with travel(now + timedelta(seconds=601), tick=True):
        assert token() == "access-2"


@pytest.mark.parametrize(
    "reaction",
    [
        says("200 OK"),
        says("200 OK", error="server_error"),
        says("200 OK", access_token=17),
        says("200 OK", access_token=""),
        says("502 Bad Gateway"),
    ],
)
def test_an_answer_without_a_token_changes_nothing(
    make: Make, provider: TokenProvider, reaction: Any
) -> None:
    row = make()
    token()
    row.refresh_from_db()
    before, expires_at = tokens_of(row), row.expires_at
    provider.reactions = [reaction]
    assert row.next_refresh_at is not None
    with travel(row.next_refresh_at, tick=True):
        refresh_ahead(row.pk)
    row.refresh_from_db()
    assert (tokens_of(row), row.expires_at, row.state) == (before, expires_at, "failing")
    assert history()[-1] == ("ahead", "failed")


def test_a_lost_answer_is_told_as_that(make: Make, provider: TokenProvider) -> None:
    row = make(grant="client_credentials")
    provider.reactions = [hangs_up]
    assert broken("may have been processed") == "connection"
    assert history() == [("call", "lost_answer")]
    with travel(timezone.now() + timedelta(seconds=31), tick=True):
        assert token() == "access-2"
    row.refresh_from_db()
    assert row.state == "healthy"


def test_a_refused_refresh_token_needs_a_person_and_is_not_tried_again(
    make: Make, provider: TokenProvider
) -> None:
    row = make()
    token()
    provider.refresh = "somebody else has used it"
    with later(row, days=1):
        assert broken("Connect Books again") == "configuration"
        row.refresh_from_db()
        assert row.state == "needs_attention"
        assert (row.next_refresh_at, row.failures) == (None, 1)
        broken("Connect Books again")
        assert due(timezone.now() + timedelta(days=30)) == []
    assert len(provider.forms) == 2


def test_a_refresh_that_brings_no_more_time_is_told_and_not_hurried(
    make: Make, provider: TokenProvider
) -> None:
    row = make()
    token()
    row.refresh_from_db()
    assert row.next_refresh_at is not None
    provider.lifetime_s = 300
    with travel(row.next_refresh_at, tick=True):
        refresh_ahead(row.pk)
        row.refresh_from_db()
        assert history()[-1] == ("ahead", "no_progress")
        assert due(timezone.now()) == []
        assert token() == "access-2"
    assert (row.state, row.failures) == ("healthy", 1)


def test_old_lines_of_the_history_are_forgotten(make: Make) -> None:
    make()
    token()
    prune(timezone.now() + timedelta(days=89))
    assert ConnectionRefresh.objects.count() == 1
    prune(timezone.now() + timedelta(days=91))
    assert ConnectionRefresh.objects.count() == 0


def test_an_answer_may_say_that_the_token_is_no_longer_good(
    make: Make, provider: TokenProvider
) -> None:
    make(
        expired_when={
            "match": "all",
            "items": [{"left": "[response.body.error]", "operator": "eq", "right": "no"}],
        }
    )
    provider.refusal = "200 OK"
    token()
    provider.access = "revoked early"
    assert call_method(name="books", method="read", inputs={}, user=None)["body"] == {
        "echo": "********"
    }
    assert provider.called_with == ["access-1", "access-2"]
    provider.takes_none = True
    answer = call_method(name="books", method="read", inputs={}, user=None)
    assert answer["body"] == {"error": "no"}
    assert len(provider.forms) == 2


def test_the_limits_of_a_datasource_are_not_for_its_tokens(
    make: Make, provider: TokenProvider
) -> None:
    make()
    limits = {"rate": {"calls": 1, "per_s": 3600}}
    patch_datasource(name="books", changes=limits, user=None)
    answer = call_method(name="books", method="read", inputs={}, user=None)
    assert answer["status"] == 200
    assert len(provider.forms) == 1


def test_kept_answers_that_belong_to_no_connection_go_after_a_month(spool: Path) -> None:
    spool.mkdir()
    for name in ("7-1.token-unclaimed", "7-2.token-part", "8-1.token", "9.unclaimed"):
        (spool / name).write_text("sealed")
    prune(timezone.now() + timedelta(days=29))
    assert len(list(spool.iterdir())) == 4
    prune(timezone.now() + timedelta(days=31))
    assert sorted(path.name for path in spool.iterdir()) == ["8-1.token", "9.unclaimed"]
