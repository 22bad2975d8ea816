"""A mail server on loopback (aiosmtpd) that does what the servers of bad days do."""

import asyncio
import ssl
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from types import TracebackType
from typing import Any

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

OK = "250 OK"


@dataclass
class Received:
    """One message that the server has taken, or was given and then cut."""

    sender: str
    recipients: list[str]
    content: bytes
    user: str = ""

    @property
    def message(self) -> EmailMessage:
        """Return it as it reads."""
        parsed = message_from_bytes(self.content, policy=policy.default)
        assert isinstance(parsed, EmailMessage)
        return parsed

    @property
    def text(self) -> str:
        """Return its plain text."""
        return str(self.message.get_body(("plain",)).get_content())


@dataclass
class Behaviour:
    """What it says; each reply is used for ever, or in turn when it is a list."""

    mail: str = OK
    # Replies by recipient.
    recipients: dict[str, Any] = field(default_factory=dict)
    data: Any = "250 2.0.0 OK queued as 4GxK2p"
    # Break the connection: at MAIL, at DATA (before the text), or after the text.
    cut_at: str = ""
    # Wait there until the gate is opened.
    wait_at: str = ""


class MailServer:
    """Serves from a thread of its own; everything that reached it stands in `received`."""

    def __init__(
        self,
        *,
        tls: ssl.SSLContext | None = None,
        implicit_tls: bool = False,
        users: Mapping[str, str] | None = None,
        size: int = 33_554_432,
        require_starttls: bool = False,
    ) -> None:
        """Offer STARTTLS with a certificate, sign-in with users, and take so many bytes."""
        self.does = Behaviour()
        self.received: list[Received] = []
        self.sign_ins: list[tuple[str, bool]] = []
        self.connections = 0
        self.waits = threading.Event()
        self._users, self._tls, self._implicit = users, tls, implicit_tls
        self._options: dict[str, Any] = {
            "data_size_limit": size,
            "tls_context": None if implicit_tls else tls,
            "require_starttls": require_starttls,
            "hostname": "mail.example.org",
        }
        if users is not None:
            self._options |= {
                "authenticator": self._authenticate,
                "auth_required": True,
                "auth_require_tls": not implicit_tls,
            }
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._serve, name="mail", daemon=True)
        self._gate = asyncio.Event()
        self._ready = threading.Event()
        self._stop = asyncio.Event()

    def __enter__(self) -> "MailServer":
        """Listen."""
        self._thread.start()
        assert self._ready.wait(10)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Stop, and leave nothing open."""
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(10)

    @property
    def settings(self) -> dict[str, Any]:
        """Return the account that leads here, as KIANDA_SMTP holds one."""
        return {
            "host": "127.0.0.1",
            "port": self.port,
            "security": "none",
            "username": "",
            "password": "",
            "sender": "Kianda <kianda@example.org>",
            "reply_to": "",
            "per_minute": None,
            "timeout_s": 5,
        }

    def go_on(self) -> None:
        """Let whoever waits go on."""
        self._loop.call_soon_threadsafe(self._gate.set)

    def _serve(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.run_until_complete(self._serve_until_stopped())
        self._loop.close()

    async def _serve_until_stopped(self) -> None:
        tls = self._tls if self._implicit else None
        server = await self._loop.create_server(self._session, "127.0.0.1", 0, ssl=tls)
        self.port = int(server.sockets[0].getsockname()[1])
        self._ready.set()
        await self._stop.wait()
        server.close()
        mine = asyncio.current_task()
        left = [task for task in asyncio.all_tasks() if task is not mine]
        for task in left:
            task.cancel()
        await asyncio.gather(*left, return_exceptions=True)

    def _session(self) -> SMTP:
        self.connections += 1
        return SMTP(self, loop=self._loop, **self._options)

    def _authenticate(
        self, server: Any, session: Any, envelope: Any, mechanism: str, data: Any
    ) -> AuthResult:
        assert isinstance(data, LoginPassword)
        user = data.login.decode()
        right = (self._users or {}).get(user) == data.password.decode()
        self.sign_ins.append((user, right))
        return AuthResult(success=right, handled=False, auth_data=user)

    async def handle_MAIL(  # noqa: N802 - aiosmtpd calls it so
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        """Take a sender."""
        await self._reached("mail", server)
        if self.does.mail == OK:
            envelope.mail_from = address
        return self.does.mail

    async def handle_RCPT(  # noqa: N802 - aiosmtpd calls it so
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        """Take a recipient, or say what the test says."""
        reply = _next(self.does.recipients.get(address, OK))
        if reply.startswith("2"):
            envelope.rcpt_tos.append(address)
        return reply

    async def handle_DATA(  # noqa: N802 - aiosmtpd calls it so
        self, server: SMTP, session: Session, envelope: Envelope
    ) -> str:
        """Take the text."""
        content = envelope.content if isinstance(envelope.content, bytes) else b""
        received = Received(
            str(envelope.mail_from), list(envelope.rcpt_tos), content, str(session.auth_data or "")
        )
        reply = _next(self.does.data)
        if reply.startswith("2"):
            self.received.append(received)
        await self._reached("data", server)
        return reply

    async def _reached(self, point: str, server: SMTP) -> None:
        if self.does.wait_at == point:
            self.waits.set()
            await self._gate.wait()
        if self.does.cut_at == point:
            transport: Any = server.transport
            transport.abort()
            raise ConnectionResetError

    async def handle_exception(self, error: Exception) -> str:
        """Say nothing of a connection that the test has cut."""
        return "421 cut"


def _next(reply: Any) -> str:
    if isinstance(reply, list):
        return str(reply.pop(0) if len(reply) > 1 else reply[0])
    return str(reply)
