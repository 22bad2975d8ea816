"""Sealed values: AES-256-GCM under a ring of keys, bound to the one place where they open.

A place is a table, a column and a row, or a purpose. It is the associated data of the encryption,
so a text that somebody copies to another place does not open there. The keys are derived from those
of the ring, which had encrypted by Fernet before: what stands there from that time is still read.
"""

import base64
import functools
import hashlib
import os
import time
from binascii import Error as NotBase64
from collections.abc import Callable, Iterable, Mapping

from cryptography.exceptions import InvalidTag
from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from kianda.lib.errors import ApplicationError

Place = tuple[str, ...]

_MARK = "v2"
# How every text begins that is bound to its place.
BOUND = f"{_MARK}."
_NONCE_BYTES, _TIME_BYTES = 12, 8
_USE = b"kianda sealed values v2"


class WrongKeyRing(ApplicationError):
    """A stored secret that was encrypted with another key ring."""

    status = 409
    title = gettext_noop("Cannot be read")
    sentence = gettext_noop(
        "A stored secret cannot be read with the key ring in KIANDA_SECRET_KEYS. Add its key. If "
        "that is lost permanently, run manage.py discard_lost_secrets."
    )


class SealedElsewhere(WrongKeyRing):
    """A sealed value that stands where it was not sealed for, or that was changed."""

    def __init__(self, place: Place) -> None:
        """Name the place where it was found."""
        super().__init__(
            _(
                "A stored secret belongs to another row or was changed in the database. "
                "Restore an earlier backup. Place: %(place)s."
            )
            % {"place": _in_words(place)}
        )


def _in_words(place: Place) -> str:
    return " ".join(part[:80] for part in place if part)


@functools.lru_cache(maxsize=16)
def _key_of(text: str) -> tuple[str, AESGCM]:
    """Derive the key that seals from a key of the ring, and the id by which it is known."""
    made = HKDF(SHA256(), length=32, salt=None, info=_USE).derive(base64.urlsafe_b64decode(text))
    return hashlib.sha256(made).hexdigest()[:8], AESGCM(made)


@functools.lru_cache(maxsize=4)
def _ring(keys: tuple[str, ...]) -> Mapping[str, AESGCM]:
    return dict(map(_key_of, keys))


@functools.lru_cache(maxsize=4)
def _fernets(keys: tuple[str, ...]) -> MultiFernet:
    return MultiFernet([Fernet(key) for key in keys])


def _about(place: Place) -> bytes:
    # With their lengths, so that no two places make the same text.
    return "".join([f"{len(part)}:{part}" for part in place]).encode()


def seal(data: bytes, place: Place) -> str:
    """Return bytes as a text that opens at this place alone, under the newest key."""
    key_id, key = _key_of(settings.KIANDA_SECRET_KEYS[0])
    nonce = os.urandom(_NONCE_BYTES)
    body = base64.urlsafe_b64encode(nonce + key.encrypt(nonce, data, _about(place)))
    return f"{_MARK}.{key_id}.{body.decode()}"


def unseal(text: str, place: Place, *, keys: Iterable[str] | None = None) -> bytes:
    """Open what `seal` made; raises WrongKeyRing, and SealedElsewhere at another place."""
    ring = tuple(settings.KIANDA_SECRET_KEYS if keys is None else keys)
    mark, key_id, body = (*text.split(".", 2), "", "")[:3]
    if mark != _MARK:
        raise SealedElsewhere(place)
    key = _ring(ring).get(key_id)
    if key is None:
        raise WrongKeyRing
    try:
        sealed = base64.urlsafe_b64decode(body)
        return key.decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], _about(place))
    except (InvalidTag, NotBase64, ValueError) as error:
        raise SealedElsewhere(place) from error


def openings() -> list[str]:
    """Return how each text begins that a key of the ring has sealed for a place."""
    return [f"{BOUND}{key_id}." for key_id in _ring(tuple(settings.KIANDA_SECRET_KEYS))]


def is_lost(text: str) -> bool:
    """Tell whether no key of the ring opens a text, wherever it stands.

    One that was moved or changed is not lost: its key is there, and refuses it.
    """
    if not is_unbound(text):
        return not text.startswith(tuple(openings()))
    try:
        open_unbound(text)
    except WrongKeyRing:
        return True
    return False


def is_newest(text: str) -> bool:
    """Tell whether a text is sealed under the newest key."""
    return text.startswith(f"{_MARK}.{_key_of(settings.KIANDA_SECRET_KEYS[0])[0]}.")


# --- what passes through other hands, and comes back ---------------------------------------------


def purpose(name: str) -> Place:
    """Return the place of what belongs to no row: it opens for the same purpose alone."""
    # No table has an empty name.
    return ("", name)


def hold(data: bytes, *, of: str) -> str:
    """Return bytes as a text that nobody can read or change until it comes back."""
    return seal(int(time.time()).to_bytes(_TIME_BYTES) + data, purpose(of))


def held(text: str, *, of: str, seconds: float) -> bytes:
    """Return what `hold` was given; raises WrongKeyRing when it is older than so many seconds."""
    found = unseal(text, purpose(of))
    made = int.from_bytes(found[:_TIME_BYTES])
    if not made <= time.time() + 60 or made + seconds < time.time():
        raise WrongKeyRing
    return found[_TIME_BYTES:]


# --- what was encrypted before values were bound to their place ----------------------------------

_refused: list[Callable[[], bool]] = []


def refuse_unbound_if(check: Callable[[], bool]) -> None:
    """Have values that are bound to no place refused in rows once `check` says so."""
    _refused[:] = [check]


def is_unbound(text: str) -> bool:
    """Tell whether a text is from before values were bound to their place."""
    return not text.startswith(BOUND)


def open_unbound(text: str, *, keys: Iterable[str] | None = None) -> bytes:
    """Open a text from before, wherever it stands; raises WrongKeyRing."""
    ring = tuple(settings.KIANDA_SECRET_KEYS if keys is None else keys)
    try:
        return _fernets(ring).decrypt(text)
    except (InvalidToken, ValueError) as error:
        raise WrongKeyRing from error


def open_in_row(text: str, place: Place) -> bytes:
    """Open what stands in a row, bound to it or from before; raises WrongKeyRing."""
    if not is_unbound(text):
        return unseal(text, place)
    if any(check() for check in _refused):
        raise SealedElsewhere(place)
    return open_unbound(text)
