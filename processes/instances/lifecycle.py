"""Instances: created, changed by hand, deleted; each under the same lock as a run."""

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from kianda.accounts.roles import ADMINISTRATOR, DESIGNER, has_role
from kianda.lib.errors import Conflict, Flaw, Forbidden, InUse, Invalid
from kianda.lib.usage import used_by
from processes.definition.document import Document
from processes.document_cache import document_of
from processes.engine.display_modes import NO_MODES, DisplayModes
from processes.engine.run_values import python_of
from processes.files.values import attach, new_files
from processes.instances.claim import read_instance, refuse_other_revision
from processes.instances.first_values import first_values
from processes.instances.lock import locked, when_free
from processes.instances.process_ids import next_process_id
from processes.instances.recycle_bin import ByRule, delete_one
from processes.instances.sent_values import SentValues, acting_for, refuse_not_open, take_sent
from processes.instances.stored_values import (
    changes_between,
    split,
    stored_values,
)
from processes.instances.unsaved import supersede
from processes.instances.version_moves import carried_values, follow_draft
from processes.language.values import Value
from processes.models import Change, DesignVersion, ProcessDesign, ProcessInstance, Run
from processes.rights.decisions import may_start
from processes.rights.instance_rights import InstanceRights
from processes.rights.ownership import store_owners
from processes.rights.people import store_people
from processes.rights.seen import uses_told
from processes.selectors import get_version


def create_instance(
    *,
    process: str,
    mode: str,
    data: Mapping[str, Any],
    user: User | None,
    display: Mapping[str, Mapping[str, bool]] | None = None,
    check: Callable[[Document], None] | None = None,
    set_by_rules: Collection[str] = (),
    modes: DisplayModes = NO_MODES,
    on_made: Callable[[ProcessInstance], None] | None = None,
) -> ProcessInstance:
    """Create an instance; no rule runs. Raises Invalid with every flaw, Forbidden for previews.

    `display` is what rules have shown and required while its form was filled in, `modes` what they
    have opened on that page; the values of `set_by_rules` are those that rules have set.
    `check` may refuse the definition by which it would be made; `on_made` is called inside the
    transaction that makes it.
    """
    design, version = _version_for(process, mode, user)
    document = document_of(version)
    if check is not None:
        check(document)
    moment = timezone.now()
    made = ProcessInstance(
        design=design, version=version, mode=mode, created_by=user, display=dict(display or {})
    )
    sent = SentValues(user, data, set_by_rules=set_by_rules, modes=modes)
    values = first_values(made, document, sent)
    plain, secret = split(document, values)
    with transaction.atomic():
        process_id = next_process_id(design=design, pattern=document.process_id, values=values)
        instance = ProcessInstance.objects.create(
            process_id=process_id, key=process_id.lower(), design=design, version=version,
            mode=mode, values=plain, secrets=secret or None, display=dict(display or {}),
            created=moment, created_by=user, modified=moment, modified_by=user,
        )  # fmt: skip
        store_owners(instance, document, fresh=True)
        store_people(instance, document, values=values)
        attach(instance, new_files(document, {}, values))
        if on_made is not None:
            on_made(instance)
    return instance


def _version_for(process: str, mode: str, user: User | None) -> tuple[ProcessDesign, DesignVersion]:
    design = ProcessDesign.objects.filter(name=process).select_related("draft", "published").first()
    flaws = []
    if design is None:
        flaws.append(Flaw("/process", _("There is no process %(process)s.") % {"process": process}))
    if mode not in ProcessInstance.Mode.values:
        flaws.append(Flaw("/mode", _("Choose live or preview.")))
    if flaws:
        raise Invalid(errors=flaws)
    assert design is not None
    if mode == ProcessInstance.Mode.PREVIEW:
        if not has_role(user, DESIGNER):
            raise Forbidden(_("Only designers and administrators can create preview records."))
        version = design.draft
    else:
        may_start(user, design).or_refuse()
        version = design.published
    if version is None:
        raise Invalid.at(
            "/mode",
            _("%(process)s has no published version. Publish it, or choose preview.")
            % {"process": process},
        )
    return design, version


def patch_instance(
    *,
    process_id: str,
    data: Mapping[str, Any],
    revision: int | None = None,
    user: User,
    set_by_rules: Collection[str] = (),
    trigger: str = "",
    modes: DisplayModes = NO_MODES,
) -> ProcessInstance:
    """Change values by hand; raises Stale at another revision than was read, Busy, Invalid.

    And Forbidden and Conflict for a form that is somebody else's, or not open. The values of
    `set_by_rules` are those that rules have set; with the trigger `rule` another run asks for it.
    `modes` is how rules have let the page show them.
    """

    def patch() -> ProcessInstance:
        instance, document = locked(process_id, user)
        refuse_other_revision(instance, revision)
        instance, document = follow_draft(instance, document)
        before = stored_values(document, instance)
        sent = SentValues(
            user, data, trigger=trigger, set_by_rules=set_by_rules, modes=modes
        )  # fmt: skip
        taken = take_sent(sent, instance, document, before)
        if taken.flaws:
            raise Invalid(errors=taken.flaws)
        _store(
            instance, document, before=before, after={**before, **taken.values}, user=user,
            said=taken.overridden, acted_for=taken.acted_for, by_rule=trigger == "rule",
        )  # fmt: skip
        return instance

    return when_free(process_id, patch)


