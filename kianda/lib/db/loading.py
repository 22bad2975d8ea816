"""Objects made of rows at once: what every run and every list reads many of."""

from collections.abc import Collection
from typing import Any, Self

from django.conf import settings
from django.db import models
from django.db.models.base import ModelState


class LoadedAtOnce(models.Model):
    """A model whose objects take the columns of a row as they are.

    Django sets them one by one, through each field's descriptor, and tells the listeners of
    `pre_init` and `post_init`, of which these models must have none. A column that was not read
    stays deferred.
    """

    class Meta:
        abstract = True

    @classmethod
    def from_db(
        cls, db: str | None, field_names: Collection[str], values: Collection[Any], **more: Any
    ) -> Self:
        """Return the object of a row; `more` is what later versions of Django say."""
        if more or settings.KIANDA_PLAIN_ORM:
            return super().from_db(db, field_names, values, **more)
        made = cls.__new__(cls)
        made._state = state = ModelState()
        state.adding, state.db = False, db
        made.__dict__.update(zip(field_names, values, strict=True))
        return made
