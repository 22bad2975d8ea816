"""A workspace full of secrets, and files of it read back."""

import json
from typing import Any

from datasources.models import Datasource
from processes.library.import_file import read_bundle
from processes.library.importer import ImportChoice
from processes.models import ProcessDesign
from tests.processes.conftest import ORDERS_METHOD, RULES, TOKEN_METHOD, with_rules

SECRETS = (
    "hunter2-password",
    "key-4711-abcdef",
    "literal-secret-1234",
    "in-the-query-99",
    "field-literal",
)


def service(**changes: Any) -> dict[str, Any]:
    """Return a datasource with a secret at every place that can hold one."""
    method = {
        **TOKEN_METHOD,
        "request_headers": [{"name": "Accept", "value": "application/json"},
                            {"name": "X-Api-Key", "value": "key-4711-abcdef"}],
    }  # fmt: skip
    return {
        "name": "token-service", "title": "Token service", "kind": "rest",
        "base_url": "https://auth.example.org",
        "auth": {"scheme": "basic", "username": "kianda", "password": "hunter2-password"},
        "test_path": "/ping?api_key=in-the-query-99&x=1",
        "methods": [method, ORDERS_METHOD], **changes,
    }  # fmt: skip


def secretive() -> dict[str, Any]:
    """Return a definition with secrets written out in its rules."""
    call = json.loads(json.dumps(RULES[1]))
    call["input_mapping"][2]["value"] = "literal-secret-1234"
    set_secret = {
        "type": "set_form_field", "id": "set-secret", "title": "Set the secret",
        "assignments": [{"field": "client_secret", "value": "field-literal"}],
    }  # fmt: skip
    return with_rules([set_secret, call, RULES[2]])


def emptied(text: str) -> Any:
    """Return the file read back in a workspace that has nothing."""
    ProcessDesign.everything.all().delete()
    Datasource.objects.all().delete()
    return read_bundle(text.encode())


def all_of(bundle: Any, act: Any = "make") -> dict[str, ImportChoice]:
    """Choose that all of a file is imported."""
    made = {f"process:{one.name}": ImportChoice(act) for one in bundle.processes}
    return made | {f"datasource:{one['name']}": ImportChoice("make") for one in bundle.datasources}
