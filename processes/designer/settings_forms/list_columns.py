"""What a list of records may show, sort and count by, as choices of its form."""

from collections.abc import Iterator, Sequence

from django.utils.translation import gettext as _

from kianda.lib.dialogs.dialog import Option
from processes.definition.views import RECORD_FACTS
from processes.designer.settings_forms.editor_scope import EditorScope
from processes.language.labels import name_in_words

# The controls that choose columns of lists.
OF_LISTS = frozenset({"column", "column_list", "sort"})
# So many places of a list of fields are there at least; two to be filled in where more are chosen.
_FEWEST_PLACES, _FEWEST_SPARE = 6, 2


def columns_among(fields: Sequence[Option], scope: EditorScope) -> list[Option]:
    """Return what a list may show: fields with one value that is no secret, and record facts.

    `fields` are the choices of a control that names any field.
    """
    hidden = {name for name, kind in scope.kinds.items() if kind.is_secret or kind.holds_rows}
    facts = (
        Option(name, name_in_words(name), group=_("About the record")) for name in RECORD_FACTS
    )
    return [*(one for one in fields if one.value not in hidden), *facts]


def both_ways(columns: Sequence[Option]) -> Iterator[Option]:
    """Yield columns to sort by: the smallest first, and with `-` before it the largest first."""
    for one in columns:
        yield one
        words = _("%(column)s, largest first") % {"column": one.title}
        yield Option(f"-{one.value}", words, group=one.group)


def is_column(name: str, scope: EditorScope) -> bool:
    """Tell whether a name, with or without `-`, is a column of lists."""
    bare = name.removeprefix("-")
    return bare in scope.kinds or bare in RECORD_FACTS


def spare_places(chosen: int, *, most: int | None) -> int:
    """Return how many places to be filled in a list of fields shows after those that are chosen."""
    wanted = max(_FEWEST_PLACES - chosen, _FEWEST_SPARE)
    return min((most or chosen) - chosen, wanted) if chosen < (most or chosen) else 0
