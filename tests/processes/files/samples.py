"""Contents of files of many kinds, the smallest that are what they seem to be."""

import io
import struct
import zipfile
import zlib

PDF = b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\n%%EOF\n"
TEXT = b"Hello,\nthis is a letter.\n"
CSV = b"name;amount\nAda;12\n"
SVG = b'<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><path d="M0 0h9v9z"/></svg>'
BAD_SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
HTML = b"<!doctype html><script>alert(1)</script>"
EXE = b"MZ\x90\x00" + bytes(200)


def png(width: int = 2, height: int = 2) -> bytes:
    """Return a picture; all of its rows are there only where it is small."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return (
            struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
        )

    rows = b"".join(b"\0" + b"\x40\x80\xc0" * width for _row in range(min(height, 3000)))
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
        + chunk(b"IDAT", zlib.compress(rows))
        + chunk(b"IEND", b"")
    )


def packed(*names: str, content: bytes = b"x", first: str = "") -> bytes:
    """Return a container with these files in it, the same at each moment: it names tests."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as container:
        if first:
            container.writestr(zipfile.ZipInfo("mimetype"), first)
        for name in names:
            container.writestr(zipfile.ZipInfo(name), content, zipfile.ZIP_DEFLATED)
    return made.getvalue()


def docx(content: bytes = b"<w:document/>") -> bytes:
    """Return a text document of an office."""
    return packed("[Content_Types].xml", "word/document.xml", content=content)
