"""Previews: the newest draft of a design tried by its designer, on an instance of its own."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django.contrib.auth.models import User
from django.utils.translation import gettext as _

from kianda.lib.errors import Conflict, Flaw, Invalid, Missing
from processes.definition.document import Document, TargetMissing
from processes.designer import working_copy
from processes.document_cache import document_of
from processes.instances.lifecycle import create_instance
from processes.models import DesignVersion, ProcessDesign, ProcessInstance
from processes.rules.base import Rule
from processes.running.pinned_answers import outward_rules, reaching
from processes.selectors import get_design

OUTWARD = frozenset(ProcessInstance.Outward.values)


@dataclass(frozen=True)
class PreviewDraft:
    """The newest saved draft of a design, and why the designer's edits are not in it."""

    design: ProcessDesign
    version: DesignVersion
    document: Document
    # Flaws of the working copy: they keep it from being saved.
    flaws: list[Flaw] = field(default_factory=list)
    # Somebody saved another version meanwhile; the edits wait for a decision.
    behind: str = ""

    @property
    def reaching_out(self) -> list[Rule]:
        """Return the rules of the draft that have an effect outside."""
        return list(outward_rules(self.document).values())


def open_draft(name: str, *, user: User) -> PreviewDraft:
    """Return the newest draft; edits of the designer that hold together are saved as it first."""
    copy = working_copy.open_copy(name, user=user)
    flaws = [Flaw(mark.pointer, mark.detail) for mark in copy.flaws] if copy.changed else []
    behind = ""
    if copy.changed and not flaws:
        try:
            working_copy.save_version(name, user=user, revision=copy.revision)
        except Conflict as conflict:
            behind = conflict.detail
        except Invalid as invalid:
            flaws = invalid.errors
    return _draft(name, flaws, behind)


def saved_draft(name: str) -> PreviewDraft:
    """Return the newest draft as it was saved last."""
    return _draft(name, [], "")


def _draft(name: str, flaws: list[Flaw], behind: str) -> PreviewDraft:
    design = get_design(name)
    if design.draft is None:
        raise Missing(_("%(name)s has no version to preview.") % {"name": name})
    return PreviewDraft(design, design.draft, document_of(design.draft), flaws, behind)


def newest_preview(design: ProcessDesign, user: User) -> ProcessInstance | None:
    """Return the preview instance of a design that a person made last."""
    rows = ProcessInstance.objects.filter(
        design=design, mode=ProcessInstance.Mode.PREVIEW, created_by=user
    )
    return rows.order_by("-pk").first()


def make_preview(
    *,
    process: str,
    data: Mapping[str, Any],
    outward: str,
    user: User,
    display: Mapping[str, Mapping[str, bool]] | None = None,
) -> ProcessInstance:
    """Make a preview instance, which gives it its Process ID."""
    made = create_instance(process=process, mode="preview", data=data, display=display, user=user)
    if outward:
        choose_outward(made, outward)
    return made


def choose_outward(instance: ProcessInstance, outward: str) -> None:
    """Keep what calls do in a preview: `do`, or `pinned`; raises Invalid at `/outward`."""
    if outward not in OUTWARD:
        raise Invalid.at("/outward", _("Choose whether calls are sent or answered from samples."))
    if instance.mode != ProcessInstance.Mode.PREVIEW:
        raise Conflict(_("Only in a preview are calls answered from samples."))
    ProcessInstance.objects.filter(pk=instance.pk).update(outward=outward)
    instance.outward = outward


def refuse_unasked(document: Document, target: str, outward: str) -> None:
    """Refuse to run rules that reach out before their person has said what calls do."""
    if outward:
        return
    try:
        found = reaching(document.rules_of(target))
    except TargetMissing:
        return
    if found:
        raise Invalid.at(
            "/outward",
            _(
                "%(rule)s has an effect outside this preview. Choose first whether to send real "
                "requests or use sample responses."
            )
            % {"rule": found[0].title},
        )
