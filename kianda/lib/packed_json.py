"""JSON as it is stored: written quickly, and in some columns packed.

Of a million traces, a packed column is what is on the disk. What is packed is a JSON string in a
column that holds arrays, objects and nulls else, so that a reader tells them apart, and rows of
before stay as they are.
"""

import json
import zlib
from base64 import b64decode, b64encode
from typing import Any, NamedTuple

import orjson
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models

# Stands before what was packed with these words. Others need another sign: rows are kept for years.
_SIGN = "1:"
# What traces say in so many words, the most usual last. It may never be changed.
_WORDS = (
    b'"error": {"kind": "http", "message": ""}, "status": "failed", "status": "skipped", '
    b'"left_out": 0, "groups": [{"title": ""Cache-Control": "no-store", "X-Request-Id": "Date": '
    b'"Server": "Connection": "keep-alive", "Transfer-Encoding": "chunked", "Set-Cookie": '
    b'"Authorization": "Bearer ********", "type": "condition", "type": "send_email", '
    b'"type": "change_item", "type": "find_items", "type": "set_form_field", '
    b'"type": "create_item", "type": "save", "title": "Save", "scope": "", "created_at": 17, '
    b'"last_error": "", "redirect_uri": "https://", "redirect_url": "https://", "client_id": "", '
    b'"client_secret": "********", "grant_type": "refresh_token", "access_token": "********", '
    b'"token_type": "Bearer", "expires_in": 3600, "refresh_token": "********", '
    b'"request": {"method": "POST", "url": "https://", "headers": {"Accept": "application/json", '
    b'"User-Agent": "Kianda-open", "Content-Type": "application/x-www-form-urlencoded"}, '
    b'"body": {""}, "bytes": 100}, "response": {"status": 200, "headers": {"Content-Type": '
    b'"application/json", "Content-Length": "100"}, "body": {""}, "bytes": 100}, '
    b'{"position": 1, "rule": "", "type": "", "title": "", "status": "succeeded", "reason": "", '
    b'"read": {}, "request": null, "response": null, "changes": [{"field": "", "before": "", '
    b'"after": ""}], "changes": [], "error": null, "duration_ms": 0.0}]'
)
# Shorter ones hardly become smaller.
_SHORTEST = 200


class QuickJSONEncoder(DjangoJSONEncoder):
    """Django's JSON, ten times as quickly: a run writes its values and its trace at each point."""

    def encode(self, o: Any) -> str:
        """Return a value as JSON, with no white space and each letter as it is."""
        try:
            return orjson.dumps(o, self.default, orjson.OPT_PASSTHROUGH_DATETIME).decode()
        except orjson.JSONEncodeError:
            # Whole numbers of more than 64 bits, halves of letters, keys that are no texts.
            return super().encode(o)


class StoredPacked(NamedTuple):
    """A value that a `PackableJSONField` is to store packed; read again, it is the value itself."""

    value: Any


class PackableJSONField(models.JSONField):
    """An array, an object or null, which is stored packed where a writer says so.

    No statement can look into what is packed. Packing 2 KB takes 60 microseconds: it is for what
    is written once and seldom read, not for what a run writes at each of its points.
    """

    def __init__(self, *about: Any, **more: Any) -> None:
        """Write what is not packed quickly."""
        super().__init__(*about, **{**more, "encoder": QuickJSONEncoder})

    def deconstruct(self) -> Any:
        """Leave out how it is written: to a database it makes no difference."""
        name, path, about, more = super().deconstruct()
        return name, path, about, {key: one for key, one in more.items() if key != "encoder"}

    def get_db_prep_value(self, value: Any, *about: Any, **more: Any) -> Any:
        """Return a value as the database takes it."""
        ready = pack(value.value) if isinstance(value, StoredPacked) else value
        return super().get_db_prep_value(ready, *about, **more)

    def from_db_value(self, value: Any, *about: Any) -> Any:
        """Return a stored value, however it was stored."""
        found = super().from_db_value(value, *about)
        return unpack(found) if isinstance(found, str) else found


def pack(value: Any) -> Any:
    """Return what is stored of a JSON value; a short one as it is."""
    text = json.dumps(value)
    if len(text) < _SHORTEST:
        return value
    packing = zlib.compressobj(wbits=-zlib.MAX_WBITS, zdict=_WORDS)
    return _SIGN + b64encode(packing.compress(text.encode()) + packing.flush()).decode()


def unpack(stored: str) -> Any:
    """Return the value that was packed."""
    if not stored.startswith(_SIGN):
        raise ValueError("A value was packed by a later version.")
    packed = b64decode(stored.removeprefix(_SIGN))
    return json.loads(zlib.decompressobj(wbits=-zlib.MAX_WBITS, zdict=_WORDS).decompress(packed))
