"""The page of a record as those meet it who fill in its forms, and as those who look after it."""

from typing import Any

import pytest

from processes.instances.lifecycle import create_instance
from processes.models import ProcessInstance
from processes.running import runs
from tests.pages import client_of, markup_of, text_of
from tests.processes.rights.office import Office, leave_request, office, send
from tests.processes.stories import published

pytestmark = pytest.mark.django_db


@pytest.fixture
def people() -> Office:
    """An office in which Emma has asked for five days, and her manager decides."""
    found = office()
    published(leave_request(), user=found.dora)
    made = create_instance(
        process="leave", mode="live", data={"days": "5", "illness": "flu"}, user=found.emma
    )
    run = runs.trigger(process_id=made.process_id, target="send", user=found.emma, trigger="button")
    assert run.status == "succeeded", run.error
    return found


def page_for(user: Any) -> tuple[str, str]:
    answer = client_of(user).get("/instances/leave-1/")
    return text_of(answer), markup_of(answer)


def steps_for(user: Any) -> str:
    markup = page_for(user)[1]
    return markup[markup.index('class="k-stepper"') :].partition("</ol>")[0]


def test_the_steps_say_who_has_done_what_and_who_is_next(people: Office) -> None:
    steps = steps_for(people.mark)
    assert steps.count("is-done") == 1
    assert 'class="is-now" aria-current="step"' in steps
    assert "emma" in steps
    assert "mark" in steps_for(people.emma).partition("is-now")[2]


def test_the_steps_call_the_reader_you(people: Office) -> None:
    assert "You · " in steps_for(people.emma).partition("is-now")[0]
    assert ">You<" in steps_for(people.mark).partition("is-now")[2]


@pytest.mark.parametrize("page", ["/instances/leave-1/", "/start/leave/", "/records/leave/"])
def test_the_rail_says_in_which_process_one_is(people: Office, page: str) -> None:
    rail = markup_of(client_of(people.emma).get(page)).partition('id="rail"')[2]
    rail = rail.partition("</nav>")[0]
    assert rail.count('aria-current="page"') == 1
    link = rail[: rail.index('aria-current="page"')].rpartition("<a ")[2]
    assert 'href="/records/leave/"' in link


def test_who_decides_reads_what_was_asked_beside_the_form(people: Office) -> None:
    text, markup = page_for(people.mark)
    assert 'id="h-earlier-1"' in markup
    beside = markup.partition('id="h-earlier-1"')[2].partition("</section>")[0]
    assert "from emma" in " ".join(beside.split())
    assert "Days" in beside
    # What only the creator and HR see is not in it.
    assert "flu" not in text


def test_who_decides_what_they_asked_for_themselves_reads_that_it_is_from_them() -> None:
    people = office()
    published(leave_request(), user=people.dora)
    create_instance(process="leave", mode="live", data={"days": "5"}, user=people.mark)
    send(ProcessInstance.objects.get(process_id="leave-1"), people.mark)
    beside = page_for(people.mark)[1].partition('id="h-earlier-1"')[2].partition("</section>")[0]
    assert "from you" in beside
    assert "mark" not in beside


def test_who_decides_reads_a_long_answer_to_its_end_line_by_line() -> None:
    people = office()
    raw = leave_request()
    raw["forms"][0]["fields"].append({"type": "text", "name": "why", "mode": "long"})
    published(raw, user=people.dora)
    why = "\n".join(f"Reason {number} of forty & more." for number in range(1, 41))
    create_instance(
        process="leave", mode="live", data={"days": "5", "why": f"{why}\nThe end."},
        user=people.emma,
    )  # fmt: skip
    send(ProcessInstance.objects.get(process_id="leave-1"), people.emma)
    beside = page_for(people.mark)[1].partition('id="h-earlier-1"')[2].partition("</section>")[0]
    start, _open, rest = beside.partition("<details><summary>Show all</summary>")
    assert "Reason 1 of forty &amp; more.<br>Reason 2 of forty" in start
    assert "The end." not in start
    whole = rest.partition("</details>")[0].strip()
    assert whole.count("<br>") == 40
    assert whole.startswith("<div>Reason 1 of forty")
    assert whole.endswith("The end.</div>")
    # What is short is there at once.
    assert '<dd class="k-any">5</dd>' in start


def test_what_stands_in_a_hidden_panel_is_not_read_beside_the_form() -> None:
    people = office()
    raw = leave_request()
    inner = {"type": "text", "name": "score", "default": "seventeen"}
    panel = {"type": "panel", "name": "workings", "visible": False, "fields": [inner]}
    raw["forms"][0]["fields"].append(panel)
    published(raw, user=people.dora)
    made = create_instance(process="leave", mode="live", data={"days": "5"}, user=people.emma)
    run = runs.trigger(
        process_id=made.process_id, target="send", user=people.emma, trigger="button"
    )
    assert run.status == "succeeded", run.error
    beside = page_for(people.mark)[1].partition('id="h-earlier-1"')[2].partition("</section>")[0]
    assert "Days" in beside
    assert "seventeen" not in beside


def test_who_waits_has_nothing_to_read_beside_the_form(people: Office) -> None:
    assert "h-earlier" not in page_for(people.emma)[1]


def test_an_employee_reads_what_has_changed_and_meets_no_run(people: Office) -> None:
    page = client_of(people.emma).get("/instances/leave-1/changes/")
    assert "Changes of " in text_of(page)
    assert "Send" in text_of(page)
    assert "/runs/" not in markup_of(page)
    assert 'href="/records/leave/"' in markup_of(page)
    assert (
        'href="/instances/"' not in markup_of(page).partition("k-crumbs")[2].partition("</ol>")[0]
    )
    assert "/runs/" in markup_of(client_of(people.root).get("/instances/leave-1/changes/"))


def test_a_pressed_button_leads_to_its_run_only_who_sees_the_details(people: Office) -> None:
    for user, leads in ((people.emma, False), (people.root, True)):
        made = ProcessInstance.objects.get(process_id="leave-1")
        answer = client_of(user).post(
            "/instances/leave-1/",
            {"act": "press:cancel", "revision": str(made.revision)},
            headers={"HX-Request": "true", "HX-Target": "instance"},
        )
        told = markup_of(answer)
        assert "cancelled" in told
        assert ("/runs/" in told.partition('id="toasts"')[2]) is leads


def test_an_employee_meets_no_runs_versions_and_revisions(people: Office) -> None:
    text, _markup = page_for(people.emma)
    for word in ("Revision", "Version", "version 1.0", "Runs 1", "All runs"):
        assert word not in text
    kept, _markup = page_for(people.root)
    for word in ("Revision", "version 1.0", "All runs"):
        assert word in kept


def test_the_link_to_all_changes_stays_when_a_comment_is_added(people: Office) -> None:
    """Who reads the changes on Details has no second link to them."""
    for user, has_link in ((people.emma, True), (people.root, False)):
        said = client_of(user).post(
            "/instances/leave-1/comments/", {"text": "Noted."}, headers={"HX-Request": "true"}
        )
        assert "Noted." in text_of(said)
        assert ("All changes" in text_of(said)) == has_link
