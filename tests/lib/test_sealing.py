"""A sealed text opens at its place alone, unchanged, and under a key of the ring."""

from typing import Any

import pytest
import time_machine
from cryptography.fernet import Fernet
from django.utils import timezone

from kianda.lib import sealing
from kianda.lib.sealing import SealedElsewhere, WrongKeyRing
from kianda.lib.secrets import decrypt, encrypt

PLACE = ("datasources_variable", "value", "tax_id")


def test_it_opens_where_it_was_sealed_for_and_never_looks_the_same() -> None:
    first, second = sealing.seal(b"s3cret", PLACE), sealing.seal(b"s3cret", PLACE)
    assert first != second
    assert [sealing.unseal(text, PLACE) for text in (first, second)] == [b"s3cret", b"s3cret"]
    assert sealing.is_newest(first)
    assert not sealing.is_unbound(first)


@pytest.mark.parametrize(
    "place",
    [
        ("datasources_variable", "value", "tax_i"),
        ("datasources_variable", "valuetax", "_id"),
        ("datasources_variable", "valuetax_id"),
        ("datasources_variable", "value", "tax_id", ""),
        ("datasources_variable", "value"),
        (),
    ],
)
def test_it_opens_at_no_other_place(place: tuple[str, ...]) -> None:
    with pytest.raises(SealedElsewhere, match="belongs to another row"):
        sealing.unseal(sealing.seal(b"s3cret", PLACE), place)


def test_no_sign_of_it_can_be_changed() -> None:
    # With nonce and tag three bytes make four signs: no sign holds bits that mean nothing.
    text = sealing.seal(b"s3cre", PLACE)
    body = text.rindex(".") + 1
    for at in range(len(text)):
        changed = "A" if text[at] != "A" else "B"
        wrong = text[:at] + changed + text[at + 1 :]
        with pytest.raises(WrongKeyRing) as caught:
            sealing.unseal(wrong, PLACE)
        assert isinstance(caught.value, SealedElsewhere) is not (3 <= at < body)


@pytest.mark.parametrize("text", ["", "v2", "v2.", "v2.abc", "rubbish", "v2..", "v3.a.b", "ü"])
def test_what_is_none_is_refused_with_a_sentence(text: str) -> None:
    with pytest.raises(WrongKeyRing, match="stored secret"):
        sealing.unseal(text, PLACE)


def test_a_key_behind_the_first_opens_and_one_that_is_gone_does_not(settings: Any) -> None:
    text, old = sealing.seal(b"s3cret", PLACE), settings.KIANDA_SECRET_KEYS
    new = Fernet.generate_key().decode()
    settings.KIANDA_SECRET_KEYS = [new, *old]
    assert sealing.unseal(text, PLACE) == b"s3cret"
    assert not sealing.is_newest(text)
    settings.KIANDA_SECRET_KEYS = [new]
    with pytest.raises(WrongKeyRing, match="KIANDA_SECRET_KEYS"):
        sealing.unseal(text, PLACE)
    assert sealing.unseal(text, PLACE, keys=old) == b"s3cret"


def test_what_belongs_to_no_row_opens_for_its_purpose_alone() -> None:
    text = encrypt({"a": 1}, purpose="one thing")
    assert decrypt(text, purpose="one thing") == {"a": 1}
    with pytest.raises(SealedElsewhere):
        decrypt(text, purpose="another")
    with pytest.raises(SealedElsewhere):
        sealing.unseal(text, ("one thing",))


def test_a_text_of_before_opens_only_where_it_is_asked_for(settings: Any) -> None:
    text = Fernet(settings.KIANDA_SECRET_KEYS[0]).encrypt(b"[1]").decode()
    assert decrypt(text, purpose="any", also_unbound=True) == [1]
    with pytest.raises(SealedElsewhere):
        decrypt(text, purpose="any")
    with pytest.raises(WrongKeyRing):
        decrypt("gAAAA", purpose="any", also_unbound=True)


def test_what_is_held_comes_back_for_so_long() -> None:
    with time_machine.travel(timezone.now(), tick=False) as clock:
        text = sealing.hold(b"file", of="a file")
        clock.shift(59)
        assert sealing.held(text, of="a file", seconds=60) == b"file"
        with pytest.raises(SealedElsewhere):
            sealing.held(text, of="another", seconds=60)
        clock.shift(2)
        with pytest.raises(WrongKeyRing):
            sealing.held(text, of="a file", seconds=60)
