"""The shape of a scheduled task as the API takes it (contract 5). Pure: no database, no clock."""

from datetime import datetime
from typing import Annotated, Any, Self
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop
from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    TypeAdapter,
    ValidationError,
    model_validator,
)
from pydantic.fields import FieldInfo

from kianda.lib.errors import Flaw
from kianda.lib.pointers import flaws_of, pointer, unique
from scheduler.schedules import AnySchedule
from scheduler.schedules.base import Whole
from scheduler.schedules.once import Moment, read_moment

# What the API gives and a PUT may send back; it changes nothing.
READ_ONLY = frozenset(
    {"id", "next_run_at", "last_run_at", "last_outcome", "description", "meta", "hook_url"}
)


def _stripped(value: str) -> str:
    tidy = value.strip()
    if not tidy:
        raise ValueError(_("Enter a name."))
    return tidy


class Expiry(BaseModel):
    """When a task ends: at a time, or after a number of planned runs."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    at: Moment | None = None
    after_runs: Annotated[int, Whole(1, 1_000_000_000)] | None = None

    @model_validator(mode="after")
    def _one_of_two(self) -> Self:
        if (self.at is None) == (self.after_runs is None):
            raise ValueError(_('Send either "at", a moment, or "after_runs", a number.'))
        return self

    def moment(self, zone: ZoneInfo) -> datetime | None:
        """Return the moment from which on nothing is fired, if there is one."""
        return read_moment(self.at, zone) if self.at else None


class TaskDocument(BaseModel):
    """A schedule that runs the rules of a field, or a rule, on one instance."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: Annotated[str, Field(max_length=200), AfterValidator(_stripped)]
    process: Annotated[str, Field(max_length=63, json_schema_extra={"control": "process_picker"})]
    process_id: Annotated[
        str | None,
        Field(
            max_length=120,
            title=gettext_noop("Process ID"),
            description="Null: each occurrence creates a new live instance.",
            json_schema_extra={"control": "instance_picker"},
        ),
    ]
    target: Annotated[
        str,
        Field(
            min_length=1,
            max_length=200,
            description="A field, `field#rule`, `form:name#load`, `form:name#submit`.",
            json_schema_extra={"control": "target_picker"},
        ),
    ]
    schedule: AnySchedule
    timezone: Annotated[
        str,
        Field(
            max_length=64,
            title=gettext_noop("Time zone"),
            description="If omitted, the workspace's.",
            json_schema_extra={"control": "time_zone_picker"},
        ),
    ] = ""
    expires: Expiry | None = None
    enabled: Annotated[bool, Field(strict=True)] = True
    run_as: Annotated[
        str,
        Field(
            max_length=150,
            description="Person whose permissions each run has. If omitted, the caller.",
            json_schema_extra={"control": "user_picker"},
        ),
    ] = ""


FIELDS = TaskDocument.model_fields
REQUIRED = frozenset(name for name, info in FIELDS.items() if info.is_required())


def _adapter(info: FieldInfo) -> TypeAdapter[Any]:
    annotated: Any = Annotated[info.annotation, info]
    return TypeAdapter(annotated)


_ADAPTERS = {name: _adapter(info) for name, info in FIELDS.items()}


def read_task(raw: object, *, partial: bool) -> tuple[dict[str, Any], list[Flaw]]:
    """Return the settings that hold, by key, and a flaw for each place that does not.

    Key by key, so that what one key has wrong does not hide what another one has.
    """
    if not isinstance(raw, dict):
        return {}, [Flaw("", _("Send an object."))]
    known = ", ".join(FIELDS)
    flaws = [
        Flaw(
            pointer(key),
            _("Unknown setting '%(key)s'. Use one of %(known)s.") % {"key": key, "known": known},
        )
        for key in raw
        if key not in FIELDS and key not in READ_ONLY
    ]
    found: dict[str, Any] = {}
    for key, adapter in _ADAPTERS.items():
        if key in raw:
            try:
                found[key] = adapter.validate_python(raw[key])
            except ValidationError as error:
                model = FIELDS[key].annotation
                flaws += flaws_of(error, raw[key], model=model, prefix=pointer(key))
        elif key in REQUIRED and not partial:
            flaws.append(Flaw(pointer(key), _("This is required.")))
    return found, unique(flaws)


def dumped(part: BaseModel | None) -> dict[str, Any] | None:
    """Return a schedule or an expiry as it is stored and given back."""
    return None if part is None else part.model_dump(by_alias=True, exclude_none=True)
