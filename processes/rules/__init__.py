"""The table of contents: every rule type there is. The union is the registry."""

from typing import Annotated

from pydantic import Field

from kianda.lib.kinds import Registry
from processes.rules.base import Rule
from processes.rules.create_item import CreateItem
from processes.rules.find_items import FindItems
from processes.rules.save import Save
from processes.rules.set_form_field import SetFormField

AnyRule = Annotated[SetFormField | CreateItem | FindItems | Save, Field(discriminator="type")]
rules: Registry[Rule] = Registry(AnyRule)

__all__ = ["AnyRule", "CreateItem", "FindItems", "Rule", "Save", "SetFormField", "rules"]
