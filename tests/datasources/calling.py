"""One call of the method of a datasource, and its failure."""

from collections.abc import Callable
from typing import Any

import pytest

from datasources.http.client import send
from datasources.rest.document import RestDatasource
from datasources.rest.errors import CallFailed
from datasources.rest.request import build
from datasources.rest.response import CallAnswer

Make = Callable[..., RestDatasource]


def call(source: RestDatasource, inputs: dict[str, Any] | None = None, **more: Any) -> CallAnswer:
    """Send the one method of a datasource."""
    return send(build(source, source.methods[0], inputs or {}), datasource=source, **more)


def failure(source: RestDatasource, **more: Any) -> CallFailed:
    """Return how the one method of a datasource fails."""
    with pytest.raises(CallFailed) as caught:
        call(source, **more)
    return caught.value
