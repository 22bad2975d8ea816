"""The data directory: for this user alone, and how far its first start has come.

A file in it says so, because the database cannot: it may be gone, and must then be missed.
"""

import errno
import os
import sqlite3
import stat
from collections.abc import Iterator, Sequence
from contextlib import closing, suppress
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured

DATABASE, RING, STATE = "kianda.sqlite3", "kianda_secret_keys", "kianda.started"
# What is under way: FIRST may find no database, UPGRADE finds one. UNTOLD: all is done, but nobody
# could read the administrator's password.
FIRST, UPGRADE, UNTOLD, DONE = "first", "upgrade", "untold", "done"

# What is ours in the directory; whatever else somebody has put there is not touched.
OURS = ("kianda*", "sandbox*", "*.lock", "broker", "metrics", "static", "spool*", "files")
# A key that others can read may have been read: nobody is told that all is well by a silent chmod.
KEYS = "kianda_secret_key*"

# It may find the database without its key ring, and with --yes it makes another one.
DISCARD, YES = "discard_lost_secrets", "--yes"

BEGIN_ANEW = "--begin-anew"
# These may find nothing, and then make a database and its keys.
BEGINNING = frozenset({"serve", "migrate", "restore"})
# These look at the code alone: they neither need data nor make any.
WITHOUT_DATA = frozenset({
    "", "check", "collectstatic", "compilemessages", "diffsettings", "findstatic", "help",
    "makemessages", "makemigrations", "render_reference", "spectacular", "test", "version",
})  # fmt: skip


def command_of(argv: Sequence[str]) -> str:
    """Return the command of manage.py; of another program "serve", which may do everything."""
    if not argv or Path(argv[0]).name != "manage.py":
        return "serve"
    if {"-h", "--help"} & set(argv) or len(argv) < 2 or argv[1].startswith("-"):
        return ""
    return argv[1]


def admit(argv: Sequence[str], folder: Path, *, holds_database: bool) -> None:
    """Refuse a command that finds no database here where it needs one, or where there was one."""
    command = command_of(argv)
    if holds_database and command not in WITHOUT_DATA:
        _look_for_database(argv, folder)
    if command in BEGINNING:
        refuse_unusable(folder)
    try:
        make(folder)
        if command in BEGINNING and holds_database and is_empty(folder / DATABASE):
            # Before there are keys: keys without a database are those of one that is gone.
            write_state(folder, FIRST)
    except OSError as error:
        raise ImproperlyConfigured(unusable(folder, error)) from error


def _look_for_database(argv: Sequence[str], folder: Path) -> None:
    command = command_of(argv)
    if not is_empty(folder / DATABASE):
        if BEGIN_ANEW in argv and read_state(folder) != FIRST:
            raise ImproperlyConfigured(
                f"{folder} already contains a database, which was not replaced. Omit {BEGIN_ANEW}, "
                "or move the files of the data directory first."
            )
    elif command not in BEGINNING:
        raise ImproperlyConfigured(_nothing_here(folder, command))
    elif command != "restore" and BEGIN_ANEW not in argv and not _is_first(folder):
        raise ImproperlyConfigured(_gone(folder))


def _is_first(folder: Path) -> bool:
    return read_state(folder) == FIRST or not (read_state(folder) or (folder / RING).exists())


def _nothing_here(folder: Path, command: str) -> str:
    return (
        f"`{command}` was not run: the data directory {folder} has no {DATABASE}, or an empty "
        "one. Set KIANDA_DATA_DIR to the data directory of your server. To start a new "
        "installation, run python manage.py serve --set-up."
    )


def _gone(folder: Path) -> str:
    return (
        f"The database {folder / DATABASE} is missing or empty, but Kianda has used this data "
        "directory before. Put the file back, restore a backup with `python manage.py restore "
        "FILE`, or set KIANDA_DATA_DIR to another folder. To start with an empty database, run "
        f"python manage.py serve --set-up {BEGIN_ANEW}"
    )


