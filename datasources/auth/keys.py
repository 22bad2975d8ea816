"""Private keys as people enter them: PEM, with or without their line breaks, or JWK."""

import base64
import hashlib
import json
import re
import textwrap
from typing import Any

from joserfc.errors import JoseError
from joserfc.jwk import ECKey, RSAKey

from kianda.lib.i18n import gettext as _

AnyKey = RSAKey | ECKey
CURVES = {"ES256": "P-256", "ES384": "P-384", "ES512": "P-521"}
_PEM = re.compile(r"-----BEGIN ([A-Z0-9 ]+)-----(.*?)-----END \1-----", re.DOTALL)


def signing_key(text: str, *, algorithm: str) -> AnyKey:
    """Return the private key that a text holds; raises ValueError with a sentence."""
    kind: type[RSAKey] | type[ECKey] = ECKey if algorithm.startswith("ES") else RSAKey
    material = _jwk(text) if text.lstrip().startswith("{") else _pem(text)
    try:
        key = kind.import_key(material)
        private = key.is_private
    except (JoseError, ValueError, TypeError, KeyError) as error:
        sentence = _(
            "This is not a private key for %(algorithm)s. Paste the complete key, PEM or JWK."
        )
        raise ValueError(sentence % {"algorithm": algorithm}) from error
    if isinstance(key, ECKey) and key.curve_name != CURVES.get(algorithm):
        sentence = _("The key is on the curve %(curve)s, which %(algorithm)s does not use.")
        raise ValueError(sentence % {"curve": key.curve_name, "algorithm": algorithm})
    if not private:
        raise ValueError(_("This is a public key. Paste the private one."))
    return key


def header_of(text: str) -> dict[str, str]:
    """Return what the header of a signature tells of the key beside its ID: its certificate."""
    if text.lstrip().startswith("{"):
        jwk = _jwk(text)
        return {name: jwk[name] for name in ("x5t", "x5t#S256") if isinstance(jwk.get(name), str)}
    found = [body for label, body in _blocks(text) if label == "CERTIFICATE"]
    if not found:
        return {}
    der = base64.b64decode(found[0])
    # Microsoft knows a certificate by this; SHA-1 names it here and protects nothing.
    thumbprint = hashlib.sha1(der, usedforsecurity=False).digest()
    return {"x5t": _coded(thumbprint), "x5t#S256": _coded(hashlib.sha256(der).digest())}


def _coded(digest: bytes) -> str:
    return base64.urlsafe_b64encode(digest).decode().rstrip("=")


def _jwk(text: str) -> dict[str, Any]:
    try:
        found = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ValueError(_("This is not a JWK: it is not valid JSON.")) from error
    if not isinstance(found, dict) or "keys" in found:
        raise ValueError(_("Paste one key, not a set of keys."))
    return found


def _pem(text: str) -> str:
    """Return the key of a PEM text, its lines as they belong, whatever became of them."""
    for label, body in _blocks(text):
        if label.startswith("ENCRYPTED"):
            raise ValueError(_("The key is protected by a password. Paste it without one."))
        if label.endswith("KEY"):
            lines = "\n".join(textwrap.wrap(body, 64))
            return f"-----BEGIN {label}-----\n{lines}\n-----END {label}-----\n"
    sentence = _("Paste the complete key, from -----BEGIN to the end of the line with -----END.")
    raise ValueError(sentence)


def _blocks(text: str) -> list[tuple[str, str]]:
    # Keys copied out of JSON have their line breaks written as \n.
    whole = text.replace("\\n", "\n")
    return [(label, re.sub(r"\s+", "", body)) for label, body in _PEM.findall(whole)]
