"""No secret stands readable anywhere: not in the database, not in the log, not in an answer."""

import base64
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import quote, quote_plus

from django.db import connection
from pytest_httpserver import HTTPServer
from rest_framework.test import APIClient
from werkzeug import Request, Response

from processes.models import Run
from tests.processes.definitions import TOKEN_SERVICE, token_refresh

# Signs that each spelling writes in its own way.
ODD = '/+ "&=é%'
SECRETS = {
    "client secret": f"cs-7d1e{ODD}secret",
    "refresh token": f"rt-4a9b{ODD}before",
    "next refresh token": f"rt-8c2f{ODD}after",
    "access token": f"at-5e6d{ODD}before",
    "next access token": f"at-1b3c{ODD}after",
    "sent with a trigger": f"tr-6f0a{ODD}sent",
}
VISIBLE = "client-that-may-be-seen"
KEY = "key-9f8e7d6c/of=the+service"


def spellings(secret: str) -> set[str]:
    """Return the ways in which a secret may be written somewhere."""
    raw = secret.encode()
    coded = {base64.b64encode(raw).decode(), base64.urlsafe_b64encode(raw).decode()}
    in_json = {json.dumps(secret)[1:-1], json.dumps(secret, ensure_ascii=False)[1:-1]}
    in_urls = {quote(secret, safe=""), quote(secret), quote_plus(secret)}
    return {secret, *in_json, *in_urls, *coded, *(text.rstrip("=") for text in coded)}


class Search:
    """Gathers everything that the product has written or said."""

    def __init__(self, client: APIClient) -> None:
        self.client = client
        self.answers: list[str] = []
        self.lines: list[str] = []

    def call(self, verb: str, path: str, body: Any = None, **headers: Any) -> Any:
        """Call the API; its answer is among what is searched."""
        answer = getattr(self.client, verb)(f"/api/v1{path}", body, headers=headers)
        assert answer.status_code < 500, answer.content
        head = "\n".join(f"{name}: {value}" for name, value in answer.items())
        self.answers.append(f"{verb} {path}\n{head}\n{answer.content.decode()}")
        return answer.json() if answer.content else None

    def read_everything(self) -> None:
        """Read every list and every object of it."""
        paths = ("datasources", "processes", "instances", "runs", "scheduled-tasks")
        keys = ("name", "name", "process_id", "id", "id")
        for path, key in zip(paths, keys, strict=True):
            for row in self.call("get", f"/{path}/")["results"]:
                self.call("get", f"/{path}/{row[key]}/")
        self.call("get", "/calls/")
        for row in self.call("get", "/processes/")["results"]:
            self.call("get", f"/processes/{row['name']}/versions/")
        for row in self.call("get", "/scheduled-tasks/")["results"]:
            self.call("get", f"/scheduled-tasks/{row['id']}/occurrences/")

    def places(self) -> dict[str, str]:
        """Return all texts to be searched, by place."""
        self.read_everything()
        return {
            "the database": stored(),
            "the log": "\n".join(self.lines),
            "the answers": "\n\n".join(self.answers),
        }

    def finds(self, *secrets: str) -> list[str]:
        """Return where which spelling of a secret was found, with what stands around it."""
        places = self.places()
        for name in ("the database", "the answers"):
            assert VISIBLE in places[name], f"{name} was not searched"
        return [
            f"{name}: ...{text[max(0, text.index(spelling) - 200) :][:300]}..."
            for name, text in places.items()
            for secret in secrets
            for spelling in spellings(secret)
            if spelling in text
        ]


def stored() -> str:
    """Return every value of every table, and on SQLite the bytes of the files as well."""
    texts = []
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f'SELECT * FROM "{table}"')
            texts += [str(value) for row in cursor.fetchall() for value in row]
    texts += [json.dumps(steps) for steps in Run.objects.values_list("steps", flat=True)]
    if connection.vendor == "sqlite":
        file = str(connection.settings_dict["NAME"])
        for path in (Path(file), Path(f"{file}-wal")):
            if path.exists():
                texts.append(path.read_bytes().decode("latin-1"))
                texts.append(path.read_bytes().decode("utf-8", "replace"))
    return "\n".join(texts)


def secret_definition() -> dict[str, Any]:
    """Return the scenario with its access token in a secret field, as the templates have it."""
    made = token_refresh()
    for field in made["forms"][0]["fields"]:
        if field["name"] == "access_token":
            field["type"] = "secret"
    return made


def set_up(search: Search, service: HTTPServer, **datasource: Any) -> str:
    """Make datasource, published process and an instance over the API; return its Process ID."""
    base = {"base_url": service.url_for("/").rstrip("/")}
    search.call("post", "/datasources/", TOKEN_SERVICE | base | datasource)
    search.call("post", "/processes/", secret_definition())
    search.call("post", "/processes/token-refresh/publish/", {})
    data = {
        "client_id": VISIBLE,
        "client_secret": SECRETS["client secret"],
        "refresh_token": SECRETS["refresh token"],
        "access_token": SECRETS["access token"],
    }
    made = search.call("post", "/instances/", {"process": "token-refresh", "data": data})
    return str(made["process_id"])


def press(search: Search, process_id: str, **more: Any) -> Any:
    return search.call("post", f"/instances/{process_id}/trigger/", {"target": "refresh", **more})


def good(request: Request) -> Response:
    granted = {
        "access_token": SECRETS["next access token"],
        "refresh_token": SECRETS["next refresh token"],
        "expires_in": 3600,
    }
    cookie = {"Set-Cookie": f"session={quote(SECRETS['next access token'])}"}
    return Response(json.dumps(granted), content_type="application/json", headers=cookie)


def quoting(status: int, content_type: str) -> Callable[[Request], Response]:
    """Return a handler that quotes everything it was sent, in every spelling."""

    def answer(request: Request) -> Response:
        values = [*request.form.values(), *request.args.values()]
        sent = [text for value in values for text in sorted(spellings(value))]
        head = [f"{name}: {value}" for name, value in request.headers.items()]
        body: Any = {"error": "invalid_grant", "you_sent": sent, "head": head, "q": request.url}
        text = json.dumps(body)
        if content_type == "text/html":
            text = f"<h1>No</h1><pre>{' '.join(sent + head)}</pre>"
        location = {"X-You-Sent": quote(" ".join(values)), "Location": f"/?t={quote(values[-1])}"}
        return Response(text, status=status, content_type=content_type, headers=location)

    return answer
