"""The first form of a process, filled in before there is an instance."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.contrib.auth.models import User
from django.http import QueryDict

from kianda.lib.errors import Flaw
from kianda.pages import Errors
from processes.controls import FormView
from processes.document import Document
from processes.fields.base import InputField
from processes.forms import (
    Typed,
    act_on_rows,
    control_of,
    editable,
    form_views,
    in_form_order,
    missing_in,
    sent_of,
    typed_in,
    without_buttons,
)
from processes.services.defaults import default_values, early_names
from processes.services.values import filled, read_sent
from processes.values import Value


@dataclass
class FirstForm:
    """The first form with the defaults in it, and what was typed over them."""

    document: Document
    user: User
    post: QueryDict

    @cached_property
    def values(self) -> dict[str, Value]:
        """Return the values that the instance would start with."""
        return filled(self.document, default_values(self.document, user=self.user))

    @cached_property
    def fields(self) -> dict[str, InputField]:
        """Return the fields that can be filled in."""
        forms = self.document.forms
        return editable(self.document, form=forms[0]) if forms else {}

    @cached_property
    def typed(self) -> dict[str, Typed]:
        """Return what was typed."""
        return typed_in(self.fields, self.post, self.values, self.resolve)

    def resolve(self, name: str) -> Value:
        """Return what a default may refer to, for rows that are added to a table."""
        return early_names(self.document, user=self.user)[name]

    def data(self) -> dict[str, Any]:
        """Return what was typed, as JSON for the services."""
        return {name: sent_of(self.fields[name], typed) for name, typed in self.typed.items()}

    def flaws(self, *, strict: bool = True) -> list[Flaw]:
        """Return what is wrong with it; unless strict, what is missing may be."""
        data = self.data()
        missing = missing_in(self.fields.values(), self.values, data) if strict else []
        return in_form_order(self.document, missing + read_sent(self.document, data, {})[1])

    def act_on_rows(self, act: str) -> None:
        """Add, remove or move a row of a table, or move the window on them."""
        act_on_rows(act, self.fields, self.typed, self.values, self.resolve)

    def views(self, errors: Errors, *, buttons: bool = False) -> list[FormView]:
        """Return the form as a page shows it; buttons need an instance, or a page that makes it."""
        found = form_views(
            self.document,
            lambda one: control_of(one, self.values, self.typed, errors, self.resolve),
            first_only=True,
        )
        return found if buttons else without_buttons(found)
