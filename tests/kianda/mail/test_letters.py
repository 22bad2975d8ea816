"""What may stand in a letter, and what is refused before anything is written."""

from typing import Any

import pytest

from kianda.lib.errors import Invalid
from kianda.mail.addresses import BadAddress, read_address
from kianda.mail.letters import MOST_BYTES, MOST_RECIPIENTS, Letter, check_letter

GOOD: dict[str, Any] = {"to": ("mark@example.org",), "subject": "Hello", "text": "Hi", "key": "k"}


def refusals(**changed: Any) -> dict[str, str]:
    """Return what is said of a letter, by its places."""
    with pytest.raises(Invalid) as raised:
        check_letter(Letter(**{**GOOD, **changed}))
    return {flaw.pointer: flaw.detail for flaw in raised.value.errors}


@pytest.mark.parametrize(
    ("text", "address", "name"),
    [
        ("mark@example.org", "mark@example.org", ""),
        ("  mark@example.org ", "mark@example.org", ""),
        ("Mark Murphy <mark@example.org>", "mark@example.org", "Mark Murphy"),
        ('"Murphy, Mark" <mark@example.org>', "mark@example.org", "Murphy, Mark"),
        ("Zoë Ní Bhriain <zoe@example.org>", "zoe@example.org", "Zoë Ní Bhriain"),
        ("post@bücher.example", "post@xn--bcher-kva.example", ""),
        ("post@straße.example", "post@xn--strae-oqa.example", ""),
        ("mark+leave@sub.example.org", "mark+leave@sub.example.org", ""),
    ],
)
def test_an_address_is_read(text: str, address: str, name: str) -> None:
    assert read_address(text) == (address, name)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "mark",
        "@example.org",
        "mark@",
        "mark@example..org",
        "mark@-example.org",
        "mark@example.org, anna@example.org",
        "mark@example.org anna@example.org",
        "Group: mark@example.org;",
        "<mark@example.org",
        "mark@example.org>",
        '"mark@example.org',
        "mark@[127.0.0.1",
        "jürgen@example.org",
        "mark@" + "a" * 64 + ".example",
        "a" * 65 + "@example.org",
        "(" * 200 + "mark@example.org",
        "[user.email]",
    ],
)
def test_what_is_no_address_is_refused(text: str) -> None:
    with pytest.raises(BadAddress, match="is not an email address"):
        read_address(text)


@pytest.mark.parametrize(
    "text",
    [
        "mark@example.org\r\nBcc: all@example.org",
        "mark@example.org\nX: y",
        "Mark\r <mark@example.org>",
        "mark@example.org\0",
        "mark\u2028@example.org",
    ],
)
def test_no_address_breaks_a_line(text: str) -> None:
    with pytest.raises(BadAddress, match="cannot contain line breaks"):
        read_address(text)


def test_an_address_that_is_too_long_is_not_said_in_full() -> None:
    with pytest.raises(BadAddress, match="is too long") as raised:
        read_address("a" * 100_000 + "@example.org")
    assert len(str(raised.value)) < 200


def test_a_subject_breaks_no_line() -> None:
    for subject in ("Hi\r\nBcc: all@example.org", "Hi\nthere", "Hi\rthere", "a\0b"):
        assert refusals(subject=subject) == {
            "/subject": "A subject cannot contain line breaks or control characters."
        }


def test_every_flaw_is_told_at_its_place() -> None:
    found = refusals(to=("mark@example.org", "nobody"), cc=("a b",), reply_to=("x",), subject="a\n")
    assert list(found) == ["/subject", "/to/1", "/cc/0", "/reply_to/0"]


def test_a_letter_needs_somebody_and_goes_to_no_crowd() -> None:
    assert refusals(to=()) == {"/to": "Enter at least one recipient."}
    crowd = tuple(f"p{at}@example.org" for at in range(5000))
    assert refusals(to=crowd) == {
        "/to": "A message can have at most 100 recipients; this one has 5000."
    }
    assert len(check_letter(Letter(**{**GOOD, "to": crowd[:MOST_RECIPIENTS]})).addressees) == 100


def test_an_address_that_is_named_twice_gets_one() -> None:
    made = check_letter(
        Letter(
            **{
                **GOOD,
                "cc": ("Mark <MARK@example.org>", "b@example.org"),
                "bcc": ("b@Example.org",),
            }
        )
    )
    assert [(each.kind, each.address.address) for each in made.addressees] == [
        ("to", "mark@example.org"),
        ("cc", "b@example.org"),
    ]


def test_a_body_of_30_megabytes_is_refused_by_its_size() -> None:
    assert refusals(text="a" * 30 * 1024**2) == {
        "/text": "The message is 30.0 MB; the limit is 10 MB. Shorten it."
    }
    assert check_letter(Letter(**{**GOOD, "text": "a" * (MOST_BYTES - 10)})).size < MOST_BYTES
