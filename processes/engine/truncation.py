"""Large texts of a trace, cut."""

import json
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder

from kianda.lib.i18n import gettext as _
from kianda.lib.i18n import grouped

CUT_AT = 16 * 1024


def cut(value: Any) -> Any:
    """Return a JSON value with every text over 16 KiB cut, and a large whole turned into one."""
    if value is None or isinstance(value, (bool, int, float)):
        return value
    if isinstance(value, str):
        return _cut_text(value)
    if isinstance(value, dict) and "body" in value:
        return {key: _cut_whole(item) for key, item in value.items()}
    return _cut_whole(value)


def _cut_whole(value: Any) -> Any:
    if isinstance(value, (dict, list)):
        # Most answers are small: the cheap look at the text form decides.
        text = json_text(value)
        return value if _fits(text) else _cut_text(text)
    return _cut_text(value) if isinstance(value, str) else value


def _cut_text(text: str) -> str:
    if _fits(text):
        return text
    whole = text.encode()
    # Half a character at the end of the cut is left out.
    start = whole[:CUT_AT].decode(errors="ignore")
    return _("%(text)s … (cut: %(kept)s of %(total)s bytes)") % {
        "text": start,
        "kept": grouped(CUT_AT),
        "total": grouped(len(whole)),
    }


def _fits(text: str) -> bool:
    # Only a text that may be too long in bytes is encoded to be counted.
    return 4 * len(text) <= CUT_AT or len(text.encode()) <= CUT_AT


def json_text(value: Any) -> str:
    """Return a JSON value as compact text."""
    return json.dumps(value, separators=(",", ":"), cls=DjangoJSONEncoder, ensure_ascii=False)
