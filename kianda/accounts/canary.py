"""The canary: a known text under the key ring, by which a wrong ring is noticed at start."""

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from kianda.accounts.models import Canary
from kianda.lib.secrets import WrongKeyRing

TEXT = "The key ring is right."


def check_key_ring() -> None:
    """Read the canary, or lay it in a new database; raises WrongKeyRing with a sentence."""
    try:
        found = Canary.objects.order_by("pk").first()
    except WrongKeyRing as error:
        raise WrongKeyRing(
            _(
                "The key ring in KIANDA_SECRET_KEYS is not the one that this database was "
                "encrypted with. Put the right keys there, or restore the key file beside the "
                "database."
            )
        ) from error
    if found is None:
        try:
            with transaction.atomic():
                Canary.objects.create(pk=1, text=TEXT)
        except IntegrityError:  # Another process laid it in the same moment: read that one.
            check_key_ring()
