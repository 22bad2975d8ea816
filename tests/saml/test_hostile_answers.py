"""Whatever is posted in a provider's name: only what it has signed for this sign-in signs in."""

import copy
from collections.abc import Callable
from typing import Any

import pytest
from allauth.socialaccount.models import SocialAccount
from django.contrib.sessions.models import Session
from django.test import Client
from lxml import etree

from kianda.accounts.services.identity_providers import add_provider
from tests.factories import make_user
from tests.saml.conftest import ACS, PUBLIC, Scene, add, go, is_in, why
from tests.saml.provider import (
    NS,
    OTHER_PAIR,
    PROTOCOL,
    SAML,
    assertion,
    metadata,
    posted,
    sign,
    signed,
)

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def emma(db: None) -> Any:
    return make_user("emma", "User")


@pytest.mark.parametrize("whole", [False, True])
def test_a_right_answer_signs_in_whichever_part_is_signed(scene: Scene, whole: bool) -> None:
    assert scene.post(signed(scene.right, whole=whole))["Location"] == "/"
    assert is_in(scene.client)


@pytest.mark.parametrize(
    ("other", "said"),
    [
        ({"audience": "https://other.example"}, "not a valid audience"),
        ({"audience": ""}, "for this workspace"),
        ({"issuer": "https://evil.example"}, "Invalid issuer"),
        ({"destination": "https://other.example/acs/"}, "received at"),
        ({"recipient": "https://other.example/acs/"}, "SubjectConfirmation"),
        ({"recipient": f"{PUBLIC}{ACS}other/"}, "not addressed to this server"),
        ({"recipient": ""}, "not addressed to this server"),
        ({"until_s": -400}, "expired"),
        ({"from_s": 900, "until_s": 1200}, "not yet valid"),
        ({"confirmed_s": -10}, "SubjectConfirmation"),
        ({"confirmed_s": 0}, "no expiry time"),
        ({"confirms": ""}, "No request belongs"),
        ({"confirms": "", "response_to": ""}, "No request belongs"),
        ({"confirms": "ONELOGIN_other"}, "SubjectConfirmation"),
        ({"asked": "ONELOGIN_unknown"}, "not belong to this sign-in"),
        ({"name_id": ""}, "permanent ID"),
        ({"name_id": "x" * 192}, "permanent ID"),
        ({"name_format": "urn:oasis:names:tc:SAML:2.0:nameid-format:transient"}, "transient"),
        ({"status": "urn:oasis:names:tc:SAML:2.0:status:AuthnFailed"}, "AuthnFailed"),
    ],
)
def test_an_answer_that_says_anything_else_does_not(
    scene: Scene, other: dict[str, Any], said: str
) -> None:
    assert scene.answer(**other)["Location"] == "/sign-in/?refused=failed"
    assert not is_in(scene.client)
    assert said in why()


def wrapped(scene: Scene, put: Callable[[Any, Any, Any], None]) -> Any:
    """Return an answer with a signed assertion, and one of somebody else in its place."""
    document = signed(scene.right)
    right = assertion(document)
    evil = copy.deepcopy(right)
    evil.set("ID", "evil")
    evil.remove(evil.find("ds:Signature", NS))
    evil.find("saml:Subject/saml:NameID", NS).text = "boss"
    put(document, right, evil)
    return document


def beside(document: Any, right: Any, evil: Any) -> None:
    right.addprevious(evil)


def after(document: Any, right: Any, evil: Any) -> None:
    right.addnext(evil)


def inside(document: Any, right: Any, evil: Any) -> None:
    document.replace(right, evil)
    evil.append(right)


def in_the_signature(document: Any, right: Any, evil: Any) -> None:
    signature = right.find("ds:Signature", NS)
    document.replace(right, evil)
    evil.insert(1, signature)
    etree.SubElement(signature, f"{{{NS['ds']}}}Object").append(right)


