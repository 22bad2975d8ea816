import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


# The name of the index, of its table and of its column.
INDEXES = (
    ("processes_bulkpress_user_id_f19b6471", "processes_bulkpress", "user_id"),
    ("processes_bulkpressrow_press_id_7883626d", "processes_bulkpressrow", "press_id"),
    ("processes_change_instance_id_dcf4d004", "processes_change", "instance_id"),
    ("processes_comment_instance_id_baf517f0", "processes_comment", "instance_id"),
    ("processes_designpresence_copy_id_26903c19", "processes_designpresence", "copy_id"),
    ("processes_designversion_design_id_c3fd88dd", "processes_designversion", "design_id"),
    ("processes_follower_instance_id_3dd2ad7c", "processes_follower", "instance_id"),
    ("processes_instanceperson_instance_id_954ea725", "processes_instanceperson", "instance_id"),
    ("processes_listedfield_design_id_368116e2", "processes_listedfield", "design_id"),
    ("processes_pinnedanswer_design_id_1d253997", "processes_pinnedanswer", "design_id"),
    ("processes_processinstance_design_id_f09197d0", "processes_processinstance", "design_id"),
    ("processes_run_instance_id_9d1fdf25", "processes_run", "instance_id"),
    ("processes_savedview_design_id_c199d1f7", "processes_savedview", "design_id"),
    ("processes_savedviewreader_view_id_a341083b", "processes_savedviewreader", "view_id"),
    ("processes_sentmeeting_instance_id_ffb4cb15", "processes_sentmeeting", "instance_id"),
    ("processes_workingedit_copy_id_23d970ee", "processes_workingedit", "copy_id"),
)


class Migration(migrations.Migration):
    """Another index begins with the same column: this one only made writing slower.

    No table is made anew for it.
    """

    dependencies = [
        ("processes", "0028_packed_traces"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.SeparateDatabaseAndState(
            database_operations=[
                migrations.RunSQL(
                    f"DROP INDEX IF EXISTS {name}", f"CREATE INDEX {name} ON {table} ({column})"
                )
                for name, table, column in INDEXES
            ],
            state_operations=[
                migrations.AlterField(
                    model_name="bulkpress",
                    name="user",
                    field=models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                migrations.AlterField(
                    model_name="bulkpressrow",
                    name="press",
                    field=models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="rows",
                        to="processes.bulkpress",
                    ),
                ),
                migrations.AlterField(
                    model_name="change",
                    name="instance",
                    field=models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="changes",
                        to="processes.processinstance",
                    ),
                ),
                migrations.AlterField(
                    model_name="comment",
                    name="instance",
                    field=models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="comments",
                        to="processes.processinstance",
                    ),
                ),
                migrations.AlterField(
                    model_name="designpresence",
                    name="copy",
                    field=models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="presences",
                        to="processes.workingcopy",
                    ),
                ),
                migrations.AlterField(
                    model_name="designversion",
                    name="design",
                    field=models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="versions",
                        to="processes.processdesign",
                    ),
                ),
                migrations.AlterField(
                    model_name="follower",
                    name="instance",
                    field=models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="followers",
                        to="processes.processinstance",
                    ),
                ),
                migrations.AlterField(
                    model_name="instanceperson",
                    name="instance",
                    field=models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="people",
                        to="processes.processinstance",
                    ),
                ),
                migrations.AlterField(
                    model_name="listedfield",
                    name="design",
                    field=models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="listed_fields",
                        to="processes.processdesign",
                    ),
                ),
                migrations.AlterField(
                    model_name="pinnedanswer",
                    name="design",
                    field=models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="pinned_answers",
                        to="processes.processdesign",
                    ),
                ),
                migrations.AlterField(
                    model_name="processinstance",
                    name="design",
                    field=models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="instances",
                        to="processes.processdesign",
                    ),
                ),
                migrations.AlterField(
                    model_name="run",
                    name="instance",
                    field=models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="runs",
                        to="processes.processinstance",
                    ),
                ),
                migrations.AlterField(
                    model_name="savedview",
                    name="design",
                    field=models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="saved_views",
                        to="processes.processdesign",
                    ),
                ),
                migrations.AlterField(
                    model_name="savedviewreader",
                    name="view",
                    field=models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="readers",
                        to="processes.savedview",
                    ),
                ),
                migrations.AlterField(
                    model_name="sentmeeting",
                    name="instance",
                    field=models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="meetings",
                        to="processes.processinstance",
                    ),
                ),
                migrations.AlterField(
                    model_name="workingedit",
                    name="copy",
                    field=models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="edits",
                        to="processes.workingcopy",
                    ),
                ),
            ],
        ),
    ]
