"""What is installed is what pyproject.toml asks for: exact releases, each with its hashes."""

import re
import tomllib
from itertools import chain, pairwise
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
ASKED: dict[str, list[str]] = {
    "product": PROJECT["project"]["dependencies"],
    # An extra comes with the product.
    **{
        extra: [*PROJECT["project"]["dependencies"], *asked]
        for extra, asked in PROJECT["project"]["optional-dependencies"].items()
    },
    **PROJECT["dependency-groups"],
}
RELEASE = re.compile(r"([a-z0-9-]+)==(\S+)(?: ; [^/]+)? \\")
HASH = re.compile(r"    --hash=sha256:[0-9a-f]{64}(?: \\)?")
# Who asks for a release, when it is pyproject.toml itself.
BY_US = re.compile(
    r"^([a-z0-9-]+)==.+\n(?:    --hash.+\n)+    # via .*pyproject\.toml", re.MULTILINE
)


def lines(group: str) -> list[str]:
    return (ROOT / f"requirements/{group}.txt").read_text().splitlines()


def releases(group: str) -> dict[str, str]:
    return {hit[1]: hit[2] for line in lines(group) if (hit := RELEASE.fullmatch(line))}


def test_each_group_has_its_file() -> None:
    assert {path.stem for path in (ROOT / "requirements").iterdir()} == set(ASKED)


@pytest.mark.parametrize("group", ASKED)
def test_every_package_that_is_asked_for_is_there_in_a_release_that_fits(group: str) -> None:
    there = releases(group)
    asked = {canonicalize_name(Requirement(text).name): Requirement(text) for text in ASKED[group]}
    assert [
        f"{name} {there.get(name)} is not {wanted.specifier}: run `make lock`"
        for name, wanted in asked.items()
        if name not in there or not wanted.specifier.contains(there[name])
    ] == []
    assert set(BY_US.findall("\n".join(lines(group)))) == set(asked), "run `make lock`"


@pytest.mark.parametrize("group", ASKED)
def test_only_files_whose_hashes_are_known_are_installed_from_wherever_one_likes(
    group: str,
) -> None:
    """No address, no path, no option: releases, their hashes, and who asks for them."""
    kinds = [
        "release" if RELEASE.fullmatch(line) else "hash" if HASH.fullmatch(line) else line
        for line in lines(group)
        if not line.lstrip().startswith("# ") and line.strip() != "#"
    ]
    assert set(kinds) == {"release", "hash"}
    assert not any(pair == ("release", "release") for pair in pairwise(kinds))
    assert "://" not in "".join(lines(group))


def test_the_groups_agree_about_each_release() -> None:
    found = set(chain.from_iterable(releases(group).items() for group in ASKED))
    assert len(found) == len({name for name, _ in found})
