"""The data directory: private, told apart from one that was used, and refused with a sentence."""

import os
import sqlite3
import stat
import subprocess
import threading
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from cryptography.fernet import Fernet

from kianda import data_directory
from tests.integration.needs import on_ci
from tests.kianda.product import manage, migrated

pytestmark = pytest.mark.integration

KEYS = {
    "KIANDA_SECRET_KEY": "k" * 60,
    "KIANDA_SECRET_KEYS": Fernet.generate_key().decode(),
}


@pytest.fixture(scope="module")
def used(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """A data directory with a product that was started once; copy it to change it."""
    return migrated(tmp_path_factory.mktemp("used") / "data")


def modes(folder: Path) -> dict[str, int]:
    found = {path.name: stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()}
    return found | {".": stat.S_IMODE(folder.stat().st_mode)}


def refused(folder: Path, *words: str, **more: str) -> str:
    """Return the one sentence with which a command ends that cannot work."""
    done = manage(folder, *words, **more)
    assert done.returncode == 1, (done.stdout, done.stderr)
    assert "Traceback" not in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1, done.stderr
    assert done.stdout == ""
    return done.stderr


# --- private --------------------------------------------------------------------------------------


def test_whatever_a_new_product_makes_is_for_its_user_alone(used: Any) -> None:
    found = modes(used)
    assert found.pop(".") == 0o700
    assert found.pop("metrics") == found.pop("static") == 0o700
    assert found, "there are files"
    assert {name: mode for name, mode in found.items() if mode != 0o600} == {}


def test_a_database_that_is_opened_is_private_with_its_log_and_its_memory(tmp_path: Path) -> None:
    from kianda.lib.db.sqlite3.files import make_private

    made = tmp_path / "kianda.sqlite3"
    make_private(made)
    with sqlite3.connect(made) as file:
        file.executescript("PRAGMA journal_mode=WAL; CREATE TABLE t (n); INSERT INTO t VALUES (1)")
        assert set(modes(tmp_path).values()) - {modes(tmp_path)["."]} == {0o600}
        assert {f"kianda.sqlite3{end}" for end in ("", "-wal", "-shm")} < set(modes(tmp_path))
    file.close()


def test_a_directory_that_others_can_read_is_mended_and_told_and_nothing_else_in_it(
    tmp_path: Path,
) -> None:
    from kianda.data_directory import mend

    for name in ("kianda.sqlite3", "kianda.sqlite3-wal", "sandbox.sqlite3", "serve.lock", "mine"):
        (tmp_path / name).touch(mode=0o644)
    (tmp_path / "metrics").mkdir(mode=0o755)
    tmp_path.chmod(0o755)
    told = mend(tmp_path)
    assert told.startswith(f"Other users of this machine could read the data directory {tmp_path}.")
    found = modes(tmp_path)
    assert (found.pop("."), found.pop("metrics"), found.pop("mine")) == (0o700, 0o700, 0o644)
    assert set(found.values()) == {0o600}
    assert mend(tmp_path) == ""


def test_a_folder_for_everybody_keeps_its_mode(tmp_path: Path) -> None:
    from kianda.data_directory import mend

    tmp_path.chmod(0o1777)
    assert mend(tmp_path) == ""
    assert modes(tmp_path)["."] == 0o1777


@pytest.mark.parametrize("name", ["kianda_secret_key", "kianda_secret_keys"])
def test_a_key_file_that_others_can_read_is_refused_with_the_command_that_mends_it(
    tmp_path: Path, name: str
) -> None:
    file = tmp_path / name
    file.write_text(Fernet.generate_key().decode())
    file.chmod(0o640)
    (tmp_path / "kianda.started").write_text("first\n")
    said = refused(tmp_path, "serve", "--set-up")
    assert f"chmod 600 {file}" in said
    assert "0640" in said
    assert not (tmp_path / "kianda.sqlite3").exists()


def test_a_key_file_that_a_container_mounts_is_taken_as_it_is(tmp_path: Path) -> None:
    # As Kubernetes does it: a link to a file that root owns and everybody in the pod can read.
    mounted = tmp_path / "mounted"
    mounted.write_text(Fernet.generate_key().decode())
    mounted.chmod(0o444)
    folder = tmp_path / "data"
    folder.mkdir(mode=0o700)
    for name in ("kianda_secret_key", "kianda_secret_keys"):
        (folder / name).symlink_to(mounted)
    (folder / "kianda.started").write_text("first\n")
    done = manage(folder, "check", "--tag", "urls")
    assert done.returncode == 0, done.stderr


# --- begun before ---------------------------------------------------------------------------------


def copy_of(used: Path, folder: Path) -> Path:
    subprocess.run(["cp", "-a", used, folder], check=True)
    return folder


@pytest.mark.parametrize("left", ["missing", "empty", "keys alone"])
def test_a_database_that_is_gone_is_missed_and_not_begun_anew(
    used: Any, tmp_path: Path, left: str
) -> None:
    folder = copy_of(used, tmp_path / "data")
    (folder / "kianda.started").write_text("done\n")
    (folder / "kianda.sqlite3").unlink()
    if left == "empty":
        (folder / "kianda.sqlite3").touch()
    if left == "keys alone":
        (folder / "kianda.started").unlink()
    for words in (("serve", "--set-up"), ("migrate",)):
        said = refused(folder, *words)
        assert f"{folder / 'kianda.sqlite3'} is missing or empty" in said
        assert "restore" in said
        assert "--begin-anew" in said
    assert not (folder / "kianda.sqlite3").exists() or left == "empty"


def test_who_says_so_begins_anew_and_only_where_nothing_is(used: Any, tmp_path: Path) -> None:
    folder = copy_of(used, tmp_path / "data")
    (folder / "kianda.started").write_text("done\n")
    assert "was not replaced" in refused(folder, "serve", "--set-up", "--begin-anew")
    (folder / "kianda.sqlite3").unlink()
    # The address is no one's here: everything that comes before it is looked at is done.
    said = refused(folder, "serve", "--set-up", "--begin-anew", KIANDA_HOST="192.0.2.1")
    assert "KIANDA_HOST is '192.0.2.1', which is not an address of this machine" in said
    assert (folder / "kianda.started").read_text() == "first\n"


def test_a_restored_product_is_no_first_start(used: Any, tmp_path: Path) -> None:
    backup = tmp_path / "backup.tar"
    done = manage(used, "backup", str(backup), "--with-keys")
    assert done.returncode == 0, done.stderr
    done = manage(tmp_path / "new", "restore", str(backup))
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "new" / "kianda.started").read_text() == "done\n"


