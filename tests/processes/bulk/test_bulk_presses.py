"""A button pressed on many records: each is a run of its own, each that is not done says why."""

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.utils import timezone
from rest_framework.test import APIClient

from kianda.lib import pagination
from kianda.lib.errors import Invalid
from kianda.messages.models import Notification
from kianda.messages.services import lines_of
from processes import retention
from processes.bulk import presses, work
from processes.instances.lifecycle import create_instance
from processes.models import BulkPress, ProcessInstance, Run
from tests.factories import api_client
from tests.pages import client_of, markup_of, text_of
from tests.processes.dying import Died, dying
from tests.processes.rights.office import Office, leave_request, office, send
from tests.processes.stories import published

pytestmark = pytest.mark.django_db
URL = "/api/v1/bulk-presses/"


@pytest.fixture
def people(db: None, settings: Any) -> Office:
    settings.KIANDA_BUSY_WAIT_S = 0
    people = office()
    raw = leave_request(administrators=["group:hr"])
    raw["forms"][1]["fields"][2]["menu"] = ["owners"]
    raw["record"] = {
        "one": "Leave request", "many": "Leave requests", "title": "[days] days",
    }  # fmt: skip
    published(raw, user=people.root)
    return people


def requests_for_mark(people: Office, count: int) -> list[str]:
    """Return the Process IDs of leave requests that Mark is to decide."""
    made = [
        create_instance(process="leave", mode="live", data={"days": "3"}, user=people.emma)
        for _ in range(count)
    ]
    for one in made:
        assert send(one, people.emma).status == Run.Status.SUCCEEDED
    return [one.process_id for one in made]


def asked(user: Any, ids: list[str], target: str = "decide", **more: Any) -> BulkPress:
    return presses.create_press(process="leave", target=target, process_ids=ids, user=user, **more)


def told(press: BulkPress) -> list[tuple[str, str]]:
    return list(press.rows.values_list("outcome", "reason"))


def test_each_record_is_a_run_of_its_person_and_the_person_is_notified_at_the_end(
    people: Office,
) -> None:
    ids = requests_for_mark(people, 3)
    press = asked(people.mark, ids, data={"answer": "yes"})
    assert not work.carry_on(press.pk)
    press.refresh_from_db()
    assert press.status == "finished"
    assert press.data is None
    assert told(press) == [("succeeded", "")] * 3
    decided = ProcessInstance.objects.filter(process_id__in=ids)
    assert {one.values["answer"] for one in decided} == {"yes"}
    runs = Run.objects.filter(target="decide")
    assert {one.run_as_name for one in runs} == {"mark"}
    assert {one.pk for one in runs} == set(press.rows.values_list("run", flat=True))
    [line] = lines_of(people.mark).filter(kind="bulk_press_done")
    assert (line.data["done"], line.data["total"]) == (3, 3)
    assert line.url == f"/bulk-presses/{press.pk}/"


def test_what_may_not_be_pressed_says_why_and_is_not_run(people: Office) -> None:
    ids = requests_for_mark(people, 2)
    not_sent = create_instance(process="leave", mode="live", data={}, user=people.mark).process_id
    before = Run.objects.count()
    press = asked(people.emma, [*ids, not_sent, "leave-99"])
    work.carry_on(press.pk)
    assert Run.objects.count() == before
    reasons = [reason for outcome, reason in told(press) if outcome == "refused"]
    assert len(reasons) == 4
    assert "is with" in reasons[0]
    # Mark's own request is not there for Emma: it reads as one that never was.
    assert reasons[2].replace(not_sent, "x") == reasons[3].replace("leave-99", "x")


def test_a_record_that_another_run_holds_is_not_pressed_and_the_others_are(people: Office) -> None:
    ids = requests_for_mark(people, 2)
    held = Run.objects.filter(process_id=ids[0]).latest("pk")
    Run.objects.filter(pk=held.pk).update(status="running", lease_until=timezone.now())
    press = asked(people.mark, ids)
    work.carry_on(press.pk)
    (first, why), (second, _none) = told(press)
    assert (first, second) == ("refused", "succeeded")
    assert why == f"{ids[0]} is in use right now. Try again in a moment."


