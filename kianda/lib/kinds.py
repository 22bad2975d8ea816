"""Kinds: small typed classes, one per rule, field, auth scheme or schedule, and their registry."""

import functools
import inspect
from typing import Any, ClassVar, Generic, TypeVar, get_args

from pydantic import BaseModel, ConfigDict, TypeAdapter

K = TypeVar("K", bound="Kind")


class Kind(BaseModel):
    """One registered kind: its fields are its settings, its docstring is its help text.

    `tag` names the key that tells kinds of one registry apart (`type`, `scheme` or `kind`); the
    slug stored under it never changes.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    tag: ClassVar[str] = "type"
    label: ClassVar[str]
    category: ClassVar[str] = ""

    @classmethod
    @functools.cache  # Asked for each field of each run.
    def slug(cls) -> str:
        """Return the stored name of this kind, such as `set_form_field`."""
        return str(cls.model_fields[cls.tag].default)

    @classmethod
    def help_text(cls) -> str:
        """Return what the docstring says, in English; whoever shows it translates the whole."""
        return inspect.cleandoc(cls.__doc__ or "")

    @classmethod
    def model_json_schema(cls, *args: Any, **kwargs: Any) -> dict[str, Any]:
        """Return the JSON Schema; its settings stand on top also when a kind holds its like."""
        schema = super().model_json_schema(*args, **kwargs)
        name = str(schema.get("$ref", "")).rpartition("/")[2]
        return {**schema["$defs"][name], "$defs": schema["$defs"]} if name else schema


class Registry(Generic[K]):
    """The kinds of one discriminated union, in its order. The union is the only list."""

    def __init__(self, union: Any) -> None:
        """Read the members of `Annotated[A | B, Field(discriminator=...)]`; refuse doubles."""
        inner = get_args(union)[0]
        members: tuple[type[K], ...] = get_args(inner) or (inner,)
        self.kinds: dict[str, type[K]] = {}
        for kind in members:
            if kind.slug() in self.kinds:
                raise ValueError(f"The kind {kind.slug()!r} is registered twice.")
            self.kinds[kind.slug()] = kind
        self.adapter: TypeAdapter[K] = TypeAdapter(union)

    def parse(self, value: object, **context: Any) -> K:
        """Return the kind that a stored or sent JSON object stands for; raises ValidationError."""
        return self.adapter.validate_python(value, context=context or None)

    def describe(self) -> list[dict[str, Any]]:
        """Return `type`, `title`, `category`, `description`, `schema` of each kind, in English.

        It is the same list each time: read it only.
        """
        return self._described

    @functools.cached_property
    def _described(self) -> list[dict[str, Any]]:
        # The schemas of all rules take half a second.
        return [
            {
                "type": slug,
                "title": kind.label,
                "category": kind.category,
                "description": kind.help_text(),
                "schema": kind.model_json_schema(),
            }
            for slug, kind in self.kinds.items()
        ]
