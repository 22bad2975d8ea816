"""The shape of a datasource and its REST methods. Plain Python: no Django, no network."""

from functools import cached_property
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    JsonValue,
    PlainSerializer,
    ValidationInfo,
    field_validator,
    model_validator,
)

from datasources.auth import AnyAuthScheme
from datasources.auth.none import NoAuth
from kianda.lib import addresses
from kianda.lib.addresses import Origin
from kianda.lib.i18n import gettext as _
from kianda.lib.i18n import gettext_noop
from kianda.lib.names import as_title, slug_flaw
from kianda.lib.secret_names import MASK, is_secret_name

MEGABYTE = 1024 * 1024
LONGEST_TIMEOUT_S = 300
TARGETS = {"query": "query", "header": "request_headers", "body": "request_body"}


def _slug(name: str) -> str:
    if flaw := slug_flaw(name):
        raise ValueError(flaw)
    return name


def _seconds(value: float) -> float:
    if not 0 < value <= LONGEST_TIMEOUT_S:
        raise ValueError(
            _("Write seconds above 0, at most %(most)s.") % {"most": LONGEST_TIMEOUT_S}
        )
    return value


def written_number(value: float) -> int | float:
    """Return a number as people write it: 60, not 60.0."""
    return int(value) if value == int(value) else value


def _whole(value: object) -> object:
    # JSON knows one kind of number: 5.0 is a whole one.
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
    BeforeValidator(_whole),
    Field(ge=1, le=100 * MEGABYTE, title=gettext_noop("Largest answer (bytes)")),
]


