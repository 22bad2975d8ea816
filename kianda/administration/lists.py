"""What the lists of Administration share."""

from collections.abc import Mapping
from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest

from kianda.lib.pagination import MOST_HITS, Listed, page_of_list


def shown_rows(
    request: HttpRequest, rows: QuerySet[Any], words: Mapping[str, str]
) -> dict[str, Any]:
    """Return a page of rows as the templates take it, with the words that chose them."""
    found = Listed(rows, most=MOST_HITS if words.get("search") else None)
    return {
        "page": page_of_list(found, request),
        "words": words, "filtered": any(words.values()),
    }  # fmt: skip
