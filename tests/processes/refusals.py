"""What is said about a definition that is refused."""

import pytest

from kianda.lib.errors import Flaw, Invalid
from processes.definition.document import parse_document


def flaws(raw: object) -> list[Flaw]:
    """Return what is wrong with a definition."""
    with pytest.raises(Invalid) as caught:
        parse_document(raw)
    return caught.value.errors


def only_flaw(raw: object) -> Flaw:
    """Return the one thing that is wrong with a definition."""
    found = flaws(raw)
    assert len(found) == 1, found
    return found[0]
