"""The outbox: letters, who each goes to, what the server said of each try."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from kianda.lib.secrets import EncryptedJSONField, WrongKeyRing, opens


class MailState(models.TextChoices):
    """How far a message has come, as a whole and for each of its recipients."""

    PLANNED = "planned", _("Queued")
    # Written before the text leaves: who dies from here on does not know whether it arrived.
    SENDING = "sending", _("Sending")
    SENT = "sent", _("Sent")
    RETRYING = "retrying", _("Retrying")
    REJECTED = "rejected", _("Rejected")
    MAY_HAVE_BEEN_SENT = "may_have_been_sent", _("May have been sent")
    DONE = "done", _("Done")


# What a worker has still to do something about.
TO_SEND = (MailState.PLANNED, MailState.RETRYING)
OVER = (MailState.SENT, MailState.DONE)


class MailMessage(models.Model):
    """One letter. Its worker holds a lease on it, as runs have one; a write names the holder."""

    key = models.CharField(max_length=200, unique=True)
    account = models.CharField(max_length=63, blank=True, help_text="Empty: the workspace's.")
    subject = EncryptedJSONField(bound_to=["key"])
    content = EncryptedJSONField(bound_to=["key"], help_text="Text, HTML, calendar, headers.")
    private = models.BooleanField(
        default=False, help_text="It has a link with authority, which is never shown."
    )
    # Messages outlive their run, and are looked for by the instance.
    run = models.BigIntegerField(null=True)
    process_id = models.CharField(max_length=120, blank=True)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    state = models.CharField(max_length=20, choices=MailState.choices, default=MailState.PLANNED)
    planned_at = models.DateTimeField()
    due_at = models.DateTimeField(null=True, help_text="When it is tried next; null: not by time.")
    first_tried_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    tries = models.PositiveIntegerField(default=0)
    holder = models.CharField(max_length=36, blank=True)
    lease_until = models.DateTimeField(null=True)
    # Which settings of an account were refused at its sign-in: it waits until these change.
    refused_login = models.CharField(max_length=64, blank=True)
    reserved = models.BooleanField(
        default=False, help_text="The moment that it is due is its turn by the account's rate."
    )
    insists = models.BooleanField(default=False, help_text="Tried though others wait for that.")

    class Meta:
        ordering = ["-id"]
        indexes = [
            models.Index(fields=["state", "-id"], name="mail_by_state"),
            models.Index(fields=["process_id", "-id"], name="mail_of_a_process_id"),
            models.Index(
                fields=["due_at"], condition=Q(state__in=["planned", "retrying"]), name="mail_due"
            ),
            models.Index(
                fields=["lease_until"], condition=Q(state="sending"), name="mail_under_way"
            ),
            models.Index(
                fields=["refused_login"], condition=~Q(refused_login=""), name="mail_refused_login"
            ),
            models.Index(fields=["finished_at"], name="mail_to_prune"),
            models.Index(fields=["planned_at"], name="mail_by_time"),
        ]

    def __str__(self) -> str:
        return self.key

    @property
    def can_be_read(self) -> bool:
        """Tell whether its text is there; of one whose key was lost, nothing is left."""
        return opens(self, "content") and bool(self.content)

    @property
    def shown_subject(self) -> str:
        """Return its subject; of one that does not open in its row, why."""
        try:
            return str(self.subject)
        except WrongKeyRing as error:
            return error.detail


class MailSearch(models.Model):
    """What a message is found by beside its recipients, in small rows that are read through fast.

    No subject holds a link with authority, so it need not be encrypted to be looked for.
    """

    message = models.OneToOneField(
        MailMessage, on_delete=models.CASCADE, primary_key=True, related_name="+"
    )
    text = models.TextField(help_text="Subject and Process ID, case folded.")

    def __str__(self) -> str:
        return self.text

    @classmethod
    def of(cls, message: int, subject: str, process_id: str) -> "MailSearch":
        """Return the row of a message."""
        return cls(message_id=message, text=f"{subject}\n{process_id}".casefold())


class MailRecipient(models.Model):
    """One address of a message, with what has become of it."""

    message = models.ForeignKey(
        MailMessage, on_delete=models.CASCADE, related_name="recipients", db_index=False
    )
    kind = models.CharField(max_length=3, help_text="to, cc or bcc")
    address = models.CharField(max_length=254)
    name = models.CharField(max_length=500, blank=True)
    state = models.CharField(max_length=20, choices=MailState.choices, default=MailState.PLANNED)
    tries = models.PositiveIntegerField(default=0)
    words = models.CharField(max_length=500, blank=True, help_text="The server's, of the last try.")
    at = models.DateTimeField(null=True, help_text="When its state became what it is.")

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(
                fields=["message", "address"], name="an_address_once_in_a_message"
            )
        ]
        indexes = [models.Index(fields=["address"], name="mail_by_address")]

    def __str__(self) -> str:
        return self.address


class MailTry(models.Model):
    """One time that a worker has taken a message to a server, or a person has changed its state."""

    message = models.ForeignKey(MailMessage, on_delete=models.CASCADE, related_name="attempts")
    at = models.DateTimeField()
    server = models.CharField(max_length=300, blank=True)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    outcome = models.CharField(max_length=20, help_text="A state, or what a person did.")
    answers = models.JSONField(default=list, help_text='[{"address", "state", "words"}]')

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return f"{self.message_id} {self.outcome}"


class WorkspaceMail(models.Model):
    """Which account the workspace's own mails leave by: one row, or none."""

    account = models.CharField(max_length=63, blank=True, help_text="A datasource; empty: none.")
    modified = models.DateTimeField()
    modified_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )

    def __str__(self) -> str:
        return self.account


class AccountPace(models.Model):
    """When the next message may leave by an account that has a rate."""

    account = models.CharField(max_length=63, unique=True)
    next_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.account
