"""Ways round a right that were tried: each of them tells nothing, and changes nothing."""

from typing import Any

import pytest
from django.contrib.auth.models import User

from kianda.accounts.services.groups import add_group, delete_group
from kianda.lib.errors import InUse
from processes.designer.rule_samples import RuleSamples
from processes.designs.lifecycle import publish_design, save_design
from processes.instances.lifecycle import create_instance, patch_instance
from processes.models import Change, ProcessDesign, ProcessInstance, Run
from processes.selectors import visible_instance
from tests.factories import api_client
from tests.pages import client_of, text_of
from tests.processes.rights.office import Office, leave_request, office, publish, send
from tests.processes.stories import published

pytestmark = pytest.mark.django_db


@pytest.fixture
def people() -> Office:
    return office()


def started(people: Office, **data: Any) -> ProcessInstance:
    """Emma asks for leave; Mark is to decide, and does not see why she is ill."""
    made = create_instance(process="leave", mode="live", data=data, user=people.emma)
    assert send(made, people.emma, illness="measles").status == Run.Status.SUCCEEDED
    return ProcessInstance.objects.get(pk=made.pk)


def test_a_value_of_before_is_not_offered_to_whoever_does_not_see_its_field(
    people: Office,
) -> None:
    publish(people)
    made = started(people, illness="flu")
    change = next(one for one in Change.objects.filter(instance=made)
                  if any(row["field"] == "illness" for row in one.fields))  # fmt: skip
    place = f"/instances/{made.process_id}/changes/{change.pk}/illness/"
    for act in (client_of(people.mark).get, client_of(people.mark).post):
        answer = act(place)
        assert answer.status_code == 404
        assert "flu" not in answer.content.decode()
    assert client_of(people.emma).get(place).status_code == 200


def test_what_others_changed_meanwhile_is_told_as_far_as_it_is_seen(people: Office) -> None:
    publish(people)
    made = started(people)
    patch_instance(
        process_id=made.process_id, data={"answer": "no", "illness": "mumps"}, user=people.root
    )
    sent = {"act": "save", "revision": str(made.revision), "v-answer": "yes"}
    for user, told in ((people.mark, False), (people.root, True)):
        page = client_of(user).post(f"/instances/{made.process_id}/", sent)
        assert page.status_code == 409
        assert ("mumps" in page.content.decode()) == told


def test_a_page_does_not_tell_whether_a_guess_is_right(people: Office) -> None:
    publish(people)
    made = started(people)
    for guess in ("measles", "mumps"):
        sent = {"act": "save", "revision": str(made.revision), "v-illness": guess}
        page = client_of(people.mark).post(f"/instances/{made.process_id}/", sent, follow=True)
        assert page.status_code == 200
        assert "Nothing was changed" in text_of(page)


def test_the_steps_of_a_past_run_are_replayed_as_far_as_they_are_seen(people: Office) -> None:
    publish(people)
    started(people)
    run = Run.objects.latest("pk")
    for user, told in ((people.mark, False), (people.emma, True)):
        page = client_of(user).get(f"/runs/{run.pk}/steps/").content.decode()
        assert ("measles" in page) == told


def test_a_run_of_a_version_that_hid_nothing_hides_what_is_hidden_by_now(people: Office) -> None:
    open_to_all = leave_request()
    open_to_all["forms"][0]["fields"][1].pop("see")
    published(open_to_all, user=people.root)
    made = started(people)
    run = Run.objects.latest("pk")
    place = f"/api/v1/runs/{run.pk}/"
    assert "measles" in str(api_client(people.mark).get(place).data)
    save_design(name="leave", raw=leave_request(), user=people.root)
    publish_design(name="leave", user=people.root)
    version = ProcessDesign.objects.get(name="leave").published
    ProcessInstance.objects.filter(pk=made.pk).update(version=version)
    assert "measles" not in str(api_client(people.mark).get(place).data)
    assert "measles" in str(api_client(people.emma).get(place).data)
    Run.objects.filter(pk=run.pk).update(version="99.0")
    assert "measles" not in str(api_client(people.emma).get(place).data)
    assert "measles" in str(api_client(people.root).get(place).data)


def test_why_a_run_failed_is_told_on_no_page_to_whoever_does_not_see_the_values(
    people: Office,
) -> None:
    publish(people)
    made = started(people)
    run = Run.objects.latest("pk")
    step = {**run.steps[0], "status": "failed", "read": {"illness": "measles"}}
    Run.objects.filter(pk=run.pk).update(
        status=Run.Status.FAILED, steps=[step],
        error={"kind": "value", "message": "measles is no number", "step": step["rule"]},
    )  # fmt: skip
    for user, told in ((people.mark, False), (people.emma, True)):
        client = client_of(user)
        for place in ("/runs/", f"/instances/{made.process_id}/", f"/runs/{run.pk}/", "/"):
            page = client.get(place).content.decode()
            assert told or "measles is no number" not in page, place
        assert "measles is no number" in client_of(people.emma).get("/runs/").content.decode()


