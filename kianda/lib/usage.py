"""Who uses what: each app says at start how its objects refer to those of the apps below it."""

from collections import defaultdict
from collections.abc import Callable
from typing import Any

Use = dict[str, Any]
_checks: dict[str, list[Callable[[str], list[Use]]]] = defaultdict(list)


def register(kind: str, check: Callable[[str], list[Use]]) -> None:
    """Add a question "what uses the `kind` of this name?"; called once, from an app's ready()."""
    if check not in _checks[kind]:
        _checks[kind].append(check)


def used_by(kind: str, name: str) -> list[Use]:
    """Return all uses of an object as `{"kind", "name", "url"}`."""
    return [use for check in _checks[kind] for use in check(name)]
