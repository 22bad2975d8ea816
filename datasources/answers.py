"""What comes back from a call. Plain data, shared by the client and its callers."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class CallAnswer:
    """The answer of an outside system.

    `headers` are as sent, with a repeated one joined by commas; `body` is parsed JSON (fractions as
    Decimal), a text, or None when it was empty.
    """

    status: int
    reason: str
    headers: Mapping[str, str]
    body: Any
    elapsed_ms: int
