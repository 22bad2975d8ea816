"""The values a new instance starts with."""

from collections.abc import Mapping

from django.conf import settings
from django.contrib.auth.models import User
from django.utils import timezone
from django.utils.translation import gettext as _

from kianda.accounts.services.person_data import PersonValues
from kianda.lib.errors import Flaw, Invalid
from processes.definition.document import Document
from processes.language.timestamps import moment_text, today_in
from processes.language.values import Value, ValueFailure


def early_names(
    document: Document, *, user: User | None, more: Mapping[str, Value] | None = None
) -> Mapping[str, Value]:
    """Return what a default may refer to: what is known before there is a value, and `more`."""
    moment = timezone.now()
    known: dict[str, Value] = {
        "now": moment_text(moment),
        "today": today_in(moment, settings.KIANDA_TIME_ZONE),
        "process.name": document.name,
        **(more or {}),
    }
    return PersonValues(known, user)


def default_values(document: Document, *, user: User | None) -> dict[str, Value]:
    """Evaluate the defaults of a design's fields; raises Invalid naming the field."""
    names = early_names(document, user=user)
    values: dict[str, Value] = {}
    flaws: list[Flaw] = []
    for name, field in document.value_fields.items():
        try:
            values[name] = field.initial(names.__getitem__)
        except (ValueFailure, KeyError) as failure:
            flaws.append(
                Flaw(
                    f"/data/{name}",
                    _("Default value of %(field)s: %(failure)s")
                    % {"field": field.title, "failure": failure},
                )
            )
    if flaws:
        raise Invalid(errors=flaws)
    return values
