"""Types that several apps share."""

from typing import Any, TypeAlias

JSONValue: TypeAlias = "bool | int | float | str | list[Any] | dict[str, Any] | None"
