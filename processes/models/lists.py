"""Values of instances as lists look for them, kept by the database itself; start pages of lists."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.expressions import RawSQL
from django.db.models.functions import Length
from django.db.models.lookups import Exact

from processes.models.designs import ProcessDesign
from processes.models.instances import ProcessInstance

LONGEST_LISTED = 250
# Of what may be the beginning of a longer text. A parameter would keep the index from being used.
IS_CUT = Q(Exact(Length("words"), RawSQL(str(LONGEST_LISTED), ())))  # noqa: S611 - a number
LONGEST_START_TITLE = 60


class ListedField(models.Model):
    """A field of a process whose values lists look for; `ready` once all of them have their rows.

    Triggers keep the rows of what is saved from the moment that this one is there; those of older
    instances are made up to `filled_to`, by their keys.
    """

    class Part(models.TextChoices):
        WORDS = "words"
        QUANTITY = "quantity"
        MOMENT = "moment"

    design = models.ForeignKey(
        ProcessDesign,
        on_delete=models.CASCADE,
        related_name="listed_fields",
        db_index=False,
    )
    name = models.CharField(max_length=64)
    part = models.CharField(max_length=8, choices=Part.choices)
    filled_to = models.PositiveBigIntegerField(default=0)
    ready = models.BooleanField(default=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["design", "name"], name="one_row_per_listed_field")
        ]
        indexes = [
            models.Index(fields=["id"], condition=Q(ready=False), name="listed_fields_to_fill")
        ]

    def __str__(self) -> str:
        return f"{self.design_id} {self.name}"


class ListedValue(models.Model):
    """What an instance holds in a listed field; of a list of values each has a row.

    Triggers write and delete these rows, and nothing else does.
    """

    column = models.ForeignKey(
        ListedField, on_delete=models.DO_NOTHING, db_constraint=False, db_index=False,
        related_name="+",
    )  # fmt: skip
    instance = models.ForeignKey(
        ProcessInstance, on_delete=models.DO_NOTHING, db_constraint=False, related_name="+"
    )
    words = models.CharField(
        max_length=LONGEST_LISTED, blank=True, help_text="A value as text, its beginning."
    )
    quantity = models.FloatField(null=True, help_text="A value as a number.")

    class Meta:
        indexes = [
            models.Index(fields=["column", "words", "instance"], name="listed_values_by_words"),
            models.Index(
                fields=["column", "quantity", "instance"],
                condition=Q(quantity__isnull=False),
                name="listed_values_by_quantity",
            ),
            models.Index(fields=["column"], condition=IS_CUT, name="cut_listed_values"),
        ]

    def __str__(self) -> str:
        return f"{self.instance_id} {self.column_id}"


class StartPage(models.Model):
    """A section of Home: its charts in order, and the people and groups who have it there."""

    title = models.CharField(max_length=LONGEST_START_TITLE)
    people = models.JSONField(default=list, help_text="References such as group:HR.")
    tiles = models.JSONField(default=list, help_text="Each a process, a list, a chart of it.")
    position = models.PositiveIntegerField(default=0)
    modified = models.DateTimeField(auto_now=True)
    modified_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )

    class Meta:
        ordering = ("position", "pk")

    def __str__(self) -> str:
        return self.title
