"""The edits that a designer makes, as typed models; each knows how to carry itself out.

`AnyEdit` is what the designer sends: `do` says which edit it is. A place is `{"in": target,
"list": "forms"|"fields"|"rules"|"load_rules", "at": position}`; without `at` it is the end.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated

from pydantic import Field, TypeAdapter, ValidationError

from kianda.lib.errors import Invalid
from kianda.lib.pointers import flaws_of
from processes.definition.tree import Object
from processes.designer.editing.add_edits import AddField, AddForm, AddRule, Duplicate, Paste
from processes.designer.editing.base import Edit
from processes.designer.editing.change_edits import (
    ChangeSettings,
    MovePiece,
    RemovePiece,
    Rename,
    SetProcess,
    SwitchRule,
)
from processes.designer.editing.patches import Patch, inverse
from processes.designer.editing.sanitizing import refuse_unstorable
from processes.designer.editing.unit_of_work import UnitOfWork
from processes.designer.editing.uses import Use


@dataclass(frozen=True)
class Applied:
    """What an edit did: the definition after it, what to call it, what to select, its changes."""

    document: Object
    label: str
    selected: str
    patch: Patch

    @property
    def undo(self) -> Patch:
        """Return the changes that take it back."""
        return inverse(self.patch)


AnyEdit = Annotated[
    AddForm | AddField | AddRule | ChangeSettings | Rename | MovePiece | Duplicate | RemovePiece
    | Paste | SwitchRule | SetProcess,
    Field(discriminator="do"),
]  # fmt: skip
_EDITS: TypeAdapter[Edit] = TypeAdapter(AnyEdit)


def parse_edit(raw: object) -> Edit:
    """Return the edit that was sent; raises Invalid."""
    refuse_unstorable(raw)
    try:
        return _EDITS.validate_python(raw)
    except ValidationError as error:
        raise Invalid(errors=flaws_of(error, raw)) from error


def apply_edit(document: Object, edit: Edit, *, outside: Sequence[Use] = ()) -> Applied:
    """Return what an edit makes of a definition, which itself stays as it is.

    `outside` are the uses of its piece that others than the definition make.

    Raises Invalid at the setting that is wrong, Conflict when the edit does not fit: the piece is
    gone, cannot stand there, or is used (`extra["uses"]`).
    """
    work = UnitOfWork(document, outside=outside)
    label, selected = edit.carry_out(work)
    return Applied(work.document, label[:200] if work.patch else "", selected, work.patch)
