"""The shape of a datasource and its REST methods. Plain Python: no Django, no network."""

from abc import abstractmethod
from functools import cached_property
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import (
    Field,
    JsonValue,
    PrivateAttr,
    ValidationInfo,
    WithJsonSchema,
    field_validator,
)

from datasources.auth import AnyAuthScheme
from datasources.auth.base import masked_text
from datasources.auth.none import NoAuth
from datasources.auth.variables import names_in
from datasources.rest.allow_list import AllowedAddress
from datasources.rest.answer_forms import AnswerForm
from datasources.rest.answer_schema import (
    OF_A_FILE,
    AnswerSchema,
    as_rules_read,
    flaw_of,
    renamed_places,
)
from datasources.rest.certificates import ClientCertificate
from datasources.rest.limits import Breaker, CallLimits, Concurrency, Rate
from datasources.rest.paging import AnyPaging
from datasources.rest.repeating import SAFE_TO_REPEAT, Retry
from datasources.rest.shapes import (
    MEGABYTE,
    AnswerBytes,
    Parameter,
    ResponseParameter,
    Shape,
    Timeout,
    Titled,
    written_number,
)
from kianda.lib import addresses
from kianda.lib.addresses import Origin
from kianda.lib.headers import header_flaw
from kianda.lib.i18n import gettext as _
from kianda.lib.secret_names import is_secret_name

__all__ = [
    "MEGABYTE",
    "TARGETS",
    "DatasourceDocument",
    "Parameter",
    "RestDatasource",
    "RestMethod",
    "Shape",
    "written_number",
]

TARGETS = {"query": "query", "header": "request_headers", "body": "request_body"}


class DatasourceDocument(Titled):
    """What every kind of datasource has: a name, where it leads, what is stored and shown of it."""

    if TYPE_CHECKING:
        # Each kind has its own; declared here they would come first in what is stored.
        kind: Any
        methods: Any
        timeout_s: Any

    @property
    @abstractmethod
    def address(self) -> str:
        """Where it leads, as lists show it."""

    def method(self, name: str) -> "RestMethod | None":
        """Return a REST method by name."""
        return None

    @abstractmethod
    def lacks(self) -> str:
        """Return in words what whoever uses it needs and the settings do not have."""

    @abstractmethod
    def plain(self) -> dict[str, JsonValue]:
        """Return the whole document, secrets included, as it is stored (encrypted)."""

    @abstractmethod
    def masked(self) -> dict[str, Any]:
        """Return the document as it is shown: secrets that are set as asterisks, others empty."""


