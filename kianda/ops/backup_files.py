"""The file of a backup: a tar with a manifest of what is in it, and checksums that say it is whole.

The manifest lists every member with its size and SHA-256. The last member is a SHA-256 of the whole
file, taken while its own place held zeros: it covers the manifest, the headers and the padding too.
"""

import errno
import hashlib
import io
import json
import lzma
import os
import re
import tarfile
import zlib
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import IO, Any, NamedTuple, cast

MANIFEST, CHECKSUM, CONTENTS = "manifest.json", "checksum", "files"
FORMAT, FORMAT_WITHOUT_CHECKSUMS = 2, 1
_BLANK = b"0" * 64
_CHUNK = 1 << 20
_KEY = re.compile(r"[0-9a-f]{40}")

Manifest = Mapping[str, Any]


class BackupError(Exception):
    """The backup or the restore cannot be done."""


class Content(NamedTuple):
    """The content of a file that people have uploaded: it is not unpacked with the rest."""

    key: str
    size: int
    content: IO[bytes]


def pack(
    file: Path, members: Iterable[Path], *, about: Manifest, contents: Iterable[Content] = ()
) -> None:
    """Write the file; its members keep their names. Contents are read one after the other."""
    members = list(members)
    manifest = {"format": FORMAT, **about, "members": {path.name: _facts(path) for path in members}}
    file.touch(mode=0o600)
    with tarfile.open(file, "w") as tar:
        _add(tar, MANIFEST, json.dumps(manifest, indent=1).encode())
        for path in members:
            tar.add(path, path.name, filter=_private)
        for key, size, content in contents:
            with content:
                _add_stream(tar, f"{CONTENTS}/{key}", content, size)
        _add(tar, CHECKSUM, _BLANK)
    with tarfile.open(file) as tar:
        place = tar.getmember(CHECKSUM).offset_data
    with file.open("r+b") as whole:
        checksum = _checksum(whole, place)
        whole.seek(place)
        whole.write(checksum.encode())
        # To the disk: a file that is listed must also be there after a power cut.
        whole.flush()
        os.fsync(whole.fileno())


def _add(tar: tarfile.TarFile, name: str, content: bytes) -> None:
    _add_stream(tar, name, io.BytesIO(content), len(content))


def _add_stream(tar: tarfile.TarFile, name: str, content: IO[bytes], size: int) -> None:
    entry = tarfile.TarInfo(name)
    entry.size, entry.mode = size, 0o600
    tar.addfile(entry, content)


def contents_of(file: Path) -> Iterator[tuple[str, IO[bytes]]]:
    """Yield the contents of people's files in a backup that was found whole: key and stream."""
    with tarfile.open(file) as tar:
        for member in tar:
            key = member.name.removeprefix(f"{CONTENTS}/")
            content = tar.extractfile(member) if _KEY.fullmatch(key) else None
            if content is not None and key != member.name:
                yield key, content


def _private(entry: tarfile.TarInfo) -> tarfile.TarInfo:
    entry.mode = 0o600
    return entry


def _facts(path: Path) -> dict[str, Any]:
    with path.open("rb") as file:
        return {
            "bytes": path.stat().st_size,
            "sha256": hashlib.file_digest(file, "sha256").hexdigest(),
        }


def _checksum(whole: IO[bytes], place: int) -> str:
    """Return the SHA-256 of a file, with zeros where its own checksum stands."""
    digest = hashlib.sha256()
    whole.seek(0)
    left = place
    while part := whole.read(min(left, _CHUNK)):
        digest.update(part)
        left -= len(part)
    whole.read(len(_BLANK))
    digest.update(_BLANK)
    while part := whole.read(_CHUNK):
        digest.update(part)
    return digest.hexdigest()


def unpack(file: Path, folder: Path, *, names: Iterable[str]) -> Manifest:
    """Put the members of these names into a folder; return the manifest.

    Raises BackupError for what is no backup and for one that is not what was written.
    """
    not_ours = f"{file} is not a Kianda backup"
    try:
        tar = tarfile.open(file)  # noqa: SIM115 - closed below; what opening says is told apart
    except (tarfile.TarError, EOFError, zlib.error, lzma.LZMAError) as error:
        raise BackupError(f"{not_ours}: it is not a tar file.") from error
    except OSError as error:
        raise BackupError(f"{file} cannot be read: {error}.") from error
    try:
        with tar:
            manifest, damaged = _extracted(tar, folder, {MANIFEST, CHECKSUM, *names})
    except FileNotFoundError as error:
        raise BackupError(f"{not_ours}: it contains no {MANIFEST}.") from error
    except OSError as error:
        if error.errno in {errno.ENOSPC, errno.EDQUOT}:
            raise BackupError(f"Not enough space in {folder.parent} to unpack {file}.") from error
        raise BackupError(f"{file} cannot be read: {error}.") from error
    except (tarfile.TarError, EOFError, ValueError, zlib.error, lzma.LZMAError) as error:
        raise BackupError(f"{not_ours}, or it is damaged: {error}.") from error
    if damaged:
        raise BackupError(f"{file} is damaged: its {damaged} has changed. Use another backup.")
    return manifest


def _extracted(tar: tarfile.TarFile, folder: Path, names: Iterable[str]) -> tuple[Manifest, str]:
    """Unpack; return the manifest and what is damaged."""
    members = [member for member in tar.getmembers() if member.isfile() and member.name in names]
    tar.extractall(folder, members=members, filter="data")
    manifest = json.loads((folder / MANIFEST).read_text())
    if not isinstance(manifest, dict):
        raise ValueError(f"{MANIFEST} is not an object")
    seals = [member for member in members if member.name == CHECKSUM]
    if manifest.get("format") != FORMAT:
        # Only what was made without checksums may lack them.
        return manifest, CHECKSUM if seals or "members" in manifest else ""
    if damaged := _damaged(manifest.get("members"), folder):
        return manifest, damaged
    stream = cast(IO[bytes], tar.fileobj)
    whole = [_checksum(stream, seal.offset_data).encode() for seal in seals]
    return manifest, "" if whole == [(folder / CHECKSUM).read_bytes()] else "frame"


def _damaged(listed: Any, folder: Path) -> str:
    """Name the members that are not what the manifest says, or are not there, or are too many."""
    if not isinstance(listed, dict):
        return MANIFEST
    found = {path.name: _facts(path) for path in folder.iterdir()}
    del found[MANIFEST]
    if found.pop(CHECKSUM, None) is None:
        return CHECKSUM
    names = sorted(found.keys() | listed.keys())
    return ", ".join(name for name in names if found.get(name) != listed.get(name))
