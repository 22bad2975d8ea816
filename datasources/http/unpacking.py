"""Compressed answers, unpacked with a bound on their size, and only when they have come whole."""

import zlib
from collections.abc import Callable

# What is unpacked at a time: a rest of it is copied at the end of each member of gzip.
PIECE = 4096
GZIP, ZLIB, RAW_DEFLATE = 31, 15, -15


def unpacked(data: bytes, coding: str, *, most: int) -> bytes:
    """Return a body without its Content-Encoding, cut off one byte after `most`.

    Codings that were not asked for are left as they are. Raises zlib.error for data that is no
    such coding, and for data that ends before its end.
    """
    for name in reversed(coding.lower().split(",")):
        unpack = UNPACK.get(name.strip())
        if unpack is not None and data:
            data = unpack(data, most)
    return data


def _gunzip(data: bytes, most: int) -> bytes:
    return _inflate(data, GZIP, most)


def _undeflate(data: bytes, most: int) -> bytes:
    try:
        return _inflate(data, ZLIB, most)
    except zlib.error:
        # Some servers leave out the frame that the standard asks for.
        return _inflate(data, RAW_DEFLATE, most)


def _inflate(data: bytes, form: int, most: int) -> bytes:
    found, unpacker = bytearray(), zlib.decompressobj(form)
    for start in range(0, len(data), PIECE):
        piece = data[start : start + PIECE]
        while piece:
            if unpacker.eof:
                # Gzip may go on with another member, after zeros; other words are no part of it.
                piece = piece.lstrip(b"\0")
                if form != GZIP or not piece.startswith(b"\x1f"):
                    break
                unpacker = zlib.decompressobj(form)
            found += unpacker.decompress(piece, most + 1 - len(found))
            if len(found) > most:
                return bytes(found)
            piece = unpacker.unused_data
    if not unpacker.eof:
        raise zlib.error("the data ends before its end")
    return bytes(found)


UNPACK: dict[str, Callable[[bytes, int], bytes]] = {
    "gzip": _gunzip,
    "x-gzip": _gunzip,
    "deflate": _undeflate,
}
