"""Errors of a body as flaws: a JSON pointer (RFC 6901) into it, and a plain sentence."""

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any, get_args

from pydantic import BaseModel, ValidationError

from kianda.lib.errors import Flaw
from kianda.lib.i18n import gettext as _
from kianda.lib.i18n import gettext_noop, grouped

TAGS = ("type", "scheme", "kind")

SENTENCES: dict[str, str] = {
    "missing": gettext_noop("This is required."),
    "string_type": gettext_noop("Enter text."),
    "bool_type": gettext_noop("Enter true or false."),
    "bool_parsing": gettext_noop("Enter true or false."),
    "int_type": gettext_noop("Enter a whole number."),
    "int_parsing": gettext_noop("Enter a whole number."),
    "int_from_float": gettext_noop("Enter a whole number."),
    "float_type": gettext_noop("Enter a number."),
    "float_parsing": gettext_noop("Enter a number."),
    "decimal_type": gettext_noop("Enter a number."),
    "decimal_parsing": gettext_noop("Enter a number."),
    "list_type": gettext_noop("Enter a list."),
    "tuple_type": gettext_noop("Enter a list."),
    "model_type": gettext_noop("Enter an object."),
    "model_attributes_type": gettext_noop("Enter an object."),
    "dict_type": gettext_noop("Enter an object."),
    "string_too_short": gettext_noop("Enter at least {min_length} characters."),
    "string_too_long": gettext_noop("Use at most {max_length} characters."),
    "too_short": gettext_noop("Enter at least {min_length}."),
    "too_long": gettext_noop(
        "At most {max_length} {name} are allowed here; there are {actual_length}."
    ),
    "greater_than": gettext_noop("Enter more than {gt}."),
    "greater_than_equal": gettext_noop("Enter {ge} or more."),
    "less_than": gettext_noop("Enter less than {lt}."),
    "less_than_equal": gettext_noop("Enter {le} or less."),
    "literal_error": gettext_noop("Choose one of {expected}."),
    "union_tag_invalid": gettext_noop(
        "Unknown {discriminator} '{tag}'. Choose one of {expected_tags}."
    ),
    "union_tag_not_found": gettext_noop("Enter the {discriminator}.{known}"),
    "recursion_loop": gettext_noop("This is nested too deeply."),
}


def pointer(*parts: str | int) -> str:
    """Return the JSON pointer of a place: `pointer("forms", 0)` is `/forms/0`."""
    return "".join(f"/{str(part).replace('~', '~0').replace('/', '~1')}" for part in parts)


def control_id(pointer: str) -> str:
    """Return the id of the control that edits the value at a JSON pointer."""
    return "f" + pointer.replace("/", "-").replace("~1", "_").replace("~0", "_")


def flaws_of(
    error: ValidationError, raw: object, *, model: Any = None, prefix: str = ""
) -> list[Flaw]:
    """Return every error as a flaw in `raw`, the body as it was sent.

    `model` (a model or an annotated union of them) lets an unknown key name the known ones.
    """
    made = [
        Flaw(prefix + pointer(*_place(raw, line, model)), _sentence(line, model))
        for line in error.errors(include_url=False, include_input=False)
    ]
    return unique(made)


def unique(flaws: Iterable[Flaw]) -> list[Flaw]:
    """Return the flaws in order, each once."""
    return list(dict.fromkeys(flaws))


def _place(raw: object, line: Mapping[str, Any], model: Any) -> list[str | int]:
    """Follow the error's place through the body; what is not in the body is a union's own mark."""
    place: list[str | int] = []
    node: Any = raw
    loc, told = line["loc"], None
    for index, part in enumerate(loc):
        last = index == len(loc) - 1
        # A kind may have a setting of its own name: it is told apart once.
        if node is not told and _is_mark(node, part) and not (last and part in node):
            told = node
            continue
        if _has(node, part):
            node = node[part]
            place.append(part)
        elif last and (line["type"] == "missing" or _is_left_out(line, model)):
            place.append(part)
    if line["type"].startswith("union_tag"):
        place.append(_discriminator(line))
    return place


