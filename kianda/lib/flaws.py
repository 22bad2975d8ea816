"""Pydantic's errors as flaws: a JSON pointer into the body that was sent, and a plain sentence."""

from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from kianda.lib.errors import Flaw

# The keys whose value pydantic puts into a place to name the member of a union.
TAGS = ("type", "scheme", "kind")

SENTENCES = {
    "missing": "This is required.",
    "extra_forbidden": "There is no such setting.",
    "string_type": "Write text.",
    "string_too_short": "Write at least {min_length} character(s).",
    "string_too_long": "Write at most {max_length} characters.",
    "bool_type": "Write true or false.",
    "int_type": "Write a whole number.",
    "int_from_float": "Write a whole number.",
    "float_type": "Write a number.",
    "finite_number": "Write a number.",
    "list_type": "Write a list.",
    "too_long": "At most {max_length} entries are possible here.",
    "too_short": "At least {min_length} entries are needed here.",
    "dict_type": "Write an object.",
    "model_type": "Write an object.",
    "model_attributes_type": "Write an object.",
    "literal_error": "Choose {expected}.",
    "greater_than": "Write a number above {gt}.",
    "greater_than_equal": "Write {ge} or more.",
    "less_than": "Write a number below {lt}.",
    "less_than_equal": "Write {le} or less.",
    "value_error": "{error}",
}


def pointer(*parts: str | int) -> str:
    """Return the JSON pointer (RFC 6901) of a place."""
    return "".join("/" + str(part).replace("~", "~0").replace("/", "~1") for part in parts)


def flaws_of(error: ValidationError, raw: object) -> list[Flaw]:
    """Return every error of a validation, placed in the body `raw` that was validated."""
    return [_flaw(entry, raw) for entry in error.errors(include_url=False)]


def _flaw(entry: ErrorDetails, raw: object) -> Flaw:
    place = _place(entry["loc"], raw)
    context: dict[str, Any] = entry.get("ctx", {})
    if entry["type"] == "union_tag_not_found":
        key = str(context["discriminator"]).strip("'")
        return Flaw(pointer(*place, key), "This is required.")
    if entry["type"] == "union_tag_invalid":
        key = str(context["discriminator"]).strip("'")
        return Flaw(pointer(*place, key), f"Choose one of {context['expected_tags']}.")
    sentence = SENTENCES.get(entry["type"])
    if sentence is None:
        return Flaw(pointer(*place), entry["msg"].replace("Input should", "This should") + ".")
    return Flaw(pointer(*place), sentence.format(**context))


def _place(location: tuple[str | int, ...], raw: object) -> list[str | int]:
    """Drop the union tags from a place: they are no keys of the body."""
    place: list[str | int] = []
    current = raw
    for part in location:
        if isinstance(current, dict):
            if part not in current and part in [current.get(tag) for tag in TAGS]:
                continue
            current = current.get(part)
        elif isinstance(current, list) and isinstance(part, int) and part < len(current):
            current = current[part]
        else:
            current = None
        place.append(part)
    return place
