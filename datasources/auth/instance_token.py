"""A token that a process keeps in a field of one of its instances."""

from collections.abc import Mapping
from typing import Annotated, ClassVar, Literal

from pydantic import Field, model_validator

from datasources.auth.base import AuthScheme, OneLine, RequestDraft, ShownFor
from kianda.lib.i18n import gettext as _
from kianda.lib.i18n import gettext_noop

Line = Annotated[OneLine, Field(max_length=200, json_schema_extra={"control": "line"})]


class InstanceTokenAuth(AuthScheme):
    """A token that rules of a process store in a field of a record.

    It is read at each call and never copied. After a 401, a button of the record can be pressed
    once and the call repeated with the new token. The person who saves the datasource must be
    allowed to see the record and to press the button, which is pressed in their name.
    """

    scheme: Literal["instance_token"] = "instance_token"
    process_id: Annotated[Line, Field(min_length=1, title=gettext_noop("Process ID"))]
    field: Annotated[Line, Field(min_length=1, title=gettext_noop("Field with the token"))]
    place: Literal["header", "query"] = Field(default="header", title=gettext_noop("Sent in the"))
    name: Annotated[str, Field(title=gettext_noop("Name"), pattern=r"^[A-Za-z0-9_.~-]{1,128}$")] = (
        "Authorization"
    )
    prefix: Line = Field(default="Bearer", title=gettext_noop("Before the token"))
    on_401: Literal["fail", "trigger"] = Field(default="fail", title=gettext_noop("After a 401"))
    target: Line = Field(default="", title=gettext_noop("Button to press"))
    label: ClassVar[str] = gettext_noop("Token from a record")
    needs_token: ClassVar[bool] = True
    shown_for: ClassVar[ShownFor] = {"target": {"on_401": ("trigger",)}}
    choice_words: ClassVar[Mapping[str, Mapping[str, str]]] = {
        "on_401": {
            "fail": gettext_noop("The call fails"),
            "trigger": gettext_noop("Press a button and repeat the call"),
        }
    }

    @model_validator(mode="after")
    def _has_a_target(self) -> "InstanceTokenAuth":
        if self.on_401 == "trigger" and not self.target:
            raise ValueError(_("Enter the button that gets a new token."))
        return self

    def apply(self, draft: RequestDraft, token: str = "") -> None:
        """Add the token to the headers or to the query."""
        value = f"{self.prefix} {token}" if self.prefix else token
        if self.place == "header":
            draft.set_header(self.name, value)
        elif all(name != self.name for name, _value in draft.query):
            draft.query.append((self.name, value))