def _is_left_out(line: Mapping[str, Any], model: Any) -> bool:
    """Tell whether a setting that was left out is wrong for being so, as its own check says."""
    *holder, name = line["loc"]
    found = _models_at(model, holder)
    return line["type"] == "value_error" and any(name in _settings(one) for one in found)


def _is_mark(node: Any, part: str | int) -> bool:
    return isinstance(node, Mapping) and any(node.get(tag) == part for tag in TAGS)


def _has(node: Any, part: str | int) -> bool:
    if isinstance(node, Mapping):
        return part in node
    return isinstance(node, Sequence) and isinstance(part, int) and part < len(node)


def _discriminator(line: Mapping[str, Any]) -> str:
    return str(line.get("ctx", {}).get("discriminator", "type")).strip("'").removesuffix("()")


def _sentence(line: Mapping[str, Any], model: Any) -> str:
    kind, context = line["type"], dict(line.get("ctx", {}))
    if kind in {"value_error", "assertion_error"}:
        return str(context.get("error", line["msg"]))
    if kind == "extra_forbidden":
        return _unknown_key(line["loc"], model)
    if kind in {"string_too_short", "too_short"} and context["min_length"] == 1:
        kind = "missing"
    if "discriminator" in context:
        context["discriminator"] = _discriminator(line)
    if kind == "union_tag_not_found":
        context["known"] = _known_tags(line["loc"], model, context["discriminator"])
    if "expected" in context:
        before, either, last = str(context["expected"]).rpartition(" or ")
        context["expected"] = before + (_(" or ") if either else "") + last
    words = (part for part in reversed(line["loc"]) if isinstance(part, str))
    context["name"] = next(words, "").replace("_", " ")
    sentence = SENTENCES.get(kind)
    if not sentence:
        return f"{line['msg'].rstrip('.')}."
    return _(sentence).format(**{name: _grouped(value) for name, value in context.items()})


def _grouped(value: Any) -> Any:
    """Write a number with its thousands apart, as sentences do everywhere."""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return grouped(value) if isinstance(value, int | float | Decimal) else value


def _unknown_key(loc: Sequence[str | int], model: Any) -> str:
    known = [name for found in _models_at(model, loc[:-1]) for name in _settings(found)]
    sentence = _("Unknown setting '%(name)s'.") % {"name": loc[-1]}
    if not known:
        return sentence
    names = ", ".join(dict.fromkeys(known))
    return f"{sentence} " + _("Available: %(names)s.") % {"names": names}


def _known_tags(loc: Sequence[str | int], model: Any, tag: str) -> str:
    kinds = [found for found in _models_at(model, loc) if tag in found.model_fields]
    known = ", ".join(str(kind.model_fields[tag].default) for kind in kinds)
    return " " + _("Choose one of %(known)s.") % {"known": known} if known else ""


def _models_at(model: Any, loc: Sequence[str | int]) -> list[type[BaseModel]]:
    """Walk the place of an error through the types, as the body would be walked."""
    found, told = models_in(model), ""
    for part in loc:
        if isinstance(part, int):
            continue
        marked = [] if part == told else [one for one in found if _is_marked(one, part)]
        told = part if marked else ""
        found = marked or [inner for one in found for inner in models_in(_settings(one).get(part))]
    return found


def _settings(model: type[BaseModel]) -> dict[str, Any]:
    """Return the types of a model's settings by the names that a body uses."""
    return {field.alias or name: field.annotation for name, field in model.model_fields.items()}


def _is_marked(model: type[BaseModel], part: str) -> bool:
    tags = (model.model_fields[tag].default for tag in TAGS if tag in model.model_fields)
    return model.__name__ == part or part in tags


def models_in(annotation: Any) -> list[type[BaseModel]]:
    """Return the models that a type is made of."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [model for inner in get_args(annotation) for model in models_in(inner)]
