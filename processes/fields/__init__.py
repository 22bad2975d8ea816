"""The table of contents: every field type there is. The union is the registry."""

from typing import Annotated

from pydantic import Field

from kianda.lib.kinds import Registry
from processes.fields.base import FormField, InputField
from processes.fields.button import Button
from processes.fields.date import Date
from processes.fields.list import List
from processes.fields.number import Number
from processes.fields.secret import Secret
from processes.fields.text import Text
from processes.fields.toggle import Toggle

AnyField = Annotated[
    Text | Number | Secret | Date | List | Toggle | Button, Field(discriminator="type")
]
fields: Registry[FormField] = Registry(AnyField)

__all__ = [
    "AnyField",
    "Button",
    "Date",
    "FormField",
    "InputField",
    "List",
    "Number",
    "Secret",
    "Text",
    "Toggle",
    "fields",
]
