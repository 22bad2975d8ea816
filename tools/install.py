"""Set-up of one checkout: the environment in .venv with what pyproject.toml names.

`python3 tools/install.py [GROUP ...]` installs the product and the dependency groups named. It
needs the standard library alone, says what it does, and does nothing the second time.
"""

import hashlib
import os
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
UV = VENV / "bin" / "uv"
PACKAGES = [ROOT / name for name in ("kianda", "datasources", "processes", "scheduler")]
NO_VENV = """\
Python's own venv module does not work here, so .venv cannot be made.
On Debian and Ubuntu: apt-get install python3-venv"""


def say(text: str) -> None:
    """Tell what happens, at once."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def requirements(groups: list[str]) -> list[str]:
    """Return what pyproject.toml asks for."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    found: list[str] = list(project["project"]["dependencies"])
    for group in groups:
        found += project["dependency-groups"][group]
    return found


def call(*command: str | Path, quiet: bool = False) -> bool:
    """Run a command; tell whether it went well."""
    silence = subprocess.DEVNULL if quiet else None
    done = subprocess.run(  # noqa: S603
        [str(word) for word in command], stdin=subprocess.DEVNULL, stderr=silence, check=False
    )
    return done.returncode == 0


def works(python: Path) -> bool:
    """Tell whether an interpreter starts: it may belong to a Python that is gone."""
    return python.exists() and call(python, "-c", "import pip", quiet=True)


def make_environment() -> None:
    """Make .venv with pip in it."""
    say(f"Making .venv with Python {sys.version.split()[0]} ...")
    shutil.rmtree(VENV, ignore_errors=True)
    # Not the Python in .venv, which may be the one that runs this and has just been removed.
    if not call(getattr(sys, "_base_executable", sys.executable), "-m", "venv", VENV):
        sys.exit(NO_VENV)


def own_index() -> bool:
    """Tell whether pip is told to use another index: uv does not read pip's settings."""
    done = subprocess.run(  # noqa: S603
        [str(PYTHON), "-m", "pip", "config", "list"], capture_output=True, text=True, check=False
    )
    return "index" in done.stdout or any("INDEX" in name for name in os.environ if "PIP_" in name)


def install(wanted: list[str]) -> bool:
    """Install with uv, which is quick, else with pip."""
    pip = (PYTHON, "-m", "pip", "install", "--quiet", "--disable-pip-version-check")
    if not own_index() and (UV.exists() or call(*pip, "uv", quiet=True)):
        os.environ.setdefault("UV_NATIVE_TLS", "1")
        # Compiled now, on all cores: or each start would do it where Python may not write.
        uv = (UV, "pip", "install", "--quiet", "--compile-bytecode", "--python", PYTHON)
        if call(*uv, *wanted, quiet=True):
            return True
        say("uv did not manage it; pip takes over, which needs a little longer ...")
    return call(*pip, *wanted)


def main() -> None:
    """Install once per content of pyproject.toml."""
    groups = sorted(sys.argv[1:])
    wanted = requirements(groups)
    mark = hashlib.sha256("\n".join([sys.version, *wanted]).encode()).hexdigest()
    stamp = VENV / ".installed" / "-".join(["product", *groups])
    if stamp.exists() and stamp.read_text() == mark and PYTHON.exists():
        return
    if not works(PYTHON):
        make_environment()
    say(f"Installing {' and '.join(['the product', *groups])} into .venv ...")
    if not install(wanted):
        sys.exit("The packages could not be installed: see above. Is there a network?")
    call(PYTHON, "-m", "compileall", "-q", *PACKAGES, quiet=True)
    stamp.parent.mkdir(exist_ok=True)
    stamp.write_text(mark)


if __name__ == "__main__":
    main()
