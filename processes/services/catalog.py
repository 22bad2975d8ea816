"""What a definition may refer to outside itself, as it is stored now."""

from functools import lru_cache

from datasources.document import RestDatasource
from datasources.services import get_document
from kianda.lib.errors import Missing
from processes.document import Document
from processes.models import ProcessDesign
from processes.services.documents import document_of


class StoredCatalog:
    """Implements `processes.checks.Catalog`; looks each name up once."""

    def __init__(self) -> None:
        """Start with nothing looked up."""
        self.datasource = lru_cache(maxsize=None)(self._datasource)
        self.process = lru_cache(maxsize=None)(self._process)

    def _datasource(self, name: str) -> RestDatasource | None:
        try:
            return get_document(name)
        except Missing:
            return None

    def _process(self, name: str) -> Document | None:
        design = (
            ProcessDesign.objects.select_related("draft", "published").filter(name=name).first()
        )
        version = design and (design.published or design.draft)
        return document_of(version) if version else None
