"""Screenshots of the running product for the README and the tutorial: `make shots`.

Starts the demo in a throw-away data directory, waits until it has refreshed its token by itself,
and takes a picture of each main page with the system's Chromium; then lets an office work and takes
what its employees see, builds what the tutorial builds and takes its pictures. Ends everything it
has started.
"""

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from office import Office, open_office
from playwright.sync_api import Page, ViewportSize, sync_playwright
from tutorial import build, steps

ROOT = Path(__file__).resolve().parent.parent
PICTURES = ROOT / "docs" / "pictures"
SIZE: ViewportSize = {"width": 1280, "height": 800}
MOST_BYTES = 200_000
BROWSERS = ("chromium", "chromium-headless-shell", "chromium-browser", "google-chrome")
# The demo refreshes each 30 seconds; two of it make a line on the charts.
REFRESHES = 2
PATIENCE_S = 180


def say(text: str) -> None:
    """Tell what happens, at once."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def wait_for(what: Callable[[], Any], saying: str) -> Any:
    """Ask until the answer is not empty, or stop with a sentence."""
    until = time.monotonic() + PATIENCE_S
    while time.monotonic() < until:
        if found := what():
            return found
        time.sleep(0.5)
    sys.exit(f"{saying} (waited {PATIENCE_S} s)")


@contextmanager
def product() -> Iterator[tuple[str, str, dict[str, str]]]:
    """Start the demo on a free port; yield its address, its password, its environment."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    folder = Path(tempfile.mkdtemp(prefix="kianda-shots-"))
    log = folder / "serve.log"
    ours = ("KIANDA_", "DJANGO_", "DATABASE_URL", "CELERY_")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
    settings = {"KIANDA_DATA_DIR": str(folder), "KIANDA_PORT": str(port), "KIANDA_DEMO": "1"}
    with log.open("wb") as out:
        process = subprocess.Popen(
            [sys.executable, "manage.py", "serve", "--set-up"],
            cwd=ROOT, env=kept | settings, stdout=out, stderr=subprocess.STDOUT,
        )  # fmt: skip

    def started() -> str:
        if process.poll() is not None:
            sys.exit(f"The product ended:\n{log.read_text()[-3000:]}")
        text = log.read_text()
        password = re.search(r"the password is (\S+)", text)
        return password[1] if password and "Kianda runs at" in text else ""

    try:
        password = wait_for(started, "The product does not start.")
        yield f"http://127.0.0.1:{port}", password, kept | settings
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(60)
        shutil.rmtree(folder, ignore_errors=True)


def rows(page: Page, path: str) -> list[dict[str, Any]]:
    """Return the first rows of a list of the API, as the person who is signed in."""
    answer = page.request.get(f"/api/v1/{path}")
    if not answer.ok:
        sys.exit(f"/api/v1/{path} answers {answer.status}.")
    found: list[dict[str, Any]] = json.loads(answer.body())["results"]
    return found


def sign_in(page: Page, password: str) -> None:
    """Sign in as the administrator."""
    page.goto("/sign-in/")
    page.fill("[name=username]", "admin")
    page.fill("[name=password]", password)
    page.click("button[type=submit]")
    page.wait_for_url("/")


def wait_for_work(page: Page) -> tuple[str, str]:
    """Wait until the token was refreshed and used; return the task and the newest refresh."""
    tasks = {row["process"]: row["id"] for row in rows(page, "scheduled-tasks/")}

    def done(process: str, least: int) -> list[dict[str, Any]]:
        found = rows(page, f"scheduled-tasks/{tasks[process]}/occurrences/")
        ended = [row for row in found if row["outcome"] == "succeeded"]
        return ended if len(ended) >= least else []

    wait_for(lambda: done("demo-orders", 1), "The demo has not read its orders.")
    refreshed = wait_for(
        lambda: done("demo-token-refresh", REFRESHES), "The demo has not refreshed its token."
    )
    return tasks["demo-token-refresh"], str(refreshed[0]["run"])


def register(page: Page, folder: Path) -> dict[str, str]:
    """Register a client at the sandbox, as the tutorial's reader does."""
    sandbox = (folder / "sandbox.address").read_text().strip()
    answer = page.request.post(f"http://{sandbox}/register")
    if not answer.ok:
        sys.exit(f"The sandbox answers {answer.status}.")
    made: dict[str, str] = json.loads(answer.body())
    return made


def places(task: str, run: str) -> dict[str, str]:
    """Return each picture and the page that it shows."""
    return {
        "start": "/",
        "data-sources": "/datasources/",
        "method": "/datasources/demo-token-service/methods/refresh-token/",
        "instance": "/instances/demo-token-refresh-1/",
        "run": f"/runs/{run}/",
        "tasks": "/scheduled-tasks/",
        "history": f"/scheduled-tasks/{task}/history/",
    }


def test_connection(page: Page) -> None:
    """Test the demo's connection, so that the list says how it went."""
    cookies = {cookie["name"]: cookie["value"] for cookie in page.context.cookies()}
    path = "/api/v1/datasources/demo-token-service/test/"
    answer = page.request.post(path, headers={"X-CSRFToken": cookies["csrftoken"]})
    if not answer.ok:
        sys.exit(f"{path} answers {answer.status}.")


def shoot(page: Page, name: str, path: str) -> str:
    """Take one picture; return what is wrong: no such page, a file that is too large."""
    answer = page.goto(path)
    if answer is None or not answer.ok:
        return f"{path} answers {answer.status if answer else 'nothing'}."
    page.wait_for_load_state("networkidle")
    if name == "run":
        # The rule that calls is what one looks for in a trace.
        page.locator("summary", has_text="Get a new token").click()
    return take(page, name)


def take(page: Page, name: str) -> str:
    """Take a picture of what the page shows; return what is wrong with the file."""
    page.evaluate("document.fonts.ready")
    file = PICTURES / f"{name}.png"
    page.screenshot(path=file, animations="disabled", caret="hide")
    size = file.stat().st_size
    say(f"{file.relative_to(ROOT)}: {size // 1000} kB")
    return f"{file.name} is larger than {MOST_BYTES // 1000} kB." if size > MOST_BYTES else ""


def main() -> None:
    """Take all pictures."""
    browser = next((path for name in BROWSERS if (path := shutil.which(name))), None)
    if browser is None:
        sys.exit("There is no Chromium. On Debian and Ubuntu: apt-get install chromium")
    PICTURES.mkdir(parents=True, exist_ok=True)
    with product() as (address, password, settings), sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=browser, args=["--no-sandbox"])
        seen: dict[str, Any] = {
            "base_url": address, "viewport": SIZE, "color_scheme": "light",
            "reduced_motion": "reduce", "locale": "en-GB",
        }  # fmt: skip
        page = chromium.new_context(**seen).new_page()
        sign_in(page, password)
        test_connection(page)
        say("Waiting until the demo has refreshed its token by itself ...")
        shown = places(*wait_for_work(page))
        wrong = [shoot(page, name, path) for name, path in shown.items()]
        office = Office(chromium, open_office(page, settings), **seen)
        wrong += [take(theirs, name) for name, theirs in office.pictures()]
        build(page)
        folder = Path(settings["KIANDA_DATA_DIR"])
        wrong += [take(page, name) for name in steps(page, register(page, folder))]
        chromium.close()
    if any(wrong):
        sys.exit("\n".join(filter(None, wrong)))


if __name__ == "__main__":
    main()
