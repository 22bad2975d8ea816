"""A completed form is sent back: it is open again, with a note that says why."""

from collections.abc import Callable, Iterable, Mapping, Sequence

from django.contrib.auth.models import User
from django.utils import timezone
from django.utils.translation import gettext as _

from kianda.lib.errors import Conflict, Forbidden, Invalid
from processes.engine.instance_state import COMPLETED, CURRENT, note_too_long
from processes.engine.transitions import ActedBy, went_to
from processes.instances.claim import refuse_other_revision
from processes.instances.form_states import FormState, form_states, store_standing
from processes.instances.lock import locked, when_free
from processes.language.timestamps import moment_text
from processes.models import ProcessInstance
from processes.rights.instance_rights import InstanceRights
from processes.rights.ownership import standing_of
from processes.rights.people import creator_of


def send_back(
    *,
    process_id: str,
    form: str,
    note: str,
    user: User,
    revision: int | None = None,
    on_done: Callable[[ProcessInstance], object] | None = None,
) -> ProcessInstance:
    """Open a completed form again, with a note; the forms after it are not started any more.

    `on_done` is called inside the transaction that does it.

    Raises Invalid when there is no such form or no fitting note, Forbidden when no open form
    belongs to the person, Conflict when the form cannot be sent back to, Stale, Busy, Missing.
    """

    def back() -> ProcessInstance:
        instance, document = locked(process_id, user)
        refuse_other_revision(instance, revision)
        rights = InstanceRights(user, instance, document)
        states = form_states(instance, document)
        _refuse_send_back(form, rights, states)
        acted_for = _acted_for(form, rights, states)
        standing = went_to(
            document,
            standing_of(instance),
            form,
            own="",
            creator=creator_of(instance),
            moment=ActedBy(user.get_username(), moment_text(timezone.now()), acted_for),
            note=_checked(note),
        )
        store_standing(instance, document, standing, user=user, acted_for=acted_for)
        if on_done is not None:
            on_done(instance)
        return instance

    return when_free(process_id, back)


def _checked(note: str) -> str:
    """Return a note as it is kept: whoever has the work to do again is told why."""
    said = note.replace("\r\n", "\n").strip()
    if not said:
        raise Invalid.at("/note", _("Enter a reason."))
    if "\0" in said:
        raise Invalid.at(
            "/note", _("The note contains a character that cannot be stored. Remove it.")
        )
    if wrong := note_too_long(said):
        raise Invalid.at("/note", wrong)
    return said


def _refuse_send_back(form: str, rights: InstanceRights, states: Iterable[FormState]) -> None:
    by_name: Mapping[str, FormState] = {state.form: state for state in states}
    target = by_name.get(form)
    if target is None or not rights.sees(form):
        raise Invalid.at("/form", _("There is no form %(form)s.") % {"form": form})
    if target.status == CURRENT:
        raise Conflict(_("The form %(form)s is already open.") % {"form": target.title})
    if target.status != COMPLETED:
        raise Conflict(
            _("The form %(form)s is not completed. Only completed forms can be sent back.")
            % {"form": target.title}
        )
    if not sends_back(target, list(by_name.values()), rights):
        raise Forbidden(_("Only an owner of the open form can send it back."))


def sends_back(target: FormState, states: Sequence[FormState], rights: InstanceRights) -> bool:
    """Tell whether a person has the work, to give it back.

    When all has ended: whose the form is, and who had the last of the work.
    """
    return any(rights.owns(form) for form in _asked(target.form, states))


def _asked(target: str, states: Sequence[FormState]) -> list[str]:
    """Return the forms whose owners can send it back to another one."""
    opened = [state.form for state in states if state.status == CURRENT]
    ended = sorted((one.completed_at, at) for at, one in enumerate(states) if one.completed_at)
    return opened or [target, *(states[at].form for _moment, at in ended[-1:])]


def _acted_for(target: str, rights: InstanceRights, states: Sequence[FormState]) -> str:
    """Return for whom a substitute sends it back; nothing where a form is the person's own."""
    mine = [form for form in _asked(target, states) if rights.owns(form)]
    return min(map(rights.acts_for, mine), default="")
