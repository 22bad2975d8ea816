"""The rows of configured connections."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from kianda.lib.recycle_bin import Living
from kianda.lib.secrets import EncryptedJSONField

_LIVING = Q(deleted_at__isnull=True)


class Datasource(models.Model):
    """A configured connection to an outside system.

    The whole settings document, REST methods included, is one encrypted JSON value whose shape is
    `datasources.rest.document.RestDatasource`; the other columns repeat what lists search and show.
    """

    name = models.CharField(max_length=63)
    title = models.CharField(max_length=200)
    kind = models.CharField(max_length=20, default="rest")
    base_url = models.CharField(max_length=2000)
    document = EncryptedJSONField()
    is_complete = models.BooleanField(
        default=False, help_text="It has its credentials and a REST method: rules can call it."
    )
    revision = models.PositiveIntegerField(default=1)
    created = models.DateTimeField()
    modified = models.DateTimeField(db_index=True)
    modified_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    last_test_at = models.DateTimeField(null=True)
    last_test_ok = models.BooleanField(null=True)
    last_test_detail = models.CharField(max_length=500, blank=True)

    security = models.JSONField(
        default=dict, help_text="Who may change it and whose runs may call it; empty: everybody."
    )

    deleted_at = models.DateTimeField(null=True, help_text="Since when it is in the recycle bin.")
    deleted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )

    everything = models.Manager["Datasource"]()
    objects = Living["Datasource"]()

    class Meta:
        ordering = ["name"]
        constraints = [
            # A name is free again once its datasource is in the recycle bin.
            models.UniqueConstraint(
                fields=["name"],
                condition=_LIVING,
                name="one_datasource_per_name",
            )
        ]
        indexes = [
            # Few are in the bin.
            models.Index(
                fields=["deleted_at", "id"],
                condition=Q(deleted_at__isnull=False),
                name="datasources_in_the_bin",
            ),
            # All that the list asks for, but for what it shows: the rows are large.
            models.Index(
                fields=[
                    "name",
                    "title",
                    "base_url",
                    "is_complete",
                    "last_test_ok",
                    "id",
                    "deleted_at",
                ],
                condition=_LIVING,
                name="datasources_as_listed",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class HeldImport(models.Model):
    """A document that a person looks through before they import it; kept for a day, encrypted.

    It may hold credentials, as a cURL command does, and is too large to go to the browser and back.
    """

    token = models.CharField(max_length=32, unique=True)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="held_imports"
    )
    content = models.BinaryField()
    created = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return self.token
