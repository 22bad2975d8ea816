"""Tests of prepared statements and of group commit themselves, which the plain ORM has not."""

import pytest
from django.conf import settings

ONLY_PREPARED = pytest.mark.parametrize("either_way", [False], ids=["prepared"], indirect=True)


def prepared_alone(reason: str) -> pytest.MarkDecorator:
    """Leave a test out while the suite runs on the plain ORM, and say why."""
    return pytest.mark.skipif(settings.KIANDA_PLAIN_ORM, reason=reason)
