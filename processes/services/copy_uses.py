"""Everybody who refers to a piece of a working copy, inside the design and outside of it."""

from django.utils.translation import gettext as _

from kianda.lib.errors import Missing
from processes.designing.tree import name_of
from processes.designing.uses import Use, uses_of, uses_of_column
from processes.models import WorkingCopy
from processes.services.outside_uses import uses_outside


def all_uses(name: str, target: str, column: str = "") -> list[Use]:
    """Return who would miss a form, field or rule, or a column of a table; raises Missing, Gone."""
    copy = (
        WorkingCopy.objects.select_related("design")
        .filter(design__name=name, design__deleted_at=None)
        .first()
    )
    if copy is None:
        raise Missing(_("There is no process %(name)s.") % {"name": name})
    if column:
        return uses_of_column(copy.document, name_of(target), column)
    return [*uses_of(copy.document, target), *uses_outside(copy, target)]
