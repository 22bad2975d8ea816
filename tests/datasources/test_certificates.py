"""Certificates of a datasource, on real TLS servers of loopback, and how they are entered."""

import base64
import json
import ssl
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import pytest
import time_machine

from datasources.http.client import client
from datasources.models import Datasource
from datasources.rest.document import RestDatasource
from datasources.selectors import get_datasource, shown
from datasources.services.datasources import create_datasource, get_document, patch_datasource
from kianda.lib.errors import Invalid
from kianda.lib.secret_names import MASK
from tests.authorities import SERVER, Authority, Pair
from tests.datasources.calling import Make, call, failure
from tests.datasources.conftest import raw_datasource
from tests.datasources.servers import Visit, always, answer, serving

OURS, THEIRS = Authority("Ours"), Authority("Theirs")
NOBODY = Authority("Nobody")
KIANDA = OURS.client()


def holding(source: RestDatasource, **changes: Any) -> RestDatasource:
    """Return a datasource with other certificates."""
    return RestDatasource.model_validate({**source.plain(), **changes})


def who(visit: Visit) -> None:
    """Answer every request with whom the certificate of the client names."""
    shown: Any = visit.socket.getpeercert()  # type: ignore[attr-defined]
    name = dict(part[0] for part in shown["subject"])["commonName"] if shown else None
    while visit.read():
        visit.write(answer(json.dumps(name).encode()))


@pytest.mark.parametrize(
    "sent",
    [
        {"pem": KIANDA.pem()},
        {"pem": KIANDA.pem("pw-1"), "password": "pw-1"},
        # A password that the key does not need harms nobody.
        {"pem": KIANDA.pem(), "password": "pw-1"},
        {"pem": KIANDA.key_pem() + OURS.pem + KIANDA.certificate_pem},
        {"pfx": KIANDA.pfx()},
        {"pfx": KIANDA.pfx("pw-1"), "password": "pw-1"},
    ],
)
def test_a_server_sees_the_certificate_of_the_datasource(
    datasource: Make, tmp_path: Path, sent: dict[str, str]
) -> None:
    with serving(who, tls=THEIRS.server(tmp_path, asks=OURS)) as server:
        source = holding(datasource(server.url), client_certificate=sent, trusted_ca=THEIRS.pem)
        assert [call(source).body for _ in range(2)] == ["Kianda", "Kianda"]
        assert len(server.visits) == 1


def test_connections_are_kept_for_each_certificate(datasource: Make, tmp_path: Path) -> None:
    pems = [OURS.client(name).pem() for name in ("One", "Two")]
    with serving(who, tls=THEIRS.server(tmp_path, asks=OURS)) as server:
        one, two = (
            holding(datasource(server.url), client_certificate={"pem": pem}, trusted_ca=THEIRS.pem)
            for pem in pems
        )
        said = [call(source).body for source in (one, two, one, two)]
        assert said == ["One", "Two", "One", "Two"]
        assert len(server.visits) == 2


def test_an_authority_is_trusted_for_the_datasource_that_names_it_alone(
    datasource: Make, tmp_path: Path
) -> None:
    with serving(always(answer()), tls=THEIRS.server(tmp_path)) as server:
        trusting = holding(datasource(server.url), trusted_ca=THEIRS.pem)
        assert call(trusting).status == 200
        for other in (None, NOBODY.pem):
            failed = failure(holding(datasource(server.url), trusted_ca=other))
            assert failed.kind == "tls"
        assert call(trusting).status == 200


def test_a_certificate_for_another_name_is_refused(
    datasource: Make, tmp_path: Path, settings: Any
) -> None:
    settings.KIANDA_EGRESS_ALLOW = ["127.0.0.1", "localhost"]
    with serving(always(answer()), tls=THEIRS.server(tmp_path)) as server:
        url = server.url.replace("127.0.0.1", "localhost")
        failed = failure(holding(datasource(url), trusted_ca=THEIRS.pem))
        assert server.requests == []
    assert (failed.kind, "localhost" in failed.message) == ("tls", True)


@pytest.mark.parametrize("sent", [None, {"pem": NOBODY.client().pem()}])
def test_a_server_that_does_not_know_the_certificate_is_told_as_such(
    datasource: Make, tmp_path: Path, sent: dict[str, str] | None
) -> None:
    with serving(who, tls=THEIRS.server(tmp_path, asks=OURS)) as server:
        source = holding(datasource(server.url), client_certificate=sent, trusted_ca=THEIRS.pem)
        failed = failure(source)
    assert failed.kind == "tls"
    words = "it asks for a client certificate" if sent is None else "does not know the authority"
    assert words in failed.message


