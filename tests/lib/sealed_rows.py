"""Rows of every model that has a sealed column, and what somebody does who writes past it."""

import itertools
from collections.abc import Callable, Mapping
from typing import Any

from cryptography.fernet import Fernet
from django.conf import settings
from django.db import IntegrityError, connection, models, transaction
from django.utils import timezone

from datasources.models import Datasource
from kianda.accounts.models import Canary
from kianda.accounts.services.key_ring import (
    ALL_BOUND,
    TEXT,
    encrypted_columns,
    refuse_unbound,
    rotate,
)
from kianda.lib.sealing import SealedElsewhere, is_newest, is_unbound
from kianda.lib.secrets import sealed_fields
from kianda.ops.lost_secrets import discard_lost_secrets, lost_secrets

Column = tuple[type[models.Model], str]
_numbers = itertools.count(1)

_VALUES: Mapping[type[Any], Callable[[int], Any]] = {
    models.DateTimeField: lambda _n: timezone.now(),
    models.CharField: lambda n: f"n{n}",
    models.TextField: lambda n: f"n{n}",
    models.EmailField: lambda n: f"n{n}@example.org",
    models.SlugField: lambda n: f"n{n}",
    models.IntegerField: lambda n: n,
    models.PositiveIntegerField: lambda n: n,
    models.PositiveBigIntegerField: lambda n: n,
    models.JSONField: lambda _n: {},
}


def columns() -> list[Column]:
    """Return every sealed column of the product; a new one is among them by itself."""
    return [(model, column) for model, column in encrypted_columns() if model is not Canary]


def any_row(model: type[models.Model]) -> Any:
    """Store a row with something of its own in each column that must have a value."""
    return model._base_manager.create(
        **{
            one.name: _value(one)
            for one in model._meta.concrete_fields
            if not one.primary_key
            and not one.has_default()
            and not (one.null and not _is_sealed(one))
        }
    )


def _is_sealed(one: Any) -> bool:
    return one in sealed_fields(one.model)


def _value(one: Any) -> Any:
    number = next(_numbers)
    if _is_sealed(one):
        return {"secret": f"s3cret-{number}"}
    if one.remote_field is not None:
        return any_row(one.remote_field.model)
    return _VALUES[type(one)](number)


def text_of(row: models.Model, column: str) -> str:
    """Return what the database holds."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {column} FROM {row._meta.db_table} WHERE id = %s", [row.pk])
        return str(cursor.fetchone()[0])


def put(row: models.Model, column: str, value: str) -> None:
    """Write past the product."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE {row._meta.db_table} SET {column} = %s WHERE id = %s", [value, row.pk]
        )


def value_of(row: models.Model, column: str) -> Any:
    """Return the value as the product reads it."""
    return getattr(type(row)._base_manager.get(pk=row.pk), column)


def does_not_open(row: models.Model, column: str) -> bool:
    """Tell whether a value is refused where it stands."""
    try:
        value_of(row, column)
    except SealedElsewhere:
        return True
    return False


def unbound(value: str) -> str:
    """Return a text of before values were bound to their rows."""
    return Fernet(settings.KIANDA_SECRET_KEYS[0]).encrypt(value.encode()).decode()


def lay_canary(text: str) -> None:
    """Say by the canary whether values of before are still taken."""
    Canary.objects.all().delete()
    Canary.objects.create(pk=1, text=text)


# --- what holds of each column, on each database ------------------------------------------------


def another_row_does_not_open_it(model: type[models.Model], column: str) -> None:
    """Copy a value into another row, and back."""
    own, other = any_row(model), any_row(model)
    before = value_of(other, column)
    kept = text_of(other, column)
    put(other, column, text_of(own, column))
    assert does_not_open(other, column)
    assert value_of(own, column) != before
    put(other, column, kept)
    assert value_of(other, column) == before


def another_column_does_not_open_it(model: type[models.Model], column: str) -> None:
    """Copy the value of every other column into this one."""
    own = any_row(model)
    for other_model, other_column in columns():
        if (other_model, other_column) != (model, column):
            row = own if other_model is model else any_row(other_model)
            if row is own and value_of(own, other_column) is None:
                continue
            put(own, column, text_of(row, other_column))
            assert does_not_open(own, column), (other_model, other_column)


