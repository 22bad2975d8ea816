"""The recycle bin: how long a thing is kept there, and how rows are read that it leaves out."""

from datetime import datetime, timedelta
from typing import Any, TypeVar

from django.db import models

from kianda.lib.errors import Missing

KEPT = timedelta(days=30)
M = TypeVar("M", bound=models.Model)


class Living(models.Manager[M]):
    """The rows that are not in the recycle bin.

    A model has it as `objects`, after `everything`: what Django does by itself sees every row.
    """

    def get_queryset(self) -> models.QuerySet[M]:
        """Leave out what was deleted."""
        return super().get_queryset().filter(deleted_at__isnull=True)


def in_bin(model: type[M]) -> models.QuerySet[M]:
    """Return the rows of a model that are in the bin, the last deleted first."""
    everything: models.Manager[M] = model._default_manager
    rows = everything.filter(deleted_at__isnull=False).select_related("deleted_by")
    return rows.order_by("-deleted_at", "-pk")


def gone_at(row: Any) -> datetime:
    """Return when what is in the bin is removed for good."""
    deleted_at: datetime = row.deleted_at
    return deleted_at + KEPT


def locked_in_bin(model: type[M], pk: int, *, missing: str) -> M:
    """Return one of them under its lock, inside a transaction; raises Missing."""
    rows: Any = model._default_manager.select_for_update()
    found: M | None = rows.filter(pk=pk, deleted_at__isnull=False).first()
    if found is None:
        raise Missing(missing)
    return found


def over(model: type[M], moment: datetime, *, most: int) -> list[int]:
    """Return the keys of what has been in the bin for its time, the first deleted first."""
    everything: models.Manager[M] = model._default_manager
    old = everything.filter(deleted_at__lt=moment - KEPT).order_by("deleted_at", "pk")
    return list(old.values_list("pk", flat=True)[:most])
