"""A command line taken apart as a shell would, without one: nothing is run, read or filled in."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from kianda.lib.errors import Invalid
from kianda.lib.i18n import gettext as _

_ENDS = "|&;<>()\n"
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "\\": "\\", "'": "'", '"': '"', "a": "\a", "0": ""}
_NAME = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_")


@dataclass
class _Words:
    """Reads one text, sign by sign."""

    text: str
    at: int = 0
    word: list[str] = field(default_factory=list)
    begun: bool = False

    def commands(self) -> Iterator[tuple[list[str], str]]:
        """Yield each command's words, and the sign that ended it."""
        words: list[str] = []
        while self.at < len(self.text):
            sign = self.text[self.at]
            if sign in _ENDS or sign in " \t\r":
                words += self._word()
                self.at += 1
                if sign in _ENDS:
                    yield words, sign
                    words = []
            elif sign == "#" and not self.begun:
                end = self.text.find("\n", self.at)
                self.at = len(self.text) if end < 0 else end
            else:
                self._sign(sign)
        yield words + self._word(), ""

    def _word(self) -> list[str]:
        made = ["".join(self.word)] if self.begun else []
        self.word, self.begun = [], False
        return made

    def _sign(self, sign: str) -> None:
        self.begun = True
        if sign == "\\":
            self._escaped()
        elif sign == "'":
            self._until_quote()
        elif sign == '"':
            self._in_double_quotes()
        elif sign == "$" and self.text[self.at + 1 : self.at + 2] == "'":
            self.at += 1
            self._in_ansi_quotes()
        elif sign in "$`":
            self._variable()
        else:
            self.word.append(sign)
            self.at += 1

    def _escaped(self) -> None:
        following = self.text[self.at + 1 : self.at + 2]
        if following in ("\n", ""):
            # The line goes on; a backslash alone begins no word.
            self.begun = bool(self.word)
        else:
            self.word.append(following)
        self.at += 2

    def _until_quote(self) -> None:
        end = self.text.find("'", self.at + 1)
        if end < 0:
            raise _open_quote()
        self.word.append(self.text[self.at + 1 : end])
        self.at = end + 1

    def _in_double_quotes(self) -> None:
        self.at += 1
        while (sign := self._next()) != '"':
            if sign == "\\":
                following = self.text[self.at + 1 : self.at + 2]
                kept = "" if following in tuple('"\\$`\n') else "\\"
                self.word.append(kept + ("" if following == "\n" else following))
                self.at += 2
            elif sign in "$`":
                self._variable()
            else:
                self.word.append(sign)
                self.at += 1
        self.at += 1

    def _in_ansi_quotes(self) -> None:
        self.at += 1
        while (sign := self._next()) != "'":
            if sign != "\\":
                self.word.append(sign)
                self.at += 1
                continue
            following = self.text[self.at + 1 : self.at + 2]
            digits = {"u": 4, "U": 8, "x": 2}.get(following, 0)
            code = self.text[self.at + 2 : self.at + 2 + digits]
            if digits and all(one in "0123456789abcdefABCDEF" for one in code) and code:
                self.word.append(chr(min(int(code, 16), 0x10FFFF)))
                self.at += 2 + len(code)
            else:
                self.word.append(_ESCAPES.get(following, following))
                self.at += 2
        self.at += 1

    def _next(self) -> str:
        if self.at >= len(self.text):
            raise _open_quote()
        return self.text[self.at]

    def _variable(self) -> None:
        """Take `$NAME` as a variable in double braces; refuse what a shell would run."""
        following = self.text[self.at + 1 : self.at + 2]
        if self.text[self.at] == "`" or following == "(":
            raise Invalid.at(
                "",
                _(
                    "The command contains $(...) or a backtick. Nothing is run here, so "
                    "replace it with its value."
                ),
            )
        end = self.at + 1
        if following == "{":
            end = self.text.find("}", self.at)
            name, after = self.text[self.at + 2 : end], end + 1
        else:
            while end < len(self.text) and self.text[end] in _NAME:
                end += 1
            name, after = self.text[self.at + 1 : end], end
        if name and end > 0 and set(name) <= _NAME:
            self.word.append(f"{{{{{name}}}}}")
            self.at = after
        else:
            self.word.append("$")
            self.at += 1


def _open_quote() -> Invalid:
    return Invalid.at("", _("A quotation mark is not closed. Paste the complete command."))


def commands_of(text: str) -> Iterator[tuple[list[str], str]]:
    """Yield the words of each command of a text, and the sign that ended it; raises Invalid."""
    text = text.replace("\r\n", "\n")
    if "^\n" in text:
        # As Windows has it: what stands behind ^ is taken as it is.
        text = "".join(_without_carets(text))
    yield from _Words(text).commands()


def _without_carets(text: str) -> Iterator[str]:
    signs = iter(text)
    for sign in signs:
        if sign != "^":
            yield sign
            continue
        following = next(signs, "")
        yield " " if following == "\n" else following
