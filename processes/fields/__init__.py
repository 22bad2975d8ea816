"""The table of contents: every field type there is. The union is the registry."""

from typing import Annotated

from pydantic import Field

from kianda.lib.kinds import Registry
from processes.fields.base import Container, FormField, InputField, walk
from processes.fields.button import Button
from processes.fields.date import Date
from processes.fields.field_group import FieldGroup
from processes.fields.link import Link
from processes.fields.list import List
from processes.fields.number import Number
from processes.fields.panel import Panel
from processes.fields.rich_text import RichText
from processes.fields.secret import Secret
from processes.fields.table import Table
from processes.fields.text import Text
from processes.fields.toggle import Toggle

AnyField = Annotated[
    Text
    | Number
    | Secret
    | Date
    | List
    | Toggle
    | Table
    | Button
    | Link
    | RichText
    | Panel
    | FieldGroup,
    Field(discriminator="type"),
]
# Containers hold any of them; the name is known only here.
for _container in (Panel, FieldGroup):
    _container.model_rebuild(force=True, _types_namespace={"AnyField": AnyField})

fields: Registry[FormField] = Registry(AnyField)


def kind_named(slug: str) -> type[FormField]:
    """Return a kind by its slug. What nobody knows by now is taken for an input field."""
    return fields.kinds.get(slug, InputField)


__all__ = [
    "AnyField",
    "Button",
    "Container",
    "Date",
    "FieldGroup",
    "FormField",
    "InputField",
    "Link",
    "List",
    "Number",
    "Panel",
    "RichText",
    "Secret",
    "Table",
    "Text",
    "Toggle",
    "fields",
    "kind_named",
    "walk",
]