def test_whose_account_is_deactivated_presses_nothing_any_more(people: Office) -> None:
    press = asked(people.mark, requests_for_mark(people, 1))
    User.objects.filter(pk=people.mark.pk).update(is_active=False)
    work.carry_on(press.pk)
    assert told(press) == [("refused", "The account of mark is no longer active.")]


@pytest.mark.parametrize("dies_at", ["before the run", "with the run", "before the outcome"])
def test_a_worker_that_dies_is_taken_over_and_no_record_is_pressed_twice(
    people: Office, dies_at: str
) -> None:
    ids = requests_for_mark(people, 2)
    before = Run.objects.filter(target="decide").count()
    press = asked(people.mark, ids)

    def here(sql: str) -> bool:
        row = 'UPDATE "processes_bulkpressrow"'
        if dies_at == "before the run":
            return sql.startswith('INSERT INTO "processes_run"')
        if dies_at == "with the run":
            return sql.startswith(row) and '"run_id" = ' in sql.partition("WHERE")[0]
        return sql.startswith(row) and '"reason" = ' in sql.partition("WHERE")[0]

    with pytest.raises(Died), dying(here):
        work.carry_on(press.pk)
    assert not work.carry_on(press.pk), "another worker leaves it alone while the lease lasts"
    BulkPress.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
    work.carry_on(press.pk)
    press.refresh_from_db()
    assert press.status == "finished"
    assert told(press) == [("succeeded", "")] * 2
    assert Run.objects.filter(target="decide").count() - before == 2


def test_a_worker_whose_row_was_given_to_another_begins_no_run(people: Office) -> None:
    press = asked(people.mark, requests_for_mark(people, 1))
    taken: list[int] = []

    def wrapper(execute: Any, sql: str, params: Any, many: Any, context: Any) -> Any:
        result = execute(sql, params, many, context)
        if sql.startswith('UPDATE "processes_bulkpressrow"') and not taken:
            # It has just claimed the row.
            taken.append(press.rows.count())
            press.rows.update(outcome="waiting", holder="")
        return result

    before = Run.objects.count()
    with connection.execute_wrapper(wrapper):
        work.carry_on(press.pk, for_s=0)
    assert taken
    assert Run.objects.count() == before
    assert told(press) == [("waiting", "")]


def test_a_stopped_press_leaves_what_waits_alone_and_ends(people: Office) -> None:
    ids = requests_for_mark(people, 3)
    press = asked(people.mark, ids)
    assert work.carry_on(press.pk, for_s=0), "the rest is sent again"
    assert [outcome for outcome, _why in told(press)] == ["succeeded", "waiting", "waiting"]
    stopped = presses.stop_press(press.pk, people.mark)
    assert stopped.status == "stopped"
    assert stopped.finished is not None
    assert not work.carry_on(press.pk)
    assert [outcome for outcome, _why in told(press)] == ["succeeded", "stopped", "stopped"]
    assert not Notification.objects.filter(kind="bulk_press_done").exists()


def test_what_was_lost_on_its_way_is_sent_again_once_at_a_time(people: Office) -> None:
    press = asked(people.mark, requests_for_mark(people, 1))
    now = timezone.now()
    assert work.presses_to_send(now) == []
    later = now + timedelta(seconds=16)
    assert work.presses_to_send(later) == [press.pk]
    assert work.presses_to_send(later) == []
    # The clock is put back by a day: nobody waits for it to come round again.
    assert work.presses_to_send(now - timedelta(days=1)) == [press.pk]


def test_what_cannot_be_begun_names_its_place(people: Office, settings: Any) -> None:
    settings.KIANDA_BULK_PRESS_MOST = 2
    ids = requests_for_mark(people, 2)
    mark = api_client(people.mark)

    def refused(**changes: Any) -> tuple[str, str]:
        body = {"process": "leave", "target": "decide", "process_ids": ids, **changes}
        answer = mark.post(URL, body, format="json")
        assert answer.status_code == 400, answer.data
        [flaw] = answer.data["errors"]
        return flaw["pointer"], flaw["detail"]

    assert refused(process="holiday")[0] == "/process"
    assert refused(target="file")[0] == "/target"
    assert refused(target="answer")[0] == "/target"
    assert refused(process_ids=[])[0] == "/process_ids"
    assert refused(process_ids=[ids[0], "leave-2\0"])[0] == "/process_ids/1"
    assert refused(process_ids=["leave-98"])[0] == "/process_ids"
    assert refused(data={"nonsense": 1})[0] == "/data/nonsense"
    # The remark is for HR: to Mark it is not there.
    assert refused(data={"remark": "x"})[0] == "/data/remark"
    place, words = refused(process_ids=["leave-1", "leave-2", "leave-3"])
    assert (place, words) == ("/process_ids", "At most 2 records at once. You selected 3.")
    assert not BulkPress.objects.exists()


