"""The documents tell the truth: what they name exists, and what they show is what happens."""

import json
import re
import shlex
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
import requests
from cryptography.fernet import Fernet
from django.core.management import get_commands

from kianda import environment
from tests.integration.parts import Product
from tests.kianda.product import migrated

ROOT = Path(__file__).resolve().parents[1]
SCENARIO = ROOT / "docs" / "scenario-with-curl.md"
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
LINK = re.compile(r"\[[^\]]*\]\(([^)#\s]+)?(#[^)\s]+)?\)")
MODULE = re.compile(r"`((?:kianda|datasources|processes|scheduler|benchmarks|tests)/[\w/.-]*)`")
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def named(page: Path) -> str:
    return str(page.relative_to(ROOT))


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_every_link_between_the_documents_leads_somewhere(page: Path) -> None:
    for target, anchor in LINK.findall(page.read_text()):
        if "://" in target:
            continue
        file = (page.parent / target) if target else page
        assert file.exists(), f"{target} is not there"
        if anchor and file.suffix == ".md":
            assert anchor[1:] in anchors(file), f"{target}{anchor} is not there"


def anchors(page: Path) -> set[str]:
    """Return the names under which the headings of a page can be linked to."""
    headings = re.findall(r"^#+ (.*)$", page.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_every_module_named_in_the_documents_exists(page: Path) -> None:
    for path in MODULE.findall(page.read_text()):
        assert (ROOT / path).exists(), f"{path} is not there"


def test_every_term_of_the_glossary_is_found_where_it_says() -> None:
    rows = re.findall(
        r"^\|(.+)\|(.+)\| `([\w.]+)` \|$", (ROOT / "docs/glossary.md").read_text(), re.M
    )
    assert len(rows) > 50
    for term, _, found_in in rows:
        assert _found(found_in) is not None, f"{term.strip()}: there is no {found_in}"


def _found(dotted: str) -> object:
    """Return a module, or what stands in one."""
    with suppress(ModuleNotFoundError):
        return import_module(dotted)
    module, _, name = dotted.rpartition(".")
    return getattr(import_module(module), name, None)


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_every_word_for_make_and_manage_is_one_they_know(page: Path) -> None:
    text = page.read_text()
    targets = re.findall(r"^(\w+):", (ROOT / "Makefile").read_text(), re.MULTILINE)
    for word in re.findall(r"`make (\w+)|^make (\w+)", text, re.MULTILINE):
        assert (word[0] or word[1]) in targets
    for command in re.findall(r"manage\.py (\w+)", text):
        assert command in get_commands()


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_every_setting_named_in_the_documents_is_one_of_the_product(page: Path) -> None:
    for setting in re.findall(r"\bKIANDA_[A-Z_]+[A-Z]\b", page.read_text()):
        assert setting in environment.KNOWN.keys() | environment.DEVELOPERS


def test_the_decisions_are_numbered_without_a_gap_and_all_listed() -> None:
    files = sorted((ROOT / "docs" / "decisions").glob("*.md"))
    index = (ROOT / "docs" / "README.md").read_text()
    assert [file.name[:4] for file in files] == [f"{n:04}" for n in range(1, len(files) + 1)]
    for file in files:
        title, text = file.read_text().split("\n", 1)
        assert f"[{title.removeprefix('# ')}](decisions/{file.name})" in index
        for part in ("**Context.**", "**Decision.**", "**Consequences.**"):
            assert part in text, f"{file.name} has no {part}"


@dataclass
class Shown:
    """A command of the scenario and the answer that the page shows for it, if any."""

    line: int
    source: str
    answer: Any = None


def scenario() -> list[Shown]:
    """Return the commands of the page in their order."""
    text = SCENARIO.read_text()
    steps: list[Shown] = []
    for match in BLOCK.finditer(text):
        language, body = match.groups()
        if language == "sh":
            steps.append(Shown(text[: match.start()].count("\n") + 2, body.strip()))
        elif language == "json":
            steps[-1].answer = json.loads(body)
    return steps


class Shell:
    """As much of a shell and of curl as the page needs; anything else is refused."""

    def __init__(self, **names: str) -> None:
        self.names = names
        self.session = requests.Session()
        self.session.trust_env = False
        self.answer: Any = None

    def assign(self, source: str) -> None:
        """Set variables: a few are known from the start, the others come out of the response."""
        for line in source.splitlines():
            name, _, value = line.partition("=")
            asked = re.fullmatch(r"'<(\w+) of the response>'", value)
            if asked:
                self.names[name] = self.answer[asked[1]]
            assert name in self.names, f"Nobody says what {name} is"

    def expand(self, text: str) -> str:
        return re.sub(r"\$([A-Z_]+)", lambda match: self.names[match[1]], text)

    def curl(self, source: str) -> None:
        """Send what curl would send."""
        command, _, rest = source.partition("<<END\n")
        words = iter(shlex.split(self.expand(command)))
        assert next(words) == "curl"
        verb, url, headers, data = "GET", "", {}, None
        for word in words:
            if word == "-X":
                verb = next(words)
            elif word == "-H":
                name, _, value = next(words).partition(": ")
                headers[name] = value
            elif word == "-d":
                data = next(words)
            else:
                assert not word.startswith("-"), f"curl {word}"
                assert not url
                url = word
        if data == "@-":
            assert rest.endswith("\nEND")
            data = self.expand(rest.removesuffix("END"))
        answer = self.session.request(verb, url, headers=headers, data=data, timeout=60)
        assert answer.ok, f"{answer.status_code} {answer.text[:1000]}"
        self.answer = answer.json()


def differences(shown: Any, found: Any, place: str = "") -> list[str]:
    """Return where an answer is not what the page shows; `…` stands for anything."""
    if isinstance(shown, dict) and isinstance(found, dict):
        missing = [f"{place}/{key} is missing" for key in shown if key not in found]
        return missing + [
            line
            for key in shown.keys() & found.keys()
            for line in differences(shown[key], found[key], f"{place}/{key}")
        ]
    if isinstance(shown, list) and isinstance(found, list) and len(shown) == len(found):
        return [
            line
            for number, (one, other) in enumerate(zip(shown, found, strict=True))
            for line in differences(one, other, f"{place}/{number}")
        ]
    if isinstance(shown, str) and isinstance(found, str) and "…" in shown:
        pattern = ".+".join(map(re.escape, shown.split("…")))
        return [] if re.fullmatch(pattern, found) else [f"{place} is {found!r}, not {shown!r}"]
    return [] if shown == found else [f"{place} is {found!r}, not {shown!r}"]


@pytest.fixture
def product(tmp_path: Path) -> Iterator[Product]:
    """A product as `make run` starts it, with an administrator and nothing else."""
    keys = {"KIANDA_SECRET_KEY": "k" * 50, "KIANDA_SECRET_KEYS": Fernet.generate_key().decode()}
    started = Product(migrated(tmp_path), keys, apart=False)
    started.manage("ensure_admin")
    try:
        started.start()
        yield started
    finally:
        started.stop()


@pytest.mark.integration
def test_the_scenario_with_curl_happens_as_the_page_says(product: Product) -> None:
    shell = Shell(
        KIANDA=f"{product.url}/api/v1",
        TOKEN=product.api_token(),
        SANDBOX=f"http://{(product.folder / 'sandbox.address').read_text().strip()}",
    )
    steps = scenario()
    assert sum(step.answer is not None for step in steps) >= 10
    for step in steps:
        if not step.source.startswith("curl"):
            shell.assign(step.source)
            continue
        until = time.monotonic() + 20
        while True:
            shell.curl(step.source)
            wrong = differences(step.answer, shell.answer) if step.answer is not None else []
            # What is only read may need its moment; what acts is done once.
            if not wrong or "-X" in step.source or time.monotonic() > until:
                break
            time.sleep(0.2)
        assert not wrong, f"line {step.line}: {wrong}\n{json.dumps(shell.answer)[:3000]}"


@pytest.mark.parametrize(
    ("shown", "found", "wrong"),
    [
        ({"a": 1}, {"a": 1, "b": 2}, []),
        ({"a": "at_…"}, {"a": "at_x"}, []),
        ({"a": "at_…"}, {"a": "at_"}, ["/a is 'at_', not 'at_…'"]),
        ({"a": [1]}, {"a": [1, 2]}, ["/a is [1, 2], not [1]"]),
        ({"a": {"b": None}}, {"a": {}}, ["/a/b is missing"]),
    ],
)
def test_an_answer_is_compared_part_by_part(shown: Any, found: Any, wrong: list[str]) -> None:
    assert differences(shown, found) == wrong
