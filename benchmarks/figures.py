"""Percentiles, goals, and how they are printed."""

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any


def percentile(values: Sequence[float], share: float) -> float:
    """Return the nearest-rank percentile; NaN when there is no value."""
    if not values:
        return math.nan
    ordered = sorted(values)
    return ordered[max(0, math.ceil(share / 100 * len(ordered)) - 1)]


def spread(values: Sequence[float]) -> dict[str, float]:
    """Return p50, p95 and p99."""
    return {f"p{share}": round(percentile(values, share), 3) for share in (50, 95, 99)}


def in_words(figures: dict[str, float]) -> str:
    """Return `p50 2.10  p95 3.00  p99 4.10 ms`."""
    return "  ".join(f"{name} {value:.2f}" for name, value in figures.items()) + " ms"


@dataclass
class Report:
    """What was measured, printed as it comes."""

    quick: bool = False
    title: str = ""
    goals: list[dict[str, Any]] = field(default_factory=list)
    figures: dict[str, dict[str, Any]] = field(default_factory=dict)

    def begin(self, title: str) -> None:
        """Start a part."""
        self.title = title
        print(f"\n{title}\n{'-' * len(title)}", flush=True)

    def line(self, text: str, **figures: Any) -> None:
        """Print a line and keep its figures under the part's title."""
        print(f"  {text}", flush=True)
        self.figures.setdefault(self.title, {}).update(figures)

    def goal(self, name: str, *, met: bool, found: str, aim: str = "") -> None:
        """Say whether a goal was met, and what was found."""
        word = "met   " if met else "MISSED"
        print(f"  {word} {name}: {found}{f' (aim: {aim})' if aim else ''}", flush=True)
        self.goals.append({"part": self.title, "goal": name, "met": met, "found": found})

    def summary(self) -> int:
        """Print the goals missed, by name; return how many."""
        missed = [goal for goal in self.goals if not goal["met"]]
        print(f"\n{len(self.goals) - len(missed)} of {len(self.goals)} goals met.")
        for goal in missed:
            print(f"  MISSED {goal['part']}: {goal['goal']}: {goal['found']}")
        return len(missed)

    def write(self, file: Path, machine: dict[str, Any]) -> None:
        """Keep everything as JSON."""
        whole = {
            "machine": machine, "quick": self.quick, "goals": self.goals, "figures": self.figures,
        }  # fmt: skip
        file.write_text(json.dumps(whole, indent=2) + "\n")