def test_records_are_named_by_a_filter_of_what_the_person_sees(
    people: Office, settings: Any
) -> None:
    ids, mark = requests_for_mark(people, 2), api_client(people.mark)
    create_instance(process="leave", mode="live", data={"days": "9"}, user=people.helen)
    own = create_instance(process="leave", mode="live", data={"days": "9"}, user=people.mark)

    def posted(days: str, **more: Any) -> Any:
        rows = [{"left": "[days]", "operator": "eq", "right": days}]
        body = {"process": "leave", "target": "decide", "filter": {"items": rows}, **more}
        return mark.post(URL, body, format="json")

    assert [one["pointer"] for one in posted("7").data["errors"]] == ["/filter"]
    assert posted("3", process_ids=ids).status_code == 400
    assert posted("3").status_code == 202
    assert list(BulkPress.objects.get().rows.values_list("process_id", flat=True)) == ids
    # Helen's is not counted: Mark does not see it.
    settings.KIANDA_BULK_PRESS_MOST = 1
    assert posted("9").status_code == 202
    [row] = BulkPress.objects.latest("pk").rows.all()
    assert row.process_id == own.process_id
    [flaw] = posted("3").data["errors"]
    assert flaw["detail"] == "At most 1 records at once. 2 match."
    # What only the creator and HR see of a request cannot be asked for.
    rows = [{"left": "[illness]", "operator": "eq", "right": "flu"}]
    body = {"process": "leave", "target": "decide", "filter": {"items": rows}}
    [flaw] = mark.post(URL, body, format="json").data["errors"]
    assert flaw["pointer"] == "/filter/items/0/left"


def test_one_person_has_few_under_way_at_a_time(people: Office) -> None:
    ids = requests_for_mark(people, 1)
    for _ in range(presses.MOST_OPEN):
        asked(people.mark, ids)
    body = {"process": "leave", "target": "decide", "process_ids": ids}
    assert api_client(people.mark).post(URL, body, format="json").status_code == 409
    assert api_client(people.helen).post(URL, body, format="json").status_code == 202


def begun(client: APIClient, ids: list[str]) -> Any:
    body = {"process": "leave", "target": "decide", "process_ids": [*ids, ids[0].upper()]}
    answer = client.post(URL, body, format="json")
    assert answer.status_code == 202, answer.data
    return answer


def test_the_api_tells_how_far_it_is_and_only_its_person_and_administrators(
    people: Office,
) -> None:
    mark, ids = api_client(people.mark), requests_for_mark(people, 2)
    answer = begun(mark, ids)
    place = answer["Location"].partition("testserver")[2]
    assert place == f"{URL}{answer.data['id']}/"
    assert (answer.data["status"], answer.data["total"]) == ("queued", 2)
    assert mark.delete(place).status_code == 409
    work.carry_on(int(answer.data["id"]))
    found = mark.get(place).data
    assert found["status"] == "finished"
    assert found["counts"]["succeeded"] == 2
    rows = mark.get(f"{place}rows/?outcome=succeeded").data["results"]
    assert [one["process_id"] for one in rows] == ids
    assert all(one["run"] for one in rows)
    for other, status in ((people.emma, 404), (people.helen, 404), (people.root, 200)):
        client = api_client(other)
        assert client.get(place).status_code == status
        assert client.get(f"{place}rows/").status_code == status
        assert client.post(f"{place}stop/").status_code == status
        assert client.get(URL).data["count"] == (1 if status == 200 else 0)
    assert mark.delete(place).status_code == 204
    assert mark.get(place).status_code == 404


