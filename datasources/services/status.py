"""How a datasource stands: ready, incomplete, or its last test failed."""

from dataclasses import dataclass
from typing import Literal

from django.utils.translation import gettext as _

from datasources.models import Datasource
from datasources.rest.document import DatasourceDocument
from datasources.selectors import document_of

DatasourceState = Literal["ready", "incomplete", "test_failed"]


@dataclass(frozen=True)
class DatasourceStatus:
    """A state, and in words why."""

    state: DatasourceState
    reason: str = ""


def standing_of(row: Datasource) -> DatasourceStatus:
    """Return how a datasource stands: what is missing goes before how the last test ended."""
    missing = lacks(document_of(row))
    if missing:
        return DatasourceStatus("incomplete", missing)
    if row.last_test_ok is False:
        return DatasourceStatus("test_failed", row.last_test_detail)
    return DatasourceStatus("ready", "" if row.last_test_at else _("Not tested yet"))


def lacks(document: DatasourceDocument) -> str:
    """Return in words what whoever uses it needs and the settings do not have; nothing when ready.

    Whether there is such a thing is kept in the column `is_complete`, by which lists choose.
    """
    return document.lacks()
