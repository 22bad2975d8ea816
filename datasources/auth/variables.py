"""`{{name}}` in a setting: where it stands, and what is written in its place. Plain Python."""

import re
from collections.abc import Mapping
from typing import NamedTuple

NAME = r"[A-Za-z][A-Za-z0-9_-]{0,62}"
PLACEHOLDER = re.compile(r"\{\{\s*(" + NAME + r")\s*\}\}")


class VariableValue(NamedTuple):
    """What a variable stands for, and whether it is secret."""

    text: str
    secret: bool


Known = Mapping[str, VariableValue]


class MissingVariable(Exception):
    """A variable that there is not; `name` is how it was written."""

    def __init__(self, name: str) -> None:
        """Take the name."""
        super().__init__(name)
        self.name = name


def names_in(text: object) -> list[str]:
    """Return the variables that a setting names."""
    return PLACEHOLDER.findall(text) if isinstance(text, str) and "{{" in text else []


def is_only_names(text: object) -> bool:
    """Tell whether a setting is made of variables alone, so that it has no secret of its own."""
    return bool(names_in(text)) and not PLACEHOLDER.sub("", str(text)).strip()


def fill(text: str, known: Known) -> str:
    """Return a setting with the values of its variables; raises MissingVariable."""

    def value(match: re.Match[str]) -> str:
        if match[1] not in known:
            raise MissingVariable(match[1])
        return known[match[1]].text

    return PLACEHOLDER.sub(value, text) if "{{" in text else text
