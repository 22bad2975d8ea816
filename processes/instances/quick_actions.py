"""Quick actions of a form: it is given to other people, or opened once more."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

from django.contrib.auth.models import Group, User
from django.utils import timezone
from django.utils.translation import gettext as _

from kianda.accounts.roles import ROLES, roles_of
from kianda.accounts.services.person_data import display_name
from kianda.lib.errors import Conflict, Flaw, Invalid, Missing
from processes.definition.document import Document
from processes.engine.instance_state import CURRENT, InstanceState, note_too_long
from processes.engine.transitions import NotCompleted, assigned, reopened
from processes.fields import Button
from processes.instances.claim import refuse_other_revision
from processes.instances.form_states import known_groups, known_people, store_standing
from processes.instances.lock import locked, when_free
from processes.language.people_refs import group_ref, user_ref
from processes.language.timestamps import moment_text
from processes.models import ProcessInstance
from processes.rights.decisions import Decision
from processes.rights.instance_rights import InstanceRights
from processes.rights.ownership import standing_of
from processes.rights.people import creator_of, owners_in

# What the history says of the form beside where the instance stands then.
Said = dict[str, str]
Done = Callable[[ProcessInstance], object] | None
Step = Callable[[ProcessInstance, Document, InstanceRights], tuple[InstanceState, Said]]


def reassign(
    *,
    process_id: str,
    form: str,
    users: Sequence[str],
    groups: Sequence[str],
    note: str = "",
    user: User,
    revision: int | None = None,
    on_done: Done = None,
) -> ProcessInstance:
    """Give an open form to other people, instead of those whose it is; the history says why.

    `on_done` is called inside the transaction that does it.
    Raises Invalid for people who are not there, could not work on it or have it already, or a note
    that does not fit, Forbidden, Conflict when the form is not open, Stale, Busy, Missing.
    """
    said = _checked(note)

    def step(
        instance: ProcessInstance, document: Document, rights: InstanceRights
    ) -> tuple[InstanceState, Said]:
        record = rights.records[form]
        if record.status != CURRENT:
            raise Conflict(_("The form is not open, so it cannot be reassigned."))
        named, creator = _named(users, groups), creator_of(instance)
        if owners_in(record, creator) == {*map(user_ref, named[0]), *map(group_ref, named[1])}:
            raise Invalid.at("/users", _("They have this form already. Choose someone else."))
        standing = assigned(
            document, standing_of(instance), [form], users=named[0], groups=named[1],
            creator=creator,
        )  # fmt: skip
        return standing, {"note": said}

    may = InstanceRights.reassigns
    return _act(process_id, form, may, step, user=user, revision=revision, on_done=on_done)


def edit_again(
    *,
    process_id: str,
    form: str,
    user: User,
    revision: int | None = None,
    on_done: Done = None,
) -> ProcessInstance:
    """Open a completed form for its owners again; the forms after it stay as they are.

    `on_done` is called inside the transaction that does it.
    Raises Forbidden, Conflict when the form is not completed, Stale, Busy, Missing.
    """

    def step(
        instance: ProcessInstance, document: Document, rights: InstanceRights
    ) -> tuple[InstanceState, Said]:
        creator, at = creator_of(instance), moment_text(timezone.now())
        try:
            return reopened(document, standing_of(instance), form, creator=creator, at=at), {}
        except NotCompleted as refusal:
            raise Conflict(str(refusal)) from refusal

    may = InstanceRights.edits_again
    return _act(process_id, form, may, step, user=user, revision=revision, on_done=on_done)


def button_in_menu(rights: InstanceRights, form: str, button: str) -> Button:
    """Return a button that the person finds in the menu of a form at some time.

    Raises Missing, and Forbidden for whoever sees the form and is not named.
    """
    part = rights.parts.get(button)
    field = part.field if part is not None and part.form.name == form else None
    if not isinstance(field, Button) or not field.menu or not rights.sees(button):
        words = _("%(process_id)s has no such quick action.")
        raise Missing(words % {"process_id": rights.instance.process_id})
    rights.finds_in_menu(button).or_refuse()
    return field


class QuickAction(NamedTuple):
    """A button that is pressed without opening its record, and whether only the menu has it."""

    button: Button
    from_menu: bool


def quick_action(rights: InstanceRights, form: str, button: str) -> QuickAction:
    """Return a button that is offered in lists, or else in the menu of its form.

    Whether it can be pressed now is asked when it is. Raises Missing, and Forbidden for whoever
    sees the form and is not named.
    """
    part = rights.parts.get(button)
    field = part.field if part is not None and part.form.name == form else None
    if not isinstance(field, Button) or field.quick is None or not rights.sees(button):
        return QuickAction(button_in_menu(rights, form, button), from_menu=True)
    may = rights.presses(button)
    if not may and rights.finds_in_menu(button):
        return QuickAction(field, from_menu=True)
    may.or_refuse()
    return QuickAction(field, from_menu=False)


def _act(
    process_id: str,
    form: str,
    may: Callable[[InstanceRights, str], Decision],
    step: Step,
    *,
    user: User,
    revision: int | None,
    on_done: Done,
) -> ProcessInstance:
    """Ask for the right, and store the step, under the lock of the instance."""

    def act() -> ProcessInstance:
        instance, document = locked(process_id, user)
        refuse_other_revision(instance, revision)
        rights = InstanceRights(user, instance, document)
        if form not in rights.records or not rights.sees(form):
            words = _("%(process_id)s has no form %(form)s.")
            raise Missing(words % {"process_id": instance.process_id, "form": form})
        may(rights, form).or_refuse()
        standing, said = step(instance, document, rights)
        acted_for, given = rights.acts_for(form), {form: said}
        store_standing(instance, document, standing, user=user, acted_for=acted_for, given=given)
        if on_done is not None:
            on_done(instance)
        return instance

    return when_free(process_id, act)


def _named(users: Sequence[str], groups: Sequence[str]) -> tuple[list[str], list[str]]:
    """Return the users and groups whom names mean.

    Raises Invalid for a name that is nobody's, and for who could not work on a form.
    """
    (people, nobody), (teams, no_group) = known_people(users), known_groups(groups)
    flaws = [Flaw("/users", _nobody(name)) for name in nobody]
    flaws += [Flaw("/users", words) for words in _without_a_role(people)]
    words = _("No group named %(name)s.")
    flaws += [Flaw("/groups", words % {"name": name}) for name in no_group]
    words = _("%(name)s has no active members. Choose another group.")
    flaws += [Flaw("/groups", words % {"name": name}) for name in _without_members(teams)]
    if not flaws and not people and not teams:
        flaws = [Flaw("/users", _("Choose the people or groups to assign it to."))]
    if flaws:
        raise Invalid(" ".join(flaw.detail for flaw in flaws), errors=flaws)
    return people, teams


def _nobody(name: str) -> str:
    """Say why a name gives nobody the work."""
    if User.objects.filter(username=name.removeprefix("user:")).exists():
        return _("%(name)s is deactivated. Choose another user.") % {"name": name}
    return _("No user named %(name)s.") % {"name": name}


def _without_a_role(names: Sequence[str]) -> list[str]:
    """Say of whom among some people nothing can be seen or done, for want of a role."""
    people = User.objects.filter(username__in=names)
    words = _("%(name)s has no role and could not open the form. Choose another user.")
    return [words % {"name": display_name(one)} for one in people if not roles_of(one)]


def _without_members(names: Sequence[str]) -> list[str]:
    """Return the groups among some in which is nobody; a role has people who are not in it."""
    staffed = Group.objects.filter(name__in=names, user__is_active=True)
    kept = {*ROLES, *staffed.values_list("name", flat=True)}
    return [name for name in names if name not in kept]


def _checked(note: str) -> str:
    said = note.replace("\r\n", "\n").strip()
    wrong = note_too_long(said)
    if "\0" in said:
        wrong = _("The note contains a character that cannot be stored. Remove it.")
    if wrong:
        raise Invalid.at("/note", wrong)
    return said
