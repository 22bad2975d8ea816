"""Who may change a datasource, and whose runs may call it."""

from typing import Annotated, Any

from django.utils.translation import gettext as _
from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from kianda.accounts.roles import ADMINISTRATOR, groups_of, has_role
from kianda.accounts.roles import role_titles as in_words

Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=150)]


class People(BaseModel):
    """Some people, by their user names and by their groups; nobody named stands for all."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    users: tuple[Name, ...] = Field(default=(), max_length=100)
    groups: tuple[Name, ...] = Field(default=(), max_length=100)

    @property
    def is_everybody(self) -> bool:
        """Tell whether nobody is named."""
        return not self.users and not self.groups

    def hold(self, user: Any) -> bool:
        """Tell whether a person is among them. An administrator always is."""
        if self.is_everybody:
            return True
        if user is None or not user.is_authenticated or not user.is_active:
            return False
        if has_role(user, ADMINISTRATOR) or user.get_username() in self.users:
            return True
        return not groups_of(user).isdisjoint(self.groups)

    def in_words(self) -> str:
        """Return them in a sentence: `ada, ben and the group Buyers`."""
        groups = (_("the group %(name)s") % {"name": name} for name in in_words(self.groups))
        names = [*self.users, *groups]
        return _(" and ").join(filter(None, [", ".join(names[:-1]), names[-1] if names else ""]))


class DatasourceAccess(BaseModel):
    """Who may change, test and send, and whose runs may call. Nobody named: everybody who could.

    Administrators always may. To be named gives no role: of those named, only administrators and
    data source managers can change a datasource.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    editors: People = People()
    callers: People = People()
