"""Check as: an administrator of a process reads what somebody may do by the rights of the draft."""

from django.contrib.auth.models import User
from django.utils.translation import gettext as _

from kianda.lib.errors import Invalid
from processes.definition.document import Document
from processes.document_cache import document_of
from processes.instances.claim import read_instance
from processes.models import ProcessDesign, ProcessInstance
from processes.rights.check_as import CheckedAct, check_as
from processes.rights.decisions import is_administrator, security_of
from processes.selectors import readable_design, visible_instance


def checked_rights(
    *, name: str, person: str, process_id: str | None, user: User, document: Document | None = None
) -> list[CheckedAct]:
    """Return what a person may do by the rights of the draft, or of `document` in its place.

    Raises Invalid at /person and /process_id; Forbidden for an instance when the one who asks does
    not manage the process: the answer tells of its values.
    """
    design = readable_design(name, user)
    asked = _person(person)
    instance = None
    if process_id:
        is_administrator(user, security_of(design)).or_refuse()
        instance = _instance(process_id, design, user)
    if document is None:
        assert design.draft is not None  # a design is made with its first version
        document = document_of(design.draft)
    return check_as(asked, design, document, instance)


def checked_instance(*, process_id: str, person: str, user: User) -> list[CheckedAct]:
    """Return what a person may do in an instance now, by the rights that hold.

    Raises Missing, Forbidden for whoever does not manage the process, Invalid at /person.
    """
    instance, document = read_instance(process_id, user)
    security = security_of(instance.design)
    is_administrator(user, security).or_refuse()
    asked = _person(person)
    return check_as(asked, instance.design, document, instance, security=security)


def _person(name: str) -> User:
    found = User.objects.filter(username=name.strip()).first()
    if found is None:
        raise Invalid.at("/person", _("No user named %(name)s.") % {"name": name[:150]})
    return found


def _instance(process_id: str, design: ProcessDesign, user: User) -> ProcessInstance:
    found = visible_instance(process_id, user, lock=False)
    if found is None or found.design_id != design.pk:
        raise Invalid.at(
            "/process_id",
            _("%(process)s has no record %(id)s.") % {"process": design.title, "id": process_id},
        )
    return found