class Shape(BaseModel):
    """What all parts of a datasource have in common: unknown keys and other types are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class Parameter(Shape):
    """One header, query or body parameter of a request.

    With a value it is fixed unless a mapping overrides it; without one it is filled by mapping.
    """

    name: Annotated[str, Field(min_length=1, max_length=200)]
    value: Annotated[str, Field(max_length=100_000)] | None = None
    secret: bool = Field(default=False, description="Left out: as the name tells.")

    @model_validator(mode="before")
    @classmethod
    def _secret_by_name(cls, data: Any) -> Any:
        if isinstance(data, dict) and "secret" not in data:
            name = data.get("name")
            return data | {"secret": isinstance(name, str) and is_secret_name(name)}
        return data


class ResponseParameter(Shape):
    """One value of an answer; `path` says where it stands when that is not its name."""

    name: Annotated[str, Field(min_length=1, max_length=200)]
    path: Annotated[str, Field(max_length=500)] | None = None


class _Titled(Shape):
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


class DatasourceDocument(_Titled):
    """What every kind of datasource has: a name, where it leads, what is stored and shown of it."""

    if TYPE_CHECKING:
        # Each kind has its own; declared here they would come first in what is stored.
        kind: Any
        methods: Any
        timeout_s: Any

    @property
    def address(self) -> str:
        """Where it leads, as lists show it."""
        raise NotImplementedError

    def method(self, name: str) -> "RestMethod | None":
        """Return a REST method by name."""
        return None

    def lacks(self) -> str:
        """Return in words what whoever uses it needs and the settings do not have."""
        raise NotImplementedError

    def plain(self) -> dict[str, JsonValue]:
        """Return the whole document, secrets included, as it is stored (encrypted)."""
        raise NotImplementedError

    def masked(self) -> dict[str, Any]:
        """Return the document as it is shown: secrets that are set as asterisks, others empty."""
        raise NotImplementedError


class RestMethod(_Titled):
    """A named request of a datasource: verb, path, headers, query, body, response definition."""

    http_method: Literal["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"] = "GET"
    url_path: Annotated[str, Field(max_length=2000)] = "/"
    content_type: Literal["json", "form", "multipart", "raw"] = "json"
    media_type: Annotated[
        str, Field(max_length=200, pattern=r"^[\w.+-]+/[\w.+-]+(; ?[\w.-]+=[\w.+/\"-]+)*$")
    ] = "text/plain; charset=utf-8"
    request_headers: Annotated[list[Parameter], Field(max_length=200)] = []
    query: Annotated[list[Parameter], Field(max_length=200)] = []
    request_body: Annotated[list[Parameter], Field(max_length=500)] = []
    response_headers: Annotated[list[ResponseParameter], Field(max_length=200)] = []
    response_body: Annotated[list[ResponseParameter], Field(max_length=500)] = []
    follow_redirects: bool | None = Field(default=None, description="Null: as the datasource.")
    timeout_s: Timeout | None = Field(default=None, description="Null: as the datasource.")
    max_answer_bytes: AnswerBytes | None = Field(
        default=None, description="Null: as the datasource."
    )

    @field_validator("url_path")
    @classmethod
    def _path(cls, path: str) -> str:
        if flaw := addresses.template_flaw(path):
            raise ValueError(flaw)
        return path

    @cached_property
    def path_names(self) -> tuple[str, ...]:
        """The names in braces in `url_path`."""
        return addresses.placeholders(self.url_path)

    @cached_property
    def parameters(self) -> dict[str, Parameter]:
        """The declared parameters by target (`header.Accept`, `body.code`), in order."""
        found = {
            f"{prefix}.{parameter.name}": parameter
            for prefix, section in TARGETS.items()
            for parameter in getattr(self, section)
        }
        if self.content_type == "raw":
            fixed = found.pop("body.body", None)
            found["body"] = fixed or Parameter(name="body")
        return found

    @cached_property
    def _spelling(self) -> dict[str, str]:
        headers = {
            target.lower(): target for target in self.parameters if target.startswith("header.")
        }
        return headers | {target: target for target in self.input_targets()}

    def input_targets(self) -> list[str]:
        """Return every target that an input mapping may name."""
        return ["url_path", *(f"path.{name}" for name in self.path_names), *self.parameters]

    def canonical_target(self, target: str) -> str | None:
        """Return a target as it is declared (header names ignore case), None when it is not."""
        found = self._spelling.get(target)
        if found is None and target.startswith("header."):
            return self._spelling.get(target.lower())
        return found

    def is_secret_target(self, target: str) -> bool:
        """Tell whether what is mapped to a target counts as secret."""
        declared = self.canonical_target(target) or target
        if declared.startswith("path."):
            return is_secret_name(declared.removeprefix("path."))
        parameter = self.parameters.get(declared)
        return parameter is not None and parameter.secret

    def output_paths(self) -> dict[str, str]:
        """Return the references to declared answer values, and where in the answer each stands."""
        found = {"response.status": "response.status"}
        for item in self.response_headers:
            found[f"response.headers.{item.name}"] = f"response.headers.{item.path or item.name}"
        found["response.body"] = "response.body"
        for item in self.response_body:
            found[f"response.body.{item.name}"] = f"response.body.{item.path or item.name}"
        return found


class RestDatasource(DatasourceDocument):
    """A configured connection to an outside system over HTTP."""

    kind: Literal["rest"] = "rest"
    base_url: Annotated[
        str, Field(min_length=1, max_length=2000, json_schema_extra={"format": "uri"})
    ]
    auth: AnyAuthScheme = NoAuth()
    timeout_s: Timeout = 30
    test_path: Annotated[str, Field(max_length=2000)] | None = None
    follow_redirects: bool = False
    max_answer_bytes: AnswerBytes = 5 * MEGABYTE
    methods: Annotated[list[RestMethod], Field(max_length=500)] = []

    @field_validator("base_url")
    @classmethod
    def _base_url(cls, url: str, info: ValidationInfo) -> str:
        flaw = addresses.base_url_flaw(url)
        if flaw is None and info.context:
            flaw = info.context["refusal"](addresses.origin_of(url))
        if flaw:
            raise ValueError(flaw)
        return url

    @field_validator("test_path")
    @classmethod
    def _test_path(cls, path: str | None) -> str | None:
        if path is not None and (flaw := addresses.path_flaw(path, query=True)):
            raise ValueError(flaw)
        return path

    @cached_property
    def origin(self) -> Origin:
        """Scheme, host and port of the base URL."""
        return addresses.origin_of(self.base_url)

    @cached_property
    def stem(self) -> str:
        """The base URL as it is sent, without a slash at its end."""
        return addresses.stem_of(self.base_url)

    @cached_property
    def has_path(self) -> bool:
        """Tell whether the base URL names a path below its host."""
        return "/" in self.stem.removeprefix(f"{self.origin.scheme}://")

    @cached_property
    def _methods(self) -> dict[str, RestMethod]:
        return {method.name: method for method in self.methods}

    @property
    def address(self) -> str:
        """Where it leads, as lists show it."""
        return self.base_url

    def method(self, name: str) -> RestMethod | None:
        """Return a REST method by name."""
        return self._methods.get(name)

    def lacks(self) -> str:
        """Return in words what rules need and the settings do not have."""
        no_secret = self.auth.lacks_credentials()
        if no_secret and not self.methods:
            return _("Credentials and a REST method are missing")
        if no_secret:
            return _("Credentials are missing")
        return "" if self.methods else _("A REST method is missing")

    def plain(self) -> dict[str, JsonValue]:
        """Return the whole document, secrets included, as it is stored (encrypted)."""
        return self.model_dump(mode="json")

    def masked(self) -> dict[str, Any]:
        """Return the document as it is shown: secrets that are set as asterisks, others empty."""
        shown: dict[str, Any] = self.model_dump(mode="json")
        shown["auth"] = self.auth.masked()
        for method in shown["methods"]:
            for section in TARGETS.values():
                for parameter in method[section]:
                    if parameter["secret"]:
                        parameter["value"] = MASK if parameter["value"] else ""
        return shown
