"""A datasource whose provider is on loopback, with a spool of its own."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from datasources.models import Connection
from datasources.services.datasources import create_datasource
from tests.datasources.connections.bodies import oauth_datasource
from tests.datasources.connections.provider import TokenProvider
from tests.factories import make_user

Make = Callable[..., Connection]


@pytest.fixture
def provider() -> Iterator[TokenProvider]:
    """A provider."""
    with TokenProvider() as made:
        yield made


@pytest.fixture
def spool(settings: Any, tmp_path: Path) -> Path:
    """Where answers are kept that the database has not taken."""
    folder = tmp_path / "spool"
    settings.KIANDA_SPOOL_DIR = folder
    return folder


@pytest.fixture
def make(provider: TokenProvider, loopback: None, spool: Path) -> Make:
    """Return a function that stores the datasource and returns its connection."""

    def build(**auth: Any) -> Connection:
        row = create_datasource(raw=oauth_datasource(provider.url, **auth), user=None)
        return Connection.objects.get(datasource=row)

    return build


@pytest.fixture
def root(db: None) -> Any:
    """Root administers the workspace."""
    return make_user("root", "Administrator")
