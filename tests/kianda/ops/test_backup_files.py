"""The file of a backup: one flipped bit, wherever it is, is noticed before anything is used."""

import gzip
import tarfile
import zlib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings, strategies

from kianda.ops.backup_files import BackupError, pack, unpack

DATABASE, KEYS = "kianda.sqlite3", "kianda_secret_keys"
ABOUT = {"created": "2026-11-29T19:19:00+00:00", "database": "sqlite", "with_keys": True}
# What is in the file, each with the first byte and the byte after the last one.
REGIONS = (
    "header of manifest.json", "manifest.json", f"header of {DATABASE}", DATABASE,
    f"header of {KEYS}", KEYS, "header of checksum", "checksum", "end",
)  # fmt: skip


@pytest.fixture(scope="module")
def packed(tmp_path_factory: pytest.TempPathFactory) -> Any:
    folder = tmp_path_factory.mktemp("packed")
    database, keys = folder / DATABASE, folder / KEYS
    # Neither is a multiple of a tar's block: there is padding.
    database.write_bytes(bytes(n * n % 251 for n in range(9_000)))
    keys.write_text("a-key-of-the-ring,another-one")
    pack(folder / "backup.tar", [database, keys], about=ABOUT)
    return folder / "backup.tar"


def regions(file: Path) -> dict[str, Any]:
    """Return the places of the members, their headers and padding."""
    found = {}
    with tarfile.open(file) as tar:
        members = tar.getmembers()
    for member in members:
        blocks = -(-member.size // 512) * 512
        found[f"header of {member.name}"] = (member.offset, member.offset_data)
        found[member.name] = (member.offset_data, member.offset_data + blocks)
    found["end"] = (found["checksum"][1], file.stat().st_size)
    return found


def said_of(file: Path, folder: Path) -> str:
    """Return what is said against a file."""
    folder.mkdir(exist_ok=True)
    try:
        unpack(file, folder, names=(DATABASE, KEYS))
    except BackupError as error:
        return str(error)
    finally:
        for path in folder.iterdir():
            path.unlink()
    return ""


def test_a_whole_file_is_taken_and_says_what_it_should_hold(packed: Any, tmp_path: Path) -> None:
    manifest = unpack(packed, tmp_path, names=(DATABASE, KEYS))
    assert manifest.items() >= ABOUT.items()
    assert {name: told["bytes"] for name, told in manifest["members"].items()} == {
        DATABASE: 9_000,
        KEYS: 29,
    }
    assert (tmp_path / KEYS).read_text() == "a-key-of-the-ring,another-one"


def test_a_file_that_somebody_has_compressed_is_taken(packed: Any, tmp_path: Path) -> None:
    file = tmp_path / "backup.tar.gz"
    file.write_bytes(gzip.compress(packed.read_bytes()))
    assert said_of(file, tmp_path / "here") == ""


@pytest.mark.parametrize("region", REGIONS)
def test_a_flipped_bit_is_refused_with_a_sentence(packed: Any, tmp_path: Path, region: Any) -> None:
    places = regions(packed)
    assert set(places) == set(REGIONS)
    first, last = places[region]
    whole = packed.read_bytes()

    @settings(
        max_examples=60, deadline=None, database=None, derandomize=True,
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    @given(place=strategies.integers(first * 8, last * 8 - 1))
    def refused(place: Any) -> None:
        damaged = bytearray(whole)
        damaged[place // 8] ^= 1 << place % 8
        file = tmp_path / "damaged.tar"
        file.write_bytes(damaged)
        said = said_of(file, tmp_path / "here")
        assert said.startswith(str(file))
        assert said.endswith(".")

    refused()


@pytest.mark.parametrize(("region", "name"), [(DATABASE, DATABASE), (KEYS, KEYS), ("end", "frame")])
def test_it_names_what_is_damaged(packed: Any, tmp_path: Path, region: Any, name: Any) -> None:
    damaged = bytearray(packed.read_bytes())
    damaged[regions(packed)[region][0] + 25] ^= 1
    file = tmp_path / "damaged.tar"
    file.write_bytes(damaged)
    assert f"its {name} has changed" in said_of(file, tmp_path / "here")


def unpacks_as(damaged: Any, whole: Any) -> Any:
    try:
        return gzip.decompress(damaged) == whole
    except (OSError, EOFError, zlib.error):
        return False


def test_a_flipped_bit_in_a_compressed_file_is_refused(packed: Any, tmp_path: Path) -> None:
    file = tmp_path / "backup.tar.gz"
    whole = gzip.compress(packed.read_bytes())
    # The first ten bytes are of gzip alone; a flaw there changes nothing of what is in it.
    for place in range(10, len(whole), max(1, len(whole) // 60)):
        damaged = bytearray(whole)
        damaged[place] ^= 16
        # Some bits of a compressed file mean nothing, such as those after its last code.
        if unpacks_as(damaged, packed.read_bytes()):
            continue
        file.write_bytes(damaged)
        assert said_of(file, tmp_path / "here").endswith("."), place


@pytest.mark.parametrize(
    "change", [lambda b: b[:-512], lambda b: b + b"\0" * 512, lambda b: b[:3000]]
)
def test_a_file_that_is_cut_or_longer_is_refused(packed: Any, tmp_path: Path, change: Any) -> None:
    file = tmp_path / "changed.tar"
    file.write_bytes(change(packed.read_bytes()))
    assert said_of(file, tmp_path / "here").endswith(".")


def test_a_file_without_its_checksum_does_not_pass_as_an_old_one(
    packed: Any, tmp_path: Path
) -> None:
    file = tmp_path / "changed.tar"
    with tarfile.open(packed) as tar, tarfile.open(file, "w") as other:
        for member in tar.getmembers():
            if member.name != "checksum":
                other.addfile(member, tar.extractfile(member))
    assert "its checksum has changed" in said_of(file, tmp_path / "here")
