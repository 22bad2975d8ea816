"""Who gets at a file of an instance: whoever sees a field that holds it, or held it."""

from collections.abc import Mapping
from typing import Any

from processes.language.values import files_in
from processes.models import File
from processes.rights.instance_rights import InstanceRights


def sees_file(file: File, rights: InstanceRights) -> bool:
    """Tell whether a person who sees the instance of a file gets at the file.

    Where no field holds it any more, the history does: the field for which it came decides.
    """
    if rights.manages:
        return True
    holders = fields_holding(str(file.pk), rights.instance.values)
    known = [name for name in holders if name in rights.document.fields]
    if known:
        return any(rights.sees(name) for name in known)
    return file.field in rights.document.fields and rights.sees(file.field)


def fields_holding(number: str, values: Mapping[str, Any]) -> list[str]:
    """Return the fields that hold a file."""
    return [
        name
        for name, value in values.items()
        if any(one["id"] == number for one in files_in(value))
    ]
