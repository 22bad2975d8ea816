"""Small bodies of the API as typed models.

Keys and types are checked here; what needs to be looked up, by the services.
"""

from typing import Any

from pydantic import Field, StrictBool, StrictInt, StrictStr

from kianda.lib.api.strict_json import Body


class NewInstance(Body):
    """POST /instances/"""

    process: StrictStr
    # Any text: the service checks it beside the process, so that both flaws come out at once.
    mode: StrictStr = "live"
    data: dict[str, Any] = Field(default_factory=dict)


class InstanceChanges(Body):
    """PATCH /instances/{process_id}/"""

    data: dict[str, Any]
    revision: StrictInt = Field(ge=1)


class TriggerBody(Body):
    """POST /instances/{process_id}/trigger/"""

    target: StrictStr
    data: dict[str, Any] | None = None
    revision: StrictInt | None = Field(default=None, ge=1)
    later: StrictBool = Field(default=False, alias="async")


class CheckAsBody(Body):
    """POST /processes/{name}/check-as/"""

    person: StrictStr
    process_id: StrictStr | None = None


class SendBackBody(Body):
    """POST /instances/{process_id}/send-back/"""

    form: StrictStr
    # The service checks it: an empty one and one that is too long are told alike on the page.
    note: StrictStr
    revision: StrictInt | None = Field(default=None, ge=1)


class CommentBody(Body):
    """POST /instances/{process_id}/comments/"""

    # The service checks it, as on the page.
    text: StrictStr


class ReassignBody(Body):
    """POST /instances/{process_id}/forms/{form}/reassign/"""

    users: list[StrictStr] = []
    groups: list[StrictStr] = []
    note: StrictStr = ""
    revision: StrictInt | None = Field(default=None, ge=1)


class EditAgainBody(Body):
    """POST /instances/{process_id}/forms/{form}/edit/"""

    revision: StrictInt | None = Field(default=None, ge=1)


class PressBody(Body):
    """POST /instances/{process_id}/forms/{form}/actions/{button}/"""

    revision: StrictInt | None = Field(default=None, ge=1)
    data: dict[str, Any] = Field(default_factory=dict)


class NewBulkPress(Body):
    """POST /bulk-presses/"""

    process: StrictStr
    target: StrictStr
    # One of them: the records by name, or those in the list of the process that hold a filter.
    process_ids: list[StrictStr] | None = None
    filter: dict[str, Any] | None = None
    data: dict[str, Any] = Field(default_factory=dict)


class PublishBody(Body):
    """POST /processes/{name}/publish/"""

    move_instances: StrictBool = False
    note: StrictStr = Field(default="", max_length=500)
