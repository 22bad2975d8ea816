"""An exported file."""

from typing import Any

import pytest

from datasources.services.datasources import create_datasource
from processes.designs.lifecycle import create_design
from processes.library.catalogue import put_into_group
from processes.library.exporter import export_text
from tests.processes.library.transfer.files import secretive, service


@pytest.fixture
def workspace(ada: Any, admin: Any) -> str:
    """A design with its datasource; returns the exported file."""
    create_datasource(raw=service(), user=admin)
    create_datasource(raw=service(name="not-needed"), user=admin)
    design = create_design(raw=secretive(), user=ada)
    put_into_group(design, "Integrations", user=ada)
    return export_text(["token-refresh"], user=ada)
