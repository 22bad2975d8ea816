"""From the bytes of a file to a value: JSON or YAML in any Unicode, and sentences for the rest."""

import json
from typing import Any

from datasources.importing.yaml_values import read_yaml
from kianda.lib.errors import Invalid, TooLarge
from kianda.lib.i18n import gettext as _

MOST_BYTES = 64 * 1024 * 1024
_PACKED = {
    b"PK\x03\x04": "ZIP",
    b"\x1f\x8b": "gzip",
    b"%PDF": "PDF",
    b"7z\xbc\xaf": "7z",
    b"BZh": "bzip2",
}


def check_size(size: int) -> None:
    """Raise TooLarge for more than an import reads."""
    if size > MOST_BYTES:
        raise TooLarge(
            _("The document has %(size)s MB; at most 64 MB can be imported.")
            % {"size": f"{size / 1_048_576:.1f}"}
        )


def read_text(data: bytes) -> str:
    """Return the text of a file, in whatever Unicode; raises Invalid and TooLarge."""
    check_size(len(data))
    for magic, name in _PACKED.items():
        if data.startswith(magic):
            raise Invalid.at(
                "",
                _("This is a %(name)s file. Choose the document itself: JSON or YAML.")
                % {"name": name},
            )
    if not data.strip():
        raise Invalid.at("", _("The document is empty."))
    charset = json.detect_encoding(data)
    try:
        return data.decode(charset)
    except UnicodeDecodeError as error:
        text = _western(data)
        if text is None:
            raise Invalid.at(
                "",
                _("This is not UTF-8 text (byte %(at)s). Save it as UTF-8.") % {"at": error.start},
            ) from error
        return text


def _western(data: bytes) -> str | None:
    """Return a text of the time before Unicode; None for what is no text in any writing."""
    if any(sign < 32 and sign not in b"\t\n\r\f" for sign in data[:4096]):
        return None
    return data.decode("cp1252", errors="replace")


def read_value(text: str) -> Any:
    """Return the value that a text of JSON or YAML holds; raises Invalid."""
    start = text.lstrip("\ufeff \t\r\n")[:1]
    return _json(text.lstrip("\ufeff")) if start in ("{", "[") else read_yaml(text)


def _json(text: str) -> Any:
    try:
        return json.loads(text, parse_constant=lambda word: None)
    except json.JSONDecodeError as error:
        raise Invalid.at("", _no_json(error)) from error
    except RecursionError as error:
        raise Invalid.at("", _("The document is nested too deeply.")) from error
    except ValueError as error:
        raise Invalid.at(
            "", _("The document contains a number with thousands of digits.")
        ) from error


def _no_json(error: json.JSONDecodeError) -> str:
    if not error.doc[error.pos :].strip():
        return _("The document is incomplete: its end is missing.")
    return _("The document is not JSON: %(problem)s in line %(line)s, column %(column)s.") % {
        "problem": error.msg,
        "line": error.lineno,
        "column": error.colno,
    }