def clerk(people: Office) -> ProcessInstance:
    """Return an instance that everyone sees, whose rule has answered Emma's request as Root."""
    definition = {
        "name": "clerk",
        "title": "Clerk",
        "security": {"see": ["everyone"]},
        "forms": [{"name": "main", "fields": [
            {"type": "text", "name": "hint"},
            {"type": "text", "name": "whose", "see": ["creator"], "default": "it is hers"},
            {"type": "button", "name": "go", "rules": [
                {"type": "update_item", "id": "update", "datasource": "kianda", "method": "leave",
                 "filter": {"items": [
                     {"left": "[item.process.id]", "operator": "eq", "right": "leave-1"}]},
                 "input_mapping": [{"target": "body.answer", "value": "no"}]},
            ]},
        ]}],
    }  # fmt: skip
    published(definition, user=people.root)
    made = create_instance(process="clerk", mode="live", data={}, user=people.root)
    assert send(made, people.root, "go").status == Run.Status.SUCCEEDED
    return made


def test_a_trace_tells_of_other_instances_what_their_readers_see(people: Office) -> None:
    publish(people)
    started(people)
    clerk(people)
    run = Run.objects.latest("pk")
    for user, told in (
        (people.tom, {}),
        (people.mark, {"days", "answer"}),
        (people.emma, {"days", "answer", "illness"}),
        (people.root, {"days", "answer", "illness", "remark"}),
    ):
        step = api_client(user).get(f"/api/v1/runs/{run.pk}/").data["steps"][0]
        body = (step["response"] or {"body": {}})["body"]
        assert {name for name in body if "process." not in name} == set(told)
        for place in (f"/runs/{run.pk}/", f"/runs/{run.pk}/steps/"):
            page = client_of(user).get(place).content.decode()
            assert ("measles" in page) == ("illness" in told), (user, place)


def test_a_designer_is_offered_no_answer_of_a_run_that_they_do_not_see(people: Office) -> None:
    publish(people)
    started(people)
    made = clerk(people)
    client = client_of(people.dora)
    for asked in ("", "?last", f"?run={Run.objects.latest('pk').pk}"):
        page = client.get(f"/designs/clerk/preview/answers/update/{asked}")
        assert page.status_code == 200
        assert "measles" not in page.content.decode()
    for user, told in ((people.dora, False), (people.root, True)):
        samples = RuleSamples(
            process="clerk", rule_ids=frozenset({"update"}), user=user, method=None,
            found_in="clerk",
        )  # fmt: skip
        assert samples.process_id == made.process_id
        assert (samples.answer is not None) == told
        for name in ("whose", "item.whose"):
            sample = samples.of("text", {"value": f"[{name}]"}, secret=False)
            assert ("it is hers" in repr(sample)) == told


@pytest.mark.parametrize("everyone", [True, False])
def test_the_dialog_of_a_value_shows_a_designer_what_they_see_of_a_record(
    people: Office, everyone: bool
) -> None:
    titled = {"record": {"title": "[illness]"}}
    security = {"see": ["everyone"]} if everyone else {}
    published(leave_request(**security) | titled, user=people.root)
    made = started(people)
    place = "/designs/leave/designer/parts/"
    sent = {"which": "value", "text": "[illness]", "record": made.process_id}
    for user, told in ((people.dora, False), (people.root, True)):
        client = client_of(user)
        dialog = client.post(f"{place}builder/", sent)
        result = client.post(f"{place}result/", sent)
        assert (dialog.status_code, result.status_code) == (200, 200)
        offered = f'<option value="{made.process_id}">' in dialog.content.decode()
        assert offered == (everyone or told)
        for shown in (dialog, result):
            assert ("measles" in shown.content.decode()) == told


def test_a_button_that_is_not_seen_is_not_pressed(people: Office) -> None:
    definition = leave_request()
    definition["forms"][1]["fields"][1].pop("edit")
    definition["forms"][1]["fields"][1]["fields"] += [
        {"type": "button", "name": "stamp", "rules": [
            {"type": "set_form_field", "assignments": [{"field": "answer", "value": "stamped"}]},
            {"type": "save"},
        ]},
    ]  # fmt: skip
    definition["forms"][1]["fields"][1]["fields"][0]["rules"] = [
        {"type": "set_form_field", "assignments": [{"field": "answer", "value": "changed"}]},
        {"type": "save"},
    ]
    published(definition, user=people.root)
    made = started(people)
    unknown = api_client(people.mark).post(
        f"/api/v1/instances/{made.process_id}/trigger/", {"target": "nothing"}
    )
    for target in ("stamp", "remark"):
        answer = api_client(people.mark).post(
            f"/api/v1/instances/{made.process_id}/trigger/", {"target": target}
        )
        assert answer.status_code == unknown.status_code == 400, answer.data
        assert str(answer.data) == str(unknown.data).replace("nothing", target)
    made.refresh_from_db()
    assert made.values["answer"] == ""


