"""Text: a line, several lines, an e-mail address or a web address."""

import re
from collections.abc import Mapping
from typing import Any, Literal
from urllib.parse import urlsplit

from pydantic import Field, field_validator

from kianda.lib.i18n import gettext as _
from kianda.lib.i18n import gettext_noop, grouped
from processes.fields.base import ANY_VALUE, InputField
from processes.language.patterns import PatternError, compiled, fits
from processes.language.references import flaw
from processes.language.scope import ListedAs
from processes.language.setting_types import DefaultValue
from processes.language.values import MAX_TEXT, Value, ValueFailure, as_text, shown, to_text

_EMAIL = re.compile(r"[^\s@<>,;\"]{1,64}@[^\s@<>,;\"]{1,250}\Z")


class Text(InputField):
    """Holds text: one line, multiple lines, an email address or a web address.

    Numbers are converted without exponent or added .0, booleans to true and false, objects and
    lists to compact JSON. Everyone who can see the form can read the text: use a secret field for
    passwords and keys.
    """

    label = gettext_noop("Text")
    kind_icon = "input-cursor-text"
    in_table = True
    holds_text = True
    operators = (
        *ANY_VALUE, "contains", "not_contains", "starts_with", "matches", "not_matches", "in",
    )  # fmt: skip

    type: Literal["text"] = "text"
    mode: Literal["line", "long", "email", "url"] = Field(
        default="line",
        title=gettext_noop("Kind of text"),
        description=gettext_noop("One line, multiple lines, an email address or a web address."),
        json_schema_extra={"control": "select"},
    )
    max_length: int | None = Field(
        default=None,
        ge=1,
        le=MAX_TEXT,
        strict=True,
        title=gettext_noop("Maximum length"),
        description=gettext_noop("How many characters people can enter."),
        json_schema_extra={"control": "number"},
    )
    pattern: str = Field(
        default="",
        title=gettext_noop("Pattern"),
        description=gettext_noop(
            "An RE2 pattern that the full text must match, such as [A-Z]{2}[0-9]+."
        ),
        json_schema_extra={"control": "pattern"},
    )
    default: DefaultValue = None

    @field_validator("pattern")
    @classmethod
    def _pattern_compiles(cls, pattern: str) -> str:
        try:
            compiled(pattern)
        except PatternError as error:
            raise flaw(str(error)) from error
        return pattern

    @classmethod
    def look_of(cls, raw: Mapping[str, Any]) -> str:
        """Return that it has several lines when it has."""
        return "long" if raw.get("mode") == "long" else cls.look

    @property
    def listed_as(self) -> ListedAs:
        """Return as what lists of records filter and sort by it."""
        return "words"

    def empty(self) -> Value:
        """Return the empty text."""
        return ""

    def to_python(self, raw: object) -> Value:
        """Return anything as text."""
        return to_text(raw)

    def clean(self, value: Value) -> Value:
        """Check length, pattern and address of a text that is there."""
        text = as_text(value)
        if text:
            self._check_length(text)
            self._check_writing(text)
        return text

    def _check_length(self, text: str) -> None:
        if self.max_length is not None and len(text) > self.max_length:
            raise ValueFailure(
                _("The text has %(count)s characters; at most %(most)s are allowed.")
                % {"count": grouped(len(text)), "most": grouped(self.max_length)}
            )

    def _check_writing(self, text: str) -> None:
        if self.mode == "email" and not _EMAIL.match(text):
            raise ValueFailure(
                _("%(text)s is not an email address, such as ada@example.org.")
                % {"text": shown(text)}
            )
        if self.mode == "url" and not _is_url(text):
            raise ValueFailure(
                _("%(text)s is not a web address, such as https://example.org/.")
                % {"text": shown(text)}
            )
        if self.pattern and not fits(self.pattern, text):
            raise ValueFailure(
                _("%(text)s does not match the pattern %(pattern)s.")
                % {"text": shown(text), "pattern": self.pattern}
            )


def _is_url(text: str) -> bool:
    try:
        parts = urlsplit(text)
        return parts.scheme in {"http", "https"} and bool(parts.hostname) and " " not in text
    except ValueError:
        return False
