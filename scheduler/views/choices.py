"""What can be chosen for a task: processes, instances, fields and rules, people."""

from functools import cached_property

from django.contrib.auth.models import User
from django.utils.translation import gettext as _

from processes.document import Document, Target
from processes.models import ProcessDesign, ProcessInstance
from processes.selectors import visible_instances
from processes.services.documents import document_of

MOST = 25


class Choices:
    """The choices that follow from a process and a Process ID, as they are typed."""

    def __init__(self, process: str, process_id: str, user: User) -> None:
        """Take what is typed; nothing is read before it is asked for."""
        self.process, self.process_id, self.user = process, process_id, user

    @cached_property
    def processes(self) -> list[tuple[str, str]]:
        """Return name and title of every process."""
        return list(ProcessDesign.objects.order_by("title", "name").values_list("name", "title"))

    @cached_property
    def design(self) -> ProcessDesign | None:
        """Return the chosen process."""
        rows = ProcessDesign.objects.select_related("draft", "published")
        return rows.filter(name=self.process).first() if self.process else None

    @cached_property
    def instance(self) -> ProcessInstance | None:
        """Return the instance of the Process ID, when it is one of the process."""
        if not self.process_id or self.design is None:
            return None
        rows = visible_instances(self.user).select_related("version", "design")
        return rows.filter(key=self.process_id.lower(), design=self.design).first()

    @cached_property
    def suggestions(self) -> list[str]:
        """Return Process IDs that begin as what is typed; without one, the newest."""
        if self.design is None:
            return []
        rows = visible_instances(self.user).filter(design=self.design)
        if self.process_id and self.instance is None:
            rows = rows.filter(key__startswith=self.process_id.lower())
        return list(rows.order_by("-pk").values_list("process_id", flat=True)[:MOST])

    @cached_property
    def document(self) -> Document | None:
        """Return the definition that a firing would use."""
        if self.design is None:
            return None
        if self.instance is None:
            version = self.design.published or self.design.draft
        elif self.instance.mode == ProcessInstance.Mode.PREVIEW:
            version = self.design.draft
        else:
            version = self.instance.version
        return document_of(version) if version is not None else None

    @property
    def targets(self) -> list[tuple[str, list[Target]]]:
        """Return what can be triggered, under the words for what it is."""
        groups: dict[str, list[Target]] = {
            _("Buttons"): [], _("Fields"): [], _("Single rules"): [], _("Forms"): [],
        }  # fmt: skip
        buttons, fields, rules, others = groups.values()
        for target in self.document.targets() if self.document else ():
            if target.kind in {"load", "submit"}:
                others.append(target)
            elif "#" in target.target:
                rules.append(target)
            else:
                (buttons if target.kind == "button" else fields).append(target)
        return [(title, found) for title, found in groups.items() if found]

    @property
    def known(self) -> set[str]:
        """Return the names of what can be triggered."""
        return {target.target for _, found in self.targets for target in found}


def people() -> list[tuple[str, str]]:
    """Return sign-in name and name of those as whom a task may run."""
    rows = User.objects.filter(is_active=True).order_by("username")
    return [(row.get_username(), row.get_full_name()) for row in rows[:200]]