def test_a_new_form_carries_out_no_button_that_is_somebody_elses(people: Office) -> None:
    definition = leave_request()
    definition["forms"][0]["fields"] += [
        {"type": "text", "name": "granted", "edit": ["group:hr"]},
        {"type": "button", "name": "grant", "press": ["group:hr"], "rules": [
            {"type": "set_form_field", "assignments": [{"field": "granted", "value": "yes"}]},
        ]},
    ]  # fmt: skip
    published(definition, user=people.root)
    client = client_of(people.emma)
    pressed = client.post("/start/leave/", {"act": "press:grant"})
    assert pressed.status_code == 403
    assert not ProcessInstance.objects.exists()
    helen = client_of(people.helen).post("/start/leave/", {"act": "press:grant"})
    assert helen.status_code == 200


LINES = [
    {"type": "table", "name": "lines", "columns": [
        {"type": "text", "name": "what"},
        {"type": "text", "name": "price", "edit": ["group:hr"]},
        {"type": "text", "name": "margin", "see": ["group:hr"]},
    ]},
]  # fmt: skip


def with_lines(people: Office) -> None:
    definition = leave_request(see=["everyone"], change=["everyone"])
    definition["forms"][0]["fields"] = LINES
    published(definition, user=people.root)


def test_nobody_starts_an_instance_with_cells_that_are_not_theirs(people: Office) -> None:
    with_lines(people)

    def start(user: Any, **cells: str) -> Any:
        body = {"process": "leave", "data": {"lines": [{"what": "Pen", **cells}]}}
        return api_client(user).post("/api/v1/instances/", body)

    assert start(people.tom, price="1").status_code == 403
    assert start(people.tom, margin="half").status_code == 400
    assert not ProcessInstance.objects.exists()
    assert start(people.tom).status_code == 201
    assert start(people.helen, price="1", margin="half").status_code == 201


def test_cells_that_are_not_theirs_are_neither_guessed_nor_copied(people: Office) -> None:
    with_lines(people)
    made = create_instance(process="leave", mode="live", user=people.root, data={"lines": [
        {"what": "Pen", "price": "2", "margin": "half"}, {"what": "Ink", "price": "5"},
    ]})  # fmt: skip
    client = api_client(people.tom)

    def send_rows(*rows: dict[str, str]) -> Any:
        revision = ProcessInstance.objects.get(pk=made.pk).revision
        return client.patch(
            f"/api/v1/instances/{made.process_id}/",
            {"data": {"lines": list(rows)}, "revision": revision},
        )

    right = send_rows({"what": "Pen", "margin": "half"}, {"what": "Ink"})
    wrong = send_rows({"what": "Pen", "margin": "none"}, {"what": "Ink"})
    assert (right.status_code, right.data["errors"]) == (wrong.status_code, wrong.data["errors"])
    assert right.status_code == 400
    copied = send_rows({"what": "Pen", "price": "5"}, {"what": "Ink", "price": "5"})
    assert copied.status_code == 403
    moved = send_rows({"what": "Ink", "price": "5"}, {"what": "Pen", "price": "2"})
    assert moved.status_code == 200


def test_a_field_that_is_gone_keeps_its_past_from_whoever_did_not_see_it(people: Office) -> None:
    publish(people)
    made = started(people, illness="flu")
    without = leave_request()
    del without["forms"][0]["fields"][1]
    save_design(name="leave", raw=without, user=people.root)
    publish_design(name="leave", user=people.root)
    version = ProcessDesign.objects.get(name="leave").published
    ProcessInstance.objects.filter(pk=made.pk).update(version=version)
    for user, told in ((people.mark, False), (people.emma, True)):
        page = client_of(user).get(f"/instances/{made.process_id}/changes/").content.decode()
        assert ("measles" in page) == told
        assert "answer" in page or "Decision" in page


