"""The only place from which mail leaves: one connection a message, each step with its meaning."""

import re
import smtplib
import socket
import ssl
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.utils.translation import gettext as _

from datasources.http.egress import resolve
from datasources.http.sockets import Limits, TLSSocket, connect, tls_context
from datasources.rest.errors import CallFailed
from kianda.mail.ports import MailAccount, MayHaveBeenSent, NothingSent, Outgoing, ServerReply

GOODBYE_S = 2.0
LONGEST_WORDS = 500
NEEDS_SIGN_IN = 530
GO_ON = 354
# What OpenSSL says of a certificate whose authority it does not know: signed by itself, or a chain
# that ends nowhere.
UNKNOWN_AUTHORITY = frozenset({18, 19, 20, 21})
# What the library can do, the simplest first: TLS keeps the password.
WAYS = ("PLAIN", "LOGIN", "CRAM-MD5")
MEGABYTE = 1024 * 1024
LONGEST_LINE, MOST_LINES = 8192, 200


def carry(
    account: MailAccount,
    outgoing: Outgoing,
    *,
    about_to_send: Callable[[Mapping[str, ServerReply]], bool],
) -> ServerReply | None:
    """Take a message to the server of an account; see `kianda.mail.ports.Carrier`."""
    limits = Limits()
    with _nothing_sent(account, limits), _signed_in(account, limits) as session:
        replies = _envelope(session, account, outgoing)
        # Whoever waited too long may have lost the message to another worker.
        limits.left()
        if not about_to_send(replies):
            return None
        limits.begin(time.monotonic() + account.timeout_s, sent=False)
        return _text(session, account, outgoing.content)


def sign_in(account: MailAccount) -> str:
    """Connect, sign in and leave again; returns in words how. Raises NothingSent."""
    limits = Limits()
    with _nothing_sent(account, limits), _signed_in(account, limits) as session:
        code, words = session.noop()
        if code >= 400:
            raise NothingSent(quoted(account, ServerReply(code, _line(words))))
        if account.username:
            return _("Signed in to %(host)s as %(user)s.") % {
                "host": account.host,
                "user": account.username,
            }
        return _("%(host)s responds.") % {"host": account.host}


class _Session(smtplib.SMTP):
    """A conversation over a guarded connection that ends when its time is over."""

    def __init__(self, account: MailAccount, limits: Limits) -> None:
        self._account, self._limits = account, limits
        super().__init__(local_hostname=_own_name(), timeout=account.timeout_s)
        # The name that the certificate is checked against.
        self._host = account.host
        code, words = self.connect(account.host, account.port)
        if code != 220:
            self.close()
            raise smtplib.SMTPResponseException(code, words)

    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
        account, limits = self._account, self._limits
        targets = resolve(host, port, wait_s=limits.left(), by_operator=account.by_operator)
        sock: socket.socket = connect(targets, limits)
        if account.security != "tls":
            return sock
        try:
            return self._limited(tls_context().wrap_socket(sock, server_hostname=host))
        except OSError:
            sock.close()
            raise

    def _limited(self, sock: ssl.SSLSocket) -> ssl.SSLSocket:
        if isinstance(sock, TLSSocket):
            sock.limits = self._limits
        return sock

    def getreply(self) -> tuple[int, bytes]:
        """Return the code and the words of a reply; the library would read one without end."""
        if self.file is None:
            assert self.sock is not None
            self.file = self.sock.makefile("rb")
        words = []
        for _line_of_reply in range(MOST_LINES):
            try:
                line = self.file.readline(LONGEST_LINE + 1)
            except OSError as error:
                self.close()
                raise smtplib.SMTPServerDisconnected("the connection broke") from error
            if not line or len(line) > LONGEST_LINE:
                break
            words.append(line[4:].strip(b" \t\r\n"))
            if not line[:3].isdigit() or line[3:4] != b"-":
                code = int(line[:3]) if line[:3].isdigit() else -1
                return code, b"\n".join(words)
        self.close()
        raise smtplib.SMTPServerDisconnected("no reply, or none that ends")

    def begin_tls(self) -> None:
        """Go on under TLS, or raise NothingSent."""
        self.ehlo_or_helo_if_needed()
        if not self.has_extn("starttls"):
            raise NothingSent(
                _("%(host)s does not offer STARTTLS, so nothing was sent.")
                % {"host": self._account.host}
            )
        if self.sock is not None:
            self.sock.settimeout(self._limits.left())
        self.starttls(context=tls_context())
        if isinstance(self.sock, ssl.SSLSocket):
            self._limited(self.sock)


@contextmanager
def _signed_in(account: MailAccount, limits: Limits) -> Iterator[_Session]:
    limits.begin(time.monotonic() + account.timeout_s, sent=False)
    session = _Session(account, limits)
    try:
        if account.security == "starttls":
            session.begin_tls()
        session.ehlo_or_helo_if_needed()
        if account.username:
            _login(session, account)
        yield session
        limits.begin(time.monotonic() + GOODBYE_S, sent=False)
        with suppress(smtplib.SMTPException, OSError):
            session.quit()
    finally:
        session.close()


