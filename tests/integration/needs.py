"""Which programs of other makers the tests on production parts need, and where they are."""

import shutil
from pathlib import Path


def postgres_folder() -> Path | None:
    """Return the folder of the newest PostgreSQL's programs."""
    found = [path.parent for path in Path("/usr/lib/postgresql").glob("*/bin/initdb")]
    if found:
        return max(found, key=lambda folder: float(folder.parent.name))
    initdb = shutil.which("initdb")
    return Path(initdb).resolve().parent if initdb else None


def missing_programs() -> list[str]:
    """Return the names of the programs that are not on this machine."""
    missing = []
    if shutil.which("redis-server") is None:
        missing.append("redis-server")
    if postgres_folder() is None:
        missing.append("PostgreSQL (initdb, postgres)")
    return missing
