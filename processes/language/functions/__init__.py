"""The functions that a formula may call. `FUNCTIONS` is the only list."""

from collections.abc import Mapping
from types import MappingProxyType

from processes.language.functions.checks import CHECKS, IF
from processes.language.functions.dates import DATES
from processes.language.functions.function import Function
from processes.language.functions.numbers import NUMBERS
from processes.language.functions.texts import TEXTS

__all__ = ["EVERY_FUNCTION", "FUNCTIONS", "IF", "Function"]

FUNCTIONS: Mapping[str, Function] = MappingProxyType(
    {function.name: function for function in (*NUMBERS, *TEXTS, *CHECKS, *DATES)}
)
# As people are shown them, with `If`.
EVERY_FUNCTION = tuple(sorted((*FUNCTIONS.values(), IF), key=lambda one: one.name.lower()))
