"""A worker killed at any point of sending a mail: nobody gets it twice, and no mail is lost."""

import os
import shutil
import signal
import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from tests.integration.conftest import DATABASE
from tests.integration.parts import Product, clean_environment, wait_for
from tests.integration.scenes import Databases, Scene, Stage, open_stage
from tests.mail_server import MailServer

pytestmark = [pytest.mark.integration, pytest.mark.timeout(300)]
SENT, UNSURE = ["sent"] * 3, ["may_have_been_sent"] * 3
RECOVERIES = pytest.mark.parametrize(
    "everything", [True, False], ids=["at the next start", "when the leases are over"]
)


@pytest.fixture(scope="module")
def stage(
    prepared_file: Path, new_folder: Callable[[str], Path], keys: dict[str, str]
) -> Iterator[Stage]:
    """Cases on SQLite, each on a copy of one file."""
    folder = new_folder("mail")

    def copy(source: str, name: str) -> str:
        return str(shutil.copy(source, folder / f"{name}.sqlite3"))

    settings = {"KIANDA_DATA_DIR": str(folder), "KIANDA_EGRESS_ALLOW": "127.0.0.1"}
    yield from open_stage(
        Databases(lambda name: copy(str(prepared_file), name), copy),
        clean_environment() | keys | settings,
    )


def came(server: MailServer) -> list[str]:
    """Return everybody who got the message, as often as they got it."""
    return sorted(address for mail in server.received for address in mail.recipients)


@RECOVERIES
def test_killed_at_any_write_it_is_sent_once_or_said_to_be_unsure(
    stage: Stage, everything: bool
) -> None:
    scene = stage.scenes[0]
    scene.fresh()
    scene.ask("plan_mail")
    with MailServer() as server:
        points = scene.ask("send_mail", smtp=server.settings)["points"]
    assert sum("COMMIT" in name for name in points) >= 4
    ends: set[str] = set()

    def case(scene: Scene, chosen: tuple[int, str]) -> None:
        scene.ask("plan_mail")
        with MailServer() as server:
            status, _ = scene.send("send_mail", smtp=server.settings, deadly=chosen[0])
            assert status == -signal.SIGKILL
            left = came(server)
            found = scene.ask("recover_mail", smtp=server.settings, everything=everything)
            # What may have been sent is not sent again, whether it was or not.
            unsure = found["before"][0] == "sending"
            assert found["states"] == (UNSURE if unsure else SENT), found
            assert came(server) == (left if unsure else ["anna@example.org", "ben@example.org"])
            ends.add(f"{found['before'][0]}, {len(left)} sent")

    stage.play(list(enumerate(points)), case)
    assert ends == {"planned, 0 sent", "sending, 0 sent", "sending, 2 sent", "sent, 2 sent"}


@RECOVERIES
@pytest.mark.parametrize("point", ["mail", "data"])
def test_killed_while_the_server_is_silent(stage: Stage, point: str, everything: bool) -> None:
    scene = stage.scenes[0]
    scene.fresh()
    scene.ask("plan_mail")
    with MailServer() as server:
        server.does.wait_at = point
        found: list[int] = []
        sending = threading.Thread(
            target=lambda: found.append(scene.send("send_mail", smtp=server.settings)[0])
        )
        sending.start()
        assert server.waits.wait(60)
        os.kill(scene.pid, signal.SIGKILL)
        sending.join()
        assert found == [-signal.SIGKILL]
        server.go_on()
        server.does.wait_at = ""
        after = scene.ask("recover_mail", smtp=server.settings, everything=everything)
        assert after["states"] == (SENT if point == "mail" else UNSURE)
        assert came(server) == ["anna@example.org", "ben@example.org"]


PLAN = """
from kianda.mail.letters import Letter
from kianda.mail.planning import plan_letters
plan_letters([Letter(key="leave-7", to=("anna@example.org",), subject="Decide", text="A leave")])
"""


def message_of(product: Product) -> dict[str, Any]:
    with closing(sqlite3.connect(product.folder / DATABASE)) as database:
        database.row_factory = sqlite3.Row
        return dict(database.execute("SELECT * FROM kianda_mail_mailmessage").fetchone())


def test_a_worker_of_the_product_is_killed_with_a_mail_in_its_hands(
    new_product: Callable[..., Product],
) -> None:
    with MailServer() as server:
        address = f"smtp://127.0.0.1:{server.port}?security=none&from=kianda@example.org"
        product = new_product("embedded", KIANDA_SMTP_URL=address, KIANDA_DEMO="0")
        product.start()
        try:
            server.does.wait_at = "data"
            product.manage("shell", "-v0", "-c", PLAN)
            assert server.waits.wait(60)
            holder = message_of(product)["holder"]
            os.kill(int(holder.split(".")[1], 36), signal.SIGKILL)
            wait_for(
                lambda: message_of(product)["state"] == "may_have_been_sent",
                seconds=60,
                saying="Nobody says what became of the message",
            )
            server.go_on()
            assert came(server) == ["anna@example.org"]
        finally:
            product.stop()
