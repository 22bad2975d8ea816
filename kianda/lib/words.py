"""Words that people read, in modules that know no Django: its two names, without importing it.

`gettext_noop` marks a text at module or class level, where nobody reads yet: it stays English, and
whoever shows it says it by `gettext`, which a function also says its own sentences by. Both names
are those that `makemessages` collects.
"""

from collections.abc import Callable


def gettext_noop(text: str) -> str:
    """Return a text as it is; its name tells the collector of texts that it is to be translated."""
    return text


_translate: Callable[[str], str] = gettext_noop


def gettext(text: str) -> str:
    """Return a text in the language of whoever reads; as it is, while nobody has said how."""
    return _translate(text)


def translate_by(translate: Callable[[str], str]) -> None:
    """Say how texts are translated from now on; the product does it once, when it is set up."""
    global _translate
    _translate = translate
