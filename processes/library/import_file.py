"""The file of an export, read back: what it is, or in a sentence why it is none."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop, ngettext

from kianda.lib.api.strict_json import parse_json
from kianda.lib.errors import Flaw, Invalid, TooLarge
from processes.definition.document import Document, parse_document
from processes.library.exporter import FORMAT, FORMAT_VERSION

MOST_BYTES = 1_500_000
MOST_OBJECTS = 200
NOT_OURS = gettext_noop(
    'This is JSON, but not a file of process designs. An exported file begins with "format": '
    '"kianda-designs" and has a list "processes".'
)


@dataclass(frozen=True)
class Packed:
    """One process of a file: its definition as it was sent, checked, and its group."""

    raw: dict[str, Any]
    document: Document
    group: str = ""

    @property
    def name(self) -> str:
        """Return its name in the file."""
        return self.document.name


@dataclass(frozen=True)
class Bundle:
    """What a file holds."""

    processes: list[Packed] = field(default_factory=list)
    datasources: list[dict[str, Any]] = field(default_factory=list)


def read_bundle(body: bytes) -> Bundle:
    """Return what a file holds; raises Invalid or TooLarge with sentences, the places named."""
    if len(body) > MOST_BYTES:
        raise TooLarge(_("The file is larger than 1.5 MB. Export fewer designs into one file."))
    if not body.strip():
        raise Invalid.at("", _("The file is empty."))
    value = _parsed(body)
    if not isinstance(value, dict):
        raise Invalid.at("", _(NOT_OURS))
    if "format" not in value and "forms" in value:
        # A definition by itself, as the API gives it and the editor shows it.
        value = {"processes": [{"definition": value}]}
    elif value.get("format") != FORMAT:
        raise Invalid.at("", _stranger(value))
    elif value.get("format_version") != FORMAT_VERSION:
        raise Invalid.at("", _("The file comes from a newer version of Kianda. Upgrade first."))
    return _bundle(value)


def _parsed(body: bytes) -> Any:
    try:
        return parse_json(body)
    except Invalid as refusal:
        cause = refusal.__cause__
        if isinstance(cause, UnicodeDecodeError):
            raise Invalid.at(
                "", _("This is not a text file. Choose the .json file of an export.")
            ) from refusal
        if isinstance(cause, json.JSONDecodeError):
            raise Invalid.at("", _no_json(cause)) from refusal
        raise


def _no_json(error: json.JSONDecodeError) -> str:
    text = error.doc.strip()
    rest = error.doc[error.pos :].strip()
    cut = len(rest) <= 1 or any(word.startswith(rest) for word in ("true", "false", "null"))
    at_end = cut or error.msg.startswith("Unterminated")
    if text.startswith("{") and not text.endswith("}") and at_end:
        return _("The file ends in the middle: a part of it is missing. Export it again.")
    return _(
        "The file is not JSON: %(msg)s in line %(lineno)s, column %(colno)s. "
        "Choose the .json file of an export."
    ) % {"msg": error.msg, "lineno": error.lineno, "colno": error.colno}


def _stranger(value: dict[str, Any]) -> str:
    if "base_url" in value or value.get("kind") == "email":
        return _("This file contains only a data source. A file of process designs brings its own.")
    return _(NOT_OURS)


def _bundle(value: dict[str, Any]) -> Bundle:
    processes, sources = value.get("processes"), value.get("datasources", [])
    if not isinstance(processes, list) or not isinstance(sources, list):
        raise Invalid.at("", _(NOT_OURS))
    if not processes and not sources:
        raise Invalid.at("", _("The file contains no process design."))
    if len(processes) + len(sources) > MOST_OBJECTS:
        raise Invalid.at(
            "",
            _("The file holds more than %(most)s objects. Split it.") % {"most": MOST_OBJECTS},
        )
    flaws: list[Flaw] = []
    packed = [_packed(item, f"/processes/{at}", flaws) for at, item in enumerate(processes)]
    found = [one for one in packed if one is not None]
    flaws += _doubles("processes", [one.name for one in found])
    flaws += _source_flaws(sources)
    if flaws:
        raise Invalid(_("The file has errors."), errors=flaws)
    return Bundle(found, sources)


def _packed(item: Any, place: str, flaws: list[Flaw]) -> Packed | None:
    raw = item.get("definition") if isinstance(item, dict) else None
    if not isinstance(raw, dict):
        flaws.append(Flaw(place, _('Write an object with a "definition".')))
        return None
    raw = {key: value for key, value in raw.items() if key != "meta"}
    group = item.get("group", "")
    try:
        document = parse_document(raw)
    except Invalid as invalid:
        inner = f"{place}/definition"
        flaws += [Flaw(f"{inner}{flaw.pointer}", flaw.detail) for flaw in invalid.errors]
        return None
    return Packed(raw, document, group.strip()[:100] if isinstance(group, str) else "")


def _source_flaws(sources: list[Any]) -> list[Flaw]:
    flaws = [
        Flaw(f"/datasources/{at}", _("Write a data source with a name."))
        for at, one in enumerate(sources)
        if not isinstance(one, dict) or not isinstance(one.get("name"), str)
    ]
    names = [one["name"] for one in sources if isinstance(one, dict) and "name" in one]
    return flaws or _doubles("datasources", names)


def _doubles(kind: str, names: list[str]) -> list[Flaw]:
    return [
        Flaw(
            f"/{kind}/{at}/name", _("The name %(name)s appears twice in the file.") % {"name": name}
        )
        for at, name in enumerate(names)
        if name in names[:at]
    ]


def facts_of(document: Document) -> Iterator[str]:
    """Yield how many forms, fields and rules there are."""
    n = len(document.forms)
    yield ngettext("%(n)s form", "%(n)s forms", n) % {"n": n}
    n = len(document.fields)
    yield ngettext("%(n)s field", "%(n)s fields", n) % {"n": n}
    n = len(list(document.placed_rules()))
    yield ngettext("%(n)s rule", "%(n)s rules", n) % {"n": n}
