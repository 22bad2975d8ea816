"""To whom a mail goes, as a design names them: refs, addresses, fields that hold either.

`creator`, `owners`, `user:niamh`, `group:hr`, `[creator.manager]`, `[approver]` for the people in a
user field or the addresses in a text field, `ada@example.org`, `Ada <ada@example.org>`.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Annotated

from pydantic import AfterValidator, ValidationInfo

from kianda.lib.i18n import gettext as _
from processes.language.expressions import Template
from processes.language.people_refs import (
    EVERYONE,
    is_ref_word,
    named_group,
    named_user,
    refs_in_words,
)
from processes.language.references import flaw, name_problems, names_in, parsed

MOST = 100
LONGEST = 500
# What an address looks like; whether mail gets there is seen when it is sent.
_ADDRESS = re.compile(r"(?:[^<>\r\n]*<)?[^@\s<>,;:\"]+@[^@\s<>,;:\"]+>?\Z")


def is_address(text: str) -> bool:
    """Tell whether a text looks like `ada@example.org` or `Ada <ada@example.org>`."""
    return bool(_ADDRESS.match(text)) and text.endswith(">") == ("<" in text)


def recipients_in_words(
    texts: Iterable[str],
    titles: Mapping[str, str] | None = None,
    *,
    names: Callable[[Iterable[str]], Iterable[str]] | None = None,
) -> str:
    """Return recipients in a sentence: `the creator, ada@example.org`.

    `titles` are those of the fields; `names` tells what people and groups are called.
    """
    said = [one if is_address(one) else refs_in_words([one], titles, names=names) for one in texts]
    return ", ".join(said) or _("no one")


def _recipient(text: str, info: ValidationInfo) -> str:
    text = text.strip()
    if text == EVERYONE:
        raise flaw(_("An email goes to certain people, not to everyone. Name a group."))
    name = named_user(text) or named_group(text)
    if is_ref_word(text) or (name and len(name) <= 150):
        return text
    if is_address(text) and len(text) <= LONGEST:
        return text
    template = parsed(text)
    if template.only_reference is None:
        raise flaw(
            _(
                "“%(text)s” is not a recipient. Write creator, owners, participants, user:name, "
                "group:name, a field such as [approver], or an email address.")
            % {"text": text[:60]}
        )  # fmt: skip
    _check_field(template, info)
    return text


def _check_field(template: Template, info: ValidationInfo) -> None:
    names, name = names_in(info), template.only_reference or ""
    if names is None:
        return
    if problems := name_problems(template, names):
        raise flaw(" ".join(problems))
    kind = names.kind_of(name)
    if kind is not None and (kind.is_secret or kind.holds_rows):
        raise flaw(
            _("The field %(name)s holds no addresses. Choose a user field or a text field.")
            % {"name": name}
        )


def _once(texts: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(texts))


Recipient = Annotated[str, AfterValidator(_recipient)]
Recipients = Annotated[tuple[Recipient, ...], AfterValidator(_once)]
