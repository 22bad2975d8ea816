"""One form of an instance, as whoever came through an anonymous form link meets it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from django.http import QueryDict
from django.utils.translation import gettext as _

from kianda.lib.errors import NoLongerValid
from processes.engine.run_values import python_of
from processes.files.uploads import Uploader
from processes.forms.controls import FormView
from processes.instances.claim import linked_instance
from processes.instances.stored_values import stored_values
from processes.instances.version_moves import as_in_draft
from processes.language.values import Value
from processes.models import FormLink
from processes.rights.instance_rights import InstanceRights
from processes.rights.link_rights import LinkRights
from processes.views.instances.carried_values import sealed, signed_view
from processes.views.instances.form_page import FormPage
from processes.views.instances.form_steps import load_targets, primary


@dataclass(kw_only=True)
class LinkedForm(FormPage):
    """The form of a link, with what was typed laid over it. It knows no other value."""

    # Nobody has an account here.
    user: Any = None
    link: FormLink
    # What tells the browser of whoever fills it in from others with the same link.
    session: str = ""
    upload_url: str = ""
    # What is stored and not shown here, only to tell what rules have made of it.
    unseen: Mapping[str, Value] = field(default_factory=dict)

    @classmethod
    def behind(cls, link: FormLink) -> "LinkedForm":
        """Read the form that a link leads to; raises Missing."""
        instance, document = linked_instance(link)
        stored = stored_values(document, instance)
        version, document, values = as_in_draft(instance, document, stored)
        rights = LinkRights(link, instance, document)
        seen = {name: value for name, value in values.items() if rights.sees(name)}
        unseen = {name: value for name, value in values.items() if name not in seen}
        return cls(instance, version, document, seen, link=link, unseen=unseen)

    def read_again(self) -> "LinkedForm":
        """Return the form as it is by now; raises Missing."""
        fresh = LinkedForm.behind(self.link)
        fresh.session, fresh.upload_url = self.session, self.upload_url
        return fresh

    @cached_property
    def rights(self) -> InstanceRights:
        """What the link lets do."""
        return LinkRights(self.link, self.instance, self.document)

    @property
    def uploader(self) -> Uploader:
        """Return who uploads files here."""
        return Uploader(None, self.link, self.session)

    @property
    def about(self) -> str:
        """Return what is carried along belongs to."""
        return f"link {self.link.pk}"

    def take(self, post: QueryDict) -> None:
        """Lay over what was posted; what others have changed meanwhile is not shown."""
        super().take(post)
        self.was_overtaken = bool(self.conflicts)
        self.conflicts, self.meanwhile = {}, {}

    def lay_over(self, data: Mapping[str, Any], sent: FormPage) -> None:
        """Let what a run has left stand in the form; what is stored and not shown stays there.

        Carried along, it would be stored again over what others have made of it meanwhile.
        """
        left = {name: one for name, one in data.items() if name in self.unseen}
        now = python_of(self.document.value_fields, left)
        same = {name for name, value in now.items() if value == self.unseen[name]}
        super().lay_over({name: one for name, one in data.items() if name not in same}, sent)

    @property
    def view(self) -> FormView:
        """Return the form with its controls; raises NoLongerValid where rules have hidden it."""
        for one in self.forms():
            if one.form.name == self.link.form:
                return one
        raise NoLongerValid(_("This form is not open."))

    @property
    def load_targets(self) -> Sequence[str]:
        """Return what runs when the page is opened."""
        opening = f"form:{self.link.form}#load"
        return [one for one in load_targets(self.document, self.steps) if one == opening]

    def context(self, *, opened: bool) -> dict[str, Any]:
        """Return what the template needs; `opened` when the rules of opening have run."""
        view, step = self.view, self.steps[self.link.form]
        main = primary(self.steps, [view])
        return {
            "view": view, "step": step, "errors": self.errors, "primary": main,
            # What Enter does.
            "first_act": f"press:{main}",
            "revision": self.instance.revision,
            "signed_view": signed_view(self.modes, about=self.about, user=None),
            "left": sealed(self.carried(), about=self.about, user=None),
            "change_targets": [name for name, found in self.editable().items() if found.rules],
            "load": bool(self.load_targets) and not opened,
            "takes_files": bool(self.document.file_fields), "upload_url": self.upload_url,
        }  # fmt: skip
