"""The table of contents: every field type there is. The union is the registry."""

from functools import reduce
from operator import or_
from typing import Annotated, Any, get_args

from pydantic import Field

from kianda.lib.kinds import Registry
from processes.fields.base import Container, FormField, InputField, walk
from processes.fields.button import Button
from processes.fields.date import Date
from processes.fields.field_group import FieldGroup
from processes.fields.file_upload import FileUpload
from processes.fields.files import FilesField
from processes.fields.image import Image
from processes.fields.link import Link
from processes.fields.list import List
from processes.fields.number import Number
from processes.fields.panel import Panel
from processes.fields.rich_text import RichText
from processes.fields.secret import Secret
from processes.fields.signature import Signature
from processes.fields.table import Table
from processes.fields.text import Text
from processes.fields.toggle import Toggle
from processes.fields.user_picker import UserPicker

AnyField = Annotated[
    Text
    | Number
    | Secret
    | Date
    | List
    | Toggle
    | Table
    | UserPicker
    | FileUpload
    | Image
    | Signature
    | Button
    | Link
    | RichText
    | Panel
    | FieldGroup,
    Field(discriminator="type"),
]
_kinds: tuple[type[FormField], ...] = get_args(get_args(AnyField)[0])
_in_table: Any = reduce(or_, (kind for kind in _kinds if kind.in_table))
_AnyColumn: Any = Annotated[_in_table, Field(discriminator="type")]
# What holds others is made before them; the names of these unions are known only here.
Table.model_rebuild(force=True, _types_namespace={"AnyColumn": _AnyColumn})
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
    "FileUpload",
    "FilesField",
    "FormField",
    "Image",
    "InputField",
    "Link",
    "List",
    "Number",
    "Panel",
    "RichText",
    "Secret",
    "Signature",
    "Table",
    "Text",
    "Toggle",
    "UserPicker",
    "fields",
    "kind_named",
    "walk",
]