class RestMethod(Titled):
    """A named request of a datasource: verb, path, headers, query, body, response definition."""

    http_method: Literal["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"] = "GET"
    url_path: Annotated[str, Field(max_length=2000)] = "/"
    content_type: Literal["json", "form", "multipart", "xml", "raw"] = "json"
    media_type: Annotated[
        str, Field(max_length=200, pattern=r"^[\w.+-]+/[\w.+-]+(; ?[\w.-]+=[\w.+/\"-]+)*$")
    ] = "text/plain; charset=utf-8"
    request_headers: Annotated[list[Parameter], Field(max_length=200)] = []
    query: Annotated[list[Parameter], Field(max_length=200)] = []
    request_body: Annotated[list[Parameter], Field(max_length=500)] = []
    answer: AnswerForm = Field(
        default="auto",
        description="How the body is read. auto: JSON if possible, else text. file: stored "
        "as a file of the record; the body is the value of a file field.",
    )
    success_when: dict[str, JsonValue] | None = Field(
        default=None,
        description="Conditions on `response.*`, in addition to a status of 2xx unless they "
        "check the status. Null: every 2xx is a success.",
    )
    response_headers: Annotated[list[ResponseParameter], Field(max_length=200)] = []
    response_body: Annotated[list[ResponseParameter], Field(max_length=500)] = []
    answer_schema: Annotated[AnswerSchema, WithJsonSchema({"type": "object"})] | None = Field(
        default=None,
        description="Structure of the body, as a subset of JSON Schema: `type` (a list), "
        "`properties`, `items`, `required`, `description`, `example`. Mappings "
        "offer these fields and can read others, too.",
    )
    paging: AnyPaging | None = Field(
        default=None, description="If set, the response is one list with the items of all pages."
    )
    retry: Retry | None = Field(default=None, description="Null: failed calls are not retried.")
    idempotency_header: Annotated[str, Field(max_length=200)] | None = Field(
        default=None,
        validate_default=True,
        description="Header with a unique key per call, the same in all attempts. Required "
        "to retry POST and PATCH.",
    )
    follow_redirects: bool | None = Field(
        default=None, description="Null: as set in the datasource."
    )
    timeout_s: Timeout | None = Field(default=None, description="Null: as set in the datasource.")
    max_answer_bytes: AnswerBytes | None = Field(
        default=None, description="Null: as set in the datasource."
    )

    @field_validator("url_path")
    @classmethod
    def _path(cls, path: str) -> str:
        if flaw := addresses.template_flaw(path):
            raise ValueError(flaw)
        return path

    @field_validator("idempotency_header")
    @classmethod
    def _header(cls, name: str | None) -> str | None:
        if name is not None and (flaw := header_flaw(name)):
            raise ValueError(flaw)
        return name

    @field_validator("idempotency_header")
    @classmethod
    def _safe_to_repeat(cls, name: str | None, info: ValidationInfo) -> str | None:
        verb = info.data.get("http_method", "GET")
        if name is None and info.data.get("retry") and verb not in SAFE_TO_REPEAT:
            sentence = _(
                "Retrying a %(verb)s may repeat its effect. Enter the idempotency key header "
                "of the service, or remove retry."
            )
            raise ValueError(sentence % {"verb": verb})
        return name

    @field_validator("answer_schema")
    @classmethod
    def _schema(cls, schema: AnswerSchema | None) -> AnswerSchema | None:
        if schema is not None and (flaw := flaw_of(schema)):
            raise ValueError(flaw)
        return schema

    @cached_property
    def answer_tree(self) -> AnswerSchema | None:
        """What rules read of its answer, as far as it is described."""
        if self.answer == "file":
            return OF_A_FILE
        if self.answer_schema is None:
            return None
        items = self.paging.items if self.paging is not None else None
        return as_rules_read(self.answer_schema, items)

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
    def required(self) -> tuple[str, ...]:
        """The targets without whose value the call is not made."""
        return tuple(target for target, one in self.parameters.items() if one.required)

    def takes_file(self, target: str) -> bool:
        """Tell whether a file goes to a target."""
        parameter = self.parameters.get(self.canonical_target(target) or target)
        return parameter is not None and parameter.type == "file"

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
        return self._output_paths

    @cached_property
    def _output_paths(self) -> dict[str, str]:
        found = {"response.status": "response.status"}
        for item in self.response_headers:
            found[f"response.headers.{item.name}"] = f"response.headers.{item.path or item.name}"
        found["response.body"] = "response.body"
        for item in self.response_body:
            found[f"response.body.{item.name}"] = f"response.body.{item.path or item.name}"
        described = renamed_places(self.answer_tree) if self.answer_tree is not None else {}
        for name, path in described.items():
            found.setdefault(f"response.body.{name}", f"response.body.{path}")
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
    allowed_addresses: Annotated[list[AllowedAddress], Field(max_length=100)] = Field(
        default=[],
        description="Allowed hosts, host:ports and networks, for redirects, too. Empty: all "
        "that the installation allows. Set by administrators.",
    )
    client_certificate: ClientCertificate | None = None
    trusted_ca: Annotated[str, Field(max_length=200_000)] | None = Field(
        default=None, description="Authorities trusted in addition to those of the system, as PEM."
    )
    rate: Rate | None = Field(default=None, description="Null: no limit.")
    concurrency: Concurrency | None = Field(
        default=None, description="Maximum number of calls at once. Null: no limit."
    )
    breaker: Breaker | None = Field(
        default=None, description="Null: no pause, however many calls have failed."
    )
    methods: Annotated[list[RestMethod], Field(max_length=500)] = []

    _variable_secrets: tuple[str, ...] = PrivateAttr(default=())

    @field_validator("base_url")
    @classmethod
    def _base_url(cls, url: str, info: ValidationInfo) -> str:
        if names_in(url):
            # What it leads to is known when the variables are.
            return url
        flaw = addresses.base_url_flaw(url)
        if flaw is None and info.context:
            flaw = info.context["refusal"](addresses.origin_of(url))
        if flaw:
            raise ValueError(flaw)
        return url

    @field_validator("trusted_ca")
    @classmethod
    def _no_empty_text(cls, pem: str | None) -> str | None:
        return pem or None

    @field_validator("test_path")
    @classmethod
    def _test_path(cls, path: str | None) -> str | None:
        if path is not None and (flaw := addresses.path_flaw(path, query=True)):
            raise ValueError(flaw)
        return path

    @cached_property
    def limits(self) -> CallLimits | None:
        """How many calls it takes; None without limits."""
        if self.rate is None and self.concurrency is None and self.breaker is None:
            return None
        return CallLimits(self.rate, self.concurrency, self.breaker)

    @cached_property
    def origin(self) -> Origin:
        """Scheme, host and port of the base URL; of one with variables, itself."""
        if names_in(self.base_url):
            return Origin("", self.base_url, 0)
        return addresses.origin_of(self.base_url)

    @cached_property
    def certificate_origins(self) -> frozenset[Origin]:
        """Who is shown the client certificate: the service, and where its tokens come from."""
        tokens = getattr(self.auth, "token_url", None)
        return frozenset({self.origin, *([addresses.origin_of(tokens)] if tokens else [])})

    @cached_property
    def stem(self) -> str:
        """The base URL as it is sent, without a slash at its end."""
        if names_in(self.base_url):
            return self.base_url.rstrip("/")
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

    @cached_property
    def names_variables(self) -> bool:
        """Tell whether variables of the installation may stand in it."""
        return "{{" in self.model_dump_json()

    @property
    def variable_secrets(self) -> tuple[str, ...]:
        """The values of the secret variables with which it was filled."""
        return self._variable_secrets

    def knowing_secrets(self, secrets: tuple[str, ...]) -> "RestDatasource":
        """Return it with the secret values that came from variables."""
        made = self.model_copy()
        made._variable_secrets = secrets
        return made

    def plain(self) -> dict[str, JsonValue]:
        """Return the whole document, secrets included, as it is stored (encrypted)."""
        return self.model_dump(mode="json")

    def masked(self) -> dict[str, Any]:
        """Return the document as it is shown: secrets that are set as asterisks, others empty."""
        shown: dict[str, Any] = self.model_dump(mode="json")
        shown["auth"] = self.auth.masked()
        if self.client_certificate is not None:
            shown["client_certificate"] = self.client_certificate.masked()
        for method in shown["methods"]:
            for section in TARGETS.values():
                for parameter in method[section]:
                    if parameter["secret"]:
                        parameter["value"] = masked_text(parameter["value"])
        return shown
