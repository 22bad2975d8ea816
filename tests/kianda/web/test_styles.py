"""What a page looks like: each class that a template names has a style."""

import re
from pathlib import Path

from django.conf import settings

STYLES = settings.BASE_DIR / "kianda/static/kianda"
TEMPLATES = settings.BASE_DIR / "templates"
CLASSES = re.compile(r'\bclass="([^"]*)"')
OWN = re.compile(r"(?<![\w-])k-[a-z0-9-]*[a-z0-9](?![\w-]|{)")
TAG = re.compile(r"{%.*?%}")


def test_each_class_of_ours_in_a_template_is_styled() -> None:
    styled = {
        name for sheet in STYLES.rglob("*.css") for name in re.findall(r"\.(k-[\w-]+)", _of(sheet))
    }
    unknown = {
        f"{file.relative_to(TEMPLATES)}: {name}"
        for file in TEMPLATES.rglob("*.html")
        for value in CLASSES.findall(_of(file))
        for name in OWN.findall(TAG.sub(" ", value))
        if name not in styled
    }
    assert unknown == set()


def _of(file: Path) -> str:
    return file.read_text("utf-8")
