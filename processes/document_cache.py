"""Design versions as parsed documents, parsed once in each process."""

from collections import OrderedDict
from datetime import datetime
from threading import Lock

from processes.definition.document import Document, load_document
from processes.models import DesignVersion

_KEPT = 256
_cache: "OrderedDict[tuple[int, datetime], Document]" = OrderedDict()
_guard = Lock()


def document_of(version: DesignVersion) -> Document:
    """Return the document of a version. A version never changes, so it is parsed only once.

    `version.document` may be deferred: it is read from the database only when it is not known yet.
    """
    # The time of creation tells versions of two databases apart that have the same number.
    key = (version.pk, version.created)
    with _guard:
        found = _cache.get(key)
        if found is not None:
            _cache.move_to_end(key)
            return found
    document = load_document(version.document)
    with _guard:
        _cache[key] = document
        while len(_cache) > _KEPT:
            _cache.popitem(last=False)
    return document
