"""Addresses of mail: one text, one address, checked before anything is stored."""

from email.errors import HeaderParseError, MessageError
from email.headerregistry import Address, HeaderRegistry
from typing import Any, Final, NamedTuple

import idna
from django.core.exceptions import ValidationError
from django.core.validators import EmailValidator
from django.utils.translation import gettext as _

# A display name, and an address of 254 characters (RFC 5321) in angle brackets.
LONGEST = 500
_HEADERS: Final = HeaderRegistry()
_is_address: Final = EmailValidator()


class BadAddress(ValueError):
    """A text that is no address; the sentence says what is wrong."""


class MailAddress(NamedTuple):
    """An address as servers take it, and the name that is shown beside it."""

    address: str
    name: str = ""

    def __str__(self) -> str:
        """Return it as a header holds it."""
        return str(Address(display_name=self.name, addr_spec=self.address))


def read_address(text: str) -> MailAddress:
    """Return the address that a text holds, `a@b.example` or `Name <a@b.example>`.

    The domain may be international; it is returned in ASCII. Raises BadAddress.
    """
    shown = {"text": text if len(text) <= LONGEST else f"{text[:40]}…"}
    if has_control(text):
        raise BadAddress(_("An address cannot contain line breaks or control characters."))
    if len(text) > LONGEST:
        raise BadAddress(
            _("“%(text)s” is too long. An address can have at most %(most)d characters.")
            % {**shown, "most": LONGEST}
        )
    found = _parsed(text.strip())
    if found is None:
        raise BadAddress(_("“%(text)s” is not an email address.") % shown)
    try:
        domain = idna.encode(found.domain, uts46=True).decode("ascii")
        address = f"{found.username}@{domain}"
        _is_address(address)
    except (idna.IDNAError, ValidationError) as error:
        raise BadAddress(_("“%(text)s” is not an email address.") % shown) from error
    return MailAddress(address, found.display_name)


def _parsed(text: str) -> Address | None:
    try:
        header: Any = _HEADERS("To", text)
        found: tuple[Address, ...] = header.addresses
    except (HeaderParseError, MessageError, IndexError, ValueError, AttributeError):
        # The parser of the standard library has holes; what it stumbles over is no address.
        return None
    if len(found) != 1 or header.defects or any(group.display_name for group in header.groups):
        return None
    # RFC 5321 gives the part before the sign 64 characters.
    return found[0] if 0 < len(found[0].username) <= 64 and found[0].domain else None


def has_control(text: str) -> bool:
    """Tell whether a text holds what would end or break the line of a header."""
    return any(ord(sign) < 32 or ord(sign) in (127, 0x85, 0x2028, 0x2029) for sign in text)
