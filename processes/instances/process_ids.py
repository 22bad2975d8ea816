"""Process IDs: made from a design's pattern, given once and for ever (contract 1)."""

import re
from collections.abc import Mapping

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import F
from django.urls import reverse
from django.utils.translation import gettext as _

from kianda.lib.errors import Invalid
from processes.language.values import Value, as_text
from processes.models import GivenProcessId, ProcessDesign

_PART = re.compile(r"\{process\}|\{number(?::(\d{1,2}))?\}|\[([A-Za-z][A-Za-z0-9_]*)\]")
_OTHER = re.compile(r"[^A-Za-z0-9._-]")
LONGEST = 120
# More digits are those of a field beside the number, or nobody's counter.
_DIGITS = r"(\d{1,15})"


def address_of(process_id: str) -> str:
    """Return the address of the page of an instance, for those who are not on a page of ours."""
    return f"{settings.KIANDA_PUBLIC_URL}{reverse('instance', args=[process_id])}"


def next_process_id(*, design: ProcessDesign, pattern: str, values: Mapping[str, Value]) -> str:
    """Take the next number of a process and return the ID; call inside the creating transaction.

    Raises Invalid when the result was given before, is empty or too long.
    """
    row = ProcessDesign.objects.filter(pk=design.pk)
    if not row.update(last_number=F("last_number") + 1):
        raise Invalid.at(
            "/process",
            _("The process %(process)s has just been deleted.") % {"process": design.name},
        )
    number = row.values_list("last_number", flat=True).get()
    made = filled_pattern(pattern, process=design.name, number=number, values=values)
    if not made or len(made) > LONGEST:
        raise Invalid.at(
            "/data",
            _("The number would have %(count)s characters; 1 to 120 are possible.")
            % {"count": len(made)},
        )
    try:
        with transaction.atomic():
            GivenProcessId(key=made.lower()).save(force_insert=True)
    except IntegrityError as error:
        raise Invalid.at(
            "/data",
            _("The number %(made)s is or was in use. Change the values that it contains.")
            % {"made": made},
        ) from error
    return made


def last_number_given(*, pattern: str, process: str) -> int:
    """Return the highest number among the IDs of this pattern that were ever given, else 0.

    A process made anew under an old name counts on from there, for no ID is given twice.
    """
    own = pattern.replace("{process}", process)
    start = _PART.search(own)
    first = _OTHER.sub("-", own[: start.start()] if start else own).lower()
    shape, end = "", 0
    for match in _PART.finditer(own):
        shape += re.escape(_OTHER.sub("-", own[end : match.start()])) + (
            ".*" if match[2] else _DIGITS
        )
        end = match.end()
    wanted = re.compile(shape + re.escape(_OTHER.sub("-", own[end:])), re.IGNORECASE)
    given = GivenProcessId.objects.filter(key__startswith=first).values_list("key", flat=True)
    found = (wanted.fullmatch(key) for key in given.iterator())
    return max((int(match[1]) for match in found if match and match.groups()), default=0)


def filled_pattern(pattern: str, *, process: str, number: int, values: Mapping[str, Value]) -> str:
    """Return a pattern with its parts filled in; characters an ID cannot have become hyphens."""

    def part(match: re.Match[str]) -> str:
        if match[0] == "{process}":
            return process
        if match[2]:
            return as_text(values.get(match[2]))
        return str(number).zfill(int(match[1] or 1))

    return _OTHER.sub("-", _PART.sub(part, pattern))
