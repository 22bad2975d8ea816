"""The dialog with the certificates of a data source."""

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from datasources.models import Datasource
from datasources.services.datasources import get_document, patch_datasource
from tests.authorities import Authority
from tests.datasources.pages.forms import ONE, SETTINGS, base, value_of, wrong
from tests.pages import text_of

pytestmark = pytest.mark.django_db
OURS = Authority("Ours")
PAIR = OURS.client()
PAGE = f"{ONE}certificates/"
NOTHING = {"/client_certificate/pem": "", "/client_certificate/password": "", "/trusted_ca": ""}


def send(manager: Client, **changes: Any) -> Any:
    """Send the dialog as it stands, with some controls filled in."""
    revision = {"revision": value_of(manager.get(PAGE), "revision")}
    return manager.post(PAGE, NOTHING | revision | changes)


@pytest.mark.parametrize("name", ["client.pfx", "client.pem"])
def test_a_certificate_comes_as_a_file(manager: Client, made: Datasource, name: str) -> None:
    data = PAIR.pfx_bytes("pw-1") if name.endswith("pfx") else PAIR.pem("pw-1").encode()
    sent = {"certificate_file": SimpleUploadedFile(name, data)}
    asked = send(manager, **sent)
    assert wrong(asked) == ["f-client_certificate-password"]
    sent["certificate_file"].seek(0)
    assert send(manager, **sent, **{"/client_certificate/password": "pw-1"}).status_code == 303
    page = manager.get(PAGE)
    assert "Issued by CN=Ours" in text_of(page)
    assert "PRIVATE KEY" not in page.content.decode()
    assert "pw-1" not in page.content.decode()
    assert "Client certificate Issued to CN=Kianda" in text_of(manager.get(ONE))


def test_what_is_left_empty_stays_and_what_is_to_go_goes(manager: Client, made: Datasource) -> None:
    send(manager, **{"/client_certificate/pem": PAIR.pem(), "/trusted_ca": OURS.pem})
    held = get_document("token-service").client_certificate
    assert held.pem.strip() == PAIR.pem().strip()
    send(manager, **{"/trusted_ca": OURS.pem})
    assert get_document("token-service").client_certificate == held
    send(manager)
    assert get_document("token-service").trusted_ca is None
    send(manager, remove="1")
    assert get_document("token-service").client_certificate is None


def test_authorities_come_as_a_file(manager: Client, made: Datasource) -> None:
    send(manager, authority_file=SimpleUploadedFile("root.pem", OURS.pem.encode()))
    assert get_document("token-service").trusted_ca == OURS.pem
    refused = send(manager, authority_file=SimpleUploadedFile("root.pem", b"\xff\x00hello"))
    assert wrong(refused) == ["f-trusted_ca"]
    assert get_document("token-service").trusted_ca == OURS.pem


def test_a_file_that_is_none_or_too_large_is_refused_beside_its_control(
    manager: Client, made: Datasource
) -> None:
    for data, words in (
        (b"hello", "This is not a PKCS #12 file (.pfx, .p12), or it is damaged"),
        (b"x" * 200_001, "at most 200 KB"),
    ):
        refused = send(manager, certificate_file=SimpleUploadedFile("a.pfx", data))
        assert wrong(refused) == ["f-client_certificate-pem"]
        assert words in text_of(refused)


def test_a_change_of_somebody_else_is_not_written_over(
    manager: Client, made: Datasource, admin: Any
) -> None:
    old = {"revision": value_of(manager.get(PAGE), "revision"), "/trusted_ca": OURS.pem}
    patch_datasource(name="token-service", changes={"title": "New"}, user=admin)
    answer = manager.post(PAGE, NOTHING | old)
    assert answer.status_code == 409
    said = "admin changed this while you were editing. Check the new values, then save again."
    assert said in text_of(answer)
    assert get_document("token-service").trusted_ca is None


def test_another_address_says_what_to_do_with_the_certificate(
    manager: Client, made: Datasource
) -> None:
    send(manager, **{"/client_certificate/pem": PAIR.pem()})
    moved = SETTINGS | base(manager.get(ONE)) | {"/base_url": "https://other.example.org"}
    answer = manager.post(ONE, moved)
    assert wrong(answer) == ["f-base_url"]
    assert "Remove the client certificate under Certificates" in text_of(answer)


def test_the_settings_of_the_page_leave_certificates_alone(
    manager: Client, made: Datasource
) -> None:
    send(manager, **{"/client_certificate/pem": PAIR.pem(), "/trusted_ca": OURS.pem})
    held = get_document("token-service")
    manager.post(ONE, SETTINGS | base(manager.get(ONE)) | {"/title": "Other"})
    now = get_document("token-service")
    assert now.title == "Other"
    assert (now.client_certificate, now.trusted_ca) == (held.client_certificate, held.trusted_ca)
