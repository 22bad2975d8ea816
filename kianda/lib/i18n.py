"""Words that people read, in modules that know no Django: its two names, without importing it.

`gettext_noop` marks a text at module or class level, where nobody reads yet: it stays English, and
whoever shows it says it by `gettext`, which a function also says its own sentences by. Both names
are those that `makemessages` collects.
"""

from collections.abc import Callable
from decimal import Decimal
from typing import NamedTuple


def gettext_noop(text: str) -> str:
    """Return a text as it is; its name tells the collector of texts that it is to be translated."""
    return text


def _one_or_many(one: str, many: str, number: int) -> str:
    return one if number == 1 else many


class Writing(NamedTuple):
    """How a language writes: numbers, and nouns inside a sentence."""

    language: str = "en"
    thousands: str = ","
    point: str = "."
    large_nouns: bool = False


_translate: Callable[[str], str] = gettext_noop
_translate_plural: Callable[[str, str, int], str] = _one_or_many
_signs: Callable[[], Writing] = Writing


def gettext(text: str) -> str:
    """Return a text in the language of whoever reads; as it is, while nobody has said how."""
    return _translate(text)


def ngettext(one: str, many: str, number: int) -> str:
    """Return one of two texts, by the number of things that it tells of."""
    return _translate_plural(one, many, number)


def writing() -> Writing:
    """Return how the reader's language writes."""
    return _signs()


def grouped(number: int | float | Decimal) -> str:
    """Write a number as the reader's language does: 12,000.5 or 12.000,5."""
    signs = _signs()
    return f"{number:,}".translate({ord(","): signs.thousands, ord("."): signs.point})


def as_in_sentence(noun: str) -> str:
    """Write a label in small letters, as inside a sentence; German keeps its nouns large."""
    return noun if _signs().large_nouns else noun.lower()


def with_small_beginning(text: str) -> str:
    """Write a beginning as it is inside a sentence; `IT ticket` stays so, and all in German."""
    if _signs().large_nouns or text[1:2].isupper():
        return text
    return text[:1].lower() + text[1:]


def translate_by(
    translate: Callable[[str], str],
    plural: Callable[[str, str, int], str] | None = None,
    signs: Callable[[], Writing] | None = None,
) -> None:
    """Say how texts are translated from now on; the product does it once, when it is set up.

    `signs` returns what the language of the reader does without words.
    """
    global _translate, _translate_plural, _signs
    _translate = translate
    _translate_plural = plural or _one_or_many
    _signs = signs or Writing
