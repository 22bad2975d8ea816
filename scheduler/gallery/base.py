"""What every template has in common: a form to ask with, and what it makes of the answers."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, NamedTuple

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from kianda.lib.names import slugify

Answers = Mapping[str, Any]


class QuestionSection(NamedTuple):
    """A heading of the wizard, and the questions below it."""

    title: Any
    fields: tuple[str, ...]


class FreeNames(NamedTuple):
    """The free names under which the objects are made."""

    datasource: str
    process: str
    task: str


@dataclass(frozen=True)
class InstallPlan:
    """The objects that are made, as the API would take them; all ordinary, all changeable."""

    definition: dict[str, Any]
    group: str
    datasource: dict[str, Any] | None = None
    # The values of the one instance; None makes none.
    data: dict[str, Any] | None = None
    # A scheduled task on that instance, without its Process ID.
    task: dict[str, Any] | None = None
    # Where a flaw of an object is shown: a question of the wizard, by place.
    places: Mapping[str, str] = field(default_factory=dict)


class GalleryTemplate(ABC):
    """Something that can be made in one go after a few questions."""

    slug: ClassVar[str]
    title: ClassVar[Any]
    icon: ClassVar[str]
    summary: ClassVar[Any]
    makes: ClassVar[tuple[Any, ...]]
    button: ClassVar[Any] = gettext_lazy("Make it")
    form: ClassVar[type[forms.Form]]
    sections: ClassVar[tuple[QuestionSection, ...]]
    needs_datasource: ClassVar[bool] = True
    # Whether a wish is written into names as "<wish>-token".
    suffix: ClassVar[str] = ""

    def wishes(self, answers: Answers) -> FreeNames:
        """Return the names that the objects would best have."""
        base = slugify(answers["service"], fallback="service")[:50].strip("-")
        task = _("%(what)s: %(service)s") % {"what": self.title, "service": answers["service"]}
        return FreeNames(base, f"{base}{self.suffix}", str(task)[:190])

    @abstractmethod
    def plan(self, answers: Answers, names: FreeNames) -> InstallPlan:
        """Return what is made of the answers."""

    def trial(self, answers: Answers) -> dict[str, Any] | None:
        """Return the datasource that Test connection asks, from answers that may be incomplete."""
        return None

    def lead(self, typed: Mapping[str, str]) -> str:
        """Return a warning about the schedule as it is typed; empty when there is none."""
        return ""


class Questions(forms.Form):
    """The questions of a template: what is wrong with an answer names its question."""

    def full_clean(self) -> None:
        """Put the words of each question into what may be said of it, then check the answers."""
        for question in self.fields.values():
            asked = {"asked": question.label}
            question.error_messages |= {
                "required": _("%(asked)s is required. Fill it in.") % asked,
                "invalid": _("%(asked)s: enter a whole number.") % asked,
                "min_value": _("%(asked)s: enter 1 or more.") % asked,
                "max_value": _("%(asked)s: enter less; a year has 525,600 minutes.") % asked,
                "max_length": _("%(asked)s: at most %%(limit_value)d characters.") % asked,
            }
        super().full_clean()


def service_questions(form: forms.Form) -> None:
    """Add what every template asks that calls a service."""
    form.fields["service"] = forms.CharField(
        max_length=100,
        label=_("Name of the service"),
        help_text=_("As you call it. The names of all that is made begin with it."),
    )
    form.fields["base_url"] = forms.CharField(
        max_length=2000,
        label=_("Service URL"),
        help_text=_("Scheme and host, such as https://auth.example.org."),
    )


def interval_question(form: forms.Form, *, initial: int) -> None:
    """Add how often the task fires."""
    form.fields["every"] = forms.IntegerField(
        min_value=1,
        max_value=525_600,
        initial=initial,
        label=_("Every so many minutes"),
    )


def path_question(label: Any, *, initial: str = "", help_text: Any = "") -> forms.CharField:
    """Return a question for a path."""
    return forms.CharField(max_length=2000, label=label, initial=initial, help_text=help_text)
