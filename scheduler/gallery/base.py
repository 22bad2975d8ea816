"""What every template has in common: a form to ask with, and what it makes of the answers."""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any, ClassVar, NamedTuple

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, gettext_noop
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from kianda.lib.dialogs.dialog import Dialog, asked_of
from kianda.lib.errors import Flaw, Invalid
from kianda.lib.names import slugify
from kianda.lib.pointers import pointer

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
    button: ClassVar[Any] = gettext_lazy("Create process")
    questions: ClassVar[type["Questions"]]
    sections: ClassVar[tuple[QuestionSection, ...]]
    needs_datasource: ClassVar[bool] = True
    # Whether its schedule is warned of while it is typed.
    warns: ClassVar[bool] = False
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

    def lead(self, typed: Answers) -> str:
        """Return a warning about the schedule as it is typed; empty when there is none."""
        return ""


class Questions(BaseModel):
    """The questions of a template, each a setting that a dialog asks for."""

    model_config = ConfigDict(strict=True, frozen=True, str_strip_whitespace=True)


def question(
    title: str, about: str = "", *, default: Any = ..., initial: Any = None, control: str = "line",
    **limits: Any,
) -> Any:  # fmt: skip
    """Return one question; `initial` stands in its control when the wizard is opened."""
    extra = {"control": control, "initial": initial}
    return Field(
        default, title=title, description=about, repr=control != "secret",
        json_schema_extra=extra, **limits,
    )  # fmt: skip


MOST_MINUTES = 525_600
Minutes = Annotated[int, Field(ge=1, le=MOST_MINUTES)]
Path = Annotated[str, Field(max_length=2000)]


class ServiceQuestions(Questions):
    """What every template asks that calls a service."""

    service: str = question(
        gettext_noop("Name of the service"),
        gettext_noop("Name. Everything created starts with it."),
        max_length=100,
    )
    base_url: Path = question(
        gettext_noop("Service URL"),
        gettext_noop("Scheme and host, such as https://auth.example.org."),
    )


# What is said of an answer, by pydantic's name of what is wrong with it.
_REQUIRED = gettext_lazy("Enter a value for %(asked)s.")
SENTENCES = {
    "missing": _REQUIRED,
    "string_too_short": _REQUIRED,
    "int_type": gettext_lazy("%(asked)s: enter a whole number."),
    "greater_than_equal": gettext_lazy("%(asked)s: enter 1 or more."),
    "less_than_equal": gettext_lazy("%(asked)s: enter less; a year has 525,600 minutes."),
    "string_too_long": gettext_lazy("%(asked)s: at most %(max_length)d characters."),
}


@dataclass(kw_only=True)
class Wizard(Dialog):
    """The questions of a template as a page asks them, with what was typed."""

    @classmethod
    def opened(cls, kind: type[Questions]) -> "Wizard":
        """Return the questions before anything is typed."""
        return cls(kind=kind, raw={one.name: one.extra["initial"] for one in asked_of(kind)})

    def answers(self) -> Answers:
        """Return the answers; raises Invalid with a flaw for each question that has none."""
        given = {name: value for name, value in self.raw.items() if value != ""}
        try:
            return dict(self.kind.model_validate(given))
        except ValidationError as error:
            lines = error.errors(include_url=False, include_input=False)
            raise Invalid(errors=[self._flaw(line) for line in lines]) from None

    def _flaw(self, line: Any) -> Flaw:
        name, about = str(line["loc"][0]), line.get("ctx", {})
        words = {**about, "asked": _(self.kind.model_fields[name].title or name)}
        sentence = SENTENCES.get(line["type"])
        return Flaw(pointer(name), str(sentence % words if sentence else about.get("error")))

    def items(self) -> Iterator[tuple[str, str, str]]:
        """Yield id, place and sentence of each flaw for the summary, which names the question."""
        for place, detail in self.flaws:
            asked = self.control(place.removeprefix("/"))
            title = str(asked.title) if asked else ""
            said = detail if detail.startswith(title) else f"{title}: {detail}"
            yield asked.id if asked else "", place, said
