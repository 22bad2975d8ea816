"""A data source and two processes to choose from, and the form of some settings."""

from typing import Any

from django.template import Context, Template

from datasources.rest.document import RestDatasource
from processes.definition.document import Document, Form
from processes.designer.settings_forms.form import SettingsForm
from processes.fields import fields
from processes.rules import rules
from processes.views.designer.lists import ListsOfProcess
from tests.fakes import FakeCatalog
from tests.processes.definitions import token_refresh

PAGE = Template("{% include 'settings_forms/_groups.html' with open='main' %}")


class SampleChoices(FakeCatalog):
    """What can be chosen: one data source, two processes, Ada and a few groups."""

    def datasources(self) -> list[RestDatasource]:
        return [*self.sources.values()]

    def groups(self) -> list[str]:
        return [*self.GROUPS]

    def people(self, words: str) -> list[tuple[str, str]]:
        return [("ada", "Ada Byron")]

    def processes(self) -> list[tuple[str, str]]:
        return [("orders", "Orders"), ("token-refresh", "OAuth token refresh")]


CHOICES = SampleChoices(Document.model_validate(token_refresh()))


def form_of(kind: Any, raw: dict[str, Any], **more: Any) -> SettingsForm:
    """Return the form of an element of the scenario's design."""
    return SettingsForm(kind=kind, raw=raw, document=token_refresh(), catalog=CHOICES, **more)


def html_of(form: SettingsForm) -> str:
    """Return a form as it is drawn."""
    return PAGE.render(Context({"form": form}))


def rule(number: int) -> dict[str, Any]:
    """Return a rule of the scenario's button."""
    found: dict[str, Any] = token_refresh()["forms"][0]["fields"][-1]["rules"][number]
    return found


def kind_of(name: str) -> Any:
    """Return the kind of element with this slug."""
    if name == "lists":
        return ListsOfProcess
    if name in {"form", "process"}:
        return Form if name == "form" else Document
    return rules.kinds.get(name) or fields.kinds[name]
