"""The rows of designs, instances, runs and history."""

from processes.models.bulk import BulkPress, BulkPressRow
from processes.models.designs import DesignVersion, PinnedAnswer, ProcessDesign
from processes.models.files import File
from processes.models.instances import (
    Comment,
    Follower,
    FormOwner,
    GivenProcessId,
    InstancePerson,
    ProcessInstance,
    SentMeeting,
    field_relation,
)
from processes.models.links import FormLink
from processes.models.lists import ListedField, ListedValue, StartPage
from processes.models.run_points import RunPoint
from processes.models.runs import Change, Run
from processes.models.saved_views import SavedView, SavedViewReader
from processes.models.working_copies import DesignPresence, WorkingCopy, WorkingEdit

__all__ = [
    "BulkPress",
    "BulkPressRow",
    "Change",
    "Comment",
    "DesignPresence",
    "DesignVersion",
    "File",
    "Follower",
    "FormLink",
    "FormOwner",
    "GivenProcessId",
    "InstancePerson",
    "ListedField",
    "ListedValue",
    "PinnedAnswer",
    "ProcessDesign",
    "ProcessInstance",
    "Run",
    "RunPoint",
    "SavedView",
    "SavedViewReader",
    "SentMeeting",
    "StartPage",
    "WorkingCopy",
    "WorkingEdit",
    "field_relation",
]