def is_empty(database: Path) -> bool:
    """Tell whether a database is not there or has no tables; one that cannot be read is there."""
    if not database.is_file():
        return True
    try:
        with closing(sqlite3.connect(f"{database.as_uri()}?mode=ro", uri=True, timeout=20)) as file:
            return file.execute("SELECT 1 FROM sqlite_master LIMIT 1").fetchone() is None
    except sqlite3.Error:
        return False


def read_state(folder: Path) -> str:
    """Return how far the first start came; empty when nothing says so."""
    try:
        return (folder / STATE).read_text().strip()
    except OSError:
        return ""


def write_state(folder: Path, state: str) -> None:
    """Note how far it came, on the disk before this returns."""
    if read_state(folder) == state:
        return
    make(folder)
    # Parts that start together write it each for itself.
    fresh = folder / f"{STATE}.new-{os.getpid()}"
    fresh.touch(mode=0o600)
    with fresh.open("w") as file:
        file.write(f"{state}\n")
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(folder / STATE)


def make(folder: Path) -> None:
    """Make the folder, for this user alone, when it is not there."""
    if folder.exists() and not folder.is_dir():
        raise NotADirectoryError(errno.ENOTDIR, "it is a file but must be a folder")
    if not folder.is_dir():
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)


def refuse_unusable(folder: Path) -> None:
    """Stop where nothing can be written, before anything is half made."""
    probe = folder / f"{STATE}.probe-{os.getpid()}"
    try:
        make(folder)
        probe.write_bytes(bytes(65_536))
    except OSError as error:
        raise ImproperlyConfigured(unusable(folder, error)) from error
    finally:
        with suppress(OSError):
            probe.unlink()


def unusable(folder: Path, error: OSError) -> str:
    """Return what to tell of a data directory in which nothing can be written."""
    return (
        f"Cannot write to the data directory {folder}: {error.strerror or error}. "
        "Free up space, set its permissions, or set KIANDA_DATA_DIR to another folder."
    )


def refuse_open_key(file: Path) -> None:
    """Stop at a key file of the data directory that others can read.

    A link, and a file that is mounted there, belong to whoever runs the containers, and have the
    owner and the mode that these give.
    """
    found = file.lstat()
    if not stat.S_ISREG(found.st_mode) or found.st_dev != file.parent.stat().st_dev:
        return
    if found.st_mode & 0o077:
        raise ImproperlyConfigured(
            f"Other users of this machine can read the key file {file} (mode "
            f"{stat.S_IMODE(found.st_mode):04o}). Run chmod 600 {file}. If someone may have read "
            "it, change the key, too: docs/how-to/keys.md"
        )


def mend(folder: Path) -> str:
    """Make what is ours in the directory private; return what to tell of it, or nothing."""
    mended = [path for path in (folder, *_ours(folder)) if _close(path)]
    if mended:
        return (
            f"Other users of this machine could read the data directory {folder}. It is now "
            "private: folders have the mode 0700, files 0600."
        )
    found = folder.stat()
    if found.st_uid != os.geteuid() and found.st_mode & 0o007 and not found.st_mode & stat.S_ISVTX:
        return (
            f"Other users of this machine can read the data directory {folder}, which belongs "
            f"to another user. Its owner must run chmod 700 {folder}"
        )
    return ""


def _ours(folder: Path) -> Iterator[Path]:
    for path in sorted({path for pattern in OURS for path in folder.glob(pattern)}):
        if not path.match(KEYS) and not path.is_symlink():
            yield path


def _close(path: Path) -> bool:
    """Take the rights of others away where they have any and the path is ours."""
    try:
        found = path.stat()
    except FileNotFoundError:
        # Another part that starts now has put it in its place meanwhile.
        return False
    # A folder such as /tmp is for everybody, whoever named it as the data directory.
    if not found.st_mode & 0o077 or found.st_mode & stat.S_ISVTX or found.st_uid != os.geteuid():
        return False
    with suppress(OSError):
        path.chmod(found.st_mode & 0o700)
        return True
    return False
