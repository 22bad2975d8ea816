"""Scripts as they are collected: one name each, in every import of it too."""

import re
import shutil
from pathlib import Path

import pytest
from django.contrib.staticfiles.utils import get_files
from django.core.files.storage import FileSystemStorage

from kianda.environment import BASE_DIR
from kianda.web.static_storage import LastingNames

STATIC = BASE_DIR / "kianda/static"
# However it is written, an import names the file of another script.
IMPORTED = re.compile(r"""["'](\.[^"'\s]*\.js)["']""")


def imported_by(module: Path) -> list[Path]:
    """Return the scripts that one imports."""
    return [(module.parent / path).resolve() for path in IMPORTED.findall(module.read_text())]


def imports_below(module: Path) -> int:
    """Return how long the longest chain of imports is that begins with a script."""
    return max((1 + imports_below(one) for one in imported_by(module)), default=0)


@pytest.mark.parametrize("importers_first", [True, False])
def test_each_import_leads_to_the_collected_script_in_whatever_order_they_are_found(
    tmp_path: Path, importers_first: bool
) -> None:
    """File systems list a folder in an order of their own."""
    source = FileSystemStorage(STATIC)
    names = list(get_files(source, location="kianda/js"))
    names.sort(key=lambda name: imports_below(STATIC / name), reverse=importers_first)
    shutil.copytree(STATIC, tmp_path, dirs_exist_ok=True)
    storage = LastingNames(location=tmp_path, base_url="/static/")
    processed = storage.post_process({name: (source, name) for name in names})
    assert [told for _, _, told in processed if isinstance(told, Exception)] == []

    def collected(module: Path) -> Path:
        name = storage.stored_name(str(module.relative_to(STATIC)))
        return Path(storage.path(name)).resolve()

    for module in (STATIC / name for name in names):
        expected = [collected(one) for one in imported_by(module)]
        assert imported_by(collected(module)) == expected
        assert all(one.is_file() for one in expected)
