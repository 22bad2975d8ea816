"""A sandbox on a real loopback port, in this process, with a client of its own."""

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from kianda.sandbox.app import Sandbox
from kianda.sandbox.server import Server, open_socket
from kianda.sandbox.store import Store


class Client:
    """Somebody who was registered with the sandbox."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.http = requests.Session()
        self.http.trust_env = False
        made = self.post("/register").json()
        self.id, self.secret = made["client_id"], made["client_secret"]
        self.token = made["refresh_token"]

    def get(self, path: str, **extra: Any) -> requests.Response:
        return self.http.get(self.url + path, timeout=10, allow_redirects=False, **extra)

    def post(self, path: str, **extra: Any) -> requests.Response:
        return self.http.post(self.url + path, timeout=10, allow_redirects=False, **extra)

    def switch(self, **switches: Any) -> requests.Response:
        return self.http.put(self.url + "/switches", json=switches, timeout=10)

    def refresh(self, token: str | None = None, **extra: Any) -> requests.Response:
        form = {"grant_type": "refresh_token", "client_id": self.id, "client_secret": self.secret}
        return self.post(
            "/oauth/token", data=form | {"refresh_token": token or self.token}, **extra
        )

    def me(self, token: str) -> requests.Response:
        return self.get("/api/me", headers={"Authorization": f"Bearer {token}"})


@pytest.fixture
def data_dir(tmp_path: Path) -> Path:
    return tmp_path


@pytest.fixture
def waits() -> list[float]:
    """How long the sandbox would have slept, in its order."""
    return []


@pytest.fixture
def client(data_dir: Path, waits: list[float]) -> Iterator[Client]:
    store = Store(data_dir / "sandbox.sqlite3")
    server = Server(open_socket(data_dir), Sandbox(store, sleep=waits.append))
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    someone = Client("http://" + (data_dir / "sandbox.address").read_text().strip())
    yield someone
    someone.http.close()
    server.shutdown()
    thread.join()
    server.server_close()
    store.close()
