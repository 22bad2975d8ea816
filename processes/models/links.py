"""Links by which somebody without an account fills in one form of one instance."""

from datetime import datetime

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from processes.models.instances import ProcessInstance


class FormLink(models.Model):
    """A link to one form of one instance. Its token stands nowhere but in the link itself."""

    class Ended(models.TextChoices):
        REVOKED = "revoked", _("Revoked")
        REPLACED = "replaced", _("Replaced by a newer link")
        CLOSED = "closed", _("Ended: the form is no longer open")
        DELETED = "deleted", _("Ended: the record was deleted")

    instance = models.ForeignKey(ProcessInstance, on_delete=models.CASCADE, related_name="links")
    form = models.CharField(max_length=64)
    digest = models.CharField(max_length=64, unique=True, help_text="SHA-256 of its token.")
    created = models.DateTimeField()
    created_by_name = models.CharField(max_length=150, blank=True)
    most_uses = models.PositiveIntegerField(null=True, help_text="Null: any number.")
    uses = models.PositiveIntegerField(default=0, help_text="Runs through it that stored.")
    until = models.DateTimeField(null=True, help_text="Null: it does not expire.")
    message = models.TextField(blank=True, help_text="What is shown after sending.")
    ended = models.CharField(max_length=8, choices=Ended.choices, blank=True)
    ended_at = models.DateTimeField(null=True)
    ended_by_name = models.CharField(max_length=150, blank=True)

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["instance", "form"], condition=Q(ended=""), name="one_link_per_form"
            )
        ]

    def __str__(self) -> str:
        return f"{self.instance_id} {self.form}"

    def state(self, moment: datetime) -> str:
        """Return `open`, `expired`, `used_up`, or why it was ended."""
        if self.ended:
            return self.ended
        if self.most_uses is not None and self.uses >= self.most_uses:
            return "used_up"
        return "expired" if self.until is not None and self.until <= moment else "open"

    def count_use(self) -> None:
        """Count a run that stores; call inside the storing transaction."""
        FormLink.objects.filter(pk=self.pk).update(uses=F("uses") + 1)
