"""What an earlier version has stored is there after an upgrade, and its schedules go on."""

import json
import lzma
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.integration.parts import Postgres, Product, wait_for
from tests.kianda.product import migrated
from tests.upgrade import shapes
from tests.upgrade.make import BACKUPS, KEY, TOKEN

pytestmark = [pytest.mark.integration, pytest.mark.timeout(300)]
LOOK = """
import json
from datasources.models import Datasource
from processes.models import ProcessInstance
service = Datasource.objects.get(name="stock-service")
demo = ProcessInstance.objects.get(process_id="demo-token-refresh-1")
secrets = ProcessInstance.objects.get(process_id="stock-1").secrets
print(json.dumps([str(service.document), secrets, demo.secrets["refresh_token"][:3]]))
"""
UPGRADE = f"""
from django.core.management import call_command
call_command("migrate", verbosity=0)
call_command("migrate", check_unapplied=True, verbosity=0)
{LOOK}
call_command("api_token", "create", "integration", user="admin")
"""


def backups(kind: str) -> list[Path]:
    return sorted(BACKUPS.glob(f"*-{kind}.tar.xz"))


def upgraded(backup: Path, folder: Path, **settings: str) -> tuple[Product, str]:
    """Restore a backup as the page says, bring it up to date, and make a token."""
    file = folder / "backup.tar"
    file.write_bytes(lzma.decompress(backup.read_bytes()))
    product = Product(folder, settings, apart=False)
    assert "older version. Now run manage.py migrate" in product.manage("restore", str(file))
    found, token = product.manage("shell", "-v0", "-c", UPGRADE).splitlines()
    service, instance, refresh = json.loads(found)
    assert TOKEN in service
    # The button has copied the one to the other.
    assert instance == {"key": KEY, "copy": KEY}
    assert refresh == "rt_"
    said = product.manage("rotate_secrets")
    assert "of them are newly bound to their row." in said
    assert "All values are bound to their rows; others are now refused." in said
    assert product.manage("shell", "-v0", "-c", LOOK).splitlines() == [found]
    return product, token


@pytest.mark.parametrize("backup", backups("sqlite"), ids=lambda file: file.name)
def test_after_an_upgrade_every_secret_is_there_and_the_schedules_go_on(
    backup: Path, new_folder: Callable[[str], Path]
) -> None:
    product, token = upgraded(backup, new_folder("upgraded"))
    new = migrated(new_folder("new")) / "kianda.sqlite3"
    assert shapes.of_sqlite(product.folder / "kianda.sqlite3") == shapes.of_sqlite(new)
    product.start()
    try:
        api = product.api(token)
        tasks = {task["name"]: task for task in api.all("/scheduled-tasks/")}
        assert len(tasks) == 3
        rows = f"/scheduled-tasks/{tasks['Count']['id']}/occurrences/"
        before = {row["id"]: row for row in api.all(rows)}

        def fired_again() -> bool:
            later = [row for row in api.all(rows) if row["id"] not in before]
            return "succeeded" in {row["outcome"] for row in later}

        wait_for(fired_again, seconds=60, saying="The schedule does not go on")
        data = api.get("/instances/stock-1/")["data"]
        assert data["count"] > 1
        assert set(data.values()) == {data["count"], "********"}
    finally:
        product.stop()


@pytest.mark.needs("postgres")
@pytest.mark.parametrize("backup", backups("postgresql"), ids=lambda file: file.name)
def test_after_an_upgrade_on_postgresql_every_secret_is_there(
    backup: Path, new_folder: Callable[[str], Path], postgres: Postgres, prepared_database: str
) -> None:
    settings = {"DATABASE_URL": postgres.create("upgraded"), "KIANDA_MODE": "embedded"}
    upgraded(backup, new_folder("upgraded"), **settings)
    with postgres.connect("upgraded") as old, postgres.connect(prepared_database) as new:
        assert shapes.of_postgresql(old) == shapes.of_postgresql(new)


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_there_is_a_backup_of_each_kind_and_each_is_small(kind: str) -> None:
    files = backups(kind)
    assert files
    assert max(file.stat().st_size for file in files) < 200_000
