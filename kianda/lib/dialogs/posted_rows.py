"""Rows of a mapping: read from a form, and as texts to show. A row left wholly blank is none."""

from typing import Any

from pydantic import BaseModel

from kianda.lib.dialogs.posted import Node
from kianda.lib.dialogs.specs import Spec, specs_of
from kianda.lib.dialogs.text_codecs import as_typed


def columns_of(row: type[BaseModel] | None) -> tuple[Spec, ...]:
    """Return the columns of a row."""
    return specs_of(row) if row is not None else ()


def read_rows(spec: Spec, node: Node | None, *, blank: bool = False) -> list[Any]:
    """Return the rows in page order; with `blank` those too that nothing is written in."""
    columns = columns_of(spec.row)
    found = [_row(columns, one) for one in (node.rows() if node is not None else ())]
    return found if blank else [row for row in found if not is_blank(columns, row)]


def _row(columns: tuple[Spec, ...], node: Node) -> dict[str, Any]:
    return {
        column.name: _cell(column, node.text_at(column.name))
        for column in columns
        if node.at(column.name) is not None or column.required
    }


def _cell(column: Spec, text: str) -> Any:
    # Names and places bear no blanks around them; values do.
    return text if column.control in {"value", "expression", "text"} else text.strip()


def is_blank(columns: tuple[Spec, ...], row: dict[str, Any]) -> bool:
    """Tell whether nothing is written in a row: what is only chosen does not count."""
    return not any(row.get(column.name) for column in columns if not column.choices)


def shown_rows(spec: Spec, value: Any) -> list[dict[str, str]]:
    """Return rows as texts, each with all its columns."""
    columns = columns_of(spec.row)
    found = value if isinstance(value, (list, tuple)) else ()
    return [_texts(columns, one if isinstance(one, dict) else {}) for one in found]


def _texts(columns: tuple[Spec, ...], row: dict[str, Any]) -> dict[str, str]:
    return {column.name: as_typed(row.get(column.name, column.default)) for column in columns}
