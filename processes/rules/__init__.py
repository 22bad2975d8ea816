"""The table of contents: every rule type there is. The union is the registry."""

from functools import reduce
from operator import or_
from typing import Annotated, Any, get_args

from pydantic import Field

from kianda.lib.kinds import Registry
from processes.rules.anonymous_form_link import AnonymousFormLink
from processes.rules.assign_form import AssignForm
from processes.rules.base import Rule
from processes.rules.close import Close
from processes.rules.create_item import CreateItem
from processes.rules.delete_form import DeleteForm
from processes.rules.delete_item import DeleteItem
from processes.rules.field_display_mode import FieldDisplayMode
from processes.rules.find_items import FindItems
from processes.rules.get_user_property import GetUserProperty
from processes.rules.go_to_form import GoToForm
from processes.rules.hide_or_disable import HideOrDisable
from processes.rules.lookup_user_by_property import LookupUserByProperty
from processes.rules.loop_table import LoopTable
from processes.rules.make_required import MakeRequired
from processes.rules.meeting_request import MeetingRequest
from processes.rules.process_security import ProcessSecurity
from processes.rules.save import Save
from processes.rules.send_email import SendEmail
from processes.rules.set_form_field import SetFormField
from processes.rules.start_a_process import StartAProcess
from processes.rules.submit import Submit
from processes.rules.update_item import UpdateItem
from processes.rules.update_user_property import UpdateUserProperty
from processes.rules.user_alert import UserAlert
from processes.rules.validate_input import ValidateInput

AnyRule = Annotated[
    SetFormField
    | CreateItem
    | FindItems
    | Save
    | UpdateItem
    | DeleteItem
    | Submit
    | Close
    | DeleteForm
    | ValidateInput
    | HideOrDisable
    | MakeRequired
    | FieldDisplayMode
    | GoToForm
    | AssignForm
    | ProcessSecurity
    | UserAlert
    | SendEmail
    | MeetingRequest
    | AnonymousFormLink
    | StartAProcess
    | GetUserProperty
    | LookupUserByProperty
    | UpdateUserProperty
    | LoopTable,
    Field(discriminator="type"),
]
_row_rules = [kind for kind in get_args(get_args(AnyRule)[0]) if kind.row_by_row]
_RowRule: Any = Annotated[reduce(or_, _row_rules), Field(discriminator="type")]
LoopTable.model_rebuild(_types_namespace={"RowRule": _RowRule})
rules: Registry[Rule] = Registry(AnyRule)

__all__ = [
    "AnonymousFormLink",
    "AnyRule",
    "AssignForm",
    "Close",
    "CreateItem",
    "DeleteForm",
    "DeleteItem",
    "FieldDisplayMode",
    "FindItems",
    "GetUserProperty",
    "GoToForm",
    "HideOrDisable",
    "LookupUserByProperty",
    "LoopTable",
    "MakeRequired",
    "MeetingRequest",
    "ProcessSecurity",
    "Rule",
    "Save",
    "SendEmail",
    "SetFormField",
    "StartAProcess",
    "Submit",
    "UpdateItem",
    "UpdateUserProperty",
    "UserAlert",
    "ValidateInput",
    "rules",
]
