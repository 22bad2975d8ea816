"""A catalog that knows a few things, and what is said about a definition beside it."""

from typing import Any

from processes.definition.checks import advise, check_references
from processes.definition.document import parse_document
from tests.fakes import FakeCatalog
from tests.processes.definitions import (
    token_refresh,
)

RULE = "/forms/0/fields/9/rules/1"


CATALOG = FakeCatalog(parse_document(token_refresh()))


def references(raw: dict[str, Any], catalog: FakeCatalog = CATALOG) -> list[tuple[str, str]]:
    """Return what is told of names that do not hold, by place."""
    return [tuple(flaw) for flaw in check_references(parse_document(raw), catalog)]  # type: ignore[misc]


def advice(raw: dict[str, Any], catalog: FakeCatalog = CATALOG) -> list[tuple[str, str]]:
    """Return what its designer should know, by place."""
    return [tuple(flaw) for flaw in advise(parse_document(raw), catalog)]  # type: ignore[misc]
