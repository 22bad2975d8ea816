"""Imports of real descriptions of APIs, each in a process of its own.

`python -m benchmarks.imports` reads `{"file"}` on standard input; prints seconds for reading,
listing and drafting 500 methods, how many operations there are, and the peak of memory beyond that
of an idle process.
"""

import json
import resource
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from benchmarks.figures import Report
from benchmarks.processes import ROOT, clean_environment, run_module
from benchmarks.product import Ground

LISTS = ROOT / "benchmarks" / "documents"
PLACE = ROOT / ".venv" / "documents"
GENERATED = PLACE / "node_modules" / "@octokit" / "openapi" / "generated"
# As they come, and one of them written as YAML. The last one is about as large as is taken.
DOCUMENTS = (
    ("api.github.com.json", False),
    ("api.github.com.json", True),
    ("ghes-3.17.deref.json", False),
)
MOST_S, MOST_TIMES = 5, 10
MEGABYTE = 1024 * 1024


def imports(ground: Ground, report: Report) -> None:
    """Measure time and memory of imports; no database has a part in it, so once is enough."""
    if ground.postgres:
        return
    report.begin("Imports")
    if not _installed():
        report.line("left out: npm is not here, or cannot install the documents")
        return
    for name, yaml in DOCUMENTS:
        file = _as_yaml(GENERATED / name, ground.folder) if yaml else GENERATED / name
        order = json.dumps({"file": str(file)})
        environment = clean_environment(KIANDA_DATA_DIR=str(ground.folder / "imports"))
        printed = run_module("benchmarks.imports", environment=environment, seconds=300, feed=order)
        _tell(f"{name}{' as YAML' if yaml else ''}", json.loads(printed), report)


def _installed() -> bool:
    """Install the packages that hold the documents, once for each content of the list."""
    mark, lock = PLACE / "installed", (LISTS / "package-lock.json").read_text()
    if mark.exists() and mark.read_text() == lock:
        return True
    npm = shutil.which("npm")
    if npm is None:
        return False
    PLACE.mkdir(parents=True, exist_ok=True)
    for name in ("package.json", "package-lock.json"):
        shutil.copy(LISTS / name, PLACE / name)
    quiet = ("--ignore-scripts", "--no-audit", "--no-fund", "--silent")
    if subprocess.run([npm, "ci", "--prefix", PLACE, *quiet], check=False).returncode:
        return False
    mark.write_text(lock)
    return True


def _tell(name: str, found: dict[str, Any], report: Report) -> None:
    size, peak = found["bytes"] / MEGABYTE, found["peak"] / MEGABYTE
    listed = found["read_s"] + found["list_s"]
    report.line(
        f"{name}: {size:.1f} MB, {found['operations']} operations; read {found['read_s']:.2f} s, "
        f"listed {found['list_s']:.2f} s, {found['methods']} methods drafted in "
        f"{found['draft_s']:.2f} s; peak {peak:.0f} MB",
        **{name: found},
    )
    report.goal(f"{name} is listed in {MOST_S} s", met=listed < MOST_S, found=f"{listed:.2f} s")
    report.goal(
        f"{name}: memory at most {MOST_TIMES} x its size",
        met=peak <= MOST_TIMES * size, found=f"{peak / size:.1f} x",
    )  # fmt: skip


def measure(order: dict[str, Any]) -> dict[str, Any]:
    """Import one document and tell what that took."""
    from datasources.importing import source_of
    from datasources.importing.drafts import draft_of

    file = Path(order["file"])
    data = file.read_bytes()
    size, idle = len(data), _peak()
    began = time.perf_counter()
    source = source_of([(file.name, data)])
    del data
    read = time.perf_counter()
    api = source.api()
    listed = time.perf_counter()
    draft = draft_of(api)
    drafted = time.perf_counter()
    return {
        "bytes": size, "operations": len(api.operations),
        "methods": len(draft.datasource["methods"]),
        # The bytes were there before the import began.
        "peak": _peak() - idle + size,
        "read_s": read - began, "list_s": listed - read, "draft_s": drafted - listed,
    }  # fmt: skip


def _as_yaml(file: Path, folder: Path) -> Path:
    """Return a document written as YAML, by a process of its own: it takes more than an import."""
    made = folder / f"{file.stem}.yaml"
    code = (
        "import json, sys, yaml; yaml.dump(json.load(open(sys.argv[1])), open(sys.argv[2], 'w'), "
        "Dumper=yaml.CSafeDumper, sort_keys=False)"
    )
    subprocess.run([sys.executable, "-c", code, file, made], check=True)
    return made


def _peak() -> int:
    """Return the most memory that this process has had, in bytes."""
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most if sys.platform == "darwin" else most * 1024


if __name__ == "__main__":
    print(json.dumps(measure(json.load(sys.stdin))))
