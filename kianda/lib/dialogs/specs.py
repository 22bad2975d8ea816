"""The settings of a kind, read off its typed model: what each is called, takes and offers."""

import types
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from kianda.lib.names import as_title


@dataclass(frozen=True)
class Offered:
    """A mark of a setting whose choices are known only when they are asked for."""

    names: Callable[[], tuple[str, ...]]


@dataclass(frozen=True)
class Spec:
    """One setting of a kind, or one column of a row."""

    name: str
    control: str
    title: str
    help: str = ""
    required: bool = False
    nullable: bool = False
    default: Any = None
    fixed_choices: tuple[str, ...] = ()
    offered: Offered | None = None
    least: float | None = None
    most: float | None = None
    longest: int | None = None
    row: type[BaseModel] | None = None
    # What a setting of several parts holds, each of which is a setting.
    model: type[BaseModel] | None = None
    many: bool = False
    # What a list of typed elements may hold, such as the columns of a table.
    kinds: tuple[type[BaseModel], ...] = ()
    extra: Mapping[str, Any] = field(default_factory=dict)

    @property
    def element_kinds(self) -> tuple[type[BaseModel], ...]:
        """Return what a list of elements may hold, also when that is one kind alone."""
        return self.kinds or ((self.row,) if self.row is not None else ())

    @property
    def choices(self) -> tuple[str, ...]:
        """Return what can be chosen; nothing where anything can be written."""
        return self.offered.names() if self.offered else self.fixed_choices


@cache
def specs_of(model: type[BaseModel]) -> tuple[Spec, ...]:
    """Return the settings of a model in its order, but for its tag."""
    tag = getattr(model, "tag", "")
    return tuple(_spec(name, info) for name, info in model.model_fields.items() if name != tag)


def spec_of(model: type[BaseModel], name: str) -> Spec | None:
    """Return one setting of a model."""
    return next((spec for spec in specs_of(model) if spec.name == name), None)


def _spec(name: str, info: FieldInfo) -> Spec:
    inner, nullable = _without_none(info.annotation)
    extra = _extra(info)
    item = _item(inner)
    least, most, longest = _bounds(info)
    return Spec(
        name=info.alias or name,
        control=str(extra.get("control") or _usual(inner)),
        title=info.title or as_title(name),
        help=info.description or "",
        required=info.is_required(),
        nullable=nullable,
        default=_default(info),
        fixed_choices=_choices(inner) or _choices(item),
        offered=next((mark for mark in info.metadata if isinstance(mark, Offered)), None),
        least=least,
        most=most,
        longest=longest,
        row=_model(item),
        model=_model(inner),
        many=item is not None,
        kinds=_kinds(item),
        extra=extra,
    )


def _extra(info: FieldInfo) -> dict[str, Any]:
    """Return what a field says of its control, or the type in it that may be left out."""
    parts = get_args(info.annotation) if _is_union(info.annotation) else ()
    within = [mark for part in parts for mark in getattr(part, "__metadata__", ())]
    found: dict[str, Any] = {}
    for one in (*within, info):
        extra = getattr(one, "json_schema_extra", None)
        found |= extra if isinstance(extra, dict) else {}
    return found


def _is_union(annotation: Any) -> bool:
    return get_origin(annotation) in (Union, types.UnionType)


def _model(inner: Any) -> type[BaseModel] | None:
    return inner if isinstance(inner, type) and issubclass(inner, BaseModel) else None


def _without_none(annotation: Any) -> tuple[Any, bool]:
    """Return a type without the None that it may be, and whether it may."""
    bare = _bare(annotation)
    if not _is_union(bare):
        return bare, bare is Any
    kept = [one for one in get_args(bare) if one is not type(None)]
    return (_bare(kept[0]) if len(kept) == 1 else bare), len(kept) < len(get_args(bare))


def _bare(annotation: Any) -> Any:
    while get_origin(annotation) is Annotated:
        annotation = get_args(annotation)[0]
    return annotation


def _item(inner: Any) -> Any:
    """Return what a list or tuple holds; None when it is neither."""
    if get_origin(inner) not in (list, tuple):
        return None
    return _without_none(get_args(inner)[0])[0]


def kind_among(kinds: tuple[type[BaseModel], ...], slug: object) -> type[BaseModel] | None:
    """Return the kind that a slug names."""
    return next((kind for kind in kinds if tag_of(kind)[1] == slug), None)


def tag_of(kind: type[BaseModel]) -> tuple[str, str]:
    """Return the key that tells kinds apart, and what stands under it; of an only kind neither."""
    tag = str(getattr(kind, "tag", "type"))
    info = kind.model_fields.get(tag)
    return (tag, str(info.default)) if info is not None else ("", "")


def _default(info: FieldInfo) -> Any:
    default = None if info.is_required() else info.get_default(call_default_factory=True)
    return default.model_dump(mode="json") if isinstance(default, BaseModel) else default


def _kinds(item: Any) -> tuple[type[BaseModel], ...]:
    bare = tuple(_bare(member) for member in get_args(item)) if _is_union(item) else ()
    return bare if all(map(_model, bare)) else ()


def _choices(inner: Any) -> tuple[str, ...]:
    return tuple(str(one) for one in get_args(inner)) if get_origin(inner) is Literal else ()


def _usual(inner: Any) -> str:
    """Return the control of a setting that names none."""
    if get_origin(inner) is Literal:
        return "select"
    return {bool: "switch", int: "number", float: "number"}.get(inner, "text")


def _bounds(info: FieldInfo) -> tuple[float | None, float | None, int | None]:
    found: dict[str, Any] = {}
    for mark in info.metadata:
        for key in ("ge", "le", "max_length"):
            if getattr(mark, key, None) is not None:
                found[key] = getattr(mark, key)
    return found.get("ge"), found.get("le"), found.get("max_length")
