"""The cells and rows of a table that a person neither sees nor changes, kept as they send it.

What is kept from them by rights is refused as such; what the design has switched off or hidden, or
rows that it lets nobody add, as a flaw of what they sent: rules change those.
"""

from collections import Counter
from collections.abc import Collection, Mapping
from typing import Any

from django.utils.translation import gettext as _

from kianda.lib.errors import Flaw, Forbidden, Invalid
from kianda.lib.pointers import pointer
from processes.fields import Table
from processes.fields.base import FormField
from processes.language.values import Value, to_json
from processes.rights.instance_rights import InstanceRights

# The rows of a table as such, named as its columns are, `lines.*`: a page may bring back more or
# fewer of them, as rules have left them.
ROWS = "*"


def with_kept_cells(
    name: str,
    given: Any,
    rights: InstanceRights,
    stored: Mapping[str, Value],
    *,
    set_by_rules: Collection[str] = (),
    by_hand: bool = True,
) -> Any:
    """Return rows with the cells as they are stored that the person does not see or change.

    A cell left out is that of the row in the same place, unless the design switches its column off
    and other rows have it. Cells that they see may be sent along with a row that is moved, once for
    each time that they are stored; what they do not see may not: it could be guessed. Columns of
    `set_by_rules`, `lines.price`, are taken as they are: a page brings them back. Unless `by_hand`,
    what is switched off is taken too. Raises Forbidden, and Invalid for a column that is not there
    for the person, or what its form would not take.
    """
    # One row may be sent without its list, and nothing for no rows: as the field takes them.
    sent = [given] if isinstance(given, Mapping) else [] if given in (None, "") else given
    part = rights.parts.get(name)
    if part is None or not isinstance(part.field, Table) or not isinstance(sent, list):
        return given
    hidden = _of_person(name, rights.hidden_columns(name), set_by_rules)
    fixed = _of_person(name, rights.fixed_columns(name), set_by_rules) - hidden
    off = _of_person(name, switched_off(part.field), set_by_rules) if by_hand else set()
    before = stored.get(name)
    rows = before if isinstance(before, list) else []
    if by_hand and f"{name}.{ROWS}" not in set_by_rules:
        _refuse_number(part.field, len(sent) - len(rows))
    kept = hidden | fixed | off
    if not kept:
        return sent
    _refuse_unseen(name, sent, hidden, part.field)
    there = [
        {column: to_json(row.get(column)) for column in kept}
        for row in rows
        if isinstance(row, Mapping)
    ]
    # Who sends such a column at all has read it, and says of each row what it holds.
    read = {one for one in off if any(isinstance(row, Mapping) and one in row for row in sent)}
    made = [
        {**_left_out(there[at : at + 1], read), **row} if isinstance(row, Mapping) else row
        for at, row in enumerate(sent)
    ]
    for column in sorted(fixed):
        if _is_other(column, made, there):
            raise Forbidden(_("You cannot change the column %(name)s.") % {"name": column})
    _refuse_switched_off(part.field, [one for one in sorted(off) if _is_other(one, made, there)])
    return made


def switched_off(field: FormField | None) -> set[str]:
    """Return the columns of a table that nobody fills in: hidden or disabled by the design."""
    columns = getattr(field, "columns", ())
    return {one.name for one in columns if not (one.visible and one.enabled)}


def _of_person(table: str, columns: Collection[str], set_by_rules: Collection[str]) -> set[str]:
    return {one for one in columns if f"{table}.{one}" not in set_by_rules}


def _refuse_unseen(name: str, sent: list[Any], hidden: Collection[str], table: Table) -> None:
    """Raise Invalid for hidden columns as for those that are not there.

    Where some are hidden, nobody is told all that there are.
    """
    known = {one.name for one in table.columns if one.name not in hidden}
    flaws = [
        Flaw(
            pointer("data", name, at, column),
            _("The table %(table)s has no column %(name)s.")
            % {"table": table.title, "name": column},
        )
        for at, row in enumerate(sent if hidden else ())
        if isinstance(row, Mapping)
        for column in row
        if column not in known
    ]
    if flaws:
        raise Invalid(errors=flaws)


def _left_out(there: list[dict[str, Any]], read: Collection[str]) -> dict[str, Any]:
    """Return the cells of the row in the same place, if there is one, but for those of `read`."""
    return {name: cell for row in there for name, cell in row.items() if name not in read}


def _refuse_number(table: Table, more: int) -> None:
    """Raise Invalid for rows that the form would let nobody add or remove."""
    said = ""
    if more > 0 and not table.allow_add:
        said = _("Rows cannot be added to %(table)s.")
    elif more < 0 and not table.allow_remove:
        said = _("Rows cannot be removed from %(table)s.")
    if said:
        raise Invalid.at(pointer("data", table.name), said % {"table": table.title})


def _refuse_switched_off(table: Table, columns: Collection[str]) -> None:
    said = _("The column %(name)s of %(table)s is switched off. Its cells cannot be changed.")
    place = pointer("data", table.name)
    if flaws := [Flaw(place, said % {"name": one, "table": table.title}) for one in columns]:
        raise Invalid(errors=flaws)


def _is_other(column: str, made: list[Any], there: list[dict[str, Any]]) -> bool:
    """Tell whether a cell is not there yet, or is there more often than it was."""
    left = Counter(repr(row[column]) for row in there)
    left.subtract(
        repr(row[column])
        for row in made
        if isinstance(row, Mapping) and row.get(column) not in (None, "", [])
    )
    return any(count < 0 for count in left.values())
