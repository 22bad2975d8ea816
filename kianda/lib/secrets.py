"""Secrets at rest: encrypted JSON under a ring of keys."""

import functools
import json
from typing import Any

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.utils.translation import gettext as _

from kianda.lib.secret_names import MASK, is_secret_name

__all__ = [
    "MASK",
    "EncryptedJSONField",
    "WrongKeyRing",
    "decrypt",
    "encrypt",
    "is_secret_name",
    "key_ring",
]


class WrongKeyRing(Exception):
    """A stored secret that was encrypted with another key ring."""


@functools.lru_cache(maxsize=4)
def _ring(keys: tuple[str, ...]) -> MultiFernet:
    return MultiFernet([Fernet(key) for key in keys])


def key_ring() -> MultiFernet:
    """Return the key ring: the first key encrypts, every key decrypts."""
    return _ring(tuple(settings.KIANDA_SECRET_KEYS))


def encrypt(value: Any) -> str:
    """Encrypt a JSON value to a text token."""
    plain = json.dumps(value, separators=(",", ":"), cls=DjangoJSONEncoder).encode()
    return key_ring().encrypt(plain).decode()


def decrypt(token: str) -> Any:
    """Decrypt what `encrypt` made; raises WrongKeyRing."""
    try:
        return json.loads(key_ring().decrypt(token.encode()))
    except InvalidToken as error:
        raise WrongKeyRing(
            _("A stored secret cannot be read with the key ring in KIANDA_SECRET_KEYS.")
        ) from error


class EncryptedJSONField(models.TextField):  # type: ignore[type-arg]
    """A JSON value that the database only ever sees encrypted. Null stays null."""

    # What a model's attribute may hold, for the type checker.
    _pyi_private_set_type: Any
    _pyi_private_get_type: Any

    def from_db_value(self, value: str | None, *_: Any) -> Any:
        """Decrypt on load."""
        return None if value is None else decrypt(value)

    def get_prep_value(self, value: Any) -> str | None:
        """Encrypt on save."""
        return None if value is None else encrypt(value)

    def to_python(self, value: Any) -> Any:
        """Hold plain JSON in memory."""
        return value
