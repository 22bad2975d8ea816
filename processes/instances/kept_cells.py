"""The cells of a table that a person neither sees nor changes, kept while they send its rows."""

from collections import Counter
from collections.abc import Collection, Mapping
from typing import Any

from django.utils.translation import gettext as _

from kianda.lib.errors import Flaw, Forbidden, Invalid
from kianda.lib.pointers import pointer
from processes.language.values import Value, to_json
from processes.rights.instance_rights import InstanceRights


def with_kept_cells(
    name: str,
    sent: Any,
    rights: InstanceRights,
    stored: Mapping[str, Value],
    *,
    set_by_rules: Collection[str] = (),
) -> Any:
    """Return rows with the cells as they are stored that the person does not see or change.

    A cell left out is that of the row in the same place. Cells that they see may be sent along with
    a row that is moved, once for each time that they are stored; what they do not see may not: it
    could be guessed. Columns of `set_by_rules`, `lines.price`, are taken as they are: a page brings
    them back. Raises Forbidden, and Invalid for a column that is not there for the person.
    """
    hidden = _of_person(name, rights.hidden_columns(name), set_by_rules)
    fixed = _of_person(name, rights.fixed_columns(name), set_by_rules) - hidden
    if (not hidden and not fixed) or not isinstance(sent, list):
        return sent
    _refuse_unseen(name, sent, hidden, rights)
    before = stored.get(name)
    rows = before if isinstance(before, list) else []
    there = [
        {column: to_json(row.get(column)) for column in hidden | fixed}
        for row in rows
        if isinstance(row, Mapping)
    ]
    made = [
        {**(there[at] if at < len(there) else {}), **row} if isinstance(row, Mapping) else row
        for at, row in enumerate(sent)
    ]
    _refuse_others(made, there, fixed)
    return made


def _of_person(table: str, columns: Collection[str], set_by_rules: Collection[str]) -> set[str]:
    return {one for one in columns if f"{table}.{one}" not in set_by_rules}


def _refuse_unseen(
    name: str, sent: list[Any], hidden: Collection[str], rights: InstanceRights
) -> None:
    flaws = [
        Flaw(
            pointer("data", name, at, column),
            _("The table %(table)s has no column %(name)s.")
            % {"table": rights.parts[name].field.title, "name": column},
        )
        for at, row in enumerate(sent)
        if isinstance(row, Mapping)
        for column in row
        if column in hidden
    ]
    if flaws:
        raise Invalid(errors=flaws)


def _refuse_others(made: list[Any], there: list[dict[str, Any]], fixed: Collection[str]) -> None:
    """Raise Forbidden for a cell that is not there, or is there more often than it was."""
    for column in sorted(fixed):
        left = Counter(repr(row[column]) for row in there)
        left.subtract(
            repr(row[column])
            for row in made
            if isinstance(row, Mapping) and row.get(column) not in (None, "", [])
        )
        if any(count < 0 for count in left.values()):
            raise Forbidden(_("You cannot change the column %(name)s.") % {"name": column})
