"""Small bodies of the API as typed models: unknown keys and wrong types are refused."""

from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, Field, StrictBool, StrictInt, StrictStr, ValidationError

from kianda.lib.errors import Invalid
from kianda.lib.pointers import flaws_of

B = TypeVar("B", bound="Body")


class Body(BaseModel):
    """A JSON body with known keys only."""

    model_config = ConfigDict(extra="forbid", populate_by_name=False)


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


class SendBackBody(Body):
    """POST /instances/{process_id}/send-back/"""

    form: StrictStr
    # The service checks it: an empty one and one that is too long are told alike on the page.
    note: StrictStr
    revision: StrictInt | None = Field(default=None, ge=1)


class PublishBody(Body):
    """POST /processes/{name}/publish/"""

    move_instances: StrictBool = False
    note: StrictStr = Field(default="", max_length=500)


def read_body(model: type[B], raw: object) -> B:
    """Return the body as its model; raises Invalid with every flaw."""
    try:
        return model.model_validate(raw)
    except ValidationError as error:
        raise Invalid(errors=flaws_of(error, raw)) from error
