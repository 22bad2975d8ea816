"""A provider on loopback: it rotates refresh tokens, notices reuse, and misbehaves on demand."""

import json
import threading
from collections.abc import Callable
from typing import Any, Self
from urllib.parse import parse_qs

from tests.datasources.servers import Server, Visit, answer

Reaction = Callable[["TokenProvider", Visit], None]


class TokenProvider(Server):
    """Gives tokens at `/token`, takes the newest of them at every other path.

    What stands in `reactions` happens instead at the next requests for tokens, one after another.
    """

    def __init__(self, *, lifetime_s: int | None = 3600, rotates: bool = True) -> None:
        super().__init__(self._converse)
        self.lifetime_s, self.rotates = lifetime_s, rotates
        self.reactions: list[Reaction] = []
        self.forms: list[dict[str, str]] = []
        self.called_with: list[str] = []
        self.revoked: list[str] = []
        self.access, self.refresh = "", "seed"
        self.reused = self.takes_none = False
        self.metadata = True
        self.refusal = "401 Unauthorized"
        self.guard = threading.Lock()

    def __enter__(self) -> Self:
        super().__enter__()
        return self

    def _converse(self, visit: Visit) -> None:
        while request := visit.read():
            head, _, body = request.decode().partition("\r\n\r\n")
            path = head.split(" ")[1]
            form = {name: values[0] for name, values in parse_qs(body).items()}
            if path == "/token":
                self._token(visit, form)
            elif path == "/revoke":
                self.revoked.append(form["token"])
                visit.write(answer())
            elif "/.well-known/" in path:
                visit.write(self._metadata())
            else:
                self._thing(visit, head)

    def _metadata(self) -> bytes:
        if not self.metadata:
            return answer(b"", status="503 Service Unavailable")
        said = {"issuer": self.url, "token_endpoint": f"{self.url}/token"}
        return answer(json.dumps(said).encode())

    def _token(self, visit: Visit, form: dict[str, str]) -> None:
        with self.guard:
            self.forms.append(form)
            reaction = self.reactions.pop(0) if self.reactions else None
        if reaction is not None:
            reaction(self, visit)
        else:
            visit.write(self.granted(form))

    def granted(self, form: dict[str, str] | None = None) -> bytes:
        """Give new tokens, if the form is good, and return the answer that tells them."""
        form = form if form is not None else self.forms[-1]
        with self.guard:
            if form["grant_type"] == "refresh_token" and form["refresh_token"] != self.refresh:
                self.reused = True
                said = b'{"error": "invalid_grant", "error_description": "Token was used before."}'
                return answer(said, status="400 Bad Request")
            number = len(self.forms)
            self.access = f"access-{number}"
            body: dict[str, Any] = {"access_token": self.access, "token_type": "Bearer"}
            if self.lifetime_s is not None:
                body["expires_in"] = self.lifetime_s
            if self.rotates and form["grant_type"] != "client_credentials":
                self.refresh = f"refresh-{number}"
                body["refresh_token"] = self.refresh
            return answer(json.dumps(body).encode())

    def _thing(self, visit: Visit, head: str) -> None:
        sent = head.partition("Authorization: Bearer ")[2].partition("\r\n")[0]
        self.called_with.append(sent)
        if sent != self.access or self.takes_none:
            visit.write(answer(b'{"error": "no"}', status=self.refusal))
        else:
            visit.write(answer(json.dumps({"echo": sent}).encode()))


def says(status: str, *more: str, **body: Any) -> Reaction:
    """React with this status and body."""

    def react(_provider: TokenProvider, visit: Visit) -> None:
        visit.write(answer(json.dumps(body).encode(), status=status, more=more))

    return react


def hangs_up(provider: TokenProvider, visit: Visit) -> None:
    """Carry the request out, and hang up without an answer."""
    provider.granted()
    visit.socket.close()


def takes(seconds: float, then: Reaction | None = None) -> Reaction:
    """Answer after a while."""

    def react(provider: TokenProvider, visit: Visit) -> None:
        provider.stopped.wait(seconds)
        if then is not None:
            then(provider, visit)
        else:
            visit.write(provider.granted())

    return react
