"""The product as a process of its own, with a data directory of its own."""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def manage(folder, *arguments, **more):
    """Run manage.py with a clean environment on the given data directory."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("KIANDA_", "DJANGO_")) and name not in {"DATABASE_URL"}
    }
    environment = {**kept, "KIANDA_DATA_DIR": str(folder), "KIANDA_DEMO": "0", **more}
    return subprocess.run(
        [sys.executable, "manage.py", *arguments],
        cwd=ROOT, env=environment, capture_output=True, text=True, timeout=110,
    )  # fmt: skip