def _login(session: _Session, account: MailAccount) -> None:
    if not isinstance(session.sock, ssl.SSLSocket):
        raise NothingSent(_("A password is only sent over TLS."), login_refused=True)
    # The library would try a password that was refused once more for each way: some servers count.
    offered = session.esmtp_features.get("auth", "").upper().split()
    way = next((way for way in WAYS if way in offered), None)
    if way is not None:
        session.esmtp_features["auth"] = way
    try:
        session.login(account.username, account.password)
    except smtplib.SMTPAuthenticationError as error:
        words = quoted(account, ServerReply(error.smtp_code, _line(error.smtp_error)))
        raise NothingSent(
            _("Sign-in refused. %(words)s") % {"words": words},
            login_refused=error.smtp_code >= 500,
        ) from error
    except smtplib.SMTPNotSupportedError as error:
        sentence = _("%(host)s does not accept a user name and password on this connection.")
        raise NothingSent(sentence % {"host": account.host}, login_refused=True) from error


def _envelope(
    session: _Session, account: MailAccount, outgoing: Outgoing
) -> dict[str, ServerReply]:
    """Name the sender and the recipients; returns the reply to each of these."""
    options = []
    if session.has_extn("size"):
        _must_fit(session.esmtp_features["size"], len(outgoing.content), account)
        options.append(f"size={len(outgoing.content)}")
    code, words = session.mail(outgoing.sender, options)
    if code >= 300:
        raise NothingSent(
            quoted(account, ServerReply(code, _line(words))),
            login_refused=code == NEEDS_SIGN_IN,
            permanent=code >= 500 and code != NEEDS_SIGN_IN,
        )
    replies = {}
    for recipient in outgoing.recipients:
        code, words = session.rcpt(recipient)
        replies[recipient] = ServerReply(code, _line(words))
    return replies


def _must_fit(announced: str, size: int, account: MailAccount) -> None:
    most = int(announced) if announced.strip().isdecimal() else 0
    if 0 < most < size:
        sentence = _(
            "%(host)s accepts messages of up to %(most).1f MB; this one has %(size).1f MB."
        )
        found = {"host": account.host, "most": most / MEGABYTE, "size": size / MEGABYTE}
        raise NothingSent(sentence % found, permanent=True)


def _text(session: _Session, account: MailAccount, content: bytes) -> ServerReply:
    """Send the text and return the reply to it."""
    code, words = session.docmd("data")
    if code != GO_ON:
        return ServerReply(code, _line(words))
    lines = re.sub(rb"\r\n|\r|\n", b"\r\n", content)
    # Without its end the server keeps none of it: until then, nothing has been sent.
    session.send(re.sub(rb"(?m)^\.", b"..", lines))
    try:
        session.send(b"\r\n.\r\n" if not lines.endswith(b"\r\n") else b".\r\n")
        code, words = session.getreply()
    except (smtplib.SMTPException, OSError) as error:
        raise MayHaveBeenSent(_broken_off(account)) from error
    if not 200 <= code < 600:
        raise MayHaveBeenSent(_broken_off(account))
    return ServerReply(code, _line(words))


def _broken_off(account: MailAccount) -> str:
    return _("The connection to %(host)s was lost after the message had been sent.") % {
        "host": account.host
    }


@contextmanager
def _nothing_sent(account: MailAccount, limits: Limits) -> Iterator[None]:
    """Put in words why nothing was sent."""
    try:
        yield
    except (smtplib.SMTPException, OSError, CallFailed, UnicodeError) as error:
        raise NothingSent(_why(error, account, over=limits.over)) from error


def _why(error: Exception, account: MailAccount, *, over: bool) -> str:
    host = {"host": account.host}
    if isinstance(error, CallFailed):
        sentence = _("%(host)s cannot be reached: %(why)s")
        return sentence % {**host, "why": error.message}
    if isinstance(error, smtplib.SMTPResponseException):
        return quoted(account, ServerReply(error.smtp_code, _line(error.smtp_error)))
    if isinstance(error, ssl.SSLError):
        return _why_no_tls(error, account)
    if over or isinstance(error, TimeoutError):
        sentence = _("%(host)s did not answer within %(seconds)g s.")
        return sentence % {**host, "seconds": account.timeout_s}
    return _("%(host)s closed the connection before the message was sent.") % host


def _why_no_tls(error: ssl.SSLError, account: MailAccount) -> str:
    if error.reason == "WRONG_VERSION_NUMBER" and account.security == "tls":
        sentence = _(
            "%(host)s does not begin with TLS at port %(port)s, so nothing was sent. Choose "
            "STARTTLS, or another port."
        )
        return sentence % {"host": account.host, "port": account.port}
    why = getattr(error, "verify_message", "") or error.reason or ""
    sentence = _("%(host)s has no valid TLS connection, so nothing was sent: %(why)s.")
    said = sentence % {"host": account.host, "why": why.replace("_", " ").rstrip(".")}
    if getattr(error, "verify_code", 0) not in UNKNOWN_AUTHORITY:
        return said
    mend = _(
        "If your organisation issued the certificate, an administrator of the server can add its "
        "authority to those that the operating system trusts."
    )
    return f"{said} {mend}"


def quoted(account: MailAccount, reply: ServerReply) -> str:
    """Return what a server has answered, in a sentence."""
    return _("%(host)s answered: %(code)d %(words)s") % {
        "host": account.host,
        "code": reply.code,
        "words": reply.words,
    }


def _line(words: Any) -> str:
    """Return what a server says as one line of text."""
    text = words.decode("utf-8", errors="replace") if isinstance(words, bytes) else str(words)
    clean = "".join(sign if sign.isprintable() else " " for sign in text)
    return " ".join(clean.split())[:LONGEST_WORDS]


def _own_name() -> str:
    """Return how the product greets a server."""
    host = urlsplit(settings.KIANDA_PUBLIC_URL).hostname or "localhost"
    if ":" in host:
        return f"[IPv6:{host}]"
    return f"[{host}]" if host.replace(".", "").isdecimal() else host
