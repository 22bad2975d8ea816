"""Everything of the database in another, empty one: there and back, wholly or not at all."""

import json
import shutil
import signal
import sqlite3
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing
from itertools import count
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from cryptography.fernet import Fernet
from django.contrib.auth.models import User

from kianda.ops.copy_target import CopyError, target_of
from kianda.ops.database_copy import fingerprint
from kianda.ops.directory_lock import RestoreUnderWayError, directory_alone, share_directory
from processes.models import Run
from tests.integration.parts import ROOT, Postgres, Process, Product, clean_environment, wait_for
from tests.kianda.product import manage, migrated

pytestmark = [pytest.mark.integration, pytest.mark.needs("postgres"), pytest.mark.timeout(300)]
Content = dict[str, list[tuple[Any, ...]]]
EMBEDDED = {"KIANDA_MODE": "embedded"}

BEGIN = """
from django.core.management import call_command
for command in ("ensure_admin", "check_start", "demo"):
    call_command(command)
"""
# What the demo does not have: each kind of column, with the values that databases differ in.
MAKE = """
from datetime import timedelta
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount, SocialApp
from django.contrib.auth.models import Group
from django.core.mail import send_mail
from django.db import connection
from django.utils import timezone
from django_celery_beat.models import SolarSchedule
from datasources.models import CallGate, HeldImport
from kianda.accounts.factor_secrets import encrypt
from processes.files.uploads import store_bytes
from processes.models import ListedField, ProcessInstance, Run
from scheduler.models import Heartbeat
admin = User.objects.get(username="admin")
admin.set_password("correct-horse-battery")
admin.save()
ada = User.objects.create_user("ada", "ada@example.org", first_name="Åda 'q' \\\\ \\t %s ✓")
ada.groups.add(Group.objects.get(name="Designer"))
EmailAddress.objects.create(user=ada, email="ada@example.org", verified=True, primary=True)
Authenticator.objects.create(user=ada, type="totp", data={"secret": encrypt("JBSWY3DP"), "ü": 1})
SocialAccount.objects.create(user=ada, provider="oidc", uid="7", extra_data={"b": 1, "a": [{}]})
SocialApp.objects.create(provider="oidc", name="x", client_id="c", settings={})
send_mail("Hello", "To Ada.", None, ["ada@example.org"])
SolarSchedule.objects.create(event="sunset", latitude="52.520008", longitude="-0.100000")
old = timezone.now() - timedelta(days=9999)
HeldImport.objects.create(token="t", user=ada, content=bytes(range(256)), created=old)
odd = [1e20, 1e-7, -0.0, 1.0, 0.1, 2**60, None, True, "1", "ü ✓ \\\\ \\" \\n"]
CallGate.objects.create(
    datasource="g", times=odd, running={"zz": {}, "a": "", "b": None}, open_until=1 / 3)
order = ProcessInstance.objects.get(process_id="demo-orders-1")
ListedField.objects.create(design=order.design, name="customer", part="words", ready=True)
order.values = {**order.values, "customer": "Zürich"}
order.save()
store_bytes([b"content"], name="a.txt", by=ada, instance=order)
User.objects.create_user("gone").delete()
runs = list(Run.objects.order_by("pk").values_list("pk", flat=True))
Heartbeat.objects.update(at=old)
with connection.cursor() as cursor:
    cursor.execute("UPDATE processes_run SET page = 'null' WHERE id = %s", [runs[0]])
    cursor.execute("UPDATE processes_run SET page = NULL WHERE id = %s", [runs[1]])
"""
LOOK = """
from allauth.mfa.models import Authenticator
from django.core.management import call_command
from django.db import connection
from kianda.accounts.factor_secrets import decrypt
from processes.listed_values import is_kept
from processes.models import ListedField, ListedValue, ProcessInstance, Run
call_command("check_start")
ada, admin = User.objects.get(username="ada"), User.objects.get(username="admin")
print(admin.check_password("correct-horse-battery"), ada.groups.get().name)
print(decrypt(Authenticator.objects.get(user=ada).data["secret"]))
print(ProcessInstance.objects.get(process_id="demo-token-refresh-1").secrets["refresh_token"][:3])
print(all(step["status"] for run in Run.objects.all() for step in run.steps))
print(ListedValue.objects.get().words, ListedField.objects.get().ready)
with connection.cursor() as cursor:
    print(is_kept(cursor))
    cursor.execute("SELECT count(*) FROM processes_run WHERE CAST(page AS text) = 'null'")
    print(cursor.fetchone()[0])
print(User.objects.create_user("next").pk - ada.pk)
"""
FOUND = "Ready.\nTrue Designer\nJBSWY3DP\nrt_\nTrue\nZürich True\nTrue\n1\n2\n"