def nothing_else_can_be_the_row(model: type[models.Model], column: str) -> None:
    """Copy by what a row is known along with its value."""
    own, other = any_row(model), any_row(model)
    place = next(one for one in sealed_fields(model) if one.name == column)
    names = place.bound_to or ("id",)
    attributes = [model._meta.get_field(name).attname for name in names]  # type: ignore[union-attr]
    sets = ", ".join(f"{name} = %s" for name in attributes)
    values = [getattr(own, name) for name in attributes]
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(
                f"UPDATE {model._meta.db_table} SET {sets} WHERE id = %s",
                [*values, other.pk],
            )
    except IntegrityError:
        return
    raise AssertionError(f"Two rows of {model} can be known by {names}.")


def a_new_key_seals_it_for_the_same_row(model: type[models.Model], column: str) -> None:
    """Put a new key in front, seal anew, and take the old one out."""
    own, other = any_row(model), any_row(model)
    before = value_of(own, column)
    old, new = settings.KIANDA_SECRET_KEYS, Fernet.generate_key().decode()
    settings.KIANDA_SECRET_KEYS = [new, *old]
    try:
        done = rotate(model, column)
        assert (done.changed, done.bound, done.moved) == (2, 0, [])
        assert rotate(model, column).changed == 0
        settings.KIANDA_SECRET_KEYS = [new]
        assert value_of(own, column) == before
        put(other, column, text_of(own, column))
        assert does_not_open(other, column)
    finally:
        settings.KIANDA_SECRET_KEYS = old


def one_of_before_is_read_and_bound(model: type[models.Model], column: str) -> None:
    """Have a value of before, read it, store it again, and bind it by the command."""
    lay_canary(TEXT)
    own, other = any_row(model), any_row(model)
    for row, text in ((own, '{"was":"own"}'), (other, '{"was":"other"}')):
        put(row, column, unbound(text))
    assert value_of(own, column) == {"was": "own"}
    type(own)._base_manager.get(pk=own.pk).save()
    assert is_newest(text_of(own, column))
    assert value_of(own, column) == {"was": "own"}
    assert not refuse_unbound()
    done = rotate(model, column)
    assert (done.changed, done.bound) == (1, 1)
    assert refuse_unbound()
    assert value_of(other, column) == {"was": "other"}
    put(other, column, unbound('{"was":"own"}'))
    assert is_unbound(text_of(other, column))
    assert does_not_open(other, column)
    assert len(rotate(model, column).moved) == 1
    assert Canary.objects.get().text == ALL_BOUND


def what_no_key_opens_is_let_go_of(model: type[models.Model], column: str) -> None:
    """Lose the keys, with a row under a new one: that is not touched, nor one that was moved."""
    lost, place = _leading_somewhere(model), f"{model._meta.label}.{column}"
    old = settings.KIANDA_SECRET_KEYS
    settings.KIANDA_SECRET_KEYS = [Fernet.generate_key().decode()]
    try:
        kept, moved = _leading_somewhere(model), _leading_somewhere(model)
        put(moved, column, text_of(kept, column))
        before = text_of(kept, column)
        assert place in [one.place for one in lost_secrets()]
        assert place in [one.place for one in discard_lost_secrets()]
        assert discard_lost_secrets() == []
        assert text_of(kept, column) == text_of(moved, column) == before
        assert does_not_open(moved, column)
        left = model._base_manager.filter(pk=lost.pk).first()
        assert left is None or "s3cret" not in str(getattr(left, column))
    finally:
        settings.KIANDA_SECRET_KEYS = old


def _leading_somewhere(model: type[models.Model]) -> Any:
    """Store a row; each datasource among what it belongs to has an address."""
    row = any_row(model)
    Datasource.everything.exclude(base_url__contains=":").update(base_url="https://a.example.org")
    return row


CHECKS = (
    another_row_does_not_open_it,
    another_column_does_not_open_it,
    nothing_else_can_be_the_row,
    a_new_key_seals_it_for_the_same_row,
    one_of_before_is_read_and_bound,
    what_no_key_opens_is_let_go_of,
)


def check_all() -> int:
    """Check every column, each in a transaction that is taken back; return how many checks held."""
    count = 0
    for check, column in itertools.product(CHECKS, columns()):
        with transaction.atomic():
            check(*column)
            transaction.set_rollback(True)
        count += 1
    return count
