"""manage.py render_reference: write docs/reference from the code, or check that it is fresh."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from kianda.api_docs.reference import pages
from kianda.environment import BASE_DIR

FOLDER = BASE_DIR / "docs" / "reference"


class Command(BaseCommand):
    """Writes the reference pages; `--check` changes nothing and fails when one is stale."""

    help = "Write the pages of docs/reference from the typed models."
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        """Take --check and --folder."""
        parser.add_argument("--folder", type=Path, default=FOLDER, help="Where the pages are.")
        parser.add_argument("--check", action="store_true", help="Only say what is stale.")

    def handle(self, *_: Any, folder: Path, check: bool, **options: Any) -> None:
        """Write what differs, or name it."""
        made = pages()
        stale = {name: text for name, text in made.items() if _text_of(folder / name) != text}
        extra = sorted(file.name for file in folder.glob("*.md") if file.name not in made)
        if check and (stale or extra):
            names = ", ".join(sorted([*stale, *extra]))
            raise CommandError(f"docs/reference is stale: {names}. Run manage.py render_reference.")
        folder.mkdir(parents=True, exist_ok=True)
        for name, text in stale.items():
            (folder / name).write_text(text, encoding="utf-8")
        for name in extra:
            (folder / name).unlink()
        self.stdout.write(f"{len(made)} pages, {len(stale)} written.")


def _text_of(file: Path) -> str | None:
    return file.read_text(encoding="utf-8") if file.exists() else None
