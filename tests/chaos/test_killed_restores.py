"""A restore that is killed at any moment leaves the old state or the new one, and says which."""

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from cryptography.fernet import Fernet

from tests.integration.parts import Postgres
from tests.kianda.ops.restores import Grown

pytestmark = [pytest.mark.chaos, pytest.mark.timeout(300)]
KILLED_AFTER_S = (0, 0.02, 0.1)


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.needs("postgres"))])
def grown(request: Any, tmp_path: Path) -> Iterator[Grown]:
    """A product's database of some size, and a backup of another state of it."""
    if request.param == "sqlite":
        yield Grown(tmp_path)
        return
    folder = Path(tempfile.mkdtemp(prefix="kpg"))
    folder.chmod(0o755)
    (folder / "pg").mkdir()
    server = Postgres(folder / "pg")
    yield Grown(
        tmp_path, connect=lambda: server.connect("grown"), DATABASE_URL=server.create("grown"),
        KIANDA_SECRET_KEY="k" * 60, KIANDA_SECRET_KEYS=Fernet.generate_key().decode(),
    )  # fmt: skip
    server.end()
    shutil.rmtree(folder, ignore_errors=True)


def test_a_restore_killed_at_any_moment_leaves_old_or_new(grown: Grown) -> None:
    for after_s in KILLED_AFTER_S:
        grown.state_told_by(grown.killed_restore(after_s=after_s))
