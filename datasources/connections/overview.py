"""Connections as pages tell of them: their state, when their tokens were valid, their history."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count, QuerySet
from django.utils.translation import gettext as _

from datasources.models import Connection, ConnectionRefresh, ConnectionState
from kianda.lib.validity_strip import Stretch, Strip, strip_between
from kianda.lib.word_search import holds_words

DAY, WEEK = timedelta(hours=24), timedelta(days=7)
# Consent that ends sooner is worth a word.
SOON = timedelta(days=14)
MOST_SOON = 5
# So many refreshes make the strips of a page.
MOST_REFRESHES = 10_000
BROUGHT = (ConnectionRefresh.Outcome.REFRESHED, ConnectionRefresh.Outcome.NO_PROGRESS)


def searched(rows: QuerySet[Connection], words: str, state: str) -> QuerySet[Connection]:
    """Return those whose datasource or account holds each word, in one state or in any."""
    columns = ("datasource__title", "datasource__name", "account")
    rows = rows.filter(holds_words(words.split()[:8], *columns))
    rows = rows.order_by("datasource__title", "pk").defer("datasource__document", "tokens")
    return rows.filter(state=state) if state else rows


def counts(rows: QuerySet[Connection]) -> Mapping[str, int]:
    """Return how many connections there are in each state."""
    return dict(rows.order_by().values_list("state").annotate(n=Count("*")))


def strips_of(rows: Iterable[Connection], *, now: datetime) -> dict[int, Strip]:
    """Return when the tokens of some connections were valid in the last 24 hours, by key."""
    found: defaultdict[int, list[Stretch]] = defaultdict(list)
    shown = {row.pk: row for row in rows}
    brought = ConnectionRefresh.objects.filter(
        connection__in=shown, outcome__in=BROUGHT, at__gt=now - 2 * DAY
    )
    told = brought.order_by("-pk").values_list("connection", "at", "expires_at")
    for pk, at, expires_at in told[:MOST_REFRESHES]:
        found[pk].append((at, min(expires_at or now, now)))
    for pk, row in shown.items():
        if row.refreshed_at and row.state != ConnectionState.DISCONNECTED:
            found[pk].append((row.refreshed_at, min(row.expires_at or now, now)))
    return {pk: strip_between(found[pk], now - DAY, now) for pk in shown}


@dataclass(frozen=True)
class LastWeek:
    """How the refreshes of the last seven days went."""

    refreshed: int
    failed: int
    lost: int

    @property
    def all(self) -> int:
        """Return how many were tried."""
        return self.refreshed + self.failed + self.lost


def last_week(connections: QuerySet[Connection] | list[Connection], *, now: datetime) -> LastWeek:
    """Count the refreshes of some connections in the last seven days."""
    rows = ConnectionRefresh.objects.filter(at__gt=now - WEEK, connection__in=connections)
    rows = rows.order_by()
    by = dict(rows.values_list("outcome").annotate(n=Count("*")))
    outcome = ConnectionRefresh.Outcome
    return LastWeek(
        refreshed=sum(by.get(one, 0) for one in BROUGHT),
        failed=by.get(outcome.FAILED, 0),
        lost=by.get(outcome.LOST_ANSWER, 0),
    )


def ending_soon(rows: QuerySet[Connection], *, now: datetime) -> Sequence[Connection]:
    """Return the connections whose consent ends soon, the first one first."""
    rows = rows.filter(refresh_expires_at__range=(now, now + SOON))
    return list(rows.order_by("refresh_expires_at")[:MOST_SOON])


def history(row: Connection, *, only_failures: bool) -> QuerySet[ConnectionRefresh]:
    """Return the tries of a connection, newest first."""
    rows = row.refreshes.order_by("-pk")
    return rows.exclude(outcome=ConnectionRefresh.Outcome.REFRESHED) if only_failures else rows


def grant_words(grant: str) -> str:
    """Say a grant as people do."""
    words = {
        "client_credentials": _("As an app (client credentials)"),
        "authorization_code": _("A user signs in"),
        "refresh_token": _("A refresh token"),
        "password": _("User name and password"),
        "jwt_bearer": _("A signed key (JWT)"),
    }
    return words.get(grant, grant)
