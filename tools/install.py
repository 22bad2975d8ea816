"""Set-up of one checkout: the environment in .venv with the releases that requirements/ names.

`python3 tools/install.py [GROUP ...]` installs the product and the dependency groups named, for the
Python that runs it. It needs the standard library alone, says what it does, and does nothing the
second time. Only files whose hashes are written down are installed.
"""

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
UV = VENV / "bin" / "uv"
# What a test talks to that is no Python: a provider of OpenID Connect, for Node.
NODE_LISTS = [ROOT / "tests" / "oidc" / name for name in ("package.json", "package-lock.json")]
NODE = VENV / "oidc"
PACKAGES = [ROOT / name for name in ("kianda", "datasources", "processes", "scheduler")]
NO_VENV = """\
Python's own venv module does not work here, so .venv cannot be made.
On Debian and Ubuntu: apt-get install python3-venv"""


def say(text: str) -> None:
    """Tell what happens, at once."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def locks(*groups: str) -> list[Path]:
    """Return the files with the releases of some groups."""
    return [ROOT / "requirements" / f"{group}.txt" for group in groups]


def call(*command: str | Path, quiet: bool = False) -> bool:
    """Run a command; tell whether it went well."""
    silence = subprocess.DEVNULL if quiet else None
    done = subprocess.run(  # noqa: S603
        [str(word) for word in command], stdin=subprocess.DEVNULL, stderr=silence, check=False
    )
    return done.returncode == 0


def works(python: Path) -> bool:
    """Tell whether an interpreter is not gone, and is of the version that runs this."""
    same = f"import pip, sys; sys.exit(sys.version_info[:2] != {sys.version_info[:2]})"
    return python.exists() and call(python, "-c", same, quiet=True)


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


def install(files: list[Path]) -> bool:
    """Install with uv, which is quick, else with pip."""
    wanted = ["--require-hashes", *(word for file in files for word in ("-r", file))]
    pip = (PYTHON, "-m", "pip", "install", "--quiet", "--disable-pip-version-check")
    own_uv = ("--require-hashes", "-r", *locks("uv"))
    if not own_index() and (UV.exists() or call(*pip, *own_uv, quiet=True)):
        os.environ.setdefault("UV_NATIVE_TLS", "1")
        # Compiled now, on all cores: or each start would do it where Python may not write.
        uv = (UV, "pip", "install", "--quiet", "--compile-bytecode", "--python", PYTHON)
        if call(*uv, *wanted, quiet=True):
            return True
        say("uv did not manage it; pip takes over, which needs a little longer ...")
    return call(*pip, *wanted)


def install_node_packages() -> None:
    """Install what tests need of Node, where there is npm; without it they are left out."""
    lists = [file.read_bytes() for file in NODE_LISTS]
    mark = hashlib.sha256(b"".join(lists)).hexdigest()
    stamp = NODE / "installed"
    npm = shutil.which("npm")
    if npm is None or (stamp.exists() and stamp.read_text() == mark):
        return
    say("Installing an OpenID Connect provider for the tests into .venv/oidc ...")
    NODE.mkdir(parents=True, exist_ok=True)
    for file, content in zip(NODE_LISTS, lists, strict=True):
        (NODE / file.name).write_bytes(content)
    quiet = ("--ignore-scripts", "--no-audit", "--no-fund", "--silent")
    if call(npm, "ci", "--prefix", NODE, *quiet):
        stamp.write_text(mark)
    else:
        say("npm did not manage it: the tests of single sign-on are left out.")


def compile_languages() -> None:
    """Compile the translations that have changed; a check of times where none has."""
    sources = [*(ROOT / "locale").glob("*/LC_MESSAGES/*.po")]
    compiled = [source.with_suffix(".mo") for source in sources]
    if any(
        not new.exists() or new.stat().st_mtime < old.stat().st_mtime
        for old, new in zip(sources, compiled, strict=True)
    ):
        call(PYTHON, ROOT / "tools" / "languages.py")


def main() -> None:
    """Install once per content of the lists; compile what has changed of the translations."""
    install_once()
    compile_languages()


def install_once() -> None:
    """Install what the lists name, unless that is there."""
    groups = ["product", *sorted(sys.argv[1:])]
    files = locks(*groups)
    wanted = [sys.version, *(file.read_text() for file in files)]
    mark = hashlib.sha256("\n".join(wanted).encode()).hexdigest()
    stamp = VENV / ".installed" / "-".join(groups)
    if stamp.exists() and stamp.read_text() == mark and PYTHON.exists():
        if "test" in groups:
            install_node_packages()
        return
    if not works(PYTHON):
        make_environment()
    names = ["the product", *groups[1:]]
    say(f"Installing {' and '.join(names)} into .venv ...")
    if not install(files):
        sys.exit("The packages could not be installed: see above. Is there a network?")
    call(PYTHON, "-m", "compileall", "-q", *PACKAGES, quiet=True)
    stamp.parent.mkdir(exist_ok=True)
    stamp.write_text(mark)
    if "test" in groups:
        install_node_packages()


if __name__ == "__main__":
    main()