def test_a_group_that_is_made_anew_inherits_nothing(people: Office) -> None:
    definition = leave_request(see=["creator", "[team]"])
    definition["forms"][0]["fields"].append(
        {"type": "user_picker", "name": "team", "choose": "groups"}
    )
    definition["forms"][1].pop("owners")
    published(definition, user=people.root)

    def crew() -> Any:
        row = add_group(name="crew", members=["tom"], by=people.root)
        return row, User.objects.get(pk=people.tom.pk)

    row, tom = crew()
    made = create_instance(
        process="leave", mode="live", data={"team": "group:crew"}, user=people.emma
    )
    assert visible_instance(made.process_id, tom, lock=False) is not None
    with pytest.raises(InUse):
        delete_group(row, by=people.root)
    assert send(made, people.emma).status == Run.Status.SUCCEEDED
    assert send(made, people.emma, "decide").status == Run.Status.SUCCEEDED
    delete_group(row, by=people.root)
    _row, tom = crew()
    assert visible_instance(made.process_id, tom, lock=False) is None


def test_a_group_stays_while_an_instance_gives_it_a_right(people: Office) -> None:
    definition = leave_request()
    definition["forms"][0]["fields"] += [
        {"type": "text", "name": "whom"},
        {"type": "button", "name": "hush", "rules": [
            {"type": "process_security", "delete": ["[team]"]}, {"type": "save"}]},
        {"type": "user_picker", "name": "team", "choose": "groups"},
    ]  # fmt: skip
    published(definition, user=people.root)
    row = add_group(name="crew", members=["tom"], by=people.root)
    made = create_instance(
        process="leave", mode="live", data={"team": "group:crew"}, user=people.emma
    )
    assert send(made, people.emma, "hush").status == Run.Status.SUCCEEDED
    assert send(made, people.emma, "send", team="").status == Run.Status.SUCCEEDED
    with pytest.raises(InUse, match=made.process_id):
        delete_group(row, by=people.root)


def test_whoever_only_reads_an_instance_fires_none_of_its_load_rules(people: Office) -> None:
    definition = leave_request(see=["everyone"])
    stamp = [
        {"type": "set_form_field", "assignments": [{"field": "answer", "value": "opened"}]},
        {"type": "save"},
    ]
    definition["rules"] = stamp
    definition["forms"][1]["load_rules"] = stamp
    published(definition, user=people.root)
    made = started(people)
    for target in ("process#load", "form:decision#load"):
        place = f"/api/v1/instances/{made.process_id}/trigger/"
        assert api_client(people.tom).post(place, {"target": target}).status_code == 403
        assert api_client(people.mark).post(place, {"target": target}).status_code == 200


def test_a_form_that_is_not_seen_is_not_there_to_be_sent_back(people: Office) -> None:
    definition = leave_request()
    definition["forms"][0]["see"] = ["creator"]
    published(definition, user=people.root)
    made = started(people)
    place = f"/instances/{made.process_id}/forms/asking/send-back/"
    assert client_of(people.mark).get(place).status_code == 404
    answer = api_client(people.mark).post(
        f"/api/v1/instances/{made.process_id}/send-back/", {"form": "asking", "note": "Why?"}
    )
    assert answer.status_code == 400
    assert answer.data["errors"][0]["detail"] == "There is no form asking."


def test_the_page_of_rights_names_columns_that_have_rights_of_their_own(people: Office) -> None:
    with_lines(people)
    page = text_of(client_of(people.dora).get("/designs/leave/designer/rights/"))
    assert "Lines: Price" in page
    assert "Lines: Margin" in page
    checked = text_of(client_of(people.dora).get("/designs/leave/designer/rights/?person=tom"))
    assert "See Lines: Margin" in checked
    unknown = text_of(client_of(people.dora).get("/designs/leave/designer/rights/?person=nix"))
    assert unknown.count("No user named nix.") == 2, "at the field, and where the answer would be"


def test_a_page_copies_no_row_with_cells_that_are_not_theirs(people: Office) -> None:
    with_lines(people)
    made = create_instance(process="leave", mode="live", user=people.root, data={"lines": [
        {"what": "Pen", "price": "2", "margin": "half"}, {"what": "Ink", "price": "5"},
    ]})  # fmt: skip

    def rows_after(around: str) -> Any:
        instance = ProcessInstance.objects.get(pk=made.pk)
        sent = {"act": "save", "revision": str(instance.revision), "v-lines": around}
        assert client_of(people.tom).post(
            f"/instances/{made.process_id}/", sent
        ).status_code in {200, 303}  # fmt: skip
        instance.refresh_from_db()
        return [(row["price"], row["margin"]) for row in instance.values["lines"]]

    moved = rows_after('{"before": [[1, 2], [0, 1]], "after": []}')
    assert moved == [("5", ""), ("2", "half")]
    copied = rows_after(
        '{"before": [[0, 1], [0, 2], {"b": 1, "c": {"what": "Mine"}}], "after": []}'
    )
    assert copied == moved
