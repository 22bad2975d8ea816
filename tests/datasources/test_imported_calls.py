"""What an import makes does what the document says: cURL itself and the product are compared."""

import json
import re
import shlex
import subprocess
from typing import Any
from urllib.parse import parse_qsl

import pytest

from datasources.http.client import send
from datasources.importing import source_of
from datasources.importing.drafts import draft_of
from datasources.rest.document import RestDatasource
from datasources.rest.request import build
from tests.datasources.importing.reading import draft, one_operation
from tests.datasources.servers import always, answer, serving

OPTIONS = [
    "",
    "-X DELETE",
    "-d a=1 -d 'b=x y&z' --data-urlencode 'c=1&2=3'",
    "-G -d a=1 --data-urlencode 'q=x y&z'",
    '-H \'Content-Type: application/json\' -d \'{"a": "x", "n": 1.5, "on": true, "l": [1, {}]}\'',
    '--json \'{"a": {"b": null, "c": "d"}}\'',
    "-X PUT -H 'Content-Type: text/csv' --data-raw 'a,b'",
    "-u 'me:pa ss:word'",
    "-H 'Authorization: Bearer abc.def' -H 'X-One: two, three'",
    "-H 'Authorization: token abc' -A agent/1 -e https://from.example/x",
    "-H 'X-Api-Key: k' -b 'a=1; b=2'",
    "-F a=1 -F 'b=x y'",
    "-I",
]
# What a connection says of itself, or a client of itself.
OWN = {"host", "accept-encoding", "content-length", "connection"}


def asked(request: bytes) -> tuple[str, dict[str, str], str]:
    """Return the first line, the headers and the body of a request, boundaries made the same."""
    head, _blank, body = request.decode().partition("\r\n\r\n")
    first, *lines = head.split("\r\n")
    headers = {
        name.lower(): value.strip() for name, _c, value in (one.partition(":") for one in lines)
    }
    kept = {name: value for name, value in headers.items() if name not in OWN}
    if found := re.search(r"boundary=(\S+)", kept.get("content-type", "")):
        body = body.replace(found[1], "---")
        kept["content-type"] = "multipart/form-data"
    return first, kept, body


def meaning(body: str, media_type: str) -> Any:
    """Return what a body says, however it is written."""
    if "json" in media_type:
        return json.loads(body)
    return parse_qsl(body, keep_blank_values=True) if "urlencoded" in media_type else body


@pytest.mark.needs("curl")
@pytest.mark.parametrize("options", OPTIONS)
def test_a_method_sends_what_the_command_sends(options: str, loopback: None) -> None:
    with serving(always(answer(b"{}"))) as server:
        line = f"curl {options} '{server.url}/v1/things/7?x=a%20b&x=c'"
        subprocess.run([*shlex.split(line), "-s", "-m", "10"], check=True, capture_output=True)
        made = draft_of(source_of([("line", line.encode())]).api()).datasource
        document = RestDatasource.model_validate(made)
        send(build(document, document.methods[0], {}), datasource=document)
    theirs, ours = map(asked, server.requests)
    assert ours[0].replace("+", "%20") == theirs[0].replace("+", "%20")
    kind = theirs[1].get("content-type", "")
    body, expected = (meaning(one, kind) for one in (ours[2], theirs[2]))
    assert body == expected
    differ = {name for name in theirs[1] if theirs[1][name] != ours[1].get(name)}
    assert differ <= {"user-agent", "accept"}
    assert (options.count("-A agent/1") == 0) or "user-agent" not in differ


def test_an_operation_is_called_as_its_description_says(loopback: None) -> None:
    operation = {
        "parameters": [
            {"in": "query", "name": "kind", "required": True, "schema": {"enum": ["a b"]}},
            {"in": "header", "name": "X-Trace", "schema": {"type": "integer"}},
        ],
        "requestBody": {"content": {"application/vnd.api+json": {"schema": {"properties": {
            "name": {"type": "string"}, "age": {"type": "integer"},
            "owner": {"properties": {"tags": {"type": "array"}}},
        }}}}},
    }  # fmt: skip
    with serving(always(answer(b"{}"))) as server:
        made = draft(one_operation(operation, verb="post", servers=[{"url": f"{server.url}/v1"}]))
        document = RestDatasource.model_validate(made.datasource)
        inputs: dict[str, Any] = {
            "header.X-Trace": "7", "body.name": 1, "body.age": "3", "body.owner.tags": ["x"],
        }  # fmt: skip
        send(build(document, document.methods[0], inputs), datasource=document)
    first, headers, body = asked(server.requests[0])
    assert first == "POST /v1/pets?kind=a+b HTTP/1.1"
    assert (headers["x-trace"], headers["content-type"]) == ("7", "application/vnd.api+json")
    assert body == '{"name":"1","age":3,"owner":{"tags":["x"]}}'
