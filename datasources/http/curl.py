"""A recorded request as a cURL command. Secrets are masked in the record, so they stay masked."""

import shlex
from collections.abc import Mapping
from typing import Any

from datasources.rest.encoding import as_text
from datasources.rest.sent_files import is_told

# The connection sets these itself.
_OWN = frozenset({"content-length", "accept-encoding", "host", "user-agent"})


def as_curl(request: Mapping[str, Any]) -> str:
    """Return the command for the shell; every value is quoted."""
    headers = {str(name): str(value) for name, value in (request.get("headers") or {}).items()}
    kind = _content_type(headers)
    parts = [f"curl --request {shlex.quote(str(request.get('method', 'GET')))}"]
    parts.append(f"--url {shlex.quote(str(request.get('url', '')))}")
    parts += [
        f"--header {shlex.quote(f'{name}: {value}')}"
        for name, value in headers.items()
        if name.lower() not in _OWN and not (kind == "multipart" and _is_content_type(name))
    ]
    parts += _body(request.get("body"), kind)
    return " \\\n  ".join(parts)


def _is_content_type(name: str) -> bool:
    return name.lower() == "content-type"


def _content_type(headers: Mapping[str, str]) -> str:
    value = next((value for name, value in headers.items() if _is_content_type(name)), "").lower()
    if "multipart/form-data" in value:
        return "multipart"
    return "form" if "x-www-form-urlencoded" in value else "text"


def _body(body: Any, kind: str) -> list[str]:
    if body is None:
        return []
    if isinstance(body, Mapping) and kind != "text":
        option = "--form-string" if kind == "multipart" else "--data-urlencode"
        return [
            _file_part(str(name), one) if is_told(one)
            else f"{option} {shlex.quote(f'{name}={as_text(one)}')}"
            for name, value in body.items()
            for one in (value if isinstance(value, list) else [value])
        ]  # fmt: skip
    if is_told(body):
        return [f"--data-binary {shlex.quote('@' + body['file'])}"]
    return [f"--data-raw {shlex.quote(as_text(body))}"]


def _file_part(name: str, file: Mapping[str, Any]) -> str:
    """Return a part of a multipart body that is read from a file beside the command."""
    path = str(file["file"]).replace("\\", "\\\\").replace('"', '\\"')
    part = f'{name}=@"{path}";type={file["media_type"]}'
    return f"--form {shlex.quote(part)}"
