"""Secrets whose key is lost: found, and let go of, so that everything else can be used again.

Lost is what no key of the ring can open. What was moved or changed in the database is not: its key
is there, and it stays for whoever looks into it.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from allauth.mfa.models import Authenticator
from django.db import transaction
from django.db.models import Model, Q

from datasources.connections.rows import empty
from datasources.models import ConnectAttempt, Connection, Datasource
from datasources.services.datasources import forget_settings
from kianda.accounts.idempotency import forget_answer
from kianda.accounts.models import Canary, IdempotencyRecord
from kianda.accounts.services import audit
from kianda.accounts.services.key_ring import (
    encrypted_columns,
    is_lost,
    lay_canary_anew,
    lost_candidates,
    with_stored_text,
)
from kianda.accounts.services.second_factors import lost_factors, shut_lost
from kianda.mail.models import MailMessage
from kianda.mail.outbox import forget_text
from processes.bulk.closing import give_up as give_up_press
from processes.instances.unsaved import forget_unsaved
from processes.models import BulkPress, PinnedAnswer, Run, RunPoint
from processes.running.runs import give_up as give_up_run

Column = tuple[type[Model], str]
Way = Callable[[Any], object]

_BATCH = 200
_NAMED = 20
_SAMPLED = 200
FACTORS = "second factors"

# What becomes of a row when a value of it is lost. Without an entry the column becomes null, which
# says that nobody has entered anything yet.
WAYS: Mapping[Column, Way] = {
    (Canary, "text"): lambda _row: lay_canary_anew(),
    (IdempotencyRecord, "body"): forget_answer,
    (MailMessage, "subject"): forget_text,
    (MailMessage, "content"): forget_text,
    (Datasource, "document"): forget_settings,
    (Connection, "tokens"): lambda row: empty(row.pk),
    (ConnectAttempt, "sealed"): lambda row: row.delete(),
    (PinnedAnswer, "answer"): lambda row: row.delete(),
    (Run, "journal"): give_up_run,
    (Run, "unsaved_values"): forget_unsaved,
    (RunPoint, "journal"): lambda row: give_up_run(row.run),
    (BulkPress, "data"): give_up_press,
}


@dataclass(frozen=True)
class LostSecrets:
    """How many values of one place are lost, of how many, and of which rows; none is shown."""

    place: str
    count: int
    total: int
    names: list[str]


def lost_secrets() -> list[LostSecrets]:
    """Return where there are values that no key of the ring opens, and how many."""
    found = [_of_column(column) for column in encrypted_columns()]
    factors = lost_factors()
    total = Authenticator.objects.exclude(type=Authenticator.Type.WEBAUTHN).count()
    names = [row.user.get_username() for row in factors]
    found.append(LostSecrets(FACTORS, len(factors), total, list(dict.fromkeys(names))))
    return [one for one in found if one.count]


def place_of_lost() -> str:
    """Return one place where values are lost, empty when none is seen.

    Of large tables the oldest and the newest rows are looked at: the System page is to be quick.
    """
    for model, name in encrypted_columns():
        keys = model._base_manager.values("pk")
        ends = Q(pk__in=keys.order_by("pk")[:_SAMPLED]) | Q(pk__in=keys.order_by("-pk")[:_SAMPLED])
        if any(is_lost(row, name) for row in lost_candidates(model, name).filter(ends)):
            return f"{model._meta.label}.{name}"
    return FACTORS if lost_factors(most=_SAMPLED) else ""


def discard_lost_secrets() -> list[LostSecrets]:
    """Let go of every lost value, all or none, and return what there was.

    Called while no part of the product runs: whoever works with another ring reads what is lost.
    """
    with transaction.atomic():
        found = lost_secrets()
        for column in encrypted_columns():
            for row in _lost_rows(column):
                way_of(column)(row)
        for factor in lost_factors():
            shut_lost(factor)
        for one in found:
            audit.record(
                None, action="secrets discarded", kind="secret", name=one.place,
                detail=f"{one.count}: {', '.join(one.names)}",
            )  # fmt: skip
    return found


def way_of(column: Column) -> Way:
    """Return what lets go of a value of a column; raises TypeError where nobody has said how."""
    model, name = column
    if column in WAYS:
        return WAYS[column]
    if not model._meta.get_field(name).null:
        raise TypeError(f"{model._meta.label}.{name} cannot be null: say what becomes of its row.")
    return lambda row: model._base_manager.filter(pk=row.pk).update(**{name: None})


def _of_column(column: Column) -> LostSecrets:
    model, name = column
    rows, count, names = _lost_rows(column), 0, list[str]()
    for row in rows:
        count += 1
        if len(names) < _NAMED:
            names.append(str(row)[:80])
    total = with_stored_text(*column).count()
    return LostSecrets(f"{model._meta.label}.{name}", count, total, names)


def _lost_rows(column: Column) -> Iterator[Model]:
    """Yield the rows whose value is lost; whoever takes one may change it."""
    rows, last = lost_candidates(*column).order_by("pk"), 0
    while batch := list(rows.filter(pk__gt=last)[:_BATCH]):
        last = batch[-1].pk
        yield from (row for row in batch if is_lost(row, column[1]))
