"""The rows of configured connections."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from kianda.lib.recycle_bin import Living
from kianda.lib.secrets import EncryptedJSONField, SealedByKey

_LIVING = Q(deleted_at__isnull=True)


class Datasource(SealedByKey):
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


class Variable(models.Model):
    """A value of this installation that stands as `{{name}}` in settings of datasources."""

    name = models.CharField(max_length=63, unique=True)
    value = EncryptedJSONField(
        null=True, bound_to=["name"], help_text="Null: it was lost, and has to be entered again."
    )
    secret = models.BooleanField(default=False)
    modified = models.DateTimeField()
    modified_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class ConnectionState(models.TextChoices):
    """What a connection is able to do; that a refresh is under way is seen by its lease."""

    DISCONNECTED = "disconnected"
    HEALTHY = "healthy"
    FAILING = "failing"
    NEEDS_ATTENTION = "needs_attention"


class Connection(models.Model):
    """The tokens that a datasource with OAuth 2.0 holds, and who may fetch new ones now.

    It is shared by all who may call the datasource. The lease says which process refreshes; each
    lease has a number of its own, the fence, and tokens are stored under that of their lease.
    """

    datasource = models.OneToOneField(
        Datasource, on_delete=models.CASCADE, related_name="connection"
    )
    grant = models.CharField(max_length=30)
    fingerprint = models.CharField(
        max_length=64, help_text="Of the settings for which the tokens were given."
    )
    state = models.CharField(
        max_length=20, choices=ConnectionState.choices, default=ConnectionState.DISCONNECTED
    )
    reason = models.TextField(blank=True, help_text="Why the last refresh failed.")
    is_off = models.BooleanField(
        default=False, help_text="A person disconnected it: only a person connects it again."
    )

    tokens = EncryptedJSONField(null=True, bound_to=["datasource"])
    tokens_fence = models.PositiveBigIntegerField(
        default=0, help_text="The lease that brought the tokens; those of an older one come late."
    )
    expires_at = models.DateTimeField(null=True)
    refresh_expires_at = models.DateTimeField(null=True)
    refreshed_at = models.DateTimeField(null=True)
    connected_at = models.DateTimeField(null=True)
    connected_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    account = models.CharField(max_length=320, blank=True)
    scopes = models.JSONField(default=list)

    failures = models.PositiveIntegerField(default=0)
    next_refresh_at = models.DateTimeField(null=True, db_index=True)
    not_before = models.DateTimeField(
        null=True, help_text="Until then not even a call has another refresh tried."
    )
    refused_at = models.DateTimeField(
        null=True, help_text="When a call last had it refreshed because its token was refused."
    )

    fence = models.PositiveBigIntegerField(default=0)
    holder = models.CharField(max_length=64, blank=True)
    lease_until = models.DateTimeField(null=True)
    in_flight_at = models.DateTimeField(null=True, help_text="Since when an answer is due.")
    in_flight_cause = models.CharField(max_length=10, blank=True)

    class Meta:
        ordering = ["datasource__name"]

    def __str__(self) -> str:
        return f"{self.datasource_id}: {self.state}"


class ConnectionRefresh(models.Model):
    """One try to get new tokens, as the history of a connection tells it."""

    class Outcome(models.TextChoices):
        REFRESHED = "refreshed"
        FAILED = "failed"
        LOST_ANSWER = "lost_answer"
        NO_PROGRESS = "no_progress"

    connection = models.ForeignKey(
        Connection, on_delete=models.CASCADE, related_name="refreshes", db_index=False
    )
    at = models.DateTimeField()
    cause = models.CharField(max_length=10)
    outcome = models.CharField(max_length=20, choices=Outcome.choices)
    reason = models.TextField(blank=True)
    took_ms = models.PositiveIntegerField(null=True)
    expires_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-pk"]
        indexes = [
            models.Index(fields=["connection", "-id"], name="refreshes_of_a_connection"),
            models.Index(fields=["at"], name="refreshes_by_age"),
        ]

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M} {self.outcome}"


class ConnectAttempt(models.Model):
    """A person who was sent to a provider to allow access, and has not come back yet."""

    state_digest = models.CharField(max_length=64, unique=True)
    connection = models.ForeignKey(Connection, on_delete=models.CASCADE, related_name="attempts")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    session_digest = models.CharField(
        max_length=64, blank=True, help_text="Of the session that it began in; empty for the API."
    )
    fingerprint = models.CharField(max_length=64)
    sealed = EncryptedJSONField(
        bound_to=["state_digest"], help_text="The code verifier, and where the provider answers."
    )
    expires_at = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return f"{self.connection_id} until {self.expires_at:%Y-%m-%d %H:%M}"


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


class CallGate(models.Model):
    """What is known of the calls of a datasource that has limits; made by its first call."""

    datasource = models.CharField(max_length=63, unique=True)
    times = models.JSONField(default=list, help_text="When the newest calls began.")
    running = models.JSONField(default=dict, help_text="Until when each holds its place at most.")
    failures = models.PositiveIntegerField(default=0, help_text="In a row, up to now.")
    open_until = models.FloatField(null=True, help_text="Until when nothing is sent.")
    probing_until = models.FloatField(null=True, help_text="Until when one call may try.")

    def __str__(self) -> str:
        return self.datasource


class CallRecord(models.Model):
    """A call of a datasource, by a run or by a person who tried it; it holds no secret."""

    at = models.DateTimeField(db_index=True)
    datasource = models.CharField(max_length=63)
    method = models.CharField(max_length=63, blank=True, help_text="Empty: a connection test.")
    run = models.BigIntegerField(null=True, db_index=True, help_text="Null: sent by a person.")
    status = models.IntegerField(null=True)
    outcome = models.CharField(max_length=30, help_text="`succeeded`, or the kind of its error.")
    took_ms = models.PositiveIntegerField()
    request_bytes = models.PositiveBigIntegerField(default=0)
    response_bytes = models.PositiveBigIntegerField(default=0)
    attempt = models.PositiveSmallIntegerField(default=1, help_text="The last one of the call.")
    curl = models.TextField(blank=True, help_text="The request as a command, secrets masked.")

    class Meta:
        indexes = [
            models.Index(fields=["datasource", "-id"], name="calls_of_a_datasource"),
        ]

    def __str__(self) -> str:
        return f"{self.datasource}/{self.method}"
