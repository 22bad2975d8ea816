"""What a file is, its content tells; what pretends to be something else is refused."""

import io

import pytest

from processes.files.content import media_type_of, refusal_of
from tests.processes.files.samples import (
    BAD_SVG,
    CSV,
    EXE,
    HTML,
    PDF,
    SVG,
    TEXT,
    docx,
    packed,
    png,
)

OFFICE = "application/vnd.openxmlformats-officedocument"


@pytest.mark.parametrize(
    ("name", "content", "kind"),
    [
        ("offer.pdf", PDF, "application/pdf"),
        ("offer", PDF, "application/pdf"),
        ("a.png", png(), "image/png"),
        ("a.jpg", b"\xff\xd8\xff\xe0\x00\x10JFIF\x00" + bytes(30), "image/jpeg"),
        ("a.gif", b"GIF89a" + bytes(30), "image/gif"),
        ("a.txt", TEXT, "text/plain"),
        ("a.md", TEXT, "text/markdown"),
        ("a.csv", CSV, "text/csv"),
        ("a.csv", "Größe;1\n".encode("latin-1"), "text/csv"),
        ("a.json", b'{"a": 1}', "application/json"),
        ("a", TEXT, "text/plain"),
        ("a.html", HTML, "text/html"),
        ("a", HTML, "text/html"),
        ("a.svg", SVG, "image/svg+xml"),
        ("a.svg", SVG.replace(b"<path", b"<text>&lt;script&gt;</text><path"), "image/svg+xml"),
        ("a.svg", b"\xef\xbb\xbf<?xml version='1.0'?>\n<!-- a -->\n" + SVG, "image/svg+xml"),
        ("a.docx", docx(), f"{OFFICE}.wordprocessingml.document"),
        ("a.xlsx", packed("[Content_Types].xml", "xl/a.xml"), f"{OFFICE}.spreadsheetml.sheet"),
        ("a.odt", packed("content.xml", first="application/vnd.oasis.opendocument.text"),
         "application/vnd.oasis.opendocument.text"),
        ("a.zip", packed("a.txt"), "application/zip"),
        ("a.bin", bytes(range(256)), "application/octet-stream"),
        ("a", b"", "text/plain"),
        ("setup.exe", EXE, "application/x-executable"),
        # The last character of what is looked at may be cut.
        ("a.txt", b"a" * 65_535 + "ö".encode(), "text/plain"),
    ],
)  # fmt: skip
def test_the_content_tells_the_kind(name: str, content: bytes, kind: str) -> None:
    file = io.BytesIO(content)
    assert media_type_of(file, name) == kind
    assert refusal_of(file, name, kind) == ""


def bomb() -> bytes:
    return docx(bytes(230_000_000))


def contents_without_end() -> bytes:
    """A container whose table of contents claims to be larger than is ever read."""
    made = bytearray(packed("a.txt"))
    at = made.rfind(b"PK\x05\x06")
    made[at + 12 : at + 16] = b"\xff\xff\xff\x7f"
    return bytes(made)


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        ("offer.pdf", EXE, "does not match its content"),
        ("offer.pdf", HTML, "does not match its content"),
        ("photo.png", BAD_SVG, "does not match its content"),
        ("photo.jpg", png(), "does not match its content"),
        ("letter.docx", packed("a.txt"), "does not match its content"),
        ("notes.txt", EXE, "does not match its content"),
        ("notes.csv", PDF, "does not match its content"),
        ("a.svg", BAD_SVG, "contains a script"),
        ("a.svg", SVG.replace(b"<path", b"<path ONload='x()'"), "contains a script"),
        ("a.svg", BAD_SVG.replace(b"<script", b"<s:script"), "contains a script"),
        ("a.svg", SVG.replace(b"<path", b"<a href='JavaScript:x()'/><path"), "contains a script"),
        (
            "a.svg",
            SVG.replace(b"<path", b"<a href='java&#115;c&Tab;ript&colon;x()'/><path"),
            "contains a script",
        ),
        ("a.svg", SVG.replace(b"<path", b"<a href='java\nscript:x()'/><path"), "contains a script"),
        ("a.zip", contents_without_end(), "too large when unpacked"),
        ("a.zip", packed("a.txt")[:40], "is damaged"),
        ("letter.docx", docx()[:-30], "is damaged"),
        ("offer.pdf", b"", "offer.pdf is empty"),
    ],
)
def test_what_pretends_or_harms_is_refused(name: str, content: bytes, sentence: str) -> None:
    file = io.BytesIO(content)
    assert sentence in refusal_of(file, name, media_type_of(file, name))


def test_a_document_that_grows_without_end_is_refused() -> None:
    file = io.BytesIO(bomb())
    kind = media_type_of(file, "a.docx")
    assert kind == f"{OFFICE}.wordprocessingml.document"
    assert "is too large when unpacked" in refusal_of(file, "a.docx", kind)
