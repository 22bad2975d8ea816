"""The kinds of datasources, each a document of its own; this table is the only list."""

from collections.abc import Mapping
from typing import Any, Final

from datasources.kinds.email import EmailDatasource
from datasources.rest.document import DatasourceDocument, RestDatasource

KINDS: Final[Mapping[str, type[DatasourceDocument]]] = {
    "rest": RestDatasource,
    "email": EmailDatasource,
}

__all__ = [
    "KINDS",
    "DatasourceDocument",
    "EmailDatasource",
    "RestDatasource",
    "known_by_columns",
    "load_document",
]


def known_by_columns(*, kind: str, name: str, title: str, address: str) -> DatasourceDocument:
    """Return what lists know of a datasource whose settings are lost; it is not complete."""
    known: dict[str, Any] = {"name": name, "title": title, "base_url": address}
    if kind == "email":
        host, _colon, port = known.pop("base_url").removeprefix("smtp://").rpartition(":")
        known |= {"host": host, "port": int(port), "from": ""}
    return KINDS[kind].model_validate(known)


def load_document(raw: Mapping[str, Any]) -> DatasourceDocument:
    """Return a stored document; one that names no kind is of the first that there was."""
    return KINDS[raw.get("kind", "rest")].model_validate(raw)
