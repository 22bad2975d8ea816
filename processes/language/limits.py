"""How large a definition may be: said once, for those who send one and those who build one."""

from typing import NamedTuple


class DefinitionLimits(NamedTuple):
    """The most of each in one definition."""

    # Of its text, in compact JSON.
    bytes: int = 1_000_000
    forms: int = 50
    fields: int = 500
    # In one list.
    rules: int = 100
    # Fields in fields, rules in rules.
    nesting: int = 8
    # Of its JSON; deeper JSON is not looked at any further.
    levels: int = 64


LIMITS = DefinitionLimits()
# The title of a form can be the status of an instance.
LONGEST_STATUS = 200
