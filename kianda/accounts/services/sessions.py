"""Where people are signed in, and how that ends: one session, all but one, all.

The rows stand beside Django's own, under the hash of the session's key: who reads this table cannot
sign in with what stands there.
"""

import hashlib
import re
from collections.abc import Iterable
from typing import Final, NamedTuple

from django.contrib.auth.models import User
from django.contrib.sessions.models import Session
from django.db import transaction
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _

from kianda.accounts.models import SignedInSession
from kianda.accounts.services import audit
from kianda.lib.errors import Missing

# The first that is found; several browsers call themselves Chrome and Safari too.
_BROWSERS: Final = (
    ("Edge", r"\bEdg"), ("Opera", r"\bOPR/"), ("Firefox", r"\b(Firefox|FxiOS)/"),
    ("Chrome", r"\b(Chrome|CriOS|HeadlessChrome)/"), ("Safari", r"\bSafari/"),
)  # fmt: skip
_SYSTEMS: Final = (
    ("Android", "Android"), ("iPhone", "iPhone"), ("iPad", "iPad"), ("Windows", "Windows"),
    ("ChromeOS", "CrOS"), ("macOS", "Mac OS X"), ("Linux", "Linux"),
)  # fmt: skip


class ShownSession(NamedTuple):
    """A session as its person sees it."""

    key: str
    device: str
    address: str
    began_at: object
    seen_at: object
    is_current: bool


def stored_key(session_key: str) -> str:
    """Return what the table holds in the place of a key: 160 bits, as much as the column takes."""
    # A key is long and random: it needs neither salt nor many rounds.
    return hashlib.sha256(session_key.encode()).hexdigest()[:40]


def note_session(request: HttpRequest, user: User) -> None:
    """Note that a person is signed in here, and was seen."""
    if not request.session.session_key:
        return
    now = timezone.now()
    where = {
        "seen_at": now, "address": str(request.META.get("REMOTE_ADDR", ""))[:45],
        "agent": request.headers.get("User-Agent", "").replace("\0", "")[:300], "user": user,
    }  # fmt: skip
    SignedInSession.objects.update_or_create(
        key=stored_key(request.session.session_key), defaults=where,
        create_defaults={**where, "began_at": now},
    )  # fmt: skip


def sessions_of(user: User, *, current: str = "") -> list[ShownSession]:
    """Return where a person is signed in, seen last first; `current` is the key of a request."""
    rows = list(SignedInSession.objects.filter(user=user))
    alive = set(
        Session.objects.filter(
            session_key__in=[row.key for row in rows], expire_date__gt=timezone.now()
        ).values_list("session_key", flat=True)
    )
    here = stored_key(current) if current else ""
    return [
        ShownSession(
            row.key, device_in(row.agent), row.address, row.began_at, row.seen_at, row.key == here
        )
        for row in rows
        if row.key in alive
    ]


def end_session(user: User, key: str, *, by: User) -> None:
    """End one session of a person; raises Missing where there is none of that key."""
    row = SignedInSession.objects.filter(user=user, key=key).first()
    if row is None:
        raise Missing(_("This session has already ended."))
    with transaction.atomic():
        _end([key])
        detail = f"{device_in(row.agent)}, {row.address}"
        audit.record(by, action="session ended", kind="user", name=user.username, detail=detail)


def end_sessions(user: User, *, but: str = "", by: User) -> int:
    """End all sessions of a person, but one whose key is given; return how many."""
    with transaction.atomic():
        count = forget_sessions(user, but=but)
        if count:
            detail = _("%(n)d sessions.") % {"n": count} if count > 1 else _("1 session.")
            audit.record(
                by, action="sessions ended", kind="user", name=user.username, detail=detail
            )
    return count


def forget_sessions(user: User, *, but: str = "") -> int:
    """End sessions because of something else that the audit log tells: a password, a factor."""
    kept = stored_key(but) if but else ""
    keys = list(
        SignedInSession.objects.filter(user=user).exclude(key=kept).values_list("key", flat=True)
    )
    alive = Session.objects.filter(session_key__in=keys, expire_date__gt=timezone.now()).count()
    _end(keys)
    return alive


def forget_ended() -> int:
    """Drop the rows of sessions that are over; return how many."""
    Session.objects.filter(expire_date__lte=timezone.now()).delete()
    alive = Session.objects.values("session_key")
    return SignedInSession.objects.exclude(key__in=alive).delete()[0]


def _end(keys: Iterable[str]) -> None:
    Session.objects.filter(session_key__in=keys).delete()
    SignedInSession.objects.filter(key__in=keys).delete()


def device_in(agent: str) -> str:
    """Say what a browser calls itself in words: "Firefox on Windows"."""
    browser = next((name for name, sign in _BROWSERS if re.search(sign, agent)), "")
    system = next((name for name, sign in _SYSTEMS if sign in agent), "")
    if browser and system:
        return _("%(browser)s on %(system)s") % {"browser": browser, "system": system}
    return browser or system or _("Unknown device")
