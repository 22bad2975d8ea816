"""Kinds of fields that only tests have, as if they stood in the product's union."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated, Any, get_args

from pydantic import Field

from kianda.lib.kinds import Registry
from processes import fields as room
from processes.definition.document import Document, Form
from processes.fields import FieldGroup, Panel
from processes.fields.base import FormField
from processes.views.designer import palette


@contextmanager
def registered(kind: type[FormField]) -> Iterator[None]:
    """Let a kind of field be one of the product's for a while."""
    product = room.AnyField
    _use(Annotated[get_args(product)[0] | kind, Field(discriminator="type")])
    try:
        yield
    finally:
        _use(product)


def _use(union: Any) -> None:
    for holder in (Panel, FieldGroup, Form):
        holder.model_fields["fields"].annotation = list[union]
        holder.model_rebuild(force=True)
    Document.model_rebuild(force=True)
    registry: Registry[FormField] = Registry(union)
    room.fields.kinds, room.fields.adapter = registry.kinds, registry.adapter
    palette._offers.cache_clear()