def in_an_extension(document: Any, right: Any, evil: Any) -> None:
    document.replace(right, evil)
    extensions = etree.Element(f"{{{PROTOCOL}}}Extensions")
    extensions.append(right)
    document.insert(1, extensions)


def under_the_same_name(document: Any, right: Any, evil: Any) -> None:
    evil.set("ID", right.get("ID"))
    right.addprevious(evil)


@pytest.mark.parametrize(
    "put", [beside, after, inside, in_the_signature, in_an_extension, under_the_same_name]
)
def test_a_signed_assertion_vouches_for_no_other_one(
    scene: Scene, put: Callable[[Any, Any, Any], None]
) -> None:
    answer = scene.post(wrapped(scene, put))
    assert answer["Location"] == "/sign-in/?refused=failed"
    assert not is_in(scene.client)
    assert not SocialAccount.objects.exists()


def changed(scene: Scene) -> Any:
    document = signed(scene.right)
    assertion(document).find("saml:Subject/saml:NameID", NS).text = "boss"
    return document


def around(scene: Scene) -> Any:
    """An answer whose response alone is signed, its assertion replaced."""
    document = signed(scene.right, whole=True)
    right, evil = assertion(document), assertion(scene.right.but(name_id="boss").document())
    document.replace(right, evil)
    return document


@pytest.mark.parametrize(
    ("forge", "said"),
    [
        (lambda scene: scene.right.document(), "No Signature found"),
        (lambda scene: signed(scene.right, pair=OTHER_PAIR), "Signature validation failed"),
        (lambda scene: signed(scene.right, sha1=True), "Deprecated"),
        (changed, "Signature validation failed"),
        (around, "Signature validation failed"),
    ],
)
def test_an_answer_that_the_provider_has_not_signed_does_not(
    scene: Scene, forge: Callable[[Scene], Any], said: str
) -> None:
    assert scene.post(forge(scene))["Location"] == "/sign-in/?refused=failed"
    assert not is_in(scene.client)
    assert said in why()


def test_a_comment_in_what_is_signed_cuts_nothing_off(scene: Scene) -> None:
    """The well-known way to be `boss` with an account named `boss<!-- -->.evil`."""
    document = signed(
        scene.right.but(name_id="boss.evil", attributes={"email": ["a.b@evil.example"]})
    )
    raw = etree.tostring(document)
    raw = raw.replace(b"boss.evil", b"boss<!-- -->.evil").replace(b"a.b@", b"a<!-- -->.b@")
    answer = scene.post(raw)
    # The signature goes on to hold, and the whole name is read.
    assert answer["Location"] == "/sign-in/?refused=domain"
    assert "a.b@evil.example" in why()


def test_an_answer_works_once_and_in_the_browser_that_asked(scene: Scene) -> None:
    document = signed(scene.right)
    thief = Client()
    assert scene.post(document, client=thief)["Location"] == "/sign-in/?refused=failed"
    assert not is_in(thief)
    assert scene.post(document)["Location"] == "/"
    scene.client.post("/sign-out/")
    assert scene.post(document)["Location"] == "/sign-in/?refused=failed"
    assert not is_in(scene.client)
    assert "not belong to this sign-in" in why()


def test_what_was_kept_for_the_browser_is_kept_once_and_for_its_provider(
    scene: Scene, admin: Any
) -> None:
    add(admin, xml=metadata(entity="https://other.example"), name="Other")
    kept = Client().post(ACS, {"SAMLResponse": posted(signed(scene.right))})
    cookie = kept.cookies["saml-answer"]
    assert (cookie["httponly"], cookie["samesite"]) == (True, "Lax")
    scene.client.cookies["saml-answer"] = cookie.value
    there = scene.client.get("/sign-in/with/other/answer/finish/")
    assert there["Location"] == "/sign-in/?refused=failed"
    again = scene.client.get(kept["Location"])
    assert again["Location"] == "/sign-in/?refused=failed"
    assert not is_in(scene.client)


