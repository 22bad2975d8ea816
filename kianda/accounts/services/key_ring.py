"""The key ring: a canary by which a wrong one is noticed at start, and re-encryption."""

from collections.abc import Iterator

from allauth.mfa.models import Authenticator
from cryptography.fernet import Fernet, InvalidToken
from django.apps import apps
from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import F, Model, QuerySet, TextField
from django.db.models.functions import Cast
from django.utils.translation import gettext as _

from kianda.accounts.models import Canary
from kianda.lib.secrets import EncryptedJSONField, WrongKeyRing, decrypt, encrypt

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


BATCH = 200
# Where secrets stand in the data of an authenticator app, and of recovery codes.
_PARTS = ("secret", "seed")


def encrypted_columns() -> Iterator[tuple[type[Model], str]]:
    """Yield each model with an encrypted field, and the field's name."""
    for model in apps.get_models():
        for field in model._meta.concrete_fields:
            if isinstance(field, EncryptedJSONField):
                yield model, field.name


def rotate(model: type[Model], column: str) -> int:
    """Re-encrypt one column in batches; what the newest key reads already is passed over.

    So it can be stopped and started again at any time. A row is written only while it is as it was
    read: whoever changes it meanwhile has used the newest key anyway.
    """
    changed, last = 0, 0
    while rows := list(_raw(model, column).filter(pk__gt=last).order_by("pk")[:BATCH]):
        for pk, token in rows:
            if not _is_newest(token):
                same = _raw(model, column).filter(pk=pk, token_text=token)
                changed += model._default_manager.filter(pk__in=same.values("pk")).update(
                    **{column: decrypt(token)}
                )
        last = rows[-1][0]
    return changed


def rotate_second_factors() -> int:
    """Re-encrypt the secrets of second factors, which stand inside rows of django-allauth."""
    changed = 0
    for row in Authenticator.objects.exclude(type=Authenticator.Type.WEBAUTHN).order_by("pk"):
        data = {**row.data, **{key: _renewed(row.data[key]) for key in _PARTS if key in row.data}}
        if data != row.data:
            same = Authenticator.objects.filter(pk=row.pk, data=row.data)
            changed += same.update(data=data)
    return changed


def _renewed(token: str) -> str:
    return token if _is_newest(token) else encrypt(decrypt(token))


def _raw(model: type[Model], column: str) -> QuerySet[Model, tuple[int, str]]:
    # A cast keeps the column's text as it is stored; the field itself would decrypt it.
    return (
        model._default_manager.annotate(token_text=Cast(F(column), TextField()))
        .filter(token_text__isnull=False)
        .values_list("pk", "token_text")
    )


def _is_newest(token: str) -> bool:
    try:
        Fernet(settings.KIANDA_SECRET_KEYS[0]).decrypt(token.encode())
    except InvalidToken:
        return False
    return True
