"""What operators copy: the compose file, the image, the examples for proxies and systemd."""

import fnmatch
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from django.contrib.staticfiles import finders

from kianda import environment
from kianda.databases import database_of
from kianda.serve.services import PARTS, WEB_PROCESSES, WORKER_THREADS
from processes.instances.leases import LEASE
from tests.kianda.product import ROOT

COMPOSE = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
SERVICES = COMPOSE["services"]
OURS = ("set-up", "web", "worker", "beat")
LASTING = [name for name in SERVICES if name != "set-up"]
IMAGE = (ROOT / "Dockerfile").read_text()
EXAMPLES = sorted(path for path in (ROOT / "deploy").rglob("*") if path.is_file())
SECRETS = ("POSTGRES_PASSWORD", "KIANDA_SECRET_KEY", "KIANDA_SECRET_KEYS", "KIANDA_PUBLIC_URL")


def test_the_parts_the_stores_and_the_proxy_are_there() -> None:
    assert set(SERVICES) == {*OURS, "postgres", "redis", "proxy"}
    assert {service["image"] for name, service in SERVICES.items() if name in OURS} == {
        "kianda:local"
    }
    assert [name for name, service in SERVICES.items() if service.get("profiles")] == ["proxy"]


@pytest.mark.parametrize("name", [name for name in OURS if name != "set-up"])
def test_each_part_serves_itself_once_the_database_is_up_to_date(name: Any) -> None:
    assert SERVICES[name]["command"] == ["serve", "--only", name]
    assert name in PARTS
    assert SERVICES[name]["depends_on"]["set-up"]["condition"] == "service_completed_successfully"
    assert SERVICES[name]["depends_on"]["postgres"]["condition"] == "service_healthy"


@pytest.mark.parametrize("name", LASTING)
def test_what_stays_has_a_health_check_comes_back_and_has_limits(name: Any) -> None:
    service = SERVICES[name]
    assert service["healthcheck"]["test"][0] == "CMD"
    assert service["restart"] == "unless-stopped"
    assert service["logging"]["options"]["max-size"]


@pytest.mark.parametrize("name", SERVICES)
def test_nothing_may_use_the_whole_machine(name: Any) -> None:
    limits = SERVICES[name]["deploy"]["resources"]["limits"]
    assert set(limits) == {"cpus", "memory", "pids"}
    assert "no-new-privileges:true" in SERVICES[name]["security_opt"]


