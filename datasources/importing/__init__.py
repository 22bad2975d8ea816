"""The formats that can be imported; this table is the only list."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from datasources.importing.base import ApiDescription, ImportFormat
from datasources.importing.curl import CurlFormat
from datasources.importing.openapi import OpenApiFormat
from datasources.importing.postman import PostmanFormat
from datasources.importing.texts import check_size, read_text, read_value
from kianda.lib.errors import Invalid
from kianda.lib.i18n import gettext as _

FORMATS: Final[Sequence[ImportFormat]] = (OpenApiFormat(), PostmanFormat(), CurlFormat())
AUTO: Final = "auto"
CHOICES: Final = (AUTO, *(one.slug for one in FORMATS))
MOST_FILES = 500

__all__ = ["AUTO", "CHOICES", "FORMATS", "ImportSource", "source_of"]


@dataclass(frozen=True)
class ImportSource:
    """What was given to an import, read: its files as values, and in which format they are."""

    format: str
    main: str
    values: Mapping[str, Any] = field(repr=False)
    size: int
    address: str = ""

    def api(self) -> ApiDescription:
        """Return what it says of an API."""
        found = next(one for one in FORMATS if one.slug == self.format)
        return found.read(self.values, main=self.main, address=self.address)

    def as_text(self) -> str:
        """Return it as a text that can be kept."""
        return json.dumps(
            [self.format, self.main, self.size, self.address, self.values],
            ensure_ascii=True,
            separators=(",", ":"),
        )

    @classmethod
    def from_text(cls, text: str) -> "ImportSource":
        """Return what `as_text` made a text of."""
        kind, main, size, address, values = json.loads(text)
        return cls(format=kind, main=main, values=values, size=size, address=address)


def source_of(
    files: Sequence[tuple[str, bytes]], *, format: str = AUTO, address: str = ""
) -> ImportSource:
    """Return files read; raises Invalid and TooLarge with sentences.

    Of several files one describes the API, and the others are what it refers to.
    """
    if format not in CHOICES:
        raise Invalid.at(
            "/format", _("Choose one of %(formats)s.") % {"formats": ", ".join(CHOICES)}
        )
    if len(files) > MOST_FILES:
        raise Invalid.at("", _("Choose at most %(most)s files at once.") % {"most": MOST_FILES})
    size = sum(len(data) for _name, data in files)
    check_size(size)
    texts = dict(_texts(files))
    asked = [one for one in FORMATS if format in (AUTO, one.slug)]
    if (command := _command(texts, asked)) is not None:
        return ImportSource(command.slug, next(iter(texts)), texts, size)
    values = {name: _value(name, text, alone=len(texts) == 1) for name, text in texts.items()}
    for kind in asked:
        for name, value in values.items():
            if kind.structured and kind.knows(value):
                return ImportSource(kind.slug, name, values, size, address)
    raise Invalid.at("", _stranger(values))


def _texts(files: Sequence[tuple[str, bytes]]) -> Iterator[tuple[str, str]]:
    """Yield the text of each file by its name, which no other one has."""
    seen: set[str] = set()
    for name, data in files:
        if name in seen:
            raise Invalid.at(
                "", _("2 files are named %(name)s. Rename one of them.") % {"name": name}
            )
        seen.add(name)
        yield name or "document", read_text(data)


def _command(texts: Mapping[str, str], asked: Sequence[ImportFormat]) -> ImportFormat | None:
    """Return the format of a text that is neither JSON nor YAML, None for one that may be."""
    text = next(iter(texts.values())) if len(texts) == 1 else ""
    known = (one for one in asked if not one.structured and (one.knows(text) or len(asked) == 1))
    return next(known, None) if text else None


def _value(name: str, text: str, *, alone: bool) -> Any:
    if text.lstrip("\ufeff \t\r\n").startswith("<"):
        raise Invalid.at(
            "",
            _(
                "%(name)s is a web page or XML. Use the document itself: its URL usually "
                "ends in .json or .yaml."
            )
            % {"name": name},
        )
    try:
        return read_value(text)
    except Invalid as refusal:
        if alone:
            raise
        raise Invalid.at(
            "", _("%(name)s: %(why)s") % {"name": name, "why": refusal.detail}
        ) from refusal


def _stranger(values: Mapping[str, Any]) -> str:
    for value in values.values():
        if isinstance(value, dict) and "requests" in value and "order" in value:
            return _("This is a Postman collection of version 1. Export it as Collection v2.1.")
        if isinstance(value, dict) and "asyncapi" in value:
            return _("This is AsyncAPI, which describes messages. An OpenAPI document is needed.")
    return _(
        "This is not an OpenAPI document, a Postman collection or a cURL command. An OpenAPI "
        "document starts with openapi or swagger, a command with curl."
    )
