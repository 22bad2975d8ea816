"""Files that go out with a request, and bodies that are read while they are sent. Plain Python."""

import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass
from typing import IO, Any, TypeAlias

from datasources.rest.errors import CallFailed
from kianda.lib.i18n import gettext as _

PIECE = 256 * 1024
UNKNOWN = "application/octet-stream"
_MEDIA_TYPE = re.compile(r"[\w.+-]+/[\w.+-]+\Z", re.ASCII)


@dataclass(frozen=True, slots=True)
class SentFile:
    """A file for one parameter: what is told of it, and how its content is opened.

    It is opened anew for each attempt, so that a repeated call sends all of it again. `open` raises
    CallFailed, kind `value`, for a content that cannot be had.
    """

    name: str
    size: int
    media_type: str
    open: Callable[[], AbstractContextManager[IO[bytes]]]

    @property
    def kind(self) -> str:
        """Return its media type as it can stand in a header."""
        return self.media_type if _MEDIA_TYPE.match(self.media_type) else UNKNOWN

    @property
    def told(self) -> dict[str, Any]:
        """Return what traces and logs show of it: never its content."""
        return {"file": self.name, "size": self.size, "media_type": self.kind}


@dataclass(frozen=True, slots=True)
class FileBody:
    """The body of a request that holds files: texts and files one behind the other."""

    pieces: tuple[bytes | SentFile, ...]

    def __len__(self) -> int:
        """Return how many bytes are sent."""
        return sum(one.size if isinstance(one, SentFile) else len(one) for one in self.pieces)

    @contextmanager
    def opened(self) -> Iterator[Iterator[bytes]]:
        """Give the bytes to be sent; every file is open before the first of them."""
        with ExitStack() as stack:
            contents: list[tuple[SentFile | None, Any]] = [
                (one, stack.enter_context(one.open())) if isinstance(one, SentFile) else (None, one)
                for one in self.pieces
            ]
            yield _bytes_of(contents)


Payload: TypeAlias = bytes | FileBody


@contextmanager
def opened(payload: Payload | None) -> Iterator[Any]:
    """Give a body as it is sent."""
    if isinstance(payload, FileBody):
        with payload.opened() as content:
            yield content
    else:
        yield payload


def _bytes_of(contents: Sequence[tuple[SentFile | None, Any]]) -> Iterator[bytes]:
    for file, content in contents:
        if file is None:
            yield content
        else:
            yield from _pieces(file, content)


def _pieces(file: SentFile, content: IO[bytes]) -> Iterator[bytes]:
    """Yield a content as long as was announced; raises CallFailed for one that is shorter."""
    left = file.size
    while left:
        try:
            piece = content.read(min(PIECE, left))
        except OSError as error:
            raise _unreadable(file) from error
        if not piece:
            raise _unreadable(file)
        left -= len(piece)
        yield piece


def _unreadable(file: SentFile) -> CallFailed:
    words = _("The content of %(name)s could not be read completely, so it was not fully sent.")
    return CallFailed("value", words % {"name": file.name})


def as_files(value: Any) -> Any:
    """Return a file or a list of files as it is, nothing for a blank value; raises ValueError."""
    if value in ("", []):
        return None
    many = value if isinstance(value, list) else [value]
    if not all(isinstance(one, SentFile) for one in many):
        raise ValueError(_("A file is needed. Map a file field to it, and nothing else."))
    return value


def as_told(value: Any) -> Any:
    """Return a value with what is told of its files in their place."""
    if isinstance(value, SentFile):
        return value.told
    return [as_told(one) for one in value] if isinstance(value, list) else value


def is_told(value: Any) -> bool:
    """Tell whether a value in a recorded request stands for a file."""
    return isinstance(value, dict) and value.keys() == {"file", "size", "media_type"}
