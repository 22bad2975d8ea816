"""Which tests failed, for whoever runs them once more: one name a line in the file FAILED_TESTS.

A test that fails among all others and passes alone is flaky: it knows how busy the machine is, or
who ran before it. `.ci/test` names those, and takes no more than three of them.
"""

import os
from pathlib import Path

import pytest


def note(report: pytest.TestReport) -> None:
    """Add a failed test to the file; the process that hands out the tests sees every report."""
    name = os.environ.get("FAILED_TESTS")
    if not name or not report.failed or "PYTEST_XDIST_WORKER" in os.environ:
        return
    file = Path(name)
    known = file.read_text().splitlines() if file.exists() else []
    if report.nodeid not in known:
        file.write_text("\n".join([*known, report.nodeid, ""]))