def test_another_origin_that_a_redirect_leads_to_is_not_shown_who_calls(
    datasource: Make, tmp_path: Path
) -> None:
    open_to_all = THEIRS.server(tmp_path, asks=OURS)
    open_to_all.verify_mode = ssl.CERT_OPTIONAL
    with serving(who, tls=open_to_all) as other:
        away = answer(status="302 Found", more=[f"Location: {other.url}/x"])
        with serving(always(away), tls=THEIRS.server(tmp_path, asks=OURS)) as server:
            source = holding(
                datasource(server.url, follow_redirects=True),
                client_certificate={"pem": KIANDA.pem()}, trusted_ca=THEIRS.pem,
            )  # fmt: skip
            assert call(source).body is None
            direct = holding(source, base_url=other.url)
            assert call(direct).body == "Kianda"


def test_an_expired_certificate_is_told_before_anything_is_sent(
    datasource: Make, tmp_path: Path
) -> None:
    with serving(who, tls=THEIRS.server(tmp_path, asks=OURS)) as server:
        pem = OURS.client(days=-1).pem()
        source = holding(
            datasource(server.url), client_certificate={"pem": pem}, trusted_ca=THEIRS.pem
        )
        failed = failure(source)
        assert server.visits == []
    assert failed.kind == "configuration"
    assert "The client certificate has expired on" in failed.message


def _flaws(dan: Any, **changes: Any) -> dict[str, str]:
    with pytest.raises(Invalid) as caught:
        create_datasource(raw=raw_datasource(**changes), user=dan)
    return {flaw.pointer: flaw.detail for flaw in caught.value.errors}


OTHER = OURS.client("Other")


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("sent", "place", "words"),
    [
        ({"pem": KIANDA.pem("pw-1")}, "password", "The private key has a password. Enter it."),
        ({"pem": KIANDA.pem("pw-1"), "password": "pw-2"}, "password", "does not open the private"),
        ({"pfx": KIANDA.pfx("pw-1")}, "password", "The file has a password. Enter it."),
        ({"pfx": KIANDA.pfx("pw-1"), "password": "no"}, "password", "does not open the file"),
        (
            {"pem": KIANDA.certificate_pem},
            "pem",
            "No private key found. It is a block that starts with",
        ),
        ({"pem": KIANDA.key_pem()}, "pem", "No certificate found. It is a block that starts with"),
        (
            {"pem": KIANDA.certificate_pem + OTHER.key_pem()},
            "pem",
            "The private key does not match the certificate",
        ),
        (
            {"pem": KIANDA.pem()[:-90]},
            "pem",
            "No private key found. It is a block that starts with",
        ),
        ({"pem": KIANDA.pem().replace("\nMI", "\nM!", 1)}, "pem", "cannot be read"),
        ({"pem": "hello"}, "pem", "No certificate found. It is a block that starts with"),
        ({"pfx": "hello!"}, "pfx", "Send the file as base64"),
        (
            {"pfx": base64.b64encode(b"hello").decode()},
            "pfx",
            "This is not a PKCS #12 file (.pfx, .p12), or it is damaged",
        ),
        ({"pem": KIANDA.pem(), "pfx": KIANDA.pfx()}, "pfx", "not both"),
        ({"password": "pw-1"}, "pem", "No certificate found. Send pem or pfx."),
        ({"pem": OURS.client(days=-1).pem()}, "pem", "This certificate has expired on"),
        ({"pfx": OURS.client(days=-1).pfx()}, "pfx", "This certificate has expired on"),
        ({"pem": OURS.client(starts=5).pem()}, "pem", "This certificate is not valid before"),
        (
            {"pem": OURS.client(uses=SERVER).pem()},
            "pem",
            "This is not a client certificate",
        ),
        ({"pem": OURS.pair.pem()}, "pem", "certificate of an authority"),
        ({"pem": MASK}, "pem", "No value is stored yet"),
        ({"pem": 5}, "pem", ""),
        ({"key": "x", "pem": KIANDA.pem()}, "key", ""),
    ],
)
def test_a_certificate_that_cannot_be_used_says_why_and_where(
    dan: Any, sent: dict[str, Any], place: str, words: str
) -> None:
    flaws = _flaws(dan, client_certificate=sent)
    assert list(flaws) == [f"/client_certificate/{place}"]
    assert words in flaws[f"/client_certificate/{place}"]
    for secret in ("pw-1", "pw-2", "PRIVATE KEY-----\nM"):
        assert secret not in json.dumps(flaws)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("pem", "words"),
    [
        ("hello", "No certificate found. It is a block that starts with"),
        (
            OURS.pair.pem(),
            "This contains a private key. Send only the certificate of the authority.",
        ),
        (
            KIANDA.certificate_pem,
            "None of these certificates belongs to an authority.",
        ),
        (OURS.pem[:200], "cannot be read"),
    ],
)
def test_an_authority_that_cannot_be_trusted_says_why(dan: Any, pem: str, words: str) -> None:
    flaws = _flaws(dan, trusted_ca=pem)
    assert words in flaws["/trusted_ca"]


