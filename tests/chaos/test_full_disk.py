"""The disk is full for a while: what could not be done is told, and nothing is lost or doubled."""

import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from pathlib import Path

import pytest
import requests

from tests.integration.parts import Product, wait_for
from tests.integration.provider import Provider
from tests.integration.test_chaos import check_all, started

pytestmark = [pytest.mark.chaos, pytest.mark.timeout(300)]

SIZE = 64 * 1024 * 1024
FULL_S = 15


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of its own, with little room."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={SIZE},mode=0700", "tmpfs", str(folder)]
    done = subprocess.run(mount, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"A small disk needs root: {done.stderr}"
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)


def fill(folder: Path) -> Path:
    """Take all the room that is left."""
    ballast = folder / "ballast"
    with ballast.open("wb", buffering=0) as file, suppress(OSError):
        while True:
            file.write(bytes(4096))
    return ballast


def test_a_disk_that_is_full_for_a_while_loses_and_doubles_nothing(
    new_product: Callable[..., Product], provider: Provider, small_disk: Path
) -> None:
    with ExitStack() as stack:
        product = new_product("embedded", folder=small_disk)
        workspace, made = started(product, provider, stack)
        ballast = fill(small_disk)
        time.sleep(FULL_S)
        assert product.parts["serve"].runs
        # Each with counters of its own, by its method and its kind of answer.
        for method in ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"):
            for page in ("/sign-in/", "/healthz/live", "/nowhere/"):
                requests.request(method, f"{product.url}{page}", timeout=10)
        assert "Unexpected exit" not in product.said()
        ballast.unlink()
        wait_for(product.is_well, seconds=60, saying="The product is not well")
        check_all(workspace, made)
