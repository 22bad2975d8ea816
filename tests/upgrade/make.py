"""Make the backups that later versions are tested with: `python -m tests.upgrade.make`.

Once for each release, from its checkout: the files are named by its version, and stay.
"""

import lzma
import os
import tempfile
import tomllib
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from tests.integration.api import Api
from tests.integration.parts import ROOT, Postgres, Product, wait_for

BACKUPS = Path(__file__).parent / "backups"
KEY = "sesame-of-the-instance"
TOKEN = "sesame-of-the-service"
SERVICE: dict[str, Any] = {
    "name": "stock-service",
    "kind": "rest",
    "base_url": "https://stock.example.org",
    "auth": {"scheme": "bearer", "token": TOKEN},
    "methods": [{"name": "look", "http_method": "GET", "url_path": "/stock"}],
}
COUNT: list[dict[str, Any]] = [
    {
        "type": "set_form_field",
        "id": "add",
        "assignments": [
            {"field": "count", "value": "=[count] + 1"},
            {"field": "copy", "value": "[key]"},
        ],
    },
    {"type": "save", "id": "save"},
]
DESIGN: dict[str, Any] = {
    "name": "stock",
    "forms": [
        {
            "name": "main",
            "fields": [
                {"type": "number", "name": "count"},
                {"type": "secret", "name": "key"},
                {"type": "secret", "name": "copy"},
                {"type": "button", "name": "add", "rules": COUNT},
            ],
        }
    ],
}
TASK = {"name": "Count", "process": "stock", "target": "add"}


def fill(api: Api) -> None:
    """Make one of everything, beside the demo, and let the schedule fire once."""
    api.post("/datasources/", SERVICE, expect=201)
    api.post("/processes/", DESIGN, expect=201)
    api.post("/processes/stock/publish/", {}, expect=201)
    values = {"process": "stock", "mode": "live", "data": {"count": 0, "key": KEY}}
    made = api.post("/instances/", values, expect=201)
    schedule = {"kind": "seconds", "every": 5}
    task = TASK | {"process_id": made["process_id"], "schedule": schedule}
    rows = f"/scheduled-tasks/{api.post('/scheduled-tasks/', task, expect=201)['id']}/occurrences/"
    wait_for(
        lambda: [row for row in api.all(rows) if row["outcome"] == "succeeded"],
        seconds=60, saying="The task has not fired",
    )  # fmt: skip


def back_up(product: Product, target: Path) -> None:
    """Fill a workspace and write its backup, the keys in it."""
    product.manage("migrate", "--verbosity", "0")
    product.manage("ensure_admin")
    product.manage("demo")
    product.start()
    try:
        fill(product.api(product.api_token()))
        file = product.folder / "backup.tar"
        product.manage("backup", str(file), "--with-keys")
    finally:
        product.stop()
    target.write_bytes(lzma.compress(file.read_bytes()))


@contextmanager
def postgres(folder: Path) -> Iterator[Postgres]:
    """Run a PostgreSQL of its own."""
    server = Postgres(folder)
    try:
        yield server
    finally:
        server.end()


def main() -> None:
    """Make one backup of each kind of database."""
    os.umask(0o022)
    version = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    BACKUPS.mkdir(exist_ok=True)
    with ExitStack() as stack:
        folders = [
            Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="kia-"))) for _ in range(3)
        ]
        folders[2].chmod(0o755)
        url = stack.enter_context(postgres(folders[2])).create("upgrade")
        for kind, folder, settings in (
            ("sqlite", folders[0], {}),
            ("postgresql", folders[1], {"DATABASE_URL": url, "KIANDA_MODE": "embedded"}),
        ):
            target = BACKUPS / f"{version}-{kind}.tar.xz"
            back_up(Product(folder, settings, apart=False), target)
            print(f"{target.name}: {target.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
