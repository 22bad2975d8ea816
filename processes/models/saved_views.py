"""Views of the records of a process that people have saved, and with whom they are shared."""

from typing import Any

from django.conf import settings
from django.db import models

from processes.models.designs import ProcessDesign


class SavedView(models.Model):
    """A view that a person has saved beside those of the design; private while it has no readers.

    `document` has what a view of a definition has, but its name, its title and who sees it.
    """

    design = models.ForeignKey(
        ProcessDesign, on_delete=models.CASCADE, related_name="saved_views", db_index=False
    )
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="saved_views"
    )
    name = models.CharField(max_length=63)
    title = models.CharField(max_length=60)
    document = models.JSONField()
    position = models.PositiveIntegerField(help_text="Among those of its owner, from 1.")
    revision = models.PositiveBigIntegerField(default=1, help_text="One more for each change.")
    created = models.DateTimeField()
    modified = models.DateTimeField()

    class Meta:
        ordering = ["design", "position", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["design", "owner", "name"], name="one_saved_view_per_name"
            )
        ]

    def __str__(self) -> str:
        return f"{self.name} of {self.owner}"

    @property
    def key(self) -> str:
        """Return how addresses name it: no view of a design has such a name."""
        return f"~{self.pk}"

    @property
    def see(self) -> tuple[str, ...]:
        """Return the refs of those with whom it is shared."""
        return tuple(one.ref for one in self.readers.all())

    def settings_with(self, **more: Any) -> dict[str, Any]:
        """Return its settings as a definition has them."""
        return {"name": self.name, "title": self.title, **self.document, **more}


class SavedViewReader(models.Model):
    """People with whom a view is shared: `user:emma`, `group:HR` or `everyone`."""

    view = models.ForeignKey(
        SavedView, on_delete=models.CASCADE, related_name="readers", db_index=False
    )
    ref = models.CharField(max_length=160, db_index=True)

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["view", "ref"], name="one_row_per_reader_of_a_view")
        ]

    def __str__(self) -> str:
        return f"{self.ref} {self.view_id}"
