"""References in the texts of a definition, and their new names. Each takes {old: new}."""

import re
from collections.abc import Mapping

Renames = Mapping[str, str]

# `[[` is a plain bracket; a name may go on with a path.
_NAME = r"([A-Za-z][A-Za-z0-9_]*)((?:\.[A-Za-z0-9_]+)*)\]"
_FIELD = re.compile(rf"\[\[|\[{_NAME}")
_ITEM = re.compile(rf"\[\[|\[item\.{_NAME}")


def of_fields(text: str, names: Renames) -> str:
    """Rename `amount` alone, and `[amount]` in a text."""
    return names.get(text) or _within(_FIELD, text, names, root="")


def of_items(text: str, names: Renames) -> str:
    """Rename `[item.amount]`."""
    return _within(_ITEM, text, names, root="item.")


def of_columns(text: str, names: Renames, table: str, *, in_rows: bool) -> str:
    """Rename `[lines.amount]`; in the rules of its rows `[row.amount]` and `row.amount` alone."""
    text = _in_root(text, names, table)
    if not in_rows:
        return text
    root, _, column = text.partition(".")
    return (
        f"row.{names[column]}"
        if root == "row" and column in names
        else _in_root(text, names, "row")
    )


def of_item_columns(text: str, names: Renames, table: str) -> str:
    """Rename `[item.lines.0.amount]`, a cell of a table of an instance found."""
    for row in set(re.findall(rf"\[(item\.{re.escape(table)}\.\d+)\.", text)):
        text = _in_root(text, names, row)
    return text


def _in_root(text: str, names: Renames, root: str) -> str:
    pattern = re.compile(rf"\[\[|\[{re.escape(root)}\.{_NAME}")
    return _within(pattern, text, names, root=f"{root}.")


def of_inputs(text: str, names: Renames) -> str:
    """Rename `amount` or `body.amount`, the place of a value that goes into another instance."""
    name = text.removeprefix("body.")
    return text.removesuffix(name) + names[name] if name in names else text


def of_triggers(text: str, names: Renames) -> str:
    """Rename `go`, `go#rule` and `form:order#submit`, what is fired in another instance."""
    owner, joint, part = text.partition("#")
    kind, colon, name = owner.rpartition(":")
    return f"{kind}{colon}{names[name]}{joint}{part}" if name in names else text


def _within(pattern: re.Pattern[str], text: str, names: Renames, *, root: str) -> str:
    def new(found: re.Match[str]) -> str:
        return f"[{root}{names[found[1]]}{found[2]}]" if found[1] in names else found[0]

    return pattern.sub(new, text)
