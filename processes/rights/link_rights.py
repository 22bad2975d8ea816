"""What somebody without an account may do through an anonymous form link: one form, nothing else.

The link lets in to its form, whatever the lists of the process and of that form say: a rule of the
design names the form for just this. Parts inside it that have lists of their own are for whoever
comes through the link only where the list says `everyone`; no other ref names somebody without an
account. Fields of people are left out: what people are called is for those who have an account.
"""

from collections.abc import Iterable
from functools import cached_property

from django.contrib.auth.models import User
from django.utils.translation import gettext as _

from kianda.accounts.services.substitutes import THROUGH_LINK
from processes.definition.document import Document
from processes.engine.instance_state import form_of
from processes.language.people_refs import EVERYONE
from processes.models import FormLink, ProcessInstance, Run
from processes.rights.decisions import Decision, denied, granted
from processes.rights.instance_rights import InstanceRights

PREFIX = THROUGH_LINK


def named_link(link: FormLink) -> str:
    """Return by which name runs and the history know who came through a link: `link:ada`."""
    return f"{PREFIX}{link.created_by_name}"[:150]


def rights_for(
    user: User | None, link: FormLink | None, instance: ProcessInstance, document: Document
) -> InstanceRights:
    """Return the rights of a person, or of whoever comes through a link."""
    if link is not None:
        return LinkRights(link, instance, document)
    return InstanceRights(user, instance, document)


def rights_in(run: Run, instance: ProcessInstance, document: Document) -> InstanceRights:
    """Return the rights of whom a run works for."""
    return rights_for(run.run_as, run.link, instance, document)


class LinkRights(InstanceRights):
    """The decisions about one instance for whoever comes through a link."""

    def __init__(
        self, link: FormLink, instance: ProcessInstance, document: Document | None = None
    ) -> None:
        """Take the link, and the instance that it leads to."""
        super().__init__(None, instance, document)
        self._link = link

    def by(self, document: Document) -> "LinkRights":
        """Return what the link lets do by another definition."""
        return LinkRights(self._link, self._instance, document)

    @cached_property
    def manages(self) -> Decision:
        """Nobody manages anything through a link."""
        return denied(_only_its_form())

    @cached_property
    def see(self) -> Decision:
        """The instance is there, as far as its form."""
        return granted(_only_its_form())

    @cached_property
    def delete(self) -> Decision:
        """Nothing is deleted through a link."""
        return denied(_only_its_form())

    def acts_for(self, form: str) -> str:
        """Return that nobody is stood in for."""
        return ""

    def changes(self, form: str) -> Decision:
        """Decide whether it is the form of the link."""
        return Decision(allowed=form == self._link.form, reason=_only_its_form())

    def changes_field(self, name: str) -> Decision:
        """Decide about a field; people are chosen by those who have an account."""
        part = self.parts.get(name)
        if part is not None and part.field.names_people:
            return denied(_only_its_form())
        return super().changes_field(name)

    def presses(self, target: str) -> Decision:
        """Decide about a target, which has to stand on the form of the link."""
        if form_of(self.document, target) != self._link.form:
            return denied(_only_its_form())
        return super().presses(target)

    def reassigns(self, form: str) -> Decision:
        """Nothing is given to others through a link."""
        return denied(_only_its_form())

    def edits_again(self, form: str) -> Decision:
        """Nothing is opened through a link."""
        return denied(_only_its_form())

    def finds_in_menu(self, name: str) -> Decision:
        """Nothing is offered in a menu."""
        return denied(_only_its_form())

    @cached_property
    def hidden(self) -> frozenset[str]:
        """All but the form of the link, and in it what is not for everyone."""
        gone = {form.name for form in self.document.forms if form.name != self._link.form}
        for name, part in self.parts.items():
            lists = [one.see for one in part.nested if one.see]
            if (
                part.form.name in gone
                or part.field.names_people
                or not all(self._holds(part.form.name, refs) for refs in lists)
            ):
                gone.add(name)
        return frozenset(gone)

    def withheld(self) -> dict[str, dict[str, bool]]:
        """Return what is hidden, and what is off: fields that others alone change."""
        found = {name: {"visible": False} for name in self.hidden}
        for name, part in self.parts.items():
            if name not in found and not part.field.inner and not self._acts_on(name, part):
                found[name] = {"visible" if part.field.is_button else "enabled": False}
        return found

    def takes_part_in(self, form: str) -> bool:
        """Tell whether it is the form of the link."""
        return form == self._link.form

    def _owns(self, form: str) -> Decision:
        return denied(_only_its_form())

    def _holds(self, form: str, refs: Iterable[str]) -> bool:
        return form == self._link.form and EVERYONE in refs

    def _columns(self, table: str, setting: str) -> frozenset[str]:
        part = self.parts.get(table)
        columns = getattr(part.field, "columns", ()) if part is not None else ()
        own = {one.name: getattr(one, setting) for one in columns}
        people = {one.name for one in columns if one.names_people}
        form = part.form.name if part is not None else ""
        return frozenset(
            people | {name for name, refs in own.items() if refs and not self._holds(form, refs)}
        )


def _only_its_form() -> str:
    return _("A link opens only its form.")
