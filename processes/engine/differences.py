"""What became of a JSON value since an earlier one, and the later one made of both again.

A run notes at each of its points where it is. Of a loop through a thousand rows that is a long
value of which one row has changed, so what is noted is how it differs.

A difference is JSON: `[value]` stands for what is there now instead, an object says what became of
the members of an object, or of the items of a list.
"""

from collections.abc import Mapping, Sequence
from typing import Any


def difference(before: Any, after: Any) -> Any:
    """Return what makes `after` of `before`; None when they are the same.

    What stands in both is not looked into: nobody may have changed it in place.
    """
    if before is after:
        return None
    if isinstance(before, dict) and isinstance(after, dict):
        return _of_objects(before, after)
    if isinstance(before, list) and isinstance(after, list):
        return _of_lists(before, after)
    # 1, 1.0 and true are equal, and not the same.
    return None if type(before) is type(after) and before == after else [after]


def _of_objects(before: Mapping[str, Any], after: Mapping[str, Any]) -> Any:
    changed: dict[str, Any] = {}
    for name, value in after.items():
        found = difference(before[name], value) if name in before else [value]
        if found is not None:
            changed[name] = found
    gone = [name for name in before if name not in after]
    return {"members": changed, "gone": gone} if changed or gone else None


def _of_lists(before: Sequence[Any], after: Sequence[Any]) -> Any:
    changed = [
        [place, found]
        for place, (old, new) in enumerate(zip(before, after, strict=False))
        if old is not new and (found := difference(old, new)) is not None
    ]
    if not changed and len(before) == len(after):
        return None
    kept = min(len(before), len(after))
    return {"items": changed, "kept": kept, "more": list(after[kept:])}


def later(before: Any, change: Any) -> Any:
    """Return what `difference` saw after `before`, which stays as it is.

    Raises LookupError, TypeError or ValueError when the difference is from something else.
    """
    if change is None:
        return before
    if isinstance(change, list):
        (value,) = change
        return value
    if "members" in change:
        return _later_object(before, change)
    return _later_list(before, change)


def _later_object(before: Mapping[str, Any], change: Mapping[str, Any]) -> dict[str, Any]:
    made = dict(before)
    for name in change["gone"]:
        del made[name]
    for name, one in change["members"].items():
        made[name] = later(made.get(name), one)
    return made


def _later_list(before: Sequence[Any], change: Mapping[str, Any]) -> list[Any]:
    if not isinstance(before, list) or len(before) < change["kept"]:
        raise ValueError("The difference is from another list.")
    made = before[: change["kept"]]
    for place, one in change["items"]:
        made[place] = later(made[place], one)
    return [*made, *change["more"]]