def _made(dan: Any, pair: Pair = KIANDA, **more: Any) -> Datasource:
    sent = {"pem": pair.pem("pw-1"), "password": "pw-1"}
    return create_datasource(
        raw=raw_datasource(client_certificate=sent, trusted_ca=OURS.pem, **more), user=dan
    )


@pytest.mark.django_db
def test_nothing_of_a_certificate_is_shown_and_what_is_masked_stays(dan: Any) -> None:
    row = _made(dan)
    entered = get_document("token-service").client_certificate
    told = shown(row)
    assert told["client_certificate"] == {"pem": MASK, "pfx": "", "password": MASK}
    assert told["trusted_ca"] == OURS.pem
    body = {key: told[key] for key in ("client_certificate", "trusted_ca")}
    patch_datasource(name="token-service", changes={**body, "title": "New"}, user=dan)
    assert get_document("token-service").client_certificate == entered
    assert entered.password == "pw-1"
    for sent in ({}, {"pem": MASK}):
        patch_datasource(name="token-service", changes={"client_certificate": sent}, user=dan)
        assert get_document("token-service").client_certificate == entered


@pytest.mark.django_db
def test_a_new_certificate_replaces_the_old_one_with_all_that_belongs_to_it(dan: Any) -> None:
    _made(dan)
    changes = {"client_certificate": {"pfx": OTHER.pfx()}}
    patch_datasource(name="token-service", changes=changes, user=dan)
    held = get_document("token-service").client_certificate
    assert (held.pem, held.password) == ("", "")
    for nothing in (None, {"pem": "", "pfx": "", "password": ""}):
        patch_datasource(name="token-service", changes=changes, user=dan)
        patch_datasource(name="token-service", changes={"client_certificate": nothing}, user=dan)
        assert get_document("token-service").client_certificate is None


@pytest.mark.django_db
def test_another_host_asks_for_the_certificate_again(dan: Any) -> None:
    _made(dan)
    with pytest.raises(Invalid) as caught:
        patch_datasource(
            name="token-service", changes={"base_url": "https://other.example.org"}, user=dan
        )
    places = [flaw.pointer for flaw in caught.value.errors]
    assert places == ["/client_certificate/pem", "/client_certificate/password"]


@pytest.mark.django_db
def test_the_end_of_a_certificate_is_warned_of_and_stops_no_other_change(dan: Any) -> None:
    _made(dan)
    assert shown(get_datasource("token-service"))["meta"]["warnings"] == []
    again = {75: {"pem": KIANDA.pem()}, 101: {"pfx": KIANDA.pfx()}}
    for days, words in ((75, "expires on"), (101, "has expired on")):
        with time_machine.travel(KIANDA.certificate.not_valid_before_utc, tick=False) as clock:
            clock.shift((days + 10) * 86_400)
            warned = shown(get_datasource("token-service"))["meta"]["warnings"]
            assert [one["pointer"] for one in warned] == ["/client_certificate"]
            assert words in warned[0]["detail"]
            patch_datasource(name="token-service", changes={"title": f"T{days}"}, user=dan)
            with pytest.raises(Invalid) if days > 100 else nullcontext():
                changes = {"client_certificate": again[days]}
                patch_datasource(name="token-service", changes=changes, user=dan)


def test_the_key_of_a_certificate_lies_on_no_disk(
    datasource: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    fresh = OURS.client("Fresh")
    with serving(who, tls=THEIRS.server(tmp_path, asks=OURS)) as server:
        source = holding(
            datasource(server.url), client_certificate={"pem": fresh.pem()}, trusted_ca=THEIRS.pem
        )
        assert call(source).body == "Fresh"
    assert [file.name for file in tmp_path.iterdir()] == ["server.pem"]
    client.close()
