"""First starts that are cut at many moments: each gets its demo and its password the next time."""

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.integration.parts import ROOT, Product, wait_for
from tests.integration.test_first_start import STEPS, it_is_cut_and_goes_on

pytestmark = [pytest.mark.chaos, pytest.mark.timeout(400)]
CUTS = 5


@pytest.mark.parametrize("part", range(CUTS))
def test_a_first_start_that_is_killed_at_any_step_is_gone_on_with(
    new_folder: Callable[[str], Path], part: int
) -> None:
    width = STEPS // CUTS
    at = random.randint(part * width + 1, (part + 1) * width)
    it_is_cut_and_goes_on(new_folder("cut"), at=at)


@pytest.mark.parametrize("sign", [signal.SIGINT, signal.SIGKILL])
def test_make_run_that_is_cut_in_its_first_seconds_is_gone_on_with(
    new_folder: Callable[[str], Path], sign: signal.Signals
) -> None:
    product = Product(new_folder("cut"), {}, apart=False)
    log = product.folder / "serve.log"

    def begin() -> "subprocess.Popen[bytes]":
        with log.open("wb") as out:
            return subprocess.Popen(
                [sys.executable, "manage.py", "serve", "--set-up"],
                cwd=ROOT, env=product.environment, stdout=out, stderr=out, start_new_session=True,
            )  # fmt: skip

    cut = begin()
    time.sleep(random.uniform(0.2, 3))
    cut.send_signal(sign)
    cut.wait(100)
    second = begin()
    try:
        wait_for(lambda: "Kianda runs" in log.read_text(), seconds=100, saying="It does not run")
    finally:
        os.kill(second.pid, signal.SIGINT)
        second.wait(100)
    said = log.read_text()
    assert "the password is" in said
    assert "Demo loaded" in said
    assert "Traceback" not in said
