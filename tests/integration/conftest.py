"""Two sets of parts for the same tests: embedded (SQLite, own broker) and production's."""

import base64
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from tests.integration.parts import Postgres, Product, Redis
from tests.integration.provider import Provider
from tests.integration.story import Workspace
from tests.kianda.product import made_once, migrated

PRODUCTION = pytest.param("production", marks=pytest.mark.needs("redis-server", "postgres"))
SETS = ("embedded", PRODUCTION)
DATABASE, TOKEN, DUMP = "kianda.sqlite3", "token", "dump"
KEYS = {
    "KIANDA_SECRET_KEY": "integration-tests-" + "k" * 40,
    "KIANDA_SECRET_KEYS": base64.urlsafe_b64encode(b"k" * 32).decode(),
}
# The last line that this prints is an API token of the administrator.
SEED = """
from django.core.management import call_command
call_command("migrate", verbosity=0)
call_command("ensure_admin")
call_command("api_token", "create", "integration", user="admin")
"""


@pytest.fixture(scope="session")
def workplace() -> Iterator[Path]:
    """A folder with a short name: the path of a socket may have about 100 bytes."""
    folder = Path(tempfile.mkdtemp(prefix="kia-"))
    # PostgreSQL runs as another user, who has to find its own folder in here.
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def new_folder(workplace: Path) -> Callable[[str], Path]:
    """Return `new_folder(name)`: an empty folder with a name of its own."""
    counts: dict[str, int] = {}

    def make(name: str) -> Path:
        counts[name] = counts.get(name, 0) + 1
        folder = workplace / f"{name}{counts[name]}"
        folder.mkdir()
        return folder

    return make


@pytest.fixture(scope="session")
def redis_server(new_folder: Callable[[str], Path]) -> Iterator[Redis]:
    """A real Redis."""
    server = Redis(new_folder("redis"))
    yield server
    server.end()


@pytest.fixture(scope="session")
def postgres(new_folder: Callable[[str], Path]) -> Iterator[Postgres]:
    """A real PostgreSQL."""
    server = Postgres(new_folder("pg"))
    yield server
    server.end()


@pytest.fixture(scope="session")
def keys() -> dict[str, str]:
    """The keys of every product that the tests start."""
    return KEYS


def plant(product: Product) -> None:
    """Give a database its tables and its administrator, and leave a token of theirs beside it."""
    said = product.manage("shell", "-v0", "--no-imports", "-c", SEED)
    (product.folder / TOKEN).write_text(said.splitlines()[-1])


@pytest.fixture(scope="session")
def seed() -> Path:
    """A folder with a migrated SQLite database and a token of its administrator."""
    return made_once("seed", lambda half: plant(Product(migrated(half), KEYS, apart=False)))


@pytest.fixture(scope="session")
def prepared_file(seed: Path) -> Path:
    """A migrated SQLite database with its administrator, to be copied."""
    return seed / DATABASE


@pytest.fixture(scope="session")
def postgres_seed(postgres: Postgres) -> Path:
    """A folder with the dump of a migrated PostgreSQL database and a token."""

    def make(half: Path) -> None:
        half.mkdir()
        plant(Product(half, KEYS | {"DATABASE_URL": postgres.create("seed")}, apart=True))
        postgres.dump("seed", half / DUMP)

    return made_once("postgres-seed", make)


@pytest.fixture(scope="session")
def prepared_database(postgres: Postgres, postgres_seed: Path) -> str:
    """The name of a migrated PostgreSQL database with its administrator, to be copied."""
    postgres.load("prepared", postgres_seed / DUMP)
    return "prepared"


def token_in(seed: Path) -> str:
    """Return the token that every copy of a prepared database knows."""
    return (seed / TOKEN).read_text()


@pytest.fixture(scope="session")
def new_product(
    request: pytest.FixtureRequest, new_folder: Callable[[str], Path], keys: dict[str, str]
) -> Callable[..., Product]:
    """Return `new_product(kind, **settings)`: a product on an empty workspace, not started."""
    made = 0

    def make(
        kind: str, *, broker: str = "", folder: Path | None = None, **settings: str
    ) -> Product:
        nonlocal made
        made += 1
        folder = folder or new_folder("data")
        if kind == "embedded":
            seed = request.getfixturevalue("seed")
            shutil.copy(seed / DATABASE, folder / DATABASE)
            return Product(folder, keys | settings, apart=False, token=token_in(seed))
        postgres: Postgres = request.getfixturevalue("postgres")
        template = request.getfixturevalue("prepared_database")
        url = postgres.create(f"product{made}", template=template)
        broker = broker or f"{request.getfixturevalue('redis_server').url}?virtual_host={made % 16}"
        production = {"DATABASE_URL": url, "CELERY_BROKER_URL": broker}
        token = token_in(request.getfixturevalue("postgres_seed"))
        return Product(folder, keys | production | settings, apart=True, token=token)

    return make


@pytest.fixture(scope="session")
def embedded(new_product: Callable[..., Product]) -> Iterator[Product]:
    """A product that runs on SQLite and the embedded broker, under one parent."""
    yield from _started(new_product("embedded"))


@pytest.fixture(scope="session")
def production(new_product: Callable[..., Product]) -> Iterator[Product]:
    """A product that runs on PostgreSQL and Redis, each part by itself."""
    yield from _started(new_product("production"))


def _started(product: Product) -> Iterator[Product]:
    with ExitStack() as stack:
        stack.callback(product.stop)
        product.start()
        yield product


@pytest.fixture(params=SETS)
def running(request: pytest.FixtureRequest) -> Any:
    """A product that runs, on each set of parts in turn."""
    return request.getfixturevalue(request.param)


@pytest.fixture
def provider() -> Iterator[Provider]:
    """A token service of the outside world."""
    service = Provider()
    yield service
    service.close()


@pytest.fixture
def workspace(running: Product, provider: Provider) -> Workspace:
    """The scenario's makers, on the running product."""
    return Workspace(running.api(running.api_token()), provider)


@pytest.fixture
def on_production(production: Product, provider: Provider) -> Workspace:
    """The scenario's makers, on the product that runs on production's parts."""
    return Workspace(production.api(production.api_token()), provider)
