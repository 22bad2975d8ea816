"""A form that a run has sent: whether people are told so, and what a saved draft is called."""

from django.contrib.auth.models import User
from django.utils.translation import gettext as _

from processes.definition.document import Document
from processes.engine.instance_state import COMPLETED, CURRENT
from processes.instances.claim import read_instance
from processes.instances.form_states import form_states
from processes.models import Change, ProcessInstance, Run
from processes.rights.instance_rights import InstanceRights


def sent_form(process_id: str, user: User, run: Run) -> str:
    """Return the form whose sending the person is told of; nothing where there is none.

    It is the first form, or one that says what happens next, which the run has completed, when the
    person has nothing more to fill in. Raises Missing for who sees the record no more.
    """
    if run.status != Run.Status.SUCCEEDED:
        return ""
    instance, document = read_instance(process_id, user)
    rights = InstanceRights(user, instance, document)
    states = form_states(instance, document)
    if instance.mode == ProcessInstance.Mode.PREVIEW or any(
        one.status == CURRENT and rights.fills_in(one.form) for one in states
    ):  # fmt: skip
        return ""
    telling = _telling(document) & _completed_by(run, instance)
    done = [
        one.form
        for one in states
        if one.form in telling and one.status == COMPLETED and one.completed_by == user.username
    ]
    return next((one for one in reversed(done) if rights.sees(one)), "")


def _telling(document: Document) -> set[str]:
    """Return the forms after which people are told: the first, and those that say what follows."""
    first = {form.name for form in document.forms[:1]}
    return first | {form.name for form in document.forms if form.next}


def _completed_by(run: Run, instance: ProcessInstance) -> set[str]:
    """Return the forms that a run has completed, as history tells: seconds are too coarse."""
    rows = Change.objects.filter(run=run, instance=instance).values_list("fields", flat=True)
    return {
        str(row["field"]).removeprefix("form:")
        for fields in rows
        for row in fields
        if str(row["field"]).startswith("form:") and row["after"] == COMPLETED
    }


def starts_as_draft(document: Document) -> bool:
    """Tell whether to create an instance is not yet to submit its form: it may be incomplete."""
    return any(map(document.is_submitted, document.forms[:1]))


def saved_words(document: Document) -> str:
    """Say that something was saved which is not submitted yet, or that it was created."""
    if starts_as_draft(document):
        return _("Draft saved. Not submitted yet.")
    return _("%(record)s created.") % {"record": document.one_record}
