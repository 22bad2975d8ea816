"""What the parts of a datasource and its REST methods are made of. Plain Python."""

from typing import Annotated, Any

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    ValidationInfo,
    field_validator,
    model_validator,
)

from datasources.rest.typed_values import TypeName, typed
from kianda.lib.i18n import gettext as _
from kianda.lib.i18n import gettext_noop
from kianda.lib.names import as_title, slug_flaw
from kianda.lib.secret_names import is_secret_name

MEGABYTE = 1024 * 1024
LONGEST_TIMEOUT_S = 300


def _slug(name: str) -> str:
    if flaw := slug_flaw(name):
        raise ValueError(flaw)
    return name


def _seconds(value: float) -> float:
    if not 0 < value <= LONGEST_TIMEOUT_S:
        raise ValueError(
            _("Enter a number of seconds above 0, at most %(most)s.") % {"most": LONGEST_TIMEOUT_S}
        )
    return value


def written_number(value: float) -> int | float:
    """Return a number as people write it: 60, not 60.0."""
    return int(value) if value == int(value) else value


def whole(value: object) -> object:
    """Return 5 for 5.0: JSON knows one kind of number."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


Slug = Annotated[
    str,
    AfterValidator(_slug),
    Field(max_length=63, json_schema_extra={"pattern": "^[a-z0-9]+(-[a-z0-9]+)*$"}),
]
Title = Annotated[str, Field(max_length=200)]
Timeout = Annotated[
    float,
    AfterValidator(_seconds),
    PlainSerializer(written_number, return_type=int | float),
    Field(
        title=gettext_noop("Timeout (s)"),
        json_schema_extra={"exclusiveMinimum": 0, "maximum": LONGEST_TIMEOUT_S},
    ),
]
AnswerBytes = Annotated[
    int,
    BeforeValidator(whole),
    Field(ge=1, le=100 * MEGABYTE, title=gettext_noop("Maximum response size (bytes)")),
]


class Shape(BaseModel):
    """What all parts of a datasource have in common: unknown keys and other types are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class Parameter(Shape):
    """One header, query or body parameter of a request.

    With a value it is fixed unless a mapping overrides it; without one it is filled by mapping.
    """

    name: Annotated[str, Field(min_length=1, max_length=200)]
    type: TypeName | None = Field(
        default=None,
        description="Type that a value is converted to. Null: no conversion. file: the "
        "content of a file, in a multipart or raw body.",
    )
    value: Annotated[str, Field(max_length=100_000)] | None = None
    secret: bool = Field(default=False, description="If omitted, taken from the name.")
    required: bool = Field(default=False, description="The call is not sent while it has no value.")

    @model_validator(mode="before")
    @classmethod
    def _secret_by_name(cls, data: Any) -> Any:
        if isinstance(data, dict) and "secret" not in data:
            name = data.get("name")
            return data | {"secret": isinstance(name, str) and is_secret_name(name)}
        return data

    @field_validator("value")
    @classmethod
    def _fixed_value_fits(cls, value: str | None, info: ValidationInfo) -> str | None:
        kind = info.data.get("type")
        if kind == "file" and value:
            raise ValueError(
                _("A file cannot have a fixed value. Leave it empty and map a field to it.")
            )
        typed(value, kind)
        return value


class ResponseParameter(Shape):
    """One value of a response; `path` is its place if that is not its name."""

    name: Annotated[str, Field(min_length=1, max_length=200)]
    path: Annotated[str, Field(max_length=500)] | None = None


class Titled(Shape):
    name: Slug
    title: Title = ""

    @model_validator(mode="before")
    @classmethod
    def _title_from_name(cls, data: Any) -> Any:
        if isinstance(data, dict) and data.get("title", "") == "":
            name = data.get("name")
            if isinstance(name, str):
                return data | {"title": as_title(name)[:200]}
        return data
