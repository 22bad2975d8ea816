"""Rows and groups of conditions, short."""

from typing import Any

from processes.language.conditions import ConditionGroup

TODAY = "2026-11-23"


def group(*items: Any, match: str = "all") -> Any:
    """Return conditions as they are stored in a rule."""
    return ConditionGroup.model_validate({"match": match, "items": list(items)})


def row(left: Any, operator: Any, right: Any = None) -> Any:
    """Return one condition as it is written."""
    made = {"left": left, "operator": operator}
    return made if right is None else {**made, "right": right}


YES, NO = row("a", "eq", "a"), row("a", "eq", "b")