def test_of_a_record_that_its_person_sees_no_more_no_reason_is_told(people: Office) -> None:
    [one] = requests_for_mark(people, 1)
    press = asked(people.emma, [one])
    work.carry_on(press.pk)
    assert "is with" in told(press)[0][1]
    ProcessInstance.objects.update(created_by=people.helen)
    ProcessInstance.objects.get().people.all().delete()
    client = client_of(people.emma)
    said = text_of(client.get(f"/bulk-presses/{press.pk}/"))
    assert "is with" not in said
    assert f"There is no record {one}." in said
    assert "is with" not in client.get(f"/bulk-presses/{press.pk}/report/").content.decode()


def test_the_report_names_runs_only_to_who_sees_the_details(people: Office) -> None:
    ids = requests_for_mark(people, 1)
    for user, named in ((people.mark, False), (people.root, True)):
        press = asked(user, ids, data={"answer": "yes"})
        assert not work.carry_on(press.pk)
        page = markup_of(client_of(user).get(f"/bulk-presses/{press.pk}/"))
        assert ("/runs/" in page.partition("k-table--stack")[2]) is named
        report = client_of(user).get(f"/bulk-presses/{press.pk}/report/").content.decode()
        run = press.rows.get().run_id
        assert report.endswith(f",Done,,{run}\r\n" if named else ",Done,\r\n")
        ids = requests_for_mark(people, 1)


def test_the_values_sent_along_are_stored_sealed(people: Office) -> None:
    press = asked(people.mark, requests_for_mark(people, 1), data={"answer": "not-for-all"})
    with connection.cursor() as cursor:
        cursor.execute("SELECT data FROM processes_bulkpress")
        [(stored,)] = cursor.fetchall()
    assert "not-for-all" not in stored
    assert BulkPress.objects.get(pk=press.pk).data == {"answer": "not-for-all"}


def test_reports_are_pruned_past_their_time(people: Office, settings: Any) -> None:
    settings.KIANDA_RETENTION_DAYS = 30
    done, open_still = (asked(people.mark, requests_for_mark(people, 1)) for _ in range(2))
    work.carry_on(done.pk)
    retention.prune(timezone.now() + timedelta(days=29))
    assert BulkPress.objects.count() == 2
    retention.prune(timezone.now() + timedelta(days=31))
    assert BulkPress.objects.get() == open_still


def test_too_many_are_told_with_their_number(people: Office, settings: Any) -> None:
    settings.KIANDA_BULK_PRESS_MOST = 1
    with pytest.raises(Invalid, match="At most 1 records at once"):
        asked(people.mark, ["leave-1", "leave-2"])


# The pages.


def test_a_press_is_begun_without_script_and_its_report_read(people: Office) -> None:
    ids, mark = requests_for_mark(people, 2), client_of(people.mark)
    query = {"process": "leave", "target": "decide", "pick": [*ids, "leave-99"]}
    confirm = text_of(mark.get("/bulk-presses/new/", query))
    assert "Do “Decide” on 3 leave requests?" in confirm
    begun = mark.post("/bulk-presses/new/", {**query, "once": "a" * 32})
    assert begun.status_code == 303
    again = mark.post("/bulk-presses/new/", {**query, "once": "a" * 32})
    assert again["Location"] == begun["Location"]
    press = BulkPress.objects.get()
    assert begun["Location"] == f"/records/leave/?press={press.pk}"
    told = f"/bulk-presses/{press.pk}/"
    for page in (begun["Location"], told):
        assert "Decide: 0 of 3 done" in text_of(mark.get(page))
    work.carry_on(press.pk)
    for page in (begun["Location"], told):
        said = text_of(mark.get(page))
        assert "Decide: 2 of 3 done" in said
        assert "There is no record leave-99." in said
    assert ids[0] not in text_of(mark.get(f"{told}?outcome=refused"))
    report = mark.get(f"{told}report/").content.decode()
    assert report.count("\r\n") == 4
    assert report.startswith("\ufeffRecord,Number,Outcome,Reason\r\n")
    assert f"3 days,{ids[0]},Done,\r\n" in report
    assert client_of(people.emma).get(told).status_code == 404
    assert "Decide: 2 of 3" not in text_of(client_of(people.root).get("/records/leave/?press=x"))


