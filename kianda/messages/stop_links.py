"""Links in mails by which somebody stops them, without signing in (RFC 8058)."""

from datetime import timedelta
from typing import Final, NamedTuple

from django.conf import settings
from django.contrib.auth.models import User
from django.core import signing
from django.urls import reverse
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext as _

from kianda.lib.errors import Missing, NoLongerValid
from kianda.messages.kinds import KINDS, NotificationKind

GOOD_FOR: Final = timedelta(days=90)
_SALT: Final = "kianda.messages.stop"


class StopLink(NamedTuple):
    """Whose mails are to stop: about one kind, or all that come in the daily summary."""

    user: User
    kind: type[NotificationKind] | None


def stop_url(user: User, kind: str) -> str:
    """Return the whole address by which a person stops mails about a kind; "": the summary."""
    token = signing.dumps([user.pk, kind, _mark(user)], salt=_SALT, compress=True)
    return f"{settings.KIANDA_PUBLIC_URL}{reverse('notifications-stop', args=[token])}"


def read_stop_link(token: str) -> StopLink:
    """Return what a link stops; raises Missing for what is none, else NoLongerValid.

    It counts for 90 days, and as long as the person has the address that it was sent to.
    """
    try:
        pk, kind, mark = signing.loads(token, salt=_SALT, max_age=GOOD_FOR)
    except signing.SignatureExpired as old:
        raise NoLongerValid(
            _("This link has expired. Sign in to change your notifications.")
        ) from old
    except (signing.BadSignature, ValueError, TypeError) as wrong:
        raise Missing(_("Link not found.")) from wrong
    user = User.objects.filter(pk=pk).first()
    if user is None or mark != _mark(user) or (kind and kind not in KINDS):
        raise NoLongerValid(
            _("This link is no longer valid. Sign in to change your notifications.")
        )
    return StopLink(user, KINDS[kind] if kind else None)


def _mark(user: User) -> str:
    return salted_hmac(_SALT, user.email.lower(), algorithm="sha256").hexdigest()[:16]
