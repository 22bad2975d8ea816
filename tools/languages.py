"""Compile the translations in locale/ that are newer than what was compiled of them.

`python tools/languages.py` needs polib, and no gettext on the machine.
"""

import os
from pathlib import Path

import polib

LOCALE = Path(__file__).resolve().parent.parent / "locale"


def compile_catalogs() -> None:
    """Write each catalog beside its source; who reads meanwhile finds the old one or the new."""
    for source in LOCALE.glob("*/LC_MESSAGES/*.po"):
        compiled, unready = source.with_suffix(".mo"), source.with_suffix(f".{os.getpid()}")
        if not compiled.exists() or compiled.stat().st_mtime < source.stat().st_mtime:
            polib.pofile(str(source)).save_as_mofile(str(unready))
            unready.replace(compiled)


if __name__ == "__main__":
    compile_catalogs()
