"""An export is one readable file without a secret; what is none is refused in a sentence."""

import json
from typing import Any

import pytest

from kianda.accounts.models import AuditEntry
from kianda.lib.errors import Invalid, TooLarge
from processes.designs.lifecycle import create_design
from processes.library.exporter import export_text
from processes.library.import_file import NOT_OURS, read_bundle
from processes.library.importer import ImportChoice, carry_out
from tests.processes.conftest import definition, with_rules
from tests.processes.library.transfer.files import SECRETS, all_of, emptied

pytestmark = pytest.mark.django_db


def test_the_file_is_readable_and_brings_the_datasources_that_are_called(workspace: str) -> None:
    read = json.loads(workspace)
    assert (read["format"], read["format_version"]) == ("kianda-designs", 1)
    assert [one["name"] for one in read["datasources"]] == ["token-service"]
    assert read["processes"][0]["group"] == "Integrations"
    assert '"datasource": "token-service"' in workspace
    # What is at its default does not stand there.
    assert "response_headers" not in workspace
    assert max(map(len, workspace.split("\n"))) < 200


def test_no_secret_for_another_process_is_in_the_file(ada: Any) -> None:
    rules = [
        {"type": "start_a_process", "process": "token-refresh",
         "input_mapping": [{"target": "client_secret", "value": "for-another"}]},
        {"type": "create_item", "datasource": "kianda", "method": "token-refresh",
         "input_mapping": [{"target": "body.refresh_token", "value": "for-new"},
                           {"target": "body.redirect_url", "value": "https://no.secret"}]},
        {"type": "create_item", "datasource": "kianda", "method": "not-there",
         "input_mapping": [{"target": "body.password", "value": "for-nobody-yet"}]},
    ]  # fmt: skip
    create_design(raw=with_rules(rules), user=ada)
    text = export_text(["token-refresh"], user=ada)
    assert [word for word in ("for-another", "for-new", "for-nobody-yet") if word in text] == []
    assert "https://no.secret" in text
    bundle = read_bundle(text.encode())
    done = carry_out(bundle, {"process:token-refresh": ImportChoice("draft")}, user=ada)
    assert "Create item: a value for body.refresh_token" in [one.sentence for one in done.todo]


def test_no_secret_is_in_the_file_nor_in_the_audit_log(workspace: str) -> None:
    audit = " ".join(AuditEntry.objects.values_list("detail", flat=True))
    for secret in SECRETS:
        assert secret not in workspace
        assert secret not in audit
    assert "/ping?api_key=********&x=1" in workspace


def test_an_imported_file_exports_as_the_same_file(workspace: str, ada: Any, admin: Any) -> None:
    bundle = emptied(workspace)
    carry_out(bundle, all_of(bundle), user=admin)
    again, before = json.loads(export_text(["token-refresh"], user=ada)), json.loads(workspace)
    assert again["datasources"][0].keys() | {"test_path"} == before["datasources"][0].keys()
    first, second = (one["processes"][0]["definition"] for one in (before, again))
    assert [f["name"] for f in first["forms"][0]["fields"]] == [
        f["name"] for f in second["forms"][0]["fields"]
    ]


def test_a_definition_by_itself_is_imported_too(ada: Any) -> None:
    bundle = read_bundle(json.dumps({**definition(), "meta": {"version": "3.0"}}).encode())
    assert [one.name for one in bundle.processes] == ["token-refresh"]


BAD = [
    (b"", "The file is empty."),
    (b"   \n", "The file is empty."),
    (b"hello", "The file is not JSON"),
    (b"\x89PNG\r\n\x1a\n\xff", "This is not a text file."),
    (b'{"format": "kianda-designs", "processes": [{"defin', "The file ends in the middle"),
    (b'{"format": "kianda-designs", "exported": nul', "The file ends in the middle"),
    (b'{"format": "kianda-designs",\n "processes": [}]}', "in line 2, column"),
    (b"[1, 2]", NOT_OURS),
    (b'{"swagger": "2.0"}', NOT_OURS),
    (b'{"name": "x", "base_url": "https://x.example"}', "contains only a data source"),
    (b'{"format": "kianda-designs", "format_version": 2, "processes": []}', "newer version"),
    (b'{"format": "kianda-designs", "format_version": 1, "processes": []}', "no process design"),
    (b'{"format": "kianda-designs", "format_version": 1, "processes": {}}', NOT_OURS),
    (b'{"format": "kianda-designs", "format_version": 1, "processes": [7]}', "Write an object"),
    (b'{"forms": [], "forms": []}', "appears twice"),
]  # fmt: skip


@pytest.mark.parametrize(("body", "sentence"), BAD)
def test_what_is_no_export_is_refused_in_a_sentence(body: bytes, sentence: str) -> None:
    with pytest.raises(Invalid) as caught:
        read_bundle(body)
    said = " ".join(flaw.detail for flaw in caught.value.errors)
    assert sentence in said


def test_two_megabytes_are_too_large() -> None:
    with pytest.raises(TooLarge, match=r"larger than 1\.5 MB\. Export fewer"):
        read_bundle(b"x" * 2_000_000)


def test_every_flaw_of_every_definition_is_told(workspace: str) -> None:
    read = json.loads(workspace)
    read["processes"].append({"definition": {"name": "No", "forms": [{"name": "1"}]}})
    read["processes"].append(read["processes"][0])
    with pytest.raises(Invalid) as caught:
        read_bundle(json.dumps(read).encode())
    places = [flaw.pointer for flaw in caught.value.errors]
    assert "/processes/1/definition/name" in places
    assert "/processes/1/definition/forms/0/name" in places
    assert any("appears twice" in flaw.detail for flaw in caught.value.errors)
