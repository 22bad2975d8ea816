from django.db import migrations

FILES = {"file_upload", "image", "signature"}


def list_files(apps, schema_editor):
    """Have the file fields of published processes looked for; before, only a new version did."""
    ListedField = apps.get_model("processes", "ListedField")
    ProcessDesign = apps.get_model("processes", "ProcessDesign")
    known = set(ListedField.objects.values_list("design_id", "name"))
    designs = ProcessDesign._base_manager.filter(published__isnull=False).order_by("pk")
    for pk, document in designs.values_list("pk", "published__document").iterator(100):
        names = dict.fromkeys(_files(document.get("forms", []))) if document.get("views") else ()
        ListedField.objects.bulk_create(
            ListedField(design_id=pk, name=name, part="words")
            for name in names
            if (pk, name) not in known
        )


def _files(pieces):
    for piece in pieces:
        if piece.get("type") in FILES:
            yield piece["name"]
        yield from _files(piece.get("fields", []))


class Migration(migrations.Migration):
    """Fills what lists look for; the rows of older instances are then made by a task."""

    dependencies = [
        ("processes", "0026_start_page"),
    ]

    operations = [
        migrations.RunPython(list_files, migrations.RunPython.noop),
    ]