def test_the_bar_of_a_list_follows_the_press_and_reads_the_rows_again_at_its_end(
    people: Office,
) -> None:
    press, client = asked(people.mark, requests_for_mark(people, 2)), client_of(people.mark)
    listed = f"/records/leave/?sort=-days&press={press.pk}"
    bar = {
        "HX-Request": "true", "HX-Target": "bulk-progress",
        "HX-Current-URL": f"http://testserver{listed}",
    }  # fmt: skip
    page = client.get(listed).content.decode()
    assert f'hx-get="/bulk-presses/{press.pk}/" hx-trigger="every 1s"' in page
    going = client.get(f"/bulk-presses/{press.pk}/", headers=bar).content.decode()
    assert "<html" not in going
    assert "every 1s" in going
    assert 'hx-target="#rows"' not in going
    stopped = client.post(f"/bulk-presses/{press.pk}/stop/", {"at": "list"}, headers=bar)
    assert stopped["HX-Redirect"] == listed
    ended = client.get(f"/bulk-presses/{press.pk}/", headers=bar).content.decode()
    assert "every 1s" not in ended
    assert 'hx-get="/records/leave/?sort=-days"' in ended


def test_a_button_that_is_none_of_ones_own_cannot_be_asked_for(people: Office) -> None:
    ids = requests_for_mark(people, 1)
    query = {"process": "leave", "target": "decide", "pick": ids}
    assert client_of(people.emma).get("/bulk-presses/new/", query).status_code == 404
    assert client_of(people.emma).post("/bulk-presses/new/", query).status_code == 404
    assert not BulkPress.objects.exists()


def test_all_of_a_list_are_pressed_while_they_are_as_many_as_was_said(
    people: Office, settings: Any
) -> None:
    ids, mark = requests_for_mark(people, 2), client_of(people.mark)
    own = create_instance(process="leave", mode="live", data={"days": "9"}, user=people.mark)
    query = {"process": "leave", "target": "decide", "all": "1", "filter": "days:eq:3"}
    asked_first = mark.get("/bulk-presses/new/", query)
    assert "Do “Decide” on 2 leave requests?" in text_of(asked_first)
    assert own.process_id not in asked_first.content.decode()
    [third] = requests_for_mark(people, 1)
    refused = mark.post("/bulk-presses/new/", {**query, "expected": "2"})
    assert refused.status_code == 409
    assert "3 records match now." in text_of(refused)
    assert not BulkPress.objects.exists()
    assert mark.post("/bulk-presses/new/", {**query, "expected": "3"}).status_code == 303
    rows = BulkPress.objects.get().rows
    assert list(rows.values_list("process_id", flat=True)) == [*ids, third]
    found = mark.post("/bulk-presses/new/", {**query, "q": third, "expected": "1"})
    assert found.status_code == 303
    settings.KIANDA_BULK_PRESS_MOST = 2
    assert "At most 2 records at once. 3 match." in text_of(mark.get("/bulk-presses/new/", query))
    assert mark.post("/bulk-presses/new/", {**query, "expected": "2"}).status_code == 409


def test_a_list_of_several_pages_offers_all_of_it(
    people: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = client_of(people.root)
    for _ in range(27):
        create_instance(process="leave", mode="live", data={"days": "3"}, user=people.root)
    for address in ("/records/leave/?filter=days:eq:3", "/instances/?process=leave"):
        page = root.get(address)
        assert "Decide" in text_of(page)
        assert ("All 27 of this list" in text_of(page)) is address.startswith("/records/")
    assert "of this list" not in text_of(root.get("/records/leave/?filter=days:eq:4"))
    monkeypatch.setattr(pagination, "MOST_COUNTED", 26)
    page = root.get("/records/leave/?filter=days:eq:3")
    assert "All of this list" in text_of(page)
    assert "25 of more than 26" in text_of(page)
    # How many they are is asked before anything is done.
    query = {"process": "leave", "target": "decide", "all": "1", "filter": "days:eq:3"}
    asked_first = root.get("/bulk-presses/new/", query)
    assert "on 27 leave requests?" in text_of(asked_first)


def test_stop_on_the_page_ends_it(people: Office) -> None:
    press, mark = asked(people.mark, requests_for_mark(people, 2)), client_of(people.mark)
    assert mark.post(f"/bulk-presses/{press.pk}/stop/").status_code == 303
    said = text_of(mark.get(f"/bulk-presses/{press.pk}/"))
    assert "stopped by Mark" in said or "stopped by mark" in said
