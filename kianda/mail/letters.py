"""A letter as whoever sends one writes it, and what it may hold."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from django.utils.translation import gettext as _

from kianda.lib.errors import Flaw, Invalid
from kianda.lib.pointers import pointer
from kianda.mail.addresses import BadAddress, MailAddress, has_control, read_address

MOST_RECIPIENTS = 100
LONGEST_SUBJECT = 500
MOST_BYTES = 10 * 1024 * 1024
KINDS = ("to", "cc", "bcc")


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """A message to be sent. Addresses are `a@b.example` or `Name <a@b.example>`, one a text.

    What has the same `key` is planned once, whoever repeats it. `html` and `calendar` (an iCalendar
    document with the method REQUEST) are left out where they are empty. `account` is the name of
    a datasource of the kind email; empty, it is the workspace's. `private`: it carries a link or
    a value with authority, so it is sent to nobody else, and of what it says no more is shown than
    `shown`; without that, nothing. Of what it is `about`, by keys, is asked right before it leaves
    whether its reader may still see it.
    """

    to: tuple[str, ...]
    subject: str
    text: str
    key: str
    cc: tuple[str, ...] = ()
    bcc: tuple[str, ...] = ()
    html: str = ""
    reply_to: tuple[str, ...] = ()
    calendar: str = ""
    account: str = ""
    private: bool = False
    shown: str = ""
    about: tuple[int, ...] = ()
    headers: tuple[tuple[str, str], ...] = ()
    # What `ports.register_files` opens when it is sent: `key`, `name`, `media_type`, `size`.
    files: tuple[Mapping[str, Any], ...] = ()


def left_out() -> str:
    """Return what pages show in the place of a link with authority."""
    return _("[personal link, not shown]")


class Addressee(NamedTuple):
    """Somebody a letter goes to, and in which of its headers they stand."""

    kind: str
    address: MailAddress


class CheckedLetter(NamedTuple):
    """A letter in which nothing is wrong."""

    letter: Letter
    addressees: tuple[Addressee, ...]
    reply_to: tuple[MailAddress, ...]
    size: int


def check_letter(letter: Letter) -> CheckedLetter:
    """Return a letter with its addresses read, each of them once; raises Invalid with all flaws."""
    flaws: list[Flaw] = [*_head_flaws(letter)]
    found: dict[str, Addressee] = {}
    for kind in KINDS:
        for address in _read(kind, getattr(letter, kind), flaws):
            found.setdefault(address.address.lower(), Addressee(kind, address))
    reply_to = tuple(_read("reply_to", letter.reply_to, flaws))
    size = sum(len(part.encode()) for part in (letter.text, letter.html, letter.calendar))
    flaws += _file_flaws(letter)
    flaws += _size_flaws(letter, count=len(found), size=size)
    if flaws:
        raise Invalid(_("The message cannot be sent."), errors=flaws)
    return CheckedLetter(letter, tuple(found.values()), reply_to, size)


def _read(kind: str, texts: tuple[str, ...], flaws: list[Flaw]) -> Iterator[MailAddress]:
    # The number is refused elsewhere: a list of thousands is not read to its end.
    for at, text in enumerate(texts[: MOST_RECIPIENTS + 1]):
        try:
            yield read_address(text)
        except BadAddress as error:
            flaws.append(Flaw(pointer(kind, at), str(error)))


def _head_flaws(letter: Letter) -> Iterator[Flaw]:
    if has_control(letter.subject):
        yield Flaw("/subject", _("A subject cannot contain line breaks or control characters."))
    elif len(letter.subject) > LONGEST_SUBJECT:
        yield Flaw(
            "/subject",
            _("The subject is too long. Use at most %(most)d characters.")
            % {"most": LONGEST_SUBJECT},
        )
    for at, (name, value) in enumerate(letter.headers):
        if has_control(name + value) or not name.isascii():
            yield Flaw(
                pointer("headers", at),
                _("A header cannot contain line breaks or control characters."),
            )


def _file_flaws(letter: Letter) -> Iterator[Flaw]:
    size = sum(int(one["size"]) for one in letter.files)
    if size > MOST_BYTES:
        yield Flaw(
            "/files",
            _("The attachments are %(size).1f MB; the limit is %(most)d MB. Send links "
              "instead.") % {"size": size / 1024**2, "most": MOST_BYTES // 1024**2},
        )  # fmt: skip


def _size_flaws(letter: Letter, *, count: int, size: int) -> Iterator[Flaw]:
    sent = sum(len(getattr(letter, kind)) for kind in KINDS)
    if max(sent, len(letter.reply_to)) > MOST_RECIPIENTS:
        yield Flaw(
            "/to",
            _("A message can have at most %(most)d recipients; this one has %(count)d.")
            % {"most": MOST_RECIPIENTS, "count": max(sent, len(letter.reply_to))},
        )
    elif not sent:
        yield Flaw("/to", _("Enter at least one recipient."))
    if size > MOST_BYTES:
        yield Flaw(
            "/text",
            _("The message is %(size).1f MB; the limit is %(most)d MB. Shorten it.")
            % {"size": size / 1024**2, "most": MOST_BYTES // 1024**2},
        )
