"""Words that people read, in modules that know no Django: its two names, without importing it.

`gettext_noop` marks a text at module or class level, where nobody reads yet: it stays English, and
whoever shows it says it by `gettext`, which a function also says its own sentences by. Both names
are those that `makemessages` collects.
"""

from collections.abc import Callable


def gettext_noop(text: str) -> str:
    """Return a text as it is; its name tells the collector of texts that it is to be translated."""
    return text


def _one_or_many(one: str, many: str, number: int) -> str:
    return one if number == 1 else many


_translate: Callable[[str], str] = gettext_noop
_translate_plural: Callable[[str, str, int], str] = _one_or_many


def gettext(text: str) -> str:
    """Return a text in the language of whoever reads; as it is, while nobody has said how."""
    return _translate(text)


def ngettext(one: str, many: str, number: int) -> str:
    """Return one of two texts, by the number of things that it tells of."""
    return _translate_plural(one, many, number)


def translate_by(
    translate: Callable[[str], str], plural: Callable[[str, str, int], str] | None = None
) -> None:
    """Say how texts are translated from now on; the product does it once, when it is set up."""
    global _translate, _translate_plural
    _translate = translate
    _translate_plural = plural or _one_or_many