@pytest.mark.parametrize("name", OURS)
def test_our_containers_can_change_nothing_but_their_scratch_folders(name: Any) -> None:
    service = SERVICES[name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert "user" not in service, "the image has its own user"


@pytest.mark.parametrize("name", ["postgres", "redis"])
def test_the_stores_do_not_begin_as_root(name: Any) -> None:
    assert SERVICES[name]["user"] == name
    assert SERVICES[name]["cap_drop"] == ["ALL"]


def test_the_proxy_may_open_ports_and_nothing_else() -> None:
    assert SERVICES["proxy"]["cap_drop"] == ["ALL"]
    assert SERVICES["proxy"]["cap_add"] == ["NET_BIND_SERVICE"]


def test_the_stores_cannot_be_reached_from_outside_and_the_web_only_from_this_machine() -> None:
    assert COMPOSE["networks"]["stores"] == {"internal": True}
    for name in ("postgres", "redis"):
        assert SERVICES[name]["networks"] == ["stores"]
        assert "ports" not in SERVICES[name]
    assert [port.split(":")[0] for port in SERVICES["web"]["ports"]] == ["127.0.0.1"]


def test_postgresql_takes_the_connections_of_all_that_the_page_about_scaling_names() -> None:
    database = database_of("postgresql://db/kianda", data_dir=ROOT)
    pool = database["OPTIONS"]["pool"]["max_size"]
    page = " ".join((ROOT / "docs" / "how-to" / "scaling.md").read_text().split())
    limit = re.search(r"max_connections=(\d+)", " ".join(SERVICES["postgres"]["command"]))[1]
    assert f"at most {pool} connections. Count {pool * WEB_PROCESSES} for each web server" in page
    assert f"web server, {pool} for each worker and each scheduler, and 20 for commands" in page
    assert f"has {limit}, enough for two web servers, eight workers and two schedulers" in page
    assert (2 * WEB_PROCESSES + 8 + 2) * pool + 20 <= int(limit)
    assert f"{WORKER_THREADS} runs at a time" in page


def test_a_host_and_its_database_give_each_other_up_before_the_leases_of_runs_end() -> None:
    options = database_of("postgresql://db/kianda", data_dir=ROOT)["OPTIONS"]
    server = dict(re.findall(r"-c (\w+)=([\d.]+)", options["options"]))
    for side, prefix in ((server, "tcp_keepalives"), (options, "keepalives")):
        idle, every, count = (
            int(side[f"{prefix}_{name}"]) for name in ("idle", "interval", "count")
        )
        assert idle + every * count < LEASE.total_seconds()
        assert int(side["tcp_user_timeout"]) < LEASE.total_seconds() * 1000


def test_what_must_last_lies_in_volumes_that_are_declared() -> None:
    mounted = {
        volume.split(":")[0]
        for service in SERVICES.values()
        for volume in service.get("volumes", ())
        if not volume.startswith(".")
    }
    assert mounted == set(COMPOSE["volumes"])
    assert {"postgres", "backups"} <= mounted


@pytest.mark.parametrize("name", SECRETS)
def test_no_secret_and_no_address_has_a_default(name: Any) -> None:
    text = (ROOT / "docker-compose.yml").read_text()
    uses = re.findall(r"\$\{" + name + r"(?![A-Z_])([^}]*)\}", text)
    assert uses
    assert all(rest.startswith(":?") for rest in uses)


@pytest.mark.needs("docker-compose")
@pytest.mark.parametrize("missing", SECRETS)
def test_it_refuses_to_start_without_each_of_them(missing: Any) -> None:
    given = {name: "x" for name in SECRETS if name != missing}
    kept = {name: value for name, value in os.environ.items() if name not in SECRETS}
    command = ["docker-compose", "-f", "docker-compose.yml", "--profile", "proxy", "config", "-q"]
    done = subprocess.run(
        command, cwd=ROOT, env=kept | given, capture_output=True, text=True, check=False
    )
    assert done.returncode != 0
    assert f"set {missing}" in done.stderr
    whole = kept | given | {missing: "x"}
    subprocess.run(command, cwd=ROOT, env=whole, check=True, capture_output=True)


@pytest.mark.parametrize(
    "file",
    [ROOT / "Dockerfile", ROOT / "docker-compose.yml", *EXAMPLES],
    ids=lambda path: path.name,
)
def test_every_setting_named_is_one_of_the_product(file: Any) -> None:
    for name in re.findall(r"\bKIANDA_[A-Z_]*[A-Z]\b", file.read_text()):
        assert name in environment.KNOWN


def test_every_setting_that_an_operator_may_want_passes_through_the_compose_file() -> None:
    # These are the image's own, or say what production is not.
    not_passed = {
        "KIANDA_MODE", "KIANDA_DATA_DIR", "KIANDA_STATIC_DIR", "KIANDA_DEMO", "KIANDA_PORT",
    }  # fmt: skip
    assert set(environment.KNOWN) - not_passed == {
        name for name in SERVICES["web"]["environment"] if name.startswith("KIANDA_")
    }


def test_the_image_runs_as_nobody_special_and_knows_whether_it_is_well() -> None:
    user = re.findall(r"^USER (\w+)$", IMAGE, re.MULTILINE)
    assert user == ["kianda"]
    assert f"--uid 10001 --home-dir /app --shell /usr/sbin/nologin {user[0]}" in IMAGE
    assert re.search(r'^HEALTHCHECK .* CMD \["python", "manage.py", "health", "web"\]', IMAGE, re.M)
    assert "COPY requirements/product.txt requirements/saml.txt" in IMAGE
    assert "--require-hashes -r product.txt -r saml.txt" in IMAGE
    # manage.py backup uses the programs of the server's release.
    release = SERVICES["postgres"]["image"].split(":")[1]
    assert f"postgresql-client-{release}" in IMAGE


def test_the_image_holds_no_tests_no_data_and_no_secrets(tmp_path: Path) -> None:
    left_out = (ROOT / ".dockerignore").read_text().split()
    for name in (".git", "var", "tests", ".env", ".venv"):
        assert any(fnmatch.fnmatch(name, pattern) for pattern in left_out), name


@pytest.mark.integration
@pytest.mark.timeout(400)
def test_the_image_can_collect_its_files_and_start_from_what_is_copied(tmp_path: Path) -> None:
    """The steps of the Dockerfile, on what .dockerignore lets through."""
    left_out = (ROOT / ".dockerignore").read_text().split()
    tops = [name.split("/")[-1] for name in left_out]
    app = tmp_path / "app"
    shutil.copytree(ROOT, app, ignore=shutil.ignore_patterns(*tops), symlinks=True)
    settings = {
        "KIANDA_MODE": "embedded",
        "KIANDA_DATA_DIR": str(tmp_path / "build"),
        "KIANDA_STATIC_DIR": str(app / "staticfiles"),
    }
    names = ("KIANDA_", "DJANGO_", "DATABASE_URL", "CELERY_")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(names)}
    quiet = ["--no-input", "--verbosity", "0"]
    for words in (["collectstatic", *quiet], ["migrate", *quiet], ["shell", "-c", LOOK]):
        done = subprocess.run(
            [sys.executable, "manage.py", *words],
            cwd=app, env=kept | settings, capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
    # Root collects them, and the user of the image serves them.
    assert (app / "staticfiles").stat().st_mode & 0o005 == 0o005
    assert "page 200" in done.stdout
    assert re.search(r"/static/kianda/js/page/once\.[0-9a-f]{12}\.js", done.stdout)
    (module,) = (app / "staticfiles/kianda/js/page").glob("kianda.????????????.js")
    found = re.findall(r'import\s*"(.*?)"', module.read_text())
    assert found
    assert all(re.fullmatch(r"\.\.?/[\w/]+\.[0-9a-f]{12}\.js", name) for name in found)


def test_every_static_file_is_found_in_one_place() -> None:
    found = [path for finder in finders.get_finders() for path, _ in finder.list([])]
    assert "kianda/app.css" in found
    assert len(found) == len(set(found))


LOOK = """
import re
from django.test import Client
page = Client().get("/sign-in/", HTTP_HOST="localhost")
print("page", page.status_code)
for path in re.findall(r'/static/[^"#]+', page.content.decode()):
    answer = Client().get(path, HTTP_HOST="localhost")
    assert "immutable" in answer["Cache-Control"], path
    print(path)
"""


@pytest.mark.parametrize("part", ["web", "worker", "beat"])
def test_systemd_runs_each_part_as_its_own_user(part: str) -> None:
    unit = (ROOT / "deploy" / "systemd" / f"kianda-{part}.service").read_text()
    assert f"manage.py serve --only {part}\n" in unit
    assert "User=kianda" in unit
    assert "NoNewPrivileges=true" in unit
    assert "Restart=always" in unit


def test_commands_by_hand_find_the_files_of_the_services() -> None:
    page = (ROOT / "docs" / "how-to" / "install-without-docker.md").read_text()
    for part in ("web", "worker", "beat"):
        unit = (ROOT / "deploy" / "systemd" / f"kianda-{part}.service").read_text()
        (folder,) = re.findall(r"^Environment=(KIANDA_FILES_DIR=.+)$", unit, re.MULTILINE)
        assert f"   {folder}\n" in page


@pytest.mark.parametrize("name", ["nginx.conf", "Caddyfile"])
def test_the_proxies_wait_as_long_as_a_run_may_take(name: str) -> None:
    assert "90s" in (ROOT / "deploy" / name).read_text()


def test_nginx_writes_no_address_that_lets_in_whoever_has_it_into_its_log() -> None:
    text = Path(ROOT / "deploy" / "nginx.conf").read_text()
    assert "~^/(hooks|f|welcome|email|notifications/stop)/ 0;" in text
    assert text.count("access_log") == text.count("if=$kianda_logged;") == text.count("server {")


def test_nginx_hands_on_who_called_and_how() -> None:
    text = Path(ROOT / "deploy" / "nginx.conf").read_text()
    for header in ("Host", "X-Forwarded-For", "X-Forwarded-Proto"):
        assert f"proxy_set_header {header} " in text
