"""django-oauth-toolkit, started once for all tests of a module."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

SERVER = "tests.datasources.real_servers.toolkit_server"
ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("toolkit")
    with subprocess.Popen(
        [sys.executable, "-m", SERVER, str(folder)], cwd=ROOT, stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            assert process.stdout is not None
            said = process.stdout.readline().split()
            assert said[:1] == ["ready"], "the server did not start"
            yield f"http://127.0.0.1:{said[1]}/o"
        finally:
            process.terminate()
