"""Which pages there are, and for whom: those of the rail, and more that the command bar finds."""

from collections.abc import Callable
from typing import Any, NamedTuple

from django.template import Context
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from kianda.accounts.roles import ADMINISTRATOR, DATASOURCE_MANAGER, DESIGNER, USER, has_role

TECHNICAL = (DESIGNER, DATASOURCE_MANAGER, ADMINISTRATOR)


class PageEntry(NamedTuple):
    """A page that has an address of its own; `also` are other words for what is on it.

    `rail`: of those who may open it, the roles whose rail has it; without any, that of all has.
    """

    name: str
    title: Any
    icon: str
    roles: tuple[str, ...]
    also: Any = ""
    rail: tuple[str, ...] = ()

    @property
    def url(self) -> str:
        """Return the address of the page."""
        return reverse(self.name)


WORK = (
    PageEntry("start", _("Home"), "house", ()),
    PageEntry("work", _("My work"), "inbox", (USER,)),
    PageEntry("my-requests", _("My requests"), "send", (USER,)),
    # Those with other work to do meet records by their process.
    PageEntry("instances", _("Records"), "collection", (USER,), rail=TECHNICAL),
    PageEntry("runs", _("Runs"), "activity", (USER,), rail=TECHNICAL),
)
ADMINISTRATION = (
    PageEntry("designs", _("Process designs"), "diagram-3", (DESIGNER,)),
    PageEntry("datasources", _("Data sources"), "plug", (DATASOURCE_MANAGER, DESIGNER)),
    PageEntry("connections", _("Connections"), "link-45deg", (DATASOURCE_MANAGER, DESIGNER)),
    PageEntry("variables", _("Variables"), "braces-asterisk", (ADMINISTRATOR,), _("Data source")),
    PageEntry("tasks", _("Scheduled tasks"), "alarm", (DESIGNER,)),
    PageEntry("messages", _("Messages"), "envelope", (ADMINISTRATOR,)),
    PageEntry("start-pages", _("Start pages"), "grid-1x2", (ADMINISTRATOR,), _("Home, dashboard")),
    PageEntry("users", _("Users"), "people", (ADMINISTRATOR,)),
    PageEntry("tokens", _("API tokens"), "key", (USER,), rail=TECHNICAL),
    PageEntry("audit", _("Audit log"), "journal-text", (ADMINISTRATOR,)),
    PageEntry("bin", _("Recycle bin"), "trash3", (USER,), rail=TECHNICAL),
    PageEntry("system", _("System"), "heart-pulse", (ADMINISTRATOR,)),
)
# Reached by a button, a tab or the menu of the user; the rail does not show them.
MORE = (
    PageEntry(
        "profile", _("Profile and time zone"), "person-circle", (), _("Theme, single letters")
    ),
    PageEntry("notifications", _("Notifications"), "bell", (), _("Bell, settings")),
    PageEntry("security", _("Security"), "shield-lock", (), _("Second factor, passkeys, sessions")),
    PageEntry("change-password", _("Change password"), "lock", ()),
    PageEntry("api-docs", _("API documentation"), "braces", ()),
    PageEntry(
        "sign-in-settings", _("Sign-in"), "shield-lock", (ADMINISTRATOR,), _("Second factor")
    ),
    PageEntry("groups", _("Groups"), "people", (ADMINISTRATOR,)),
    PageEntry("start-list", _("Start a request"), "plus-lg", (USER,), _("New record")),
    PageEntry("design-new", _("New process design"), "plus-lg", (DESIGNER,)),
    PageEntry("templates", _("Templates"), "grid-3x3-gap", (DESIGNER,)),
    PageEntry("designs-import", _("Import process designs"), "upload", (DESIGNER,)),
    PageEntry("designs-export", _("Export process designs"), "download", (DESIGNER,)),
    PageEntry(
        "datasource-new", _("New REST Service"), "plus-lg", (DATASOURCE_MANAGER,), _("Data source")
    ),
    PageEntry(
        "connection-new", _("Add a connection"), "plus-lg", (DATASOURCE_MANAGER,), _("OAuth")
    ),
    PageEntry("task-new", _("Schedule a task"), "plus-lg", (DESIGNER,), _("New scheduled task")),
    PageEntry("user-invite", _("Invite a user"), "person-plus", (ADMINISTRATOR,), _("New user")),
    PageEntry("group-new", _("Add a group"), "plus-lg", (ADMINISTRATOR,), _("New group")),
    PageEntry("token-new", _("Create an API token"), "plus-lg", (USER,), _("New API token")),
)


_counts: dict[str, Callable[[Any], int]] = {}


def register_count(name: str, count: Callable[[Any], int]) -> None:
    """Let an app say how much waits for a person at a place."""
    _counts[name] = count


def count_at(place: PageEntry, user: Any) -> int | None:
    """Return how much waits for a person at a place; None where nothing is counted."""
    count = _counts.get(place.name)
    return count(user) if count else None


class RailProcess(NamedTuple):
    """A process in the rail: where its records are listed, what these are called."""

    name: str
    url: str
    title: str
    icon: str


_processes: list[Callable[[Any], list[RailProcess]]] = []


def register_processes(of: Callable[[Any], list[RailProcess]]) -> None:
    """Let an app say whose records a person finds in the rail."""
    _processes.append(of)


def processes_of(user: Any) -> list[RailProcess]:
    """Return the processes whose records a person finds in the rail."""
    return [one for of in _processes for one in of(user)] if has_role(user, USER) else []


_process_here: list[Callable[[Context], str]] = []


def register_process_here(of: Callable[[Context], str]) -> None:
    """Let an app say which process a page is about, by its context."""
    _process_here.append(of)


def process_here(context: Context) -> str:
    """Return the name of the process that a page is about; empty for none."""
    return next((name for of in _process_here if (name := of(context))), "")


_openers: dict[str, Callable[[Any], bool]] = {}


def register_opener(name: str, opens: Callable[[Any], bool]) -> None:
    """Let an app say who else may open a place than its roles."""
    _openers[name] = opens


def places_for(user: Any, places: tuple[PageEntry, ...]) -> list[PageEntry]:
    """Return the places that a person may open."""
    return [place for place in places if _may_open(place, user)]


def in_rail(place: PageEntry, user: Any) -> bool:
    """Tell whether the rail of a person who may open a page has it."""
    return not place.rail or has_role(user, *place.rail)


def _may_open(place: PageEntry, user: Any) -> bool:
    if not place.roles or has_role(user, *place.roles):
        return True
    opens = _openers.get(place.name)
    return opens is not None and opens(user)


def is_here(place: PageEntry, path: str) -> bool:
    """Tell whether a path lies at a place or below it, and not at a nearer one."""
    if path != place.url and (place.url == "/" or not path.startswith(place.url)):
        return False
    others = (other.url for other in (*WORK, *ADMINISTRATION))
    return not any(len(url) > len(place.url) and path.startswith(url) for url in others)