# --- starts that cannot work ----------------------------------------------------------------------

COMMANDS = [
    ("api_token", "create", "CI", "--user", "admin"),
    ("ensure_admin",),
    ("backup", "somewhere.tar"),
    ("rotate_secrets",),
]


@pytest.mark.parametrize("words", COMMANDS, ids=lambda words: words[0])
def test_a_command_beside_another_data_directory_makes_nothing_and_says_what_to_set(
    tmp_path: Path, words: Any
) -> None:
    folder = tmp_path / "not-there"
    said = refused(folder, *words)
    assert f"the data directory {folder} has no kianda.sqlite3" in said
    assert "Set KIANDA_DATA_DIR" in said
    assert not folder.exists()


def test_commands_that_look_at_the_code_alone_leave_no_keys_and_no_database(tmp_path: Path) -> None:
    done = manage(tmp_path / "new", "check")
    assert done.returncode == 0, done.stderr
    assert {"kianda_secret_keys", "kianda.sqlite3"} & set(modes(tmp_path / "new")) == set()
    assert modes(tmp_path / "new")["."] == 0o700


@pytest.mark.parametrize("words", [("serve", "--set-up"), ("check_start",)], ids=" ".join)
def test_a_data_directory_that_is_a_file_is_named(tmp_path: Path, words: tuple[Any, ...]) -> None:
    file = tmp_path / "file"
    file.write_text("")
    assert f"data directory {file}" in refused(file, *words)
    assert file.read_text() == ""


@pytest.mark.parametrize(
    "words",
    [("serve", "--set-up"), ("migrate",), ("api_token", "list")],
    ids=" ".join,
)
def test_a_database_of_random_bytes_is_named_and_left_as_it_is(
    used: Any, tmp_path: Path, words: tuple[Any, ...]
) -> None:
    folder = copy_of(used, tmp_path / "data")
    noise = os.urandom(8192)
    (folder / "kianda.sqlite3").write_bytes(noise)
    assert f"The database {folder / 'kianda.sqlite3'} cannot be used" in refused(folder, *words)
    assert (folder / "kianda.sqlite3").read_bytes() == noise


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Any]:
    """A disk of its own for a data directory; root can make one."""
    folder = tmp_path / "disk"
    folder.mkdir()
    done = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=4m,mode=0700", "tmpfs", folder], capture_output=True
    )
    if done.returncode:
        assert not on_ci(), done.stderr
        pytest.skip("mount needs root")
    yield folder
    subprocess.run(["umount", "--lazy", folder], check=True)


@pytest.mark.parametrize("new", [True, False], ids=["new", "used"])
def test_a_full_disk_is_told_in_one_sentence(used: Any, small_disk: Any, new: bool) -> None:
    if not new:
        subprocess.run(["cp", "-a", f"{used}/.", small_disk], check=True)
    with suppress(OSError), (small_disk / "film").open("wb", buffering=0) as film:
        while film.write(bytes(4096)):
            pass
    assert f"Cannot write to the data directory {small_disk}: No space left" in refused(
        small_disk, "serve", "--set-up"
    )


@pytest.mark.parametrize("new", [True, False], ids=["new", "used"])
@pytest.mark.parametrize(
    "words",
    [("serve", "--set-up"), ("api_token", "create", "CI", "--user", "admin")],
    ids=lambda words: words[0],
)
def test_a_disk_that_takes_nothing_is_told_in_one_sentence(
    used: Any, small_disk: Any, words: tuple[Any, ...], new: bool
) -> None:
    if not new:
        subprocess.run(["cp", "-a", f"{used}/.", small_disk], check=True)
    subprocess.run(["mount", "-o", "remount,ro", small_disk], check=True)
    said = refused(small_disk, *words)
    assert str(small_disk) in said


def test_a_disk_that_fills_up_in_the_middle_of_a_first_start_is_told_in_one_sentence(
    small_disk: Any,
) -> None:
    with (small_disk / "film").open("wb") as film:
        film.write(bytes(3_400_000))
    done = manage(small_disk, "serve", "--set-up", KIANDA_PORT="8390", **KEYS)
    assert done.returncode == 1
    assert "Traceback" not in done.stderr, done.stderr
    assert f"{small_disk}" in done.stderr


def test_parts_that_start_together_mend_and_write_the_same_directory(tmp_path: Path) -> None:
    over = threading.Event()

    def write() -> None:
        while not over.is_set():
            for state in (data_directory.FIRST, data_directory.DONE):
                data_directory.write_state(tmp_path, state)

    writer = threading.Thread(target=write)
    writer.start()
    try:
        # What one lists the other has put in its place meanwhile.
        tmp_path.chmod(0o700)
        assert {data_directory.mend(tmp_path) for _ in range(500)} == {""}
    finally:
        over.set()
        writer.join()