def test_what_is_not_signed_for_us_is_not_kept(scene: Scene) -> None:
    before = Session.objects.count()
    Client().post(ACS, {"SAMLResponse": posted(scene.right.document())})
    assert Session.objects.count() == before


BOMB = b"""<!DOCTYPE a [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">
<!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;">]><samlp:Response xmlns:samlp="%s">&c;</samlp:Response>"""
FILE = b"""<!DOCTYPE a [<!ENTITY a SYSTEM "file:///etc/hostname">]>
<samlp:Response xmlns:samlp="%s" ID="x" Version="2.0">&a;</samlp:Response>"""


@pytest.mark.parametrize(
    "document",
    [b"", b"no XML", b"<", BOMB % PROTOCOL.encode(), FILE % PROTOCOL.encode(),
     b"<samlp:Response xmlns:samlp='%s'/>" % PROTOCOL.encode(),
     b"<saml:Assertion xmlns:saml='%s'/>" % SAML.encode(), b"<a>" * 100_000, b"x" * 200_000],
)  # fmt: skip
def test_a_document_that_is_no_answer_does_not(scene: Scene, document: bytes) -> None:
    assert scene.post(document)["Location"] == "/sign-in/?refused=failed"
    assert not is_in(scene.client)


@pytest.mark.parametrize("body", [{}, {"SAMLResponse": "%%%"}, {"SAMLResponse": "é"}])
def test_a_post_without_one_does_not(scene: Scene, body: dict[str, str]) -> None:
    assert Client().post(ACS, body)["Location"] == "/sign-in/?refused=failed"


def test_there_is_no_way_in_that_was_not_asked_for_here(scene: Scene) -> None:
    stranger = Client()
    answer = scene.post(signed(scene.right.but(asked="", response_to="")), client=stranger)
    assert answer["Location"] == "/sign-in/?refused=failed"
    assert not is_in(stranger)


def test_an_encrypted_answer_is_refused_in_words(scene: Scene) -> None:
    document = scene.right.document()
    one = assertion(document)
    hidden = etree.SubElement(document, f"{{{SAML}}}EncryptedAssertion")
    document.remove(one)
    assert hidden is not None
    sign(document)
    assert scene.post(document)["Location"] == "/sign-in/?refused=failed"


def test_the_state_of_one_request_is_that_of_one_provider(scene: Scene, admin: Any) -> None:
    """A second provider, even one with the same key, answers nothing that the first was asked."""
    add(admin, xml=metadata(entity="https://other.example"), name="Other")
    here = f"{PUBLIC}/sign-in/with/other/answer/"
    ours = f"{PUBLIC}/sign-in/with/other/metadata/"
    document = signed(scene.right.but(issuer="https://other.example", here=here, audience=ours))
    there = Client().post("/sign-in/with/other/answer/", {"SAMLResponse": posted(document)})
    assert there["Location"] == "/sign-in/with/other/answer/finish/"
    scene.client.cookies["saml-answer"] = there.cookies["saml-answer"].value
    assert scene.client.get(there["Location"])["Location"] == "/sign-in/?refused=failed"
    assert not is_in(scene.client)


def test_an_issuer_of_openid_connect_has_no_such_doors(scene: Scene, admin: Any) -> None:
    from kianda.accounts.services.identity_providers import ProviderSettings

    given = ProviderSettings(name="Plain", issuer="https://login.example", client_id="k")
    assert add_provider(given, by=admin).slug == "plain"
    for door in ("answer/", "answer/finish/", "metadata/"):
        client = Client()
        send = client.post if door == "answer/" else client.get
        assert send(f"/sign-in/with/plain/{door}").status_code == 404
    assert Client().get("/sign-in/with/acme/callback/").status_code == 404
    assert go(Client()).audience.endswith("/acme/metadata/")
