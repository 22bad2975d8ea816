"""The key ring: a canary by which a wrong one is noticed at start, and sealing anew.

The canary also says whether values that are bound to no row, as they were made before values were,
are still taken: a new database never had one, and an old one has none left once all were sealed.
"""

import logging
import math
import time
from collections.abc import Iterator
from dataclasses import dataclass, field

from allauth.mfa.models import Authenticator
from django.apps import apps
from django.db import IntegrityError, transaction
from django.db.models import F, Model, QuerySet, TextField
from django.db.models.functions import Cast
from django.utils.translation import gettext as _

from kianda.accounts import factor_secrets
from kianda.accounts.models import Canary
from kianda.lib import sealing
from kianda.lib.sealing import SealedElsewhere, WrongKeyRing
from kianda.lib.secrets import Sealed, seal, sealed_fields

logger = logging.getLogger(__name__)

TEXT = "The key ring is right."
ALL_BOUND = "The key ring is right, and every value is bound to its row."
_PK = 1
BATCH = 200


def check_key_ring() -> None:
    """Read the canary, or lay it in a new database; raises WrongKeyRing with a sentence."""
    found = Canary.objects.order_by("pk").first()
    if found is None:
        try:
            with transaction.atomic():
                Canary.objects.create(pk=_PK, text=ALL_BOUND)
        except IntegrityError:  # Another process laid it in the same moment: read that one.
            check_key_ring()
        return
    try:
        found.text  # noqa: B018 - it is opened when it is asked for
    except WrongKeyRing as error:
        raise WrongKeyRing(
            _(
                "KIANDA_SECRET_KEYS does not hold the keys of this database. Set the right "
                "keys, or restore the key file beside the database. If they are lost permanently, "
                "run python manage.py discard_lost_secrets."
            )
        ) from error


def is_lost(row: Model, column: str) -> bool:
    """Tell whether no key of the ring opens a value of a row that was read and not looked into."""
    return sealing.is_lost(_stored(row, column).text)


def lost_candidates(model: type[Model], column: str) -> QuerySet[Model]:
    """Return the rows whose value no key of the ring has bound to its row, as the database sees it.

    Those of before values were bound are among them, whoever's key they are under.
    """
    rows: QuerySet[Model] = with_stored_text(model, column)
    for opening in sealing.openings():
        rows = rows.exclude(stored_text__startswith=opening)
    return rows


def lay_canary_anew() -> None:
    """Lay a canary under the present ring, in place of one that no key of it opens."""
    Canary.objects.all().delete()
    # Which values are refused was known to the lost one alone: it is found out anew.
    Canary.objects.create(pk=_PK, text=TEXT)
    refuse_unbound()


def canary_opens(text: str, keys: list[str]) -> bool:
    """Tell whether keys open the canary of another database, as a backup has it."""
    try:
        if sealing.is_unbound(text):
            sealing.open_unbound(text, keys=keys)
        else:
            place = Canary._meta.get_field("text").place_of(Canary(pk=_PK))
            sealing.unseal(text, place, keys=keys)
    except WrongKeyRing:
        return False
    return True


def refuses_unbound() -> bool:
    """Tell whether values that are bound to no row are refused in this database."""
    found = Canary.objects.order_by("pk").first()
    if found is None:
        # It is laid when a database is started first, where there is nothing from before.
        return True
    return not sealing.is_unbound(_stored(found, "text").text) and found.text == ALL_BOUND


def _stored(row: Model, column: str) -> Sealed:
    """Return a value as it is stored, of a row that was read and not looked into."""
    held = row.__dict__[column]
    assert isinstance(held, Sealed)
    return held


@dataclass
class Resealed:
    """What sealing anew has come to."""

    changed: int = 0
    # How many of these were bound to no row before.
    bound: int = 0
    # Where values stand that do not open there, in words.
    moved: list[str] = field(default_factory=list)


def encrypted_columns() -> Iterator[tuple[type[Model], str]]:
    """Yield each model with a sealed field, and the field's name.

    The canary comes last: while anything needs an old key, the product does not start without it.
    """
    for model in sorted(apps.get_models(), key=lambda one: one is Canary):
        for one in sealed_fields(model):
            yield model, one.name


