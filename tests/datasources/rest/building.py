"""The call of a data source with one method, built and not sent."""

from typing import Any

import pytest

from datasources.rest.document import RestDatasource
from datasources.rest.errors import CallFailed
from datasources.rest.request import PreparedCall, build


def prepared(
    inputs: dict[str, Any] | None = None, *, source: dict[str, Any] | None = None, **method: Any
) -> PreparedCall:
    """Build the call of a one-method datasource."""
    made = RestDatasource.model_validate(
        {
            "name": "crm",
            "title": "CRM",
            "base_url": "https://crm.example.org/v1",
            "methods": [{"name": "call", "url_path": "/things", **method}],
            **(source or {}),
        }
    )
    return build(made, made.methods[0], inputs or {})


def failure(*args: Any, **kwargs: Any) -> CallFailed:
    """Return why a call cannot be built."""
    with pytest.raises(CallFailed) as caught:
        prepared(*args, **kwargs)
    return caught.value


def body_of(call: PreparedCall) -> bytes:
    """Return the body of a call that sends no files."""
    assert call.body is None or isinstance(call.body, bytes)
    return call.body or b""
