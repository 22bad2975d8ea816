"""Texts of plain controls as settings and back; choices one a line, `de | Germany`."""

import json
from typing import Any


def as_typed(value: Any) -> str:
    """Return a setting as the text that stands in its control."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return value.replace("\r\n", "\n").replace("\r", "\n")
    if isinstance(value, (list, tuple)) and all(isinstance(one, str) for one in value):
        return "\n".join(value)
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return json.dumps(value, ensure_ascii=False, default=str)


def read_json(text: str, *, otherwise: Any) -> Any:
    """Return what a text of JSON stands for; nothing in it is what is usual."""
    if not text.strip():
        return otherwise
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        # The typed models say what is wrong with it.
        return text


def shown_json(value: Any, *, otherwise: Any) -> str:
    """Return a value as JSON to read and edit; what is usual as nothing."""
    if value == otherwise or isinstance(value, str):
        return value if isinstance(value, str) else ""
    return json.dumps(value, ensure_ascii=False, indent=2, default=str)


BETWEEN = " | "


def read_choices(text: str) -> list[Any]:
    """Return the choices of the lines; blank lines are none."""
    return [_choice(line.strip()) for line in text.split("\n") if line.strip()]


def _choice(line: str) -> Any:
    if line.startswith("{"):
        # What no line can say stands as it does in the definition.
        try:
            return json.loads(line)
        except (ValueError, RecursionError):
            return {"value": line}
    value, between, title = line.partition(BETWEEN)
    made = {"value": value.strip()}
    return made | {"title": title.strip()} if between else made


def shown_choices(value: Any) -> str:
    """Return choices as lines."""
    return (
        "\n".join(_choice_as_text(one) for one in value) if isinstance(value, (list, tuple)) else ""
    )


def _choice_as_text(raw: Any) -> str:
    choice = {"value": raw} if isinstance(raw, str) else raw
    if not isinstance(choice, dict):
        return json.dumps(raw, ensure_ascii=False, default=str)
    value, title = choice.get("value"), choice.get("title") or choice.get("value")
    if isinstance(value, str) and isinstance(title, str) and _plain(choice, value, title):
        return value if title == value else f"{value}{BETWEEN}{title}"
    return json.dumps(choice, ensure_ascii=False, default=str)


def _plain(choice: dict[str, Any], value: str, title: str) -> bool:
    """Tell whether a line can say it so that it reads back."""
    if set(choice) - {"value", "title"} or not value or value.startswith("{"):
        return False
    bare = value == value.strip() and title == title.strip() and BETWEEN not in value
    return bare and not any(sign in value + title for sign in "\n\r\0")
