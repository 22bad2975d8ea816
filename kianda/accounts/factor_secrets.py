"""The secrets of second factors, which stand inside rows of django-allauth, bound to their person.

The library hands over a secret without its row, and asks for it without. So in memory the place for
which a secret is sealed stands before it; the database holds the sealed text alone. A row that
somebody gives the secret of another person takes no code of it.
"""

import json
import logging
from collections.abc import Mapping
from typing import Any

from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import generate_totp_secret

from kianda.lib import sealing
from kianda.lib.sealing import Place, SealedElsewhere, WrongKeyRing

logger = logging.getLogger(__name__)

# Where secrets stand in the data of an authenticator app, and of recovery codes.
_PARTS = ("secret", "seed")
_PURPOSE = sealing.purpose("second factor")
_SIGN = "|"


def encrypt(text: str) -> str:
    """Encrypt a secret whose row is not known yet; it is bound to it when it is stored."""
    return _sealed(text, _PURPOSE)


def decrypt(text: str) -> str:
    """Decrypt a secret; instead of one that does not open in its row, one that fits no code."""
    try:
        return _opened(text)
    except WrongKeyRing as error:
        logger.error("A second factor takes no code: %s", error)
        return str(generate_totp_secret())


def _sealed(text: str, place: Place) -> str:
    return sealing.seal(json.dumps(text).encode(), place)


def _opened(text: str) -> str:
    *place, sealed = text.split(_SIGN)
    return str(json.loads(sealing.open_in_row(sealed, tuple(place) or _PURPOSE)))


def read_out(instance: Authenticator, **_signal: object) -> None:
    """Say in memory for which row the secrets are; called when a row is read, and when stored."""
    if instance.pk is not None and "data" in instance.__dict__:
        instance.data = {
            **instance.data,
            **{
                part: _SIGN.join((*_place_of(instance, part), text))
                for part, text in _secrets(instance.data).items()
                if _SIGN not in text
            },
        }


def bind(instance: Authenticator, **_signal: object) -> None:
    """Seal the secrets for their row; called before a row is stored."""
    instance.data = renewed(instance)


def stored(row: Authenticator) -> dict[str, Any]:
    """Return the data of a row as the database holds it."""
    plain = {part: text.split(_SIGN)[-1] for part, text in _secrets(row.data).items()}
    return {**row.data, **plain}


def renewed(row: Authenticator) -> dict[str, Any]:
    """Return the same with each secret under the newest key, bound to the row."""
    fresh = {part: _bound(text, _place_of(row, part)) for part, text in _secrets(row.data).items()}
    return {**row.data, **fresh}


def is_lost(data: Mapping[str, Any]) -> bool:
    """Tell whether stored data holds a secret that no key of the ring opens."""
    return any(map(sealing.is_lost, _secrets(data).values()))


def unguessable(row: Authenticator) -> dict[str, Any]:
    """Return the data of a row with secrets that nobody knows, so that it takes no code."""
    fresh = {
        part: _sealed(str(generate_totp_secret()), _place_of(row, part))
        for part in _secrets(row.data)
    }
    return {**row.data, **fresh}


def is_unbound(data: Mapping[str, Any]) -> bool:
    """Tell whether stored data holds a secret that is bound to no row."""
    return any(map(sealing.is_unbound, _secrets(data).values()))


def _bound(text: str, place: Place) -> str:
    *known, sealed = text.split(_SIGN)
    if tuple(known) == place and sealing.is_newest(sealed):
        return sealed
    try:
        return _sealed(_opened(text), place)
    except SealedElsewhere:
        # What does not open here is kept, for whoever looks into it.
        return sealed


def _place_of(row: Authenticator, part: str) -> Place:
    # A person has one authenticator app, and one set of codes.
    return (Authenticator._meta.db_table, f"data.{part}", str(row.user_id), row.type)


def _secrets(data: Mapping[str, Any]) -> dict[str, str]:
    return {part: str(data[part]) for part in _PARTS if part in data}
