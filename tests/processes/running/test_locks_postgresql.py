"""Who waits for a lock on PostgreSQL goes on with what the other one has written."""

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography.fernet import Fernet

from tests.integration.parts import Postgres
from tests.kianda.product import manage

pytestmark = [pytest.mark.integration, pytest.mark.needs("postgres"), pytest.mark.timeout(300)]

# The first one holds its locks until the second one waits for them.
TWO_AT_ONCE = """
import threading, time
from django.core.management import call_command
from django.db import connection, transaction
from kianda.lib.errors import Stale
from processes.designer import working_copy as copies
from processes.designs.lifecycle import create_design, publish_design, save_design
from processes.selectors import get_design
from processes.instances.lifecycle import create_instance
from processes.instances.version_moves import move_instance
from processes.running.runs import trigger

def second(work, told):
    print(told, work())
    connection.close()

def waits():
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_locks WHERE NOT granted")
        return cursor.fetchone()[0]

def at_once(first, work, told):
    other = threading.Thread(target=second, args=(work, told))
    with transaction.atomic():
        first()
        other.start()
        until = time.monotonic() + 20
        while not waits() and time.monotonic() < until:
            time.sleep(0.02)
    other.join()

call_command("migrate", run_syncdb=True, verbosity=0)
call_command("ensure_admin")
ann = User.objects.get(username="admin")
button = {"type": "button", "name": "go", "rules": [{"type": "save"}]}
raw = {"name": "p", "forms": [{"name": "f", "fields": [{"type": "text", "name": "a"}, button]}]}
create_design(raw=raw, user=ann)
publish_design(name="p", user=ann)
instance = create_instance(process="p", mode="live", data={}, user=ann)
save_design(name="p", raw={**raw, "title": "Two"}, user=ann)
newest = publish_design(name="p", user=ann).version

def run():
    ended = trigger(process_id="p-1", target="go", user=ann, trigger="api")
    return f"{ended.status} {ended.version}"

at_once(lambda: move_instance(instance_pk=instance.pk, version=newest, user=ann), run, "ran")
at_once(
    lambda: save_design(name="p", raw={**raw, "title": "Three"}, user=ann),
    lambda: save_design(name="p", raw={**raw, "title": "Four"}, user=ann).draft,
    "saved",
)
at_once(
    lambda: save_design(name="p", raw={**raw, "title": "Five"}, user=ann),
    lambda: publish_design(name="p", user=ann).version,
    "published",
)

ben = User.objects.create_user("ben")
read = copies.open_copy("p", user=ann).revision

def edit(user, **settings):
    edit = {"do": "change", "target": "field:a", "settings": settings}
    return copies.edit("p", user=user, revision=read, edit=edit)

at_once(lambda: edit(ann, help="Hers"), lambda: edit(ben, title="His").revision - read, "both")

def overwrite():
    try:
        edit(ben, help="His")
    except Stale as refusal:
        return refusal.detail

at_once(lambda: edit(ann, width=6), overwrite, "over")
"""


TOLD = ("ran", "saved", "published", "both", "over")


@pytest.fixture
def server() -> Iterator[Postgres]:
    folder = Path(tempfile.mkdtemp(prefix="kpg"))
    folder.chmod(0o755)
    (folder / "pg").mkdir()
    made = Postgres(folder / "pg")
    yield made
    made.end()
    shutil.rmtree(folder, ignore_errors=True)


def test_who_waited_for_a_lock_goes_on_with_what_was_written(
    server: Postgres, tmp_path: Path
) -> None:
    settings = {
        "DJANGO_SETTINGS_MODULE": "tests.settings",
        "DATABASE_URL": server.create("locks"),
        "KIANDA_SECRET_KEY": "k" * 60,
        "KIANDA_SECRET_KEYS": Fernet.generate_key().decode(),
    }
    done = manage(tmp_path, "shell", "-c", TWO_AT_ONCE, **settings)
    assert done.returncode == 0, done.stderr
    told = [line for line in done.stdout.splitlines() if line.startswith(TOLD)]
    assert told == [
        "ran succeeded 2.0", "saved 2.2", "published 3.0", "both 2",
        "over admin changed this first: Changed help of A. Nothing was changed. Check it, then "
        "decide.",
    ], done.stderr  # fmt: skip
