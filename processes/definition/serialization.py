"""A definition as people read and edit it: what is left at its default does not stand there."""

import json
from typing import Any

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from kianda.lib.pointers import TAGS
from processes.definition.document import Document

WIDTH = 100


def definition_text(document: Document) -> str:
    """Return the definition as JSON text; read again, it gives the same definition."""
    return written(essential(document))


def essential(model: BaseModel) -> dict[str, Any]:
    """Return the settings of a model that say something, as JSON."""
    plain = model.model_dump(mode="json")
    settings = sorted(type(model).model_fields.items(), key=lambda item: _rank(item[0]))
    return {
        name: _essential(getattr(model, name), plain[name])
        for name, info in settings
        if name in TAGS or not _is_default(getattr(model, name), info)
    }


def _rank(name: str) -> int:
    """The kind of a thing is read first, what it holds last."""
    return -1 if name in TAGS else int(name in {"rules", "load_rules", "forms", "fields"})


def _essential(value: Any, plain: Any) -> Any:
    if isinstance(value, BaseModel):
        return essential(value)
    if isinstance(value, (list, tuple)):
        return [_essential(item, shown) for item, shown in zip(value, plain, strict=True)]
    return plain


def _is_default(value: Any, info: FieldInfo) -> bool:
    if info.is_required():
        return False
    default = info.get_default(call_default_factory=True)
    if isinstance(value, (list, tuple)) and isinstance(default, (list, tuple)):
        return list(value) == list(default)
    # 0 and False are equal in Python, and not the same in a definition.
    return type(value) is type(default) and bool(value == default)


def written(value: Any, indent: int = 0) -> str:
    """Return JSON with each object and list on one line when it fits there."""
    short = json.dumps(value, ensure_ascii=False)
    if not isinstance(value, (dict, list)) or not value:
        return short
    if indent and len(short) + indent <= WIDTH:
        return short
    inner = "\n" + " " * (indent + 2)
    if isinstance(value, dict):
        parts = [
            f"{json.dumps(key, ensure_ascii=False)}: {written(item, indent + 2)}"
            for key, item in value.items()
        ]
        return "{" + inner + f",{inner}".join(parts) + "\n" + " " * indent + "}"
    parts = [written(item, indent + 2) for item in value]
    return "[" + inner + f",{inner}".join(parts) + "\n" + " " * indent + "]"
