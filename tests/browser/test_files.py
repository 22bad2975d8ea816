"""Files in forms: chosen, sent with progress, kept over a cut line and a reload, taken out."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, Route, expect

from processes.designs.lifecycle import create_design, publish_design
from processes.instances.lifecycle import create_instance
from processes.models import File, ProcessInstance
from processes.running import runs
from tests.browser.hands import until
from tests.browser.story_rows import LOOKS
from tests.browser.watch import Look, PageAs
from tests.factories import OPEN_TO_ALL
from tests.processes.definitions import button, process, set_rule, text_field
from tests.processes.files.samples import EXE, PDF, png
from tests.processes.stories import values_of

PICTURE: dict[str, Any] = {
    "name": "Receipt of Monday.png",
    "mimeType": "image/png",
    "buffer": png(400, 300),
}
LETTER: dict[str, Any] = {"name": "offer.pdf", "mimeType": "application/pdf", "buffer": PDF}
# Two pieces and a bit.
LARGE: dict[str, Any] = {
    "name": "plan.txt",
    "mimeType": "text/plain",
    "buffer": b"plan " * 1_800_000,
}


def claim(user: Any, **settings: Any) -> ProcessInstance:
    told = set_rule("told", "[receipt.name]")
    receipt = {
        "type": "file_upload", "name": "receipt", "title": "Receipt", "required": True,
        "rules": [told], **settings,
    }  # fmt: skip
    more = {"type": "file_upload", "name": "more", "title": "More files", "multiple": True,
            "max_files": 3, "allowed": "pdf, txt, image/*", "help": "Plans."}  # fmt: skip
    raw = process(receipt, more, text_field("told", title="Told"), name="claim", rules=[])
    create_design(raw=raw | {"security": OPEN_TO_ALL}, user=user)
    publish_design(name="claim", user=user)
    return create_instance(process="claim", mode="live", data={}, user=user)


def box(page: Page, field: str) -> Any:
    return page.locator(f"[data-files={field}]")


def choose(page: Page, field: str, *files: Any) -> None:
    box(page, field).locator("input[type=file]").set_input_files(list(files))


def names(row: Any, field: str) -> list[str]:
    value = values_of(row)[field]
    many = value if isinstance(value, list) else [value]
    return [one["name"] for one in many if one]


@pytest.mark.parametrize(("width", "scheme"), LOOKS)
def test_files_are_chosen_saved_shown_and_taken_out(
    page_as: PageAs,
    person: Callable[[str], Any],
    axe: Look,
    assert_fits: Look,
    width: int,
    scheme: str,
) -> None:
    row = claim(person("ada"))
    page = page_as("ben", width, scheme)
    page.goto(f"/instances/{row.process_id}/")
    choose(page, "receipt", PICTURE)
    remove = box(page, "receipt").get_by_role("button", name=f"Remove {PICTURE['name']}")
    expect(remove).to_be_visible()
    # The rules of the field have run.
    expect(page.get_by_role("textbox", name="Told")).to_have_value("Receipt of Monday.png")
    expect(box(page, "receipt").locator("img")).to_be_visible()
    choose(page, "more", LETTER, LARGE)
    expect(box(page, "more").get_by_role("button", name="Remove")).to_have_count(2)
    axe(page)
    assert_fits(page)
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("heading", name="Files")).to_be_visible()
    assert names(row, "receipt") == ["Receipt of Monday.png"]
    assert names(row, "more") == ["offer.pdf", "plan.txt"]
    axe(page)
    assert_fits(page)
    # One takes the place of the other where a field holds one.
    choose(page, "receipt", LETTER)
    expect(box(page, "receipt").get_by_role("link", name="Receipt of Monday.png")).to_be_hidden()
    gone = box(page, "more").get_by_role("listitem").filter(has_text="plan.txt")
    gone.get_by_role("button", name="Remove").press("Enter")
    expect(gone).to_be_hidden()
    expect(page.get_by_role("textbox", name="Told")).to_have_value("offer.pdf")
    page.get_by_role("button", name="Save").click()
    expect(page.locator("[data-seen]")).to_have_value("3")
    assert names(row, "receipt") == names(row, "more") == ["offer.pdf"]
    # The history keeps what left the form.
    expect(page.get_by_role("region", name="Files").get_by_role("listitem")).to_have_count(4)


def test_the_focus_on_a_file_stays_there_when_the_rules_of_another_field_have_run(
    page_as: PageAs, person: Callable[[str], Any]
) -> None:
    row = claim(person("ada"))
    page = page_as("ben")
    page.goto(f"/instances/{row.process_id}/")
    choose(page, "more", LETTER, LARGE)
    expect(box(page, "more").get_by_role("button", name="Remove")).to_have_count(2)
    held: list[Route] = []
    page.route(f"**/instances/{row.process_id}/", lambda route: held.append(route), times=1)
    choose(page, "receipt", LETTER)
    until(page, lambda: bool(held))
    remove = box(page, "more").get_by_role("button", name="Remove plan.txt")
    remove.focus()
    held[0].continue_()
    expect(page.get_by_role("textbox", name="Told")).to_have_value("offer.pdf")
    expect(remove).to_be_focused()
    page.keyboard.press("Enter")
    expect(remove).to_be_hidden()


def test_what_is_refused_is_said_beside_its_field_and_the_rest_is_kept(
    page_as: PageAs, person: Callable[[str], Any]
) -> None:
    row = claim(person("ada"), max_mb=1)
    page = page_as("ben")
    page.complaints.expect("status of 400")
    page.goto(f"/instances/{row.process_id}/")
    lie = {"name": "offer.pdf", "mimeType": "application/pdf", "buffer": EXE}
    for file, sentence in [
        (LARGE, "plan.txt is too large: at most 1 MB are allowed here."),
        (lie, "The name offer.pdf does not match its content"),
    ]:
        choose(page, "receipt", file)
        expect(box(page, "receipt").get_by_role("status")).to_contain_text(sentence)
    choose(page, "more", LETTER, PICTURE, LETTER, LETTER)
    expect(box(page, "more").get_by_role("status")).to_contain_text(
        "At most 3 files are allowed here."
    )
    expect(box(page, "more").get_by_role("button", name="Remove")).to_have_count(3)
    docx = {"name": "letter.docx", "mimeType": "application/zip", "buffer": b"PK\3\4"}
    box(page, "more").get_by_role("button", name="Remove").first.click()
    choose(page, "more", docx)
    expect(box(page, "more").get_by_role("status")).to_contain_text("is not allowed here")
    expect(box(page, "more").get_by_role("button", name="Remove")).to_have_count(2)
    # What arrives beside one that is refused does not hide why.
    box(page, "more").get_by_role("button", name="Remove").first.click()
    choose(page, "more", docx, LETTER)
    expect(box(page, "more").get_by_role("button", name="Remove")).to_have_count(2)
    expect(box(page, "more").get_by_role("status")).to_contain_text("is not allowed here")


def test_an_upload_goes_on_after_the_line_was_cut_and_after_a_reload(
    page_as: PageAs, person: Callable[[str], Any], tmp_path: Path
) -> None:
    # A browser knows a file again by its name, its size and its age.
    plan = tmp_path / LARGE["name"]
    plan.write_bytes(LARGE["buffer"])
    row = claim(person("ada"))
    page = page_as("ben")
    page.complaints.expect("net::ERR")
    page.goto(f"/instances/{row.process_id}/")
    pieces: list[int] = []

    def cut(route: Route) -> None:
        offset = int(route.request.headers.get("upload-offset", -1))
        if route.request.method != "PATCH":
            return route.continue_()
        pieces.append(offset)
        return route.abort() if offset == 4_000_000 else route.continue_()

    page.route("**/api/v1/files/**", cut)
    choose(page, "more", plan)
    told = box(page, "more").get_by_role("status")
    expect(told).to_contain_text("Connection lost. The upload of plan.txt continues")
    assert pieces[:2] == [0, 4_000_000]
    # Whoever presses meanwhile is told, and it is done afterwards.
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Waiting for the files to be uploaded")).to_be_visible()
    page.on("dialog", lambda dialog: dialog.accept())
    page.reload()
    page.unroute("**/api/v1/files/**", cut)
    with page.expect_request(lambda asked: asked.method == "HEAD"):
        choose(page, "more", plan)
    expect(box(page, "more").get_by_role("button", name="Remove")).to_be_visible()
    file = File.objects.get()
    assert (file.state, file.size) == ("ready", len(LARGE["buffer"]))


def test_an_upload_is_cancelled_and_a_press_waits_for_the_others(
    page_as: PageAs, person: Callable[[str], Any]
) -> None:
    row = claim(person("ada"), required=False)
    page = page_as("ben")
    page.complaints.expect("net::ERR")
    page.goto(f"/instances/{row.process_id}/")
    held: list[Route] = []

    def hold(route: Route) -> None:
        if route.request.method == "PATCH":
            held.append(route)
        else:
            route.continue_()

    page.route("**/api/v1/files/**", hold)
    choose(page, "more", LETTER, LARGE)
    cancel = box(page, "more").get_by_role("button", name="Cancel")
    expect(cancel).to_have_count(2)
    until(page, lambda: len(held) == 2)
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Waiting for the files to be uploaded")).to_be_visible()
    cancel.nth(1).click()
    expect(cancel).to_have_count(1)
    page.wait_for_function("() => true")
    for route in held:
        if route.request.post_data_buffer == PDF:
            route.continue_()
    expect(page.locator("[data-seen]")).to_have_value("2")
    assert names(row, "more") == ["offer.pdf"]
    # The page asks for its deletion, and waits for no answer.
    until(page, lambda: File.objects.count() == 1)


def test_files_are_sent_through_a_link(
    page_as: PageAs, person: Callable[[str], Any], axe: Look, assert_fits: Look
) -> None:
    ada, ben = person("ada"), person("ben")
    link = {"type": "anonymous_form_link", "form": "survey", "field": "address", "uses": 2}
    raw = process(
        text_field("address"), button("ask", link, {"type": "save"}), name="ticket", rules=[]
    )
    raw["forms"].append({"name": "survey", "title": "Tell us", "fields": [
        {"type": "file_upload", "name": "photo", "title": "Photo", "required": True},
        button("send", {"type": "submit"}),
    ]})  # fmt: skip
    raw["forms"][1]["activate_with"] = raw["forms"][0]["name"]
    create_design(raw=raw, user=ada)
    publish_design(name="ticket", user=ada)
    made = create_instance(process="ticket", mode="live", data={}, user=ben)
    runs.trigger(process_id=made.process_id, target="ask", user=ben, trigger="button")
    path = "/" + str(values_of(made)["address"]).split("/", 3)[3]
    page = page_as(None, 390)
    page.goto(path)
    choose(page, "photo", PICTURE)
    expect(box(page, "photo").get_by_role("button", name="Remove")).to_be_visible()
    axe(page)
    assert_fits(page)
    page.get_by_role("button", name="Send").click()
    page.wait_for_url("**/sent/")
    assert names(made, "photo") == ["Receipt of Monday.png"]


@pytest.mark.parametrize(("width", "scheme"), LOOKS)
def test_a_form_is_signed_by_hand_or_by_keys_and_shows_a_picture(
    page_as: PageAs,
    person: Callable[[str], Any],
    axe: Look,
    assert_fits: Look,
    width: int,
    scheme: str,
) -> None:
    raw = process(
        {"type": "signature", "name": "drawn", "title": "Your signature"},
        {"type": "signature", "name": "typed", "title": "Witness"},
        {"type": "image", "name": "photo", "title": "Photo", "height": 120},
        name="claim", rules=[], security=OPEN_TO_ALL,
    )  # fmt: skip
    create_design(raw=raw, user=person("ada"))
    publish_design(name="claim", user=person("ada"))
    row = create_instance(process="claim", mode="live", data={}, user=person("ben"))
    page = page_as("ben", width, scheme)
    page.goto(f"/instances/{row.process_id}/")
    drawn, typed = box(page, "drawn"), box(page, "typed")
    drawn.get_by_role("button", name="Sign Your signature").click()
    expect(drawn.get_by_role("status")).to_contain_text("Draw your signature, or type your name")
    axe(page)
    assert_fits(page)
    pad = drawn.locator("canvas").bounding_box()
    page.mouse.move(pad["x"] + 20, pad["y"] + 20)
    page.mouse.down()
    page.mouse.move(pad["x"] + 120, pad["y"] + 50, steps=5)
    page.mouse.up()
    drawn.get_by_role("button", name="Sign Your signature").press("Enter")
    expect(drawn.get_by_role("img", name="Signature of ben")).to_be_visible()
    expect(drawn.locator("canvas")).to_be_hidden()
    typed.get_by_label("or type your name").fill("Ben B.")
    typed.get_by_label("or type your name").press("Enter")
    expect(typed.get_by_role("img", name="Signature of ben")).to_be_visible()
    choose(page, "photo", PICTURE)
    expect(box(page, "photo").get_by_role("img", name=PICTURE["name"])).to_be_visible()
    page.get_by_role("button", name="Save").click()
    expect(page.locator("[data-seen]")).to_have_value("2")
    expect(drawn.get_by_role("img", name="Signature of ben")).to_be_visible()
    assert names(row, "drawn")[0].startswith("Signature of ben, 20")
    assert names(row, "photo") == [PICTURE["name"]]
    axe(page)
    assert_fits(page)
    # Whoever takes it out signs anew.
    drawn.get_by_role("button", name="Remove").click()
    expect(drawn.locator("canvas")).to_be_visible()


def test_a_press_on_a_new_request_says_that_it_waits_for_the_files(
    page_as: PageAs, person: Callable[[str], Any]
) -> None:
    claim(person("ada"), required=False)
    page = page_as("ben")
    page.complaints.expect("status of 400")
    page.goto("/start/claim/")
    expect(box(page, "more")).to_contain_text("pdf, txt, image/* · at most 3 files · at most")
    held: list[Route] = []
    page.route(
        "**/api/v1/files/**",
        lambda route: held.append(route) if route.request.method == "PATCH" else route.continue_(),
    )
    waits = page.get_by_text("Waiting for the files to be uploaded")
    choose(page, "more", LARGE)
    until(page, lambda: len(held) == 1)
    page.get_by_role("button", name="Create", exact=True).click()
    expect(waits).to_be_visible()
    held.pop().fulfill(status=400, json={"detail": "No space."})
    expect(box(page, "more").get_by_role("status")).to_contain_text("No space.")
    # What was pressed is not done without the file.
    expect(waits).to_be_hidden()
    assert page.url.endswith("/start/claim/")
    choose(page, "more", LETTER)
    until(page, lambda: len(held) == 1)
    page.get_by_role("button", name="Create", exact=True).click()
    expect(waits).to_be_visible()
    held.pop().continue_()
    page.wait_for_url("**/instances/claim-2/")
    assert names(ProcessInstance.objects.get(process_id="claim-2"), "more") == ["offer.pdf"]
