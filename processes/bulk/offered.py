"""The buttons that a list of records offers for many of them at once."""

from collections.abc import Iterable

from django.contrib.auth.models import User

from processes.definition.document import Document
from processes.document_cache import document_of
from processes.fields import Button
from processes.fields.base import FormField
from processes.models import ProcessInstance
from processes.rights.instance_rights import InstanceRights


def buttons_offered(records: Iterable[ProcessInstance], user: User) -> list[Button]:
    """Return the buttons that a person may press on at least one of some records that they see.

    Offered are quick actions; in the order of the form, those of the newest version first. Whether
    a form is open is asked of each record when it is pressed.
    """
    newest_first = sorted(records, key=lambda one: one.version_id, reverse=True)
    left: dict[int, dict[str, Button]] = {}
    found: dict[str, Button] = {}
    order: dict[str, int] = {}
    for record in newest_first:
        if record.version_id not in left:
            left[record.version_id] = _quick_actions(document_of(record.version))
            for name in left[record.version_id]:
                order.setdefault(name, len(order))
        rights = InstanceRights(user, record, document_of(record.version))
        for name, button in left[record.version_id].items():
            if name not in found and _may_press(rights, name):
                found[name] = button
        if found.keys() >= order.keys():
            break
    return sorted(found.values(), key=lambda one: order[one.name])


def asked_field(button: Button, records: Iterable[ProcessInstance]) -> FormField | None:
    """Return the field whose text a button asks for, as the newest of some records has it."""
    name = button.quick.ask if button.quick is not None else ""
    for record in sorted(records, key=lambda one: one.version_id, reverse=True) if name else ():
        document = document_of(record.version)
        if document.fields.get(button.name) == button:
            return document.fields[name]
    return None


def _quick_actions(document: Document) -> dict[str, Button]:
    return {
        name: field
        for name, field in document.fields.items()
        if isinstance(field, Button) and (field.menu or getattr(field, "quick", None))
    }


def _may_press(rights: InstanceRights, name: str) -> bool:
    return rights.sees(name) and bool(rights.finds_in_menu(name) or rights.presses(name))
