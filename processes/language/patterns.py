"""Patterns written by users, in an engine (RE2) that cannot backtrack for ever."""

import functools
from typing import Any

import re2

from kianda.lib.i18n import gettext as _
from kianda.lib.i18n import grouped

MAX_PATTERN = 1_000


class PatternError(ValueError):
    """A text is not a pattern that can be used. The message is a sentence for the user."""


@functools.lru_cache(maxsize=512)
def compiled(pattern: str) -> Any:
    """Return the compiled pattern; raises PatternError."""
    if len(pattern) > MAX_PATTERN:
        raise PatternError(
            _("The pattern has more than %(most)s characters.") % {"most": grouped(MAX_PATTERN)}
        )
    options = re2.Options()
    options.log_errors = False
    try:
        return re2.compile(pattern, options)
    except (re2.error, UnicodeError) as error:
        reason = error.args[0] if error.args else _("it cannot be read")
        words = reason.decode(errors="replace") if isinstance(reason, bytes) else str(reason)
        raise PatternError(
            _(
                "This is not a valid pattern: %(words)s. Use RE2 syntax, without lookaround and "
                "backreferences."
            )
            % {"words": words}
        ) from error


def found(pattern: str, text: str) -> bool:
    """Tell whether the pattern is found anywhere in the text."""
    return compiled(pattern).search(text) is not None


def fits(pattern: str, text: str) -> bool:
    """Tell whether the pattern describes the whole text."""
    return compiled(pattern).fullmatch(text) is not None
