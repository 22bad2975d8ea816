"""Both ways to the database: prepared statements with shared commits, and Django's plain ORM.

And the other database: a script that runs in the product on PostgreSQL.
"""

import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from cryptography.fernet import Fernet

from tests.integration.parts import Postgres
from tests.kianda.product import manage


@pytest.fixture(params=[False, True], ids=["prepared", "plain"])
def either_way(request: pytest.FixtureRequest, settings: Any) -> bool:
    """Go one way, then the other; tell whether it is the plain one."""
    plain: bool = request.param
    if settings.KIANDA_PLAIN_ORM and not plain:
        # What is prepared once stays so: the tests that follow would no longer go the plain way.
        pytest.skip("The suite runs on the plain ORM.")
    settings.KIANDA_PLAIN_ORM = plain
    return plain


@pytest.fixture
def on_postgresql(tmp_path: Path) -> Iterator[Callable[..., str]]:
    """Return `on_postgresql(script, parameters="")`: what a script prints there.

    `parameters` are those of DATABASE_URL.
    """
    folder = Path(tempfile.mkdtemp(prefix="kpg"))
    folder.chmod(0o755)
    (folder / "pg").mkdir()
    server = Postgres(folder / "pg")
    url = server.create("tried")

    def run(script: str, parameters: str = "") -> str:
        settings = {
            "DJANGO_SETTINGS_MODULE": "tests.settings",
            "DATABASE_URL": url + parameters,
            "KIANDA_SECRET_KEY": "k" * 60,
            "KIANDA_SECRET_KEYS": Fernet.generate_key().decode(),
        }
        done = manage(tmp_path, "shell", "-c", script, **settings)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    yield run
    server.end()
    shutil.rmtree(folder, ignore_errors=True)
