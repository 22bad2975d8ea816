"""Designs: saved as draft versions, published, deleted."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from django.contrib.auth.models import User
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from kianda.accounts.roles import ADMINISTRATOR, has_role
from kianda.accounts.services.audit import record
from kianda.lib.errors import Flaw, Forbidden, InUse, Invalid, Missing, PreconditionFailed
from kianda.lib.usage import used_by
from processes.definition.checks import check, check_references
from processes.definition.document import Document, parse_document
from processes.designs.stored_catalog import StoredCatalog
from processes.document_cache import document_of
from processes.instances.process_ids import last_number_given
from processes.instances.recycle_bin import put_into_bin
from processes.instances.version_moves import move_open_instances
from processes.listed_values import list_fields
from processes.models import DesignVersion, ProcessDesign, ProcessInstance
from processes.rights.seen import uses_told

# Pages of the library stand at these addresses: a design of such a name could not be opened.
PAGE_NAMES = frozenset({"bin", "export", "templates"})


@dataclass
class Published:
    """What a publication did: the version, whether it is new, which instances stayed and why."""

    version: DesignVersion
    new: bool
    stayed: list[dict[str, str]] = field(default_factory=list)


def page_name_flaw(name: str) -> str | None:
    """Return why a process cannot have a name that is the address of a page, or None."""
    if name in PAGE_NAMES:
        return _("The name %(name)s is the address of a page. Choose another one.") % {"name": name}
    return None


def create_design(*, raw: object, user: User) -> ProcessDesign:
    """Make a process from its definition, as draft 0.1; raises Invalid with every flaw."""
    document = parse_document(_without_meta(raw))
    if flaw := page_name_flaw(document.name):
        raise Invalid.at("/name", flaw)
    taken = Invalid.at(
        "/name",
        _("The process %(process)s already exists. Choose another name.")
        % {"process": document.name},
    )
    if ProcessDesign.objects.filter(name=document.name).exists():
        raise taken
    moment = timezone.now()
    try:
        with transaction.atomic():
            design = ProcessDesign.objects.create(
                name=document.name,
                title=document.title,
                description=document.description,
                last_number=last_number_given(pattern=document.process_id, process=document.name),
                created=moment,
                modified=moment,
                modified_by=user,
            )
            _add_version(design, document, major=0, minor=1, user=user)
            record(user, action="created", kind="process", name=design.name)
    except IntegrityError as error:
        raise taken from error
    return design


def save_design(
    *, name: str, raw: object, user: User, expected: DesignVersion | None = None
) -> ProcessDesign:
    """Save a definition as the next draft; nothing happens when it does not differ.

    `expected` is the draft that the person has read: another one raises PreconditionFailed.
    """
    document = parse_document(_without_meta(raw))
    if document.name != name:
        raise Invalid.at("/name", _("The name %(name)s cannot be changed.") % {"name": name})
    with transaction.atomic():
        design = _locked(name)
        draft = design.draft
        if draft is not None:
            if expected is not None and expected.pk != draft.pk:
                raise PreconditionFailed()
            if document_of(draft) == document:
                return design
            version = _add_version(
                design, document, major=draft.major, minor=draft.minor + 1, user=user
            )
        else:
            version = _add_version(design, document, major=0, minor=1, user=user)
        record(
            user,
            action="saved",
            kind="process",
            name=name,
            detail=_("Version %(version)s") % {"version": version},
        )
    return design


def _without_meta(raw: object) -> object:
    """Leave out the read-only `meta`, so that what GET gave can be sent back as it is."""
    if isinstance(raw, dict):
        return {key: value for key, value in raw.items() if key != "meta"}
    return raw


def _locked(name: str) -> ProcessDesign:
    # Its versions are read after the lock: joined to it, they would be those of before.
    design = ProcessDesign.objects.select_for_update().filter(name=name).first()
    if design is None:
        raise Missing(_("There is no process %(name)s.") % {"name": name})
    return design


def _add_version(
    design: ProcessDesign,
    document: Document,
    *,
    major: int,
    minor: int,
    user: User,
    note: str = "",
) -> DesignVersion:
    moment = timezone.now()
    version = DesignVersion.objects.create(
        design=design,
        major=major,
        minor=minor,
        document=document.normalised(),
        note=note,
        created=moment,
        created_by=user,
    )
    design.draft = version
    if minor == 0:
        design.published = version
        design.security = document.security.stored()
        list_fields(design, document)
    design.title, design.description = document.title, document.description
    design.modified, design.modified_by = moment, user
    design.save()
    return version


def publish_design(
    *, name: str, user: User, note: str = "", move_instances: bool = False
) -> Published:
    """Publish the draft as the next whole version; raises Invalid while a name does not hold.

    Each live instance is moved in its own transaction when asked for.
    """
    with transaction.atomic():
        design = _locked(name)
        draft = design.draft
        if draft is None:
            raise Missing(_("%(name)s has no version to publish.") % {"name": name})
        document = document_of(draft)
        broken = check_references(document, StoredCatalog())
        if broken:
            raise Invalid(_("The draft refers to things that do not exist."), errors=broken)
        if draft.minor == 0:
            published = Published(draft, new=False)
        else:
            version = _add_version(
                design, document, major=draft.major + 1, minor=0, user=user, note=note
            )
            published = Published(version, new=True)
            record(
                user,
                action="published",
                kind="process",
                name=name,
                detail=_("Version %(version)s") % {"version": version},
            )
    if move_instances:
        published.stayed = move_open_instances(design=design, version=published.version, user=user)
    return published


def warnings_of(document: Document) -> list[Flaw]:
    """Return what does not hold outside the document, and what is risky in it."""
    return check(document, StoredCatalog())


def delete_design(
    *,
    name: str,
    user: User,
    force: bool = False,
    unchanged: Callable[[ProcessDesign], None] | None = None,
) -> None:
    """Put a design into the recycle bin; raises InUse while instances or others refer to it.

    Under force its instances go there with it. Its name is free again at once. `unchanged` may
    refuse what the design has become by the time it is locked.
    """
    if force and not has_role(user, ADMINISTRATOR):
        raise Forbidden(_("Only an administrator can force a deletion."))
    with transaction.atomic():
        # Locked first: an instance that is made meanwhile takes its number from this row.
        design = _locked(name)
        if unchanged is not None:
            unchanged(design)
        uses = [] if force else uses_told(used_by("process", name), user)
        if uses:
            first = ", ".join(str(use["name"]) for use in uses[:3])
            raise InUse(
                _("%(name)s is in use by %(first)s.") % {"name": name, "first": first}, used_by=uses
            )
        design.deleted_at, design.deleted_by = timezone.now(), user
        living = ProcessInstance.everything.filter(design=design, deleted_at__isnull=True)
        put_into_bin(living, user=user, moment=design.deleted_at)
        design.save(update_fields=["deleted_at", "deleted_by"])
        record(user, action="deleted", kind="process", name=name)


def shown_design(design: ProcessDesign, version: DesignVersion) -> dict[str, Any]:
    """Return what the API gives for a version of a design: the definition and `meta`."""
    document = document_of(version)
    return {
        **document.normalised(),
        "meta": {
            "version": str(version),
            "published_version": str(design.published) if design.published else None,
            "created": design.created,
            "modified": version.created,
            "modified_by": version.created_by.get_username() if version.created_by else None,
            "warnings": [{"pointer": w.pointer, "detail": w.detail} for w in warnings_of(document)],
        },
    }
