"""Who uses a datasource, in the words of a page."""

from dataclasses import dataclass, field
from typing import Any

from kianda.accounts.roles import DESIGNER, has_role
from kianda.lib.usage import Use, page_of, used_by


@dataclass
class UseLine:
    """One thing that uses it, with the versions that do and its page."""

    name: str
    url: str
    versions: list[str] = field(default_factory=list)


def use_lines(kind: str, name: str, *, user: Any) -> list[UseLine]:
    """Return what uses an object, one line for each process; a link for who may open designs."""
    lines: dict[str, UseLine] = {}
    opens = has_role(user, DESIGNER)
    for use in used_by(kind, name):
        words, version = _split(use)
        line = lines.setdefault(words, UseLine(words, page_of(use) if opens else ""))
        line.versions += [version] if version else []
    return list(lines.values())


def _split(use: Use) -> tuple[str, str]:
    words, _, version = str(use["name"]).rpartition(" ")
    return (words, version) if use["kind"] == "process" and words else (str(use["name"]), "")
