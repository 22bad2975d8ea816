"""Two sets of parts for the same tests: embedded (SQLite, own broker) and production's."""

import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from cryptography.fernet import Fernet

from tests.integration.parts import Postgres, Product, Redis
from tests.integration.provider import Provider
from tests.integration.story import Workspace
from tests.kianda.product import migrated

PRODUCTION = pytest.param("production", marks=pytest.mark.needs("redis-server", "postgres"))
SETS = ("embedded", PRODUCTION)
DATABASE = "kianda.sqlite3"


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
    return {
        "KIANDA_SECRET_KEY": "integration-tests-" + "k" * 40,
        "KIANDA_SECRET_KEYS": Fernet.generate_key().decode(),
    }


@pytest.fixture(scope="session")
def prepared_file(new_folder: Callable[[str], Path], keys: dict[str, str]) -> Path:
    """A migrated SQLite database with its administrator, to be copied."""
    product = Product(migrated(new_folder("seed")), keys, apart=False)
    product.manage("ensure_admin", "--skip-checks")
    return product.folder / DATABASE


@pytest.fixture(scope="session")
def prepared_database(
    postgres: Postgres, new_folder: Callable[[str], Path], keys: dict[str, str]
) -> str:
    """The name of a migrated PostgreSQL database with its administrator, to be copied."""
    settings = keys | {"DATABASE_URL": postgres.create("prepared")}
    product = Product(new_folder("seed"), settings, apart=True)
    product.manage("migrate", "--verbosity", "0")
    product.manage("ensure_admin", "--skip-checks")
    return "prepared"


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
            shutil.copy(request.getfixturevalue("prepared_file"), folder / DATABASE)
            return Product(folder, keys | settings, apart=False)
        postgres: Postgres = request.getfixturevalue("postgres")
        template = request.getfixturevalue("prepared_database")
        url = postgres.create(f"product{made}", template=template)
        broker = broker or f"{request.getfixturevalue('redis_server').url}?virtual_host={made % 16}"
        production = {"DATABASE_URL": url, "CELERY_BROKER_URL": broker}
        return Product(folder, keys | production | settings, apart=True)

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


@pytest.fixture(scope="session")
def token_of() -> Callable[[Product], str]:
    """Return `token_of(product)`: an API token of its administrator, the same one each time."""
    tokens: dict[str, str] = {}

    def token(product: Product) -> str:
        if product.url not in tokens:
            tokens[product.url] = product.new_token()
        return tokens[product.url]

    return token


@pytest.fixture
def workspace(
    running: Product, token_of: Callable[[Product], str], provider: Provider
) -> Workspace:
    """The scenario's makers, on the running product."""
    return Workspace(running.api(token_of(running)), provider)


@pytest.fixture
def on_production(
    production: Product, token_of: Callable[[Product], str], provider: Provider
) -> Workspace:
    """The scenario's makers, on the product that runs on production's parts."""
    return Workspace(production.api(token_of(production)), provider)