def rotate(model: type[Model], column: str) -> Resealed:
    """Seal one column anew in batches; what the newest key has sealed already is passed over.

    So it can be stopped and started again at any time. A row is written only while it is as it was
    read: whoever changes it meanwhile has used the newest key anyway. Raises WrongKeyRing.
    """
    return _rotate(model, column, model._base_manager.exclude(**{column: None}))


def _rotate(
    model: type[Model],
    column: str,
    rows: QuerySet[Model],
    *,
    until: float = math.inf,
    passed_over: type[WrongKeyRing] = SealedElsewhere,
) -> Resealed:
    done, last = Resealed(), 0
    bound_to = next(one.bound_to for one in sealed_fields(model) if one.name == column)
    rows = rows.only("pk", column, *bound_to).order_by("pk")
    while time.monotonic() < until and (batch := list(rows.filter(pk__gt=last)[:BATCH])):
        for row in batch:
            if not sealing.is_newest(_stored(row, column).text):
                _reseal(row, column, done, passed_over)
        last = batch[-1].pk
    return done


def _reseal(row: Model, column: str, done: Resealed, passed_over: type[WrongKeyRing]) -> None:
    stored = _stored(row, column)
    try:
        fresh = seal(row, column, getattr(row, column))
    except passed_over as error:
        done.moved.append(error.detail)
        return
    same = type(row)._base_manager.filter(pk=row.pk, **{column: stored})
    changed = same.update(**{column: fresh})
    done.changed += changed
    done.bound += changed if sealing.is_unbound(stored.text) else 0


def rotate_second_factors() -> Resealed:
    """Seal the secrets of second factors anew, which stand inside rows of django-allauth."""
    done = Resealed()
    for row in Authenticator.objects.exclude(type=Authenticator.Type.WEBAUTHN).order_by("pk"):
        old = factor_secrets.stored(row)
        fresh = factor_secrets.renewed(row)
        if fresh != old:
            same = Authenticator.objects.filter(pk=row.pk, data=old)
            changed = same.update(data=fresh)
            done.changed += changed
            done.bound += changed if factor_secrets.is_unbound(old) else 0
    return done


def refuse_unbound() -> bool:
    """Refuse values that are bound to no row from now on, if there are none; tell whether it does.

    None is made any more, so once there are none there never will be.
    """
    if refuses_unbound():
        return True
    if any(_unbound_in(model, column).exists() for model, column in encrypted_columns()):
        return False
    if any(map(factor_secrets.is_unbound, Authenticator.objects.values_list("data", flat=True))):
        return False
    check_key_ring()
    found = Canary.objects.earliest("pk")
    found.text = ALL_BOUND
    found.save()
    return True


def _unbound_in(model: type[Model], column: str) -> QuerySet[Model]:
    rows: QuerySet[Model] = with_stored_text(model, column)
    return rows.exclude(stored_text__startswith=sealing.BOUND)


def with_stored_text(model: type[Model], column: str) -> QuerySet[Model]:
    """Return the rows that have a value, with its text as it is stored, to be compared."""
    rows: QuerySet[Model] = model._base_manager.exclude(**{column: None})
    rows = rows.annotate(stored_text=Cast(F(column), TextField()))
    return rows


def bind_to_rows(*, seconds: float = 20) -> int:
    """Bind values of before an upgrade to their rows, as long as that; return how many.

    Called again and again until there are none, and then they are refused.
    """
    if refuses_unbound():
        return 0
    until, bound = time.monotonic() + seconds, 0
    for model, column in encrypted_columns():
        rows = _unbound_in(model, column)
        done = _rotate(model, column, rows, until=until, passed_over=WrongKeyRing)
        bound += done.bound
        if done.moved:
            said = "%s secrets of an older version cannot be read: %s.%s"
            logger.error(said, len(done.moved), model._meta.label, column)
    bound += rotate_second_factors().bound
    if refuse_unbound():
        logger.info("Every secret is bound to its row; one that is not is refused from now on")
    return bound