def _store(
    instance: ProcessInstance,
    document: Document,
    *,
    before: Mapping[str, Value],
    after: Mapping[str, Value],
    user: User,
    run: Run | None = None,
    said: Sequence[Mapping[str, str]] = (),
    acted_for: str = "",
    by_rule: bool = False,
) -> None:
    changes = changes_between(document, before, after)
    if not changes:
        return
    # Once for all of it: of which process is not told.
    told = [changes[0] | {"rule": ""}, *changes[1:]] if by_rule else changes
    moment = timezone.now()
    instance.values, secret = split(document, after)
    instance.secrets = secret or None
    instance.revision += 1
    instance.modified, instance.modified_by = moment, user
    instance.save(update_fields=["values", "secrets", "revision", "modified", "modified_by"])
    store_people(instance, document, values=after)
    attach(instance, new_files(document, before, after))
    Change.objects.create(
        instance=instance,
        run=run,
        revision=instance.revision,
        at=moment,
        by=user,
        by_name=user.get_username(),
        acted_for=acted_for or None,
        fields=[*said, *told],
    )
    for write in supersede(instance.pk, changes):
        write.run()


def store_unsaved_answer(*, run_pk: int, user: User) -> ProcessInstance:
    """Store what a successful call of a run brought and no rule saved ("Store these values").

    Raises Conflict when it left nothing or its form is not open, Forbidden, Busy, Missing.
    """
    run = Run.objects.filter(pk=run_pk, unsaved_answer=True).first()
    if run is None or run.unsaved_values is None:
        raise Conflict(_("This run has nothing to store."))

    def store() -> ProcessInstance:
        instance, document = locked(run.process_id, user)
        mine = Run.objects.filter(pk=run.pk, unsaved_answer=True)
        if not mine.update(unsaved_answer=False, unsaved_values=None):
            raise Conflict(_("Someone has just stored the values of this run."))
        before = stored_values(document, instance)
        brought = _brought(run, instance, document)
        rights = InstanceRights(user, instance, document)
        for name in brought:
            rights.changes_field(name).or_refuse()
        # What a form had left is no way into it once it is completed.
        said = refuse_not_open(SentValues(user, brought), instance, document, list(brought))
        _store(
            instance, document, before=before, after={**before, **brought}, user=user, run=run,
            said=said, acted_for=acting_for(rights, brought),
        )  # fmt: skip
        return instance

    return when_free(run.process_id, store)


def _brought(run: Run, instance: ProcessInstance, document: Document) -> dict[str, Value]:
    """Return what a run left unstored as the instance's version of today has it.

    A field that was secret then and is no more takes nothing: the secret would come to light.
    """
    then = document_of(get_version(instance.design, run.version))
    values = python_of(then.fields, run.unsaved_values or {})
    shown = then.secrets & (document.fields.keys() - document.secrets)
    kept = {name: value for name, value in values.items() if name not in shown}
    return carried_values(then, document, kept)


def delete_instance(
    *,
    process_id: str,
    user: User,
    force: bool = False,
    by_rule: ByRule | None = None,
    unchanged: Callable[[ProcessInstance], None] | None = None,
) -> None:
    """Put an instance into the recycle bin; a preview is deleted for good.

    Raises InUse when a task names it, Busy while a run works on it. `unchanged` may
    refuse what the instance has become by the time it is locked.
    """
    _refuse_deletion(read_instance(process_id, user)[0], user, force=force)

    def delete() -> None:
        instance, _ = locked(process_id, user, even_if_busy=force)
        if unchanged is not None:
            unchanged(instance)
        delete_one(instance, user=user, by_rule=by_rule)

    if force:
        with transaction.atomic():
            delete()
    else:
        when_free(process_id, delete)


def _refuse_deletion(instance: ProcessInstance, user: User, *, force: bool) -> None:
    """Raise Forbidden or InUse when a person may not delete an instance."""
    if force and not has_role(user, ADMINISTRATOR):
        raise Forbidden(_("Only an administrator can force a deletion."))
    InstanceRights(user, instance, document_of(instance.version)).delete.or_refuse()
    named = [] if force else uses_told(used_by("instance", instance.process_id), user)
    if named:
        names = ", ".join(str(use["name"]) for use in named)
        raise InUse(
            _("%(process_id)s is in use by %(names)s.")
            % {"process_id": instance.process_id, "names": names},
            used_by=named,
        )
