"""What can be chosen for a task: processes, instances, fields and rules, people."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from django.contrib.auth.models import User
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from processes.definition.document import Document, Form
from processes.instances.process_ids import LONGEST
from processes.models import ProcessDesign, ProcessInstance
from processes.rules import Rule
from processes.selectors import visible_instances
from scheduler.services.validation import definition_of, find_instance

MOST = 25


@dataclass(frozen=True)
class TargetChoice:
    """Something that can be triggered, with the rules that can be triggered alone."""

    target: str
    title: str
    icon: str
    note: str
    rules: tuple["TargetChoice", ...] = ()


@dataclass(frozen=True)
class TargetGroup:
    """A form, or the process itself, with what can be triggered in it."""

    title: str
    note: str
    icon: str
    leaves: list[TargetChoice]


class Choices:
    """The choices that follow from a process and a Process ID, as they are typed."""

    def __init__(self, process: str, process_id: str, user: User) -> None:
        """Take what is typed; nothing is read before it is asked for."""
        self.process, self.process_id, self.user = process, process_id, user

    @cached_property
    def processes(self) -> list[tuple[str, str]]:
        """Return name and title of every process; titles that several have are told apart."""
        rows = ProcessDesign.objects.order_by("title", "name").values_list("name", "title")
        count = Counter(title for _name, title in rows)
        return [
            (name, f"{title} ({name})" if count[title] > 1 else title or name)
            for name, title in rows
        ]

    @cached_property
    def design(self) -> ProcessDesign | None:
        """Return the chosen process."""
        rows = ProcessDesign.objects.select_related("draft", "published").defer(
            "draft__document", "published__document"
        )
        return rows.filter(name=self.process).first() if self.process else None

    @cached_property
    def _looked_up(self) -> tuple[ProcessInstance | None, str]:
        if not self.process_id or self.design is None:
            return None, ""
        return find_instance(self.process_id, design=self.design, user=self.user)

    @property
    def instance(self) -> ProcessInstance | None:
        """Return the instance of the Process ID, when it is one of the process."""
        return self._looked_up[0]

    @property
    def flaw(self) -> str:
        """Return what is wrong with the Process ID, or nothing."""
        return self._looked_up[1]

    @property
    def cannot_make(self) -> bool:
        """Tell whether a new instance each time is impossible: nothing is published."""
        return not self.process_id and self.design is not None and self.design.published is None

    @cached_property
    def suggestions(self) -> list[str]:
        """Return Process IDs that begin as what is typed; without one, the newest."""
        if self.design is None or len(self.process_id) > LONGEST:
            return []
        rows = visible_instances(self.user, design=self.design)
        if self.process_id and self.instance is None:
            rows = rows.filter(key__startswith=self.process_id.lower())
        return list(rows.order_by("-pk").values_list("process_id", flat=True)[:MOST])

    @cached_property
    def document(self) -> Document | None:
        """Return the definition that a firing would use."""
        return definition_of(self.design, self.instance) if self.design else None

    @cached_property
    def tree(self) -> list[TargetGroup]:
        """Return what can be triggered: per form its buttons and fields with their rules."""
        if self.document is None:
            return []
        made = [
            TargetGroup(form.title, _("form"), "layout-text-window", list(_leaves(form)))
            for form in self.document.forms
        ]
        opened = list(_whole("process#load", _("When it is opened"), self.document.rules))
        made.append(TargetGroup(self.document.title, _("process"), "diagram-3", opened))
        return [branch for branch in made if branch.leaves]

    @property
    def known(self) -> set[str]:
        """Return the names of what can be triggered."""
        leaves = [leaf for branch in self.tree for leaf in branch.leaves]
        return {one.target for leaf in leaves for one in (leaf, *leaf.rules)}

    @property
    def only_button(self) -> str:
        """Return the one button that there is; nothing when there are several."""
        fields = self.document.fields.values() if self.document else ()
        buttons = [
            field.name for field in fields if field.runs_rules and not field.holds_value
        ]  # fmt: skip
        return buttons[0] if len(buttons) == 1 else ""


def _leaves(form: Form) -> Iterator[TargetChoice]:
    for field in form.all_fields():
        if not field.runs_rules or (field.holds_value and not field.rules):
            continue
        word = _("field, when it changes") if field.holds_value else _("button")
        yield TargetChoice(
            field.name,
            field.title,
            "input-cursor-text" if field.holds_value else "hand-index",
            f"{word}, {_count(field.rules)}",
            tuple(
                TargetChoice(
                    f"{field.name}#{rule.id}", f"{number}. {rule.title}", "", _(rule.label)
                )
                for number, rule in enumerate(field.rules, 1)
            ),
        )
    yield from _whole(f"form:{form.name}#load", _("When it is opened"), form.load_rules)
    yield from _whole(f"form:{form.name}#submit", _("When it is submitted"), form.rules)


def _whole(target: str, title: str, rules: Sequence[Rule]) -> Iterator[TargetChoice]:
    if rules:
        yield TargetChoice(target, title, "lightning", _count(rules))


def _count(rules: Sequence[Rule]) -> str:
    if not rules:
        return _("no rules")
    return ngettext("1 rule", "all %(n)s rules", len(rules)) % {"n": len(rules)}