@pytest.fixture(scope="module")
def place() -> Iterator[Path]:
    """A folder with a short name, in which PostgreSQL's own user finds its folder."""
    folder = Path(tempfile.mkdtemp(prefix="kcp"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="module")
def server(place: Path) -> Iterator[Postgres]:
    (place / "pg").mkdir()
    server = Postgres(place / "pg")
    yield server
    server.end()


@pytest.fixture(scope="module")
def new_url(server: Postgres) -> Callable[[], str]:
    """Return what makes an empty database and returns its URL."""
    numbers = count(1)
    return lambda: server.create(f"copy{next(numbers)}")


@pytest.fixture(scope="module")
def used(place: Path) -> Path:
    """The data directory of a product that has worked on SQLite, and was stopped."""
    product = Product(migrated(place / "used"), {}, apart=False)
    well(product.folder, "shell", "-c", BEGIN)
    product.start()
    try:
        trigger(product, "demo-token-refresh-1", "refresh")
        trigger(product, "demo-orders-1", "read_orders")
    finally:
        product.stop()
    well(product.folder, "shell", "-c", MAKE)
    (product.folder / "token").write_text(product.token)
    return product.folder


class Copied(NamedTuple):
    """A copy on PostgreSQL, what was said of it, and what its source held before."""

    url: str
    said: str
    source: Content

    @property
    def name(self) -> str:
        return self.url.rpartition("/")[2]


@pytest.fixture(scope="module")
def copied(used: Path, new_url: Callable[[], str]) -> Copied:
    """A copy of the same that no test changes."""
    url, source = new_url(), content(used / "kianda.sqlite3")
    return Copied(url, well(used, "copy_database", url), source)


@pytest.fixture
def folder(place: Path, used: Path) -> Iterator[Path]:
    """A data directory of the same for one test."""
    made = Path(tempfile.mkdtemp(dir=place))
    yield shutil.copytree(used, made, dirs_exist_ok=True)
    shutil.rmtree(made)


def well(folder: Path, *words: str, **settings: str) -> str:
    done = manage(folder, *words, **settings)
    assert done.returncode == 0, done.stderr
    return done.stdout


def refused(folder: Path, *words: str, **settings: str) -> str:
    done = manage(folder, "copy_database", *words, **settings)
    assert done.returncode == 1, done.stdout
    assert "Traceback" not in done.stderr
    return done.stderr


def trigger(product: Product, process_id: str, target: str) -> Any:
    api = product.api(product.api_token())
    run = api.post(f"/instances/{process_id}/trigger/", {"target": target})
    assert run["status"] == "succeeded"
    return run


def content(file: Path) -> Content:
    """Return each table of SQLite as it is stored, with JSON as its values."""
    with closing(sqlite3.connect(file)) as database:
        names = database.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
        found = {name: database.execute(f'SELECT * FROM "{name}"').fetchall() for (name,) in names}
        # What ANALYZE has seen, and when each migration was applied.
        for name in ("sqlite_stat1", "sqlite_stat4", "django_migrations"):
            found.pop(name, None)
    return {name: sorted((tuple(map(parsed, row)) for row in rows), key=repr)
            for name, rows in found.items()}  # fmt: skip


def parsed(value: Any) -> Any:
    if isinstance(value, str) and value[:1] in {"{", "["}:
        return json.loads(value)
    return value


def tables(url: str, server: Postgres) -> int:
    with server.connect(url.rpartition("/")[2]) as database:
        found = database.execute("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'")
        return int(found.fetchone()[0])


# --- there and back -------------------------------------------------------------------------------


def test_it_says_what_was_copied_and_what_is_next(used: Path, copied: Copied) -> None:
    said = copied.said
    assert "\nauth_user: 2\n" in said
    assert "rows copied and compared" in said
    assert "kianda_secret_keys" in said
    assert "Set DATABASE_URL" in said
    assert "1 uploaded files are not in the database" in said
    assert f"Move {used / 'kianda.sqlite3'} to another folder" in said
    assert content(used / "kianda.sqlite3") == copied.source


def test_the_product_continues_on_postgresql_as_if_nothing_had_happened(
    folder: Path, server: Postgres, copied: Copied
) -> None:
    (folder / "kianda.sqlite3").unlink()
    url = server.create("continued", template=copied.name)
    settings = {**EMBEDDED, "DATABASE_URL": url}
    assert well(folder, "shell", "-c", LOOK, **settings).endswith(FOUND)

    product = Product(folder, settings, apart=False, token=(folder / "token").read_text())
    product.start()
    try:
        api = product.api(product.token)
        before = api.get("/runs/?page_size=1")["count"]
        trigger(product, "demo-token-refresh-1", "refresh")
        made = api.post("/instances/", {"process": "demo-orders", "data": {"customer": "acme"}})
        assert made["process_id"] == "demo-orders-2"
        trigger(product, "demo-orders-2", "read_orders")
        wait_for(
            lambda: api.get("/runs/?page_size=1")["count"] > before + 2,
            seconds=60, saying="No scheduled task runs",
        )  # fmt: skip
        assert product.is_well()
    finally:
        product.stop()


def test_there_and_back_every_value_is_the_same(folder: Path, place: Path, copied: Copied) -> None:
    url, old = copied.url, copied.source
    for key in folder.glob("kianda_secret_key*"):
        key.rename(place / key.name)
    (folder / "kianda.sqlite3").unlink()
    ring = {
        "KIANDA_SECRET_KEY": (place / "kianda_secret_key").read_text(),
        "KIANDA_SECRET_KEYS": (place / "kianda_secret_keys").read_text(),
    }
    said = well(folder, "copy_database", "sqlite", DATABASE_URL=url, **ring)
    assert "Unset DATABASE_URL" in said
    assert "Keep KIANDA_SECRET_KEY and KIANDA_SECRET_KEYS" in said
    assert not (folder / "copy").exists()
    assert (folder / "kianda.sqlite3").stat().st_mode & 0o077 == 0
    new = content(folder / "kianda.sqlite3")
    assert new.keys() == old.keys()
    assert {name: rows for name, rows in new.items() if rows != old[name]} == {}
    assert well(folder, "shell", "-c", LOOK, **ring).endswith(FOUND)


def test_the_new_database_has_the_structure_that_migrate_gives(
    folder: Path, server: Postgres, copied: Copied, new_url: Callable[[], str]
) -> None:
    asked = (
        "SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid) FROM pg_constraint "
        "WHERE connamespace = 'public'::regnamespace UNION ALL "
        "SELECT tablename, indexname, indexdef FROM pg_indexes WHERE schemaname = 'public' "
        "UNION ALL SELECT tgrelid::regclass::text, tgname, pg_get_triggerdef(oid) FROM pg_trigger "
        "WHERE NOT tgisinternal"
    )
    empty = new_url()
    well(folder, "migrate", "--verbosity", "0", DATABASE_URL=empty, **EMBEDDED)
    found = []
    for url in (copied.url, empty):
        with server.connect(url.rpartition("/")[2]) as database:
            found.append(sorted(database.execute(asked).fetchall()))
    assert found[0] == found[1]
    assert len(found[0]) > 300


# --- what is refused ------------------------------------------------------------------------------


def test_nothing_is_copied_while_the_product_runs(
    folder: Path, server: Postgres, new_url: Callable[[], str]
) -> None:
    url = new_url()
    part = share_directory(folder)
    said = refused(folder, url)
    assert f"Kianda is running on the data directory {folder}. Stop it before you copy." in said
    part.close()
    assert tables(url, server) == 0


def test_nothing_is_copied_while_a_part_of_another_machine_runs(
    folder: Path, server: Postgres, copied: Copied
) -> None:
    (folder / "kianda.sqlite3").unlink()
    url = server.create("beating", template=copied.name)
    with server.connect("beating") as database:
        database.execute("UPDATE scheduler_heartbeat SET at = now()")
    said = refused(folder, "sqlite", DATABASE_URL=url, **EMBEDDED)
    assert "was running on this database in the last 15 seconds" in said
    assert not (folder / "kianda.sqlite3").exists()


def test_no_part_starts_into_a_copy(tmp_path: Path) -> None:
    with (
        directory_alone(tmp_path, "a copy", before="copy"),
        pytest.raises(RestoreUnderWayError, match="A copy is in progress"),
    ):
        share_directory(tmp_path)


def test_a_database_with_tables_of_the_product_is_left_as_it_is(
    folder: Path, server: Postgres, copied: Copied
) -> None:
    url = server.create("old", template=copied.name)
    said = refused(folder, url)
    assert "is not empty: it already has tables of Kianda" in said
    assert "Create an empty database, and copy into that." in said
    with server.connect(url.rpartition("/")[2]) as database:
        database.execute("DELETE FROM django_migrations WHERE app = 'scheduler'")
    assert "is of another version of Kianda. Create an empty" in refused(folder, url)


@pytest.mark.parametrize(
    "address",
    [
        "postgresql://kianda:secret-word/a@127.0.0.1/x",
        "postgresql://kianda:secret-word@127.0.0.1",
        "mysql://kianda:secret-word@127.0.0.1/x",
        "",
    ],
)
def test_a_target_that_cannot_be_understood_is_not_repeated(address: str) -> None:
    with pytest.raises(CopyError, match="or an address such as postgresql") as said:
        target_of(address)
    assert "secret-word" not in str(said.value)


def test_a_target_that_cannot_be_reached_is_named_without_its_password(folder: Path) -> None:
    said = refused(folder, "postgresql://kianda:secret-word@127.0.0.1:1/x")
    assert "The database x on 127.0.0.1 cannot be used: " in said
    assert "secret-word" not in said
    assert "is already on SQLite" in refused(folder, "sqlite")


def test_a_file_that_is_there_is_not_written_over(folder: Path, copied: Copied) -> None:
    settings = {**EMBEDDED, "DATABASE_URL": copied.url}
    assert "Move kianda.sqlite3 and kianda.sqlite3-wal" in refused(folder, "sqlite", **settings)
    (folder / "kianda.sqlite3").rename(folder / "kianda.sqlite3-wal")
    assert "Move kianda.sqlite3 and kianda.sqlite3-wal" in refused(folder, "sqlite", **settings)


def test_a_database_of_another_version_or_key_ring_is_not_copied(
    folder: Path, server: Postgres, new_url: Callable[[], str]
) -> None:
    url = new_url()
    other = {"KIANDA_SECRET_KEYS": Fernet.generate_key().decode()}
    assert "KIANDA_SECRET_KEYS does not hold the keys" in refused(folder, url, **other)
    with closing(sqlite3.connect(folder / "kianda.sqlite3")) as database:
        database.execute("UPDATE django_migrations SET name = '9_later' WHERE app = 'scheduler'")
        database.commit()
    assert "from a newer version" in refused(folder, url)
    assert tables(url, server) == 0


def test_a_row_that_the_new_database_does_not_take_is_named_by_its_number(
    folder: Path, server: Postgres, new_url: Callable[[], str]
) -> None:
    url = new_url()
    with closing(sqlite3.connect(folder / "kianda.sqlite3")) as database:
        database.execute("UPDATE auth_user SET last_name = 'secret-word' || char(0)")
        database.commit()
    said = refused(folder, url)
    assert "auth_user: the new database does not take a row between 1 and 2" in said
    assert "secret-word" not in said
    assert tables(url, server) == 0


# --- what is interrupted --------------------------------------------------------------------------

MANY = """
from django.utils import timezone
from kianda.accounts.models import AuditEntry
rows = (AuditEntry(at=timezone.now(), name="n" * 200, action="created") for _ in range(20_000))
AuditEntry.objects.bulk_create(rows, batch_size=500)
"""


def interrupted(folder: Path, target: str, number: int, **settings: str) -> str:
    """Send a signal to a copy that has copied some tables, and return what it said."""
    log = folder / "copy.log"
    log.unlink(missing_ok=True)
    own = {"KIANDA_DATA_DIR": str(folder), "KIANDA_DEMO": "0", **settings}
    copy = Process(
        [sys.executable, "manage.py", "copy_database", target],
        log=log, cwd=ROOT, env=clean_environment() | own,
    )  # fmt: skip
    wait_for(
        lambda: "auth_user:" in log.read_text() or not copy.runs,
        seconds=60, saying="Nothing is copied", every=0.005,
    )  # fmt: skip
    assert copy.end(number) != 0
    return log.read_text()


@pytest.fixture
def heard() -> Iterator[None]:
    """Have what is started here hear SIGINT: in a job of the background it is ignored."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("heard")
def test_an_interrupted_copy_leaves_nothing_and_is_done_again(
    folder: Path, server: Postgres, new_url: Callable[[], str]
) -> None:
    url = new_url()
    well(folder, "shell", "-c", MANY)
    said = interrupted(folder, url, signal.SIGINT)
    assert "Interrupted: nothing was copied. You can copy again." in said
    assert "Traceback" not in said
    interrupted(folder, url, signal.SIGKILL)
    wait_for(lambda: tables(url, server) == 0, seconds=30, saying="Something is left")
    well(folder, "copy_database", url)

    # And the other way.
    (folder / "kianda.sqlite3").unlink()
    settings = {**EMBEDDED, "DATABASE_URL": url}
    interrupted(folder, "sqlite", signal.SIGKILL, **settings)
    assert not (folder / "kianda.sqlite3").exists()
    well(folder, "copy_database", "sqlite", **settings)
    assert well(folder, "check_start") == "Ready.\n"
    assert not (folder / "copy").exists()


# --- what is compared -----------------------------------------------------------------------------


def rows_of(*users: dict[str, Any]) -> Iterator[tuple[Any, ...]]:
    fields = User._meta.concrete_fields
    return iter([tuple(user.get(field.name) for field in fields) for user in users])


def run_with(**values: str) -> Iterator[tuple[Any, ...]]:
    return iter([tuple(values.get(field.name) for field in Run._meta.concrete_fields)])


def test_rows_come_to_the_same_in_any_order_and_to_another_when_one_is_changed() -> None:
    ada, ben = {"id": 1, "username": "ada"}, {"id": 2, "username": "ben"}
    both = fingerprint(User, rows_of(ada, ben))
    assert fingerprint(User, rows_of(ben, ada)) == both
    assert both.count == 2
    for others in ([ada], [ada, ada], [ada, {**ben, "username": "Ben"}], [ada, ben, ben]):
        assert fingerprint(User, rows_of(*others)) != both


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ('{"a":1,"b":[]}', '{"b": [], "a": 1.0}', True),
        ("[1e20, -0.0, 1e-7]", "[100000000000000000000, 0.0, 0.00000010]", True),
        ("[1.5e308]", f"[15{'0' * 307}]", True),
        ("[9007199254740993]", "[9007199254740992]", False),
        ('{"a":[]}', '{"a":{}}', False),
        ("[1]", '["1"]', False),
        ("[1]", "[true]", False),
        ("null", '"null"', False),
        ("null", None, False),
        ('"\\u00fc"', '"ü"', True),
    ],
)
def test_json_is_compared_by_its_values(one: str, other: Any, same: bool) -> None:
    found = fingerprint(Run, run_with(page=one)) == fingerprint(Run, run_with(page=other))
    assert found is same
