"""A document and the files given with it, walked by nodes that know their place and follow `$ref`.

Nothing is read but what was given: a reference to an address or to a file of the machine is told
and followed nowhere.
"""

import posixpath
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple
from urllib.parse import unquote

from datasources.importing.notes import ImportNotes
from datasources.rest.response import keepable
from kianda.lib.i18n import gettext as _

MOST_HOPS = 50
# No list is longer than that, and Python makes no number of thousands of digits.
_INDEX = re.compile(r"[0-9]{1,9}")


class DocumentSpot(NamedTuple):
    """A place in one of the files, as a JSON pointer."""

    file: str
    pointer: str


@dataclass(frozen=True, slots=True)
class DocumentFiles:
    """The files of an import by their names, the one that describes the API among them."""

    main: str
    values: Mapping[str, Any]

    def named(self, name: str, *, beside: str) -> str | None:
        """Return the given file that a reference means, None when it was not given."""
        wanted = posixpath.normpath(posixpath.join(posixpath.dirname(beside), unquote(name)))
        if wanted in self.values:
            return wanted
        # Browsers send files without their folders.
        tail = posixpath.basename(wanted)
        found = [known for known in self.values if posixpath.basename(known) == tail]
        return found[0] if len(found) == 1 else None


@dataclass(frozen=True, slots=True)
class DocumentNode:
    """A value of a document and where it stands; what it refers to is followed."""

    files: DocumentFiles
    notes: ImportNotes
    spot: DocumentSpot
    value: Any

    @property
    def place(self) -> str:
        """Where it stands, as notes tell it: a pointer, before it the file if it is another one."""
        inside = self.spot.file == self.files.main
        return self.spot.pointer if inside else f"{self.spot.file}#{self.spot.pointer}"

    def noting(self, notes: ImportNotes) -> "DocumentNode":
        """Return the same node that tells what it meets to other notes."""
        return DocumentNode(self.files, notes, self.spot, self.value)

    def get(self, *keys: str) -> "DocumentNode":
        """Return what stands under keys, references followed; a node of None when nothing does."""
        node = self
        for key in keys:
            node = node._child(key, node.held(key))._followed()
        return node

    def entries(self) -> Iterator[tuple[str, "DocumentNode"]]:
        """Yield the entries of a map, references followed; of anything else none."""
        if isinstance(self.value, dict):
            for key, held in self.value.items():
                yield str(key), self._child(str(key), held)._followed()

    def items(self) -> Iterator["DocumentNode"]:
        """Yield the items of a list, references followed; of anything else none."""
        if isinstance(self.value, list):
            for at, held in enumerate(self.value):
                yield self._child(str(at), held)._followed()

    def text(self, key: str, default: str = "") -> str:
        """Return a text under a key, without signs that cannot be kept."""
        held = self.held(key)
        return keepable(held) if isinstance(held, str) else default

    def held(self, key: str) -> Any:
        """Return whatever stands under a key, references and all."""
        return self.value.get(key) if isinstance(self.value, dict) else None

    def flag(self, key: str) -> bool:
        """Tell whether the value under a key is true."""
        return self.held(key) is True

    def _child(self, key: str, held: Any) -> "DocumentNode":
        pointer = f"{self.spot.pointer}/{key.replace('~', '~0').replace('/', '~1')}"
        return DocumentNode(self.files, self.notes, DocumentSpot(self.spot.file, pointer), held)

    def _followed(self) -> "DocumentNode":
        node = self
        for _hop in range(MOST_HOPS):
            ref = node.held("$ref")
            if not isinstance(ref, str):
                return node
            try:
                spot, held = _target(node, ref)
            except _NotFollowed as why:
                self.notes.leave(self.place, str(why))
                return DocumentNode(self.files, self.notes, self.spot, None)
            node = DocumentNode(self.files, self.notes, spot, held)
        self.notes.leave(self.place, _("The reference is circular."))
        return DocumentNode(self.files, self.notes, self.spot, None)


class _NotFollowed(Exception):
    """A reference that leads nowhere."""


def _target(node: DocumentNode, ref: str) -> tuple[DocumentSpot, Any]:
    name, _mark, fragment = ref.partition("#")
    file = node.spot.file
    if name:
        if ":" in name.split("/")[0] or name.startswith(("/", "\\")):
            raise _NotFollowed(
                _(
                    "The reference %(ref)s points outside the document. Only the files that "
                    "you choose are read: choose that file, too."
                )
                % {"ref": ref[:200]}
            )
        found = node.files.named(name, beside=file)
        if found is None:
            raise _NotFollowed(
                _("The document refers to the file %(name)s. Choose both files together.")
                % {"name": name[:200]}
            )
        file = found
    return _held(node.files.values[file], DocumentSpot(file, fragment), ref)


def _held(value: Any, spot: DocumentSpot, ref: str) -> tuple[DocumentSpot, Any]:
    """Return what a pointer leads to."""
    if spot.pointer in ("", "/"):
        return DocumentSpot(spot.file, ""), value
    for part in unquote(spot.pointer).split("/")[1:]:
        key = part.replace("~1", "/").replace("~0", "~")
        if isinstance(value, dict) and key in value:
            value = value[key]
        elif isinstance(value, list) and _INDEX.fullmatch(key) and int(key) < len(value):
            value = value[int(key)]
        else:
            raise _NotFollowed(
                _("The target of the reference %(ref)s does not exist.") % {"ref": ref[:200]}
            )
    return spot, value
