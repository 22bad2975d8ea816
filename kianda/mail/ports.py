"""What mail asks of others: by which accounts it leaves, who carries it, what wakes a worker.

Mail knows neither sockets nor datasources nor Celery; who does registers at start.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol

from django.utils.translation import gettext as _


@dataclass(frozen=True, slots=True, kw_only=True)
class MailAccount:
    """A server that takes mail, how one signs in there, and who its mails are from."""

    name: str
    title: str
    host: str
    port: int
    security: str = "starttls"  # starttls, tls or none
    username: str = ""
    password: str = field(default="", repr=False)
    sender: str
    reply_to: str = ""
    per_minute: int | None = None
    timeout_s: float = 60
    # Named by the operator, so that its host may be a private one.
    by_operator: bool = False


class ServerReply(NamedTuple):
    """What a server has answered: its code, and its words in one line."""

    code: int
    words: str


class NothingSent(Exception):
    """Nothing has left. `login_refused`: it cannot, before the settings are others.

    `permanent`: there is no use in trying it again.
    """

    def __init__(self, words: str, *, login_refused: bool = False, permanent: bool = False) -> None:
        """Take the sentence, which may quote the server."""
        super().__init__(words)
        self.words = words
        self.login_refused = login_refused
        self.permanent = permanent


class MayHaveBeenSent(Exception):
    """The text has left whole, and the answer to it never came."""


class Outgoing(NamedTuple):
    """One message as a server takes it."""

    sender: str
    recipients: Sequence[str]
    content: bytes


class Carrier(Protocol):
    """Takes a message to the server of an account."""

    def __call__(
        self,
        account: MailAccount,
        outgoing: Outgoing,
        *,
        about_to_send: Callable[[Mapping[str, ServerReply]], bool],
    ) -> ServerReply | None:
        """Return the server's reply to the text; raises NothingSent and MayHaveBeenSent.

        `about_to_send` gets the reply to each recipient right before the text leaves, and tells
        whether it is to leave at all; if not, None is returned.
        """


class Accounts(Protocol):
    """Knows the accounts that people have set up."""

    def find(self, name: str) -> MailAccount | None:
        """Return an account by name, None when there is none, or not any more."""

    def titles(self) -> Mapping[str, str]:
        """Return the titles of all accounts by their names."""


class _Ports:
    waker: Callable[[Sequence[int]], None] | None = None
    carrier: Carrier | None = None
    accounts: Accounts | None = None
    refusal: Callable[[Sequence[int]], str] | None = None
    files: Callable[[str], bytes] | None = None


def register_waker(waker: Callable[[Sequence[int]], None]) -> None:
    """Say how a worker is told of planned messages, by their keys; called once, from ready()."""
    _Ports.waker = waker


def register(*, carrier: Carrier, accounts: Accounts | None = None) -> None:
    """Say who carries messages and who knows the accounts; called once, from ready()."""
    _Ports.carrier, _Ports.accounts = carrier, accounts


def register_refusal(refusal: Callable[[Sequence[int]], str]) -> None:
    """Say who tells whether a message may not leave any more; called once, from ready()."""
    _Ports.refusal = refusal


def register_files(opened: Callable[[str], bytes]) -> None:
    """Say who opens the files that messages name, by their keys; called once, from ready().

    It raises NothingSent for one that is gone, permanently, or cannot be read yet.
    """
    _Ports.files = opened


def opened_file(key: str) -> bytes:
    """Return the content of a file that a message names; raises NothingSent."""
    if _Ports.files is None:
        raise NothingSent(_("No file storage is installed."))
    return _Ports.files(key)


def refusal_of(about: Sequence[int]) -> str:
    """Return why a message about these things is not sent any more, or nothing."""
    return _Ports.refusal(about) if about and _Ports.refusal is not None else ""


def wake(messages: Sequence[int]) -> None:
    """Tell a worker; when nothing does, the sweep finds them."""
    if _Ports.waker is not None:
        _Ports.waker(messages)


def carry(
    account: MailAccount,
    outgoing: Outgoing,
    *,
    about_to_send: Callable[[Mapping[str, ServerReply]], bool],
) -> ServerReply | None:
    """Take a message to a server, as `Carrier` says."""
    if _Ports.carrier is None:
        raise NothingSent(_("No mail service is installed."))
    return _Ports.carrier(account, outgoing, about_to_send=about_to_send)


def find_account(name: str) -> MailAccount | None:
    """Return an account that people have set up, by name."""
    return _Ports.accounts.find(name) if _Ports.accounts else None


def account_titles() -> Mapping[str, str]:
    """Return the titles of the accounts that people have set up, by name."""
    return _Ports.accounts.titles() if _Ports.accounts else {}
