"""The kinds of datasources, each a document of its own; this table is the only list."""

from collections.abc import Mapping
from typing import Any, Final

from datasources.kinds.email import EmailDatasource
from datasources.rest.document import DatasourceDocument, RestDatasource

KINDS: Final[Mapping[str, type[DatasourceDocument]]] = {
    "rest": RestDatasource,
    "email": EmailDatasource,
}

__all__ = ["KINDS", "DatasourceDocument", "EmailDatasource", "RestDatasource", "load_document"]


def load_document(raw: Mapping[str, Any]) -> DatasourceDocument:
    """Return a stored document; one that names no kind is of the first that there was."""
    return KINDS[raw.get("kind", "rest")].model_validate(raw)
