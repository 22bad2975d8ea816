"""Secrets at rest: JSON values that the database only ever sees sealed, each for its own row."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.core import checks
from django.db import models, transaction
from django.db.models.query_utils import DeferredAttribute

from kianda.lib import sealing
from kianda.lib.packed_json import QuickJSONEncoder
from kianda.lib.sealing import Place, WrongKeyRing
from kianda.lib.secret_names import MASK, is_secret_name

__all__ = [
    "MASK",
    "EncryptedJSONField",
    "Sealed",
    "SealedByKey",
    "WrongKeyRing",
    "decrypt",
    "encrypt",
    "is_secret_name",
    "opens",
    "seal",
    "sealed_fields",
]

_encoder = QuickJSONEncoder(separators=(",", ":"))


def encrypt(value: Any, *, purpose: str) -> str:
    """Encrypt a JSON value that belongs to no row; it opens for the same purpose alone."""
    return sealing.seal(_encoder.encode(value).encode(), sealing.purpose(purpose))


def decrypt(text: str, *, purpose: str, also_unbound: bool = False) -> Any:
    """Decrypt what `encrypt` made, `also_unbound`: or what was made before; raises WrongKeyRing."""
    if also_unbound and sealing.is_unbound(text):
        return json.loads(sealing.open_unbound(text))
    return json.loads(sealing.unseal(text, sealing.purpose(purpose)))


@dataclass(frozen=True, slots=True)
class Sealed:
    """The value of a sealed column as it is stored; only its row opens it."""

    text: str = field(repr=False)


# Stands in a column until its row has a number, never after the transaction.
_NOT_YET = Sealed("")


class _OpenedInItsRow(DeferredAttribute):
    """Opens a sealed column when its row is first asked for the value."""

    field: "EncryptedJSONField"

    def __get__(self, row: Any, cls: Any = None) -> Any:
        if row is None:
            return self
        name, held = self.field.attname, row.__dict__
        if name not in held:
            same = type(row)._base_manager.db_manager(row._state.db).filter(pk=row.pk)
            held[name] = same.values_list(name, flat=True).get()
        value = held[name]
        if isinstance(value, Sealed):
            value = held[name] = self.field.opened(value, row)
        return value

    def __set__(self, row: Any, value: Any) -> None:
        row.__dict__[self.field.attname] = value


class EncryptedJSONField(models.TextField):  # type: ignore[type-arg]
    """A JSON value, sealed for its table, column and row. Null stays null.

    `bound_to` names what tells its row from all others and never changes; without it, the primary
    key does. A row opens the value when it is first asked for it. What writes past the row, as
    `update()` does, passes what `seal` returns; `values()` gives it out as `Sealed`.
    """

    # What a model's attribute may hold, for the type checker.
    _pyi_private_set_type: Any
    _pyi_private_get_type: Any

    descriptor_class = _OpenedInItsRow
    non_db_attrs = (*models.TextField.non_db_attrs, "bound_to")

    def __init__(self, *args: Any, bound_to: Sequence[str] = (), **settings: Any) -> None:
        """Take the names of the fields by which its row is known."""
        self.bound_to = tuple(bound_to)
        self._names: tuple[str, ...] | None = None
        super().__init__(*args, **settings)

    def deconstruct(self) -> Any:
        """Tell a migration by what the row is known, too."""
        name, path, args, settings = super().deconstruct()
        if self.bound_to:
            settings["bound_to"] = self.bound_to
        return name, path, args, settings

    def check(self, **settings: Any) -> list[checks.CheckMessage]:
        """Refuse what does not tell one row from all others."""
        found: list[checks.CheckMessage] = super().check(**settings)
        if not self._is_unique():
            said = f"A value is sealed for {self.bound_to}, which two rows may share."
            found.append(checks.Error(said, obj=self, id="kianda.E010"))
        return found

    def _is_unique(self) -> bool:
        meta, bound = self.model._meta, set(self.bound_to)
        if not bound:
            return True
        alone = [meta.get_field(name) for name in self.bound_to if len(bound) == 1]
        return any(getattr(one, "unique", False) for one in alone) or any(
            set(one.fields) == bound and one.condition is None
            for one in meta.constraints
            if isinstance(one, models.UniqueConstraint)
        )

    def place_of(self, row: models.Model) -> Place:
        """Return the place for which the value of a row is sealed."""
        if self._names is None:
            get = self.model._meta.get_field
            names = tuple(getattr(get(name), "attname", name) for name in self.bound_to)
            self._names = names or (str(self.model._meta.pk.attname),)
        known = [getattr(row, name) for name in self._names]
        if None in known:
            raise TypeError(f"{self} is sealed for its row, which has no {self._names} yet.")
        return (self.model._meta.db_table, str(self.column), *map(str, known))

    def sealed(self, value: Any, row: models.Model) -> Sealed | None:
        """Seal a value for a row."""
        if value is None:
            return None
        return Sealed(sealing.seal(_encoder.encode(value).encode(), self.place_of(row)))

    def opened(self, value: Sealed, row: models.Model) -> Any:
        """Open the value of a row; raises WrongKeyRing."""
        return json.loads(sealing.open_in_row(value.text, self.place_of(row)))

    def pre_save(self, model_instance: models.Model, add: bool) -> Sealed | None:  # noqa: FBT001
        """Seal for the row that is saved; what was read and not looked into is opened first."""
        if model_instance.__dict__.get(self.attname) is _NOT_YET:
            return Sealed("")
        return self.sealed(getattr(model_instance, self.attname), model_instance)

    def from_db_value(self, value: str | None, *_: Any) -> Sealed | None:
        """Leave it sealed on load."""
        return None if value is None else Sealed(value)

    def get_prep_value(self, value: Any) -> str | None:
        """Store what is sealed, and nothing else."""
        if value is None:
            return None
        if not isinstance(value, Sealed):
            raise TypeError(f"{self} is sealed for its row: pass what seal(row, ...) returns.")
        return value.text

    def to_python(self, value: Any) -> Any:
        """Hold plain JSON in memory."""
        return value


def sealed_fields(model: type[models.Model]) -> list[EncryptedJSONField]:
    """Return the sealed columns of a model."""
    fields: Iterable[Any] = model._meta.concrete_fields
    return [one for one in fields if isinstance(one, EncryptedJSONField)]


def seal(row: models.Model, column: str, value: Any) -> Sealed | None:
    """Seal a value for a column of a row, for an `update()` of that row."""
    found: Any = row._meta.get_field(column)
    sealed: Sealed | None = found.sealed(value, row)
    return sealed


def opens(row: models.Model, column: str) -> bool:
    """Tell whether a value opens in its row, for a list that one which does not must not end."""
    try:
        getattr(row, column)
    except WrongKeyRing:
        return False
    return True


class SealedByKey(models.Model):
    """A row whose values are sealed for its number, which the database gives to it.

    A new one comes in two statements of one transaction: the number first, then the values.
    """

    class Meta:
        abstract = True

    def save(self, **settings: Any) -> None:
        """Store the row; a new one has its values sealed when its number is known."""
        later = self._to_seal_later()
        if not later:
            super().save(**settings)
            return
        with transaction.atomic(using=settings.get("using")):
            self.__dict__.update(dict.fromkeys(later, _NOT_YET))
            try:
                super().save(**settings)
            finally:
                self.__dict__.update(later)
            sealed = {name: seal(self, name, value) for name, value in later.items()}
            same = type(self)._base_manager.db_manager(self._state.db).filter(pk=self.pk)
            same.update(**sealed)

    def _to_seal_later(self) -> dict[str, Any]:
        if self.pk is not None:
            return {}
        held = {one.attname: getattr(self, one.attname) for one in sealed_fields(type(self))}
        return {name: value for name, value in held.items() if value is not None}
