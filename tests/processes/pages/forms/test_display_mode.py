"""A rule Field display mode opens a form for editing, or closes it, on one page for one person."""

import re
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.urls import reverse
from django.utils import timezone

from kianda.lib.errors import Conflict
from processes.document_cache import document_of
from processes.engine.display_modes import DisplayModes
from processes.instances.form_states import form_states
from processes.instances.lifecycle import create_instance, patch_instance
from processes.instances.sending_back import send_back
from processes.models import Change, ProcessInstance, Run
from processes.rights.instance_rights import InstanceRights
from processes.running import runs
from processes.views.instances.carried_values import view_of
from tests.factories import api_client
from tests.pages import client_of, text_of
from tests.processes.definitions import button, set_rule, text_field
from tests.processes.pages.forms.leave import is_closed, post, value_in
from tests.processes.rights.office import Office, office, send
from tests.processes.stories import published

pytestmark = pytest.mark.django_db


def shown_as(**modes: str) -> dict[str, Any]:
    rows = [{"field": name, "action": mode} for name, mode in modes.items()]
    return {"type": "field_display_mode", "changes": rows}


def apart(name: str, *rules: dict[str, Any]) -> dict[str, Any]:
    return {**button(name, *rules), "show_in_display_mode": True}


def leave() -> dict[str, Any]:
    """Emma asks, Mark decides; buttons show parts of both forms in another way."""
    panel = {"type": "panel", "name": "stay", "fields": [text_field("city"), text_field("hotel")]}
    lines = {"type": "table", "name": "lines", "columns": [{"type": "text", "name": "what"}]}
    asking = [
        text_field("days", required=True, rules=[set_rule("total", "[days] days")]),
        text_field("total", enabled=False),
        text_field("illness", edit=["group:hr"]),
        text_field("unseen", see=["group:hr"]),
        panel, lines,
        button("send", {"type": "submit"}),
        apart("mend", shown_as(asking="edit")),
        apart("mend_one", shown_as(city="edit")),
        apart("mend_panel", shown_as(stay="edit", hotel="read")),
        apart("mend_unseen", shown_as(asking="edit", unseen="edit", illness="edit")),
        apart("mend_all", shown_as(asking="edit", decision="edit")),
        apart("fail", shown_as(asking="edit"), set_rule("total", "=1 / 0")),
    ]  # fmt: skip
    decision = [
        text_field("answer", required=True),
        text_field("fixed", enabled=False),
        button("look", shown_as(answer="read")),
        button("look_all", shown_as(decision="read")),
        button("loosen", shown_as(fixed="edit")),
        button("decide", {"type": "submit"}),
        {**button("told"), "show_in_display_mode": True},
    ]
    return {
        "name": "leave", "security": {"see": ["participants", "group:hr"]},
        "forms": [
            {"name": "asking", "title": "Asking", "fields": asking},
            {"name": "decision", "title": "Decision", "owners": {"users": ["mark"]},
             "fields": decision},
        ],
    }  # fmt: skip


@pytest.fixture
def people(db: None) -> Office:
    return office()


@pytest.fixture
def asked(people: Office) -> ProcessInstance:
    """Emma has asked; Mark is to decide."""
    published(leave(), user=people.root)
    made = create_instance(process="leave", mode="live", data={"days": "3"}, user=people.emma)
    assert send(made, people.emma).status == Run.Status.SUCCEEDED
    return made


def view_in(response: Any) -> str:
    """Return what a page says of how it shows its fields."""
    found = re.search(r'name="view" value="([^"]+)"', response.content.decode())
    return found.group(1) if found else ""


def opened(people: Office, instance: ProcessInstance, target: str = "mend") -> str:
    """Press the button that opens Emma's form; return what its page brings back."""
    shown = post(client_of(people.emma), instance, f"press:{target}")
    assert shown.status_code == 200, text_of(shown)
    assert view_in(shown)
    return view_in(shown)


def values(instance: ProcessInstance) -> dict[str, Any]:
    instance.refresh_from_db()
    return dict(instance.values)


def statuses(instance: ProcessInstance) -> dict[str, str]:
    instance.refresh_from_db()
    return {one.form: one.status for one in form_states(instance, document_of(instance.version))}


def is_on(response: Any, name: str) -> bool:
    """Tell whether something can be typed into a field that is shown."""
    page = response.content.decode()
    [control] = re.findall(rf'<(?:input|select)[^>]* name="v-{name}"[^>]*>', page)
    return not re.search(r"\b(disabled|readonly)\b", control)


def test_a_completed_form_is_edited_on_the_page_that_follows(
    people: Office, asked: ProcessInstance
) -> None:
    emma = client_of(people.emma)
    assert is_closed(emma.get("/instances/leave-1/"), "asking")
    shown = post(emma, asked, "press:mend")
    assert not is_closed(shown, "asking")
    assert is_closed(shown, "decision")
    assert "Open for you, on this page only." in text_of(shown)
    saved = post(emma, asked, "save", days="5", view=view_in(shown))
    assert "Saved." in text_of(saved)
    assert values(asked)["days"] == "5"
    assert statuses(asked) == {"asking": "completed", "decision": "current"}
    assert asked.display == {}
    # It goes on until the page is left.
    assert not is_closed(saved, "asking")
    assert is_closed(emma.get("/instances/leave-1/"), "asking")
    told = text_of(emma.get("/instances/leave-1/changes/"))
    assert "changed on a page that was opened for editing" in told


def test_pressed_in_the_second_in_which_it_was_sent_the_page_stays(people: Office) -> None:
    published(leave(), user=people.root)
    with time_machine.travel(timezone.now(), tick=False):
        made = create_instance(process="leave", mode="live", data={"days": "3"}, user=people.emma)
        send(made, people.emma)
        assert not is_closed(post(client_of(people.emma), made, "press:mend"), "asking")


def test_without_script_it_is_the_same(people: Office, asked: ProcessInstance) -> None:
    emma, path = client_of(people.emma), "/instances/leave-1/"
    shown = emma.post(path, {"act": "press:mend", "revision": asked.revision})
    assert not is_closed(shown, "asking")
    revision = ProcessInstance.objects.get().revision
    typed = {"act": "save", "v-days": "5", "view": view_in(shown), "revision": revision}
    assert emma.post(path, typed).status_code == 200
    assert values(asked)["days"] == "5"


def test_it_opens_nothing_to_anybody_else_and_nothing_to_the_api(
    people: Office, asked: ProcessInstance
) -> None:
    opened(people, asked)
    assert is_closed(client_of(people.mark).get("/instances/leave-1/"), "asking")
    for typed in ({"days": "5"}, {"days": "5", "view": ""}):
        refused = post(client_of(people.emma), asked, "save", **typed)
        assert refused.status_code == 422
        assert "Send it back first" in text_of(refused)
    api, path = api_client(people.emma), "/api/v1/instances/leave-1/"
    run = api.post(f"{path}trigger/", {"target": "mend_all"}).data
    assert run["display"] == {"asking": "edit", "decision": "edit"}
    body = {"data": {"days": "5"}, "revision": api.get(path).data["revision"]}
    assert api.patch(path, body).status_code == 409
    assert api.get(f"/api/v1/runs/{run['id']}/").data["display"] == run["display"]
    assert values(asked)["days"] == "3"


def test_the_answer_of_the_api_names_no_field_that_is_hidden(
    people: Office, asked: ProcessInstance
) -> None:
    path = "/api/v1/instances/leave-1/trigger/"
    told = api_client(people.emma).post(path, {"target": "mend_unseen"}).data
    assert told["display"] == {"asking": "edit", "illness": "edit"}
    every = api_client(people.root).post(path, {"target": "mend_unseen"}).data
    assert every["display"] == {"asking": "edit", "unseen": "edit", "illness": "edit"}


@pytest.mark.parametrize(
    ("how", "words"),
    [
        ("forged", "no longer open for editing"),
        ("cut", "no longer open for editing"),
        ("of somebody else", "no longer open for editing"),
        ("of another instance", "no longer open for editing"),
        ("too old", "open for 8 hours"),
        ("sent back and completed", "submitted or sent back in the meantime"),
        ("of the other form too", "submitted or sent back in the meantime"),
    ],
)
def test_a_view_that_does_not_hold_is_refused_and_what_was_typed_stays(
    people: Office, asked: ProcessInstance, how: str, words: str
) -> None:
    view, later = opened(people, asked, "mend_all"), timezone.now() + timedelta(minutes=1)
    if how == "forged":
        view = "eyJtb2RlcyI6MX0:1:x"
    elif how == "cut":
        view = view[:-3]
    elif how == "of somebody else":
        view = view_in(post(client_of(people.root), asked, "press:mend"))
    elif how == "of another instance":
        made = create_instance(process="leave", mode="live", data={"days": "1"}, user=people.emma)
        send(made, people.emma)
        view = opened(people, made)
    elif how == "too old":
        later += timedelta(hours=8)
    elif how == "sent back and completed":
        send_back(process_id="leave-1", form="asking", note="When?", user=people.root)
        send(asked, people.emma)
    else:
        send(asked, people.mark, "decide", answer="yes")
    revision = ProcessInstance.objects.get(pk=asked.pk).revision
    with time_machine.travel(later):
        refused = post(client_of(people.emma), asked, "save", days="5", view=view)
    assert refused.status_code == 422
    assert words in text_of(refused)
    assert "Your entries were not saved. Copy what you still need: Days 5" in text_of(refused)
    assert values(asked)["days"] == "3"
    assert asked.revision == revision


def test_saving_in_between_does_not_make_it_last_longer(
    people: Office, asked: ProcessInstance
) -> None:
    start = timezone.now()
    view = opened(people, asked)
    with time_machine.travel(start + timedelta(hours=7)):
        saved = post(client_of(people.emma), asked, "save", days="5", view=view)
        assert values(asked)["days"] == "5"
        # Pressed once more, it begins anew.
        anew = post(client_of(people.emma), asked, "press:mend", view=view_in(saved))
    with time_machine.travel(start + timedelta(hours=9)):
        emma = client_of(people.emma)
        late = post(emma, asked, "save", days="6", view=view_in(saved))
        assert "open for 8 hours" in text_of(late)
        post(emma, asked, "save", days="7", view=view_in(anew))
    assert values(asked)["days"] == "7"


def test_sent_back_to_its_owner_the_form_is_open_and_keeps_what_was_typed(
    people: Office, asked: ProcessInstance
) -> None:
    view = opened(people, asked)
    send_back(process_id="leave-1", form="asking", note="When?", user=people.mark)
    refused = post(client_of(people.emma), asked, "save", days="5", view=view)
    assert refused.status_code == 422
    assert value_in(refused, "days") == "5"
    assert not is_closed(refused, "asking")
    assert post(client_of(people.emma), asked, "save", days="5").status_code == 200
    assert values(asked)["days"] == "5"


def test_under_the_lock_it_is_looked_at_once_more(people: Office, asked: ProcessInstance) -> None:
    document = document_of(asked.version)
    records = InstanceRights(people.emma, asked, document).records
    modes = DisplayModes.now({"asking": "edit"}, document, records)
    send_back(process_id="leave-1", form="asking", note="When?", user=people.root)
    send(asked, people.emma)
    with pytest.raises(Conflict, match="submitted or sent back in the meantime"):
        patch_instance(process_id="leave-1", data={"days": "5"}, user=people.emma, modes=modes)
    with pytest.raises(Conflict, match="submitted or sent back in the meantime"):
        runs.trigger(
            process_id="leave-1", target="mend", user=people.emma, trigger="button",
            data={"days": "5"}, modes=modes,
        )  # fmt: skip


def test_one_field_is_opened_and_the_others_stay_as_they_are(
    people: Office, asked: ProcessInstance
) -> None:
    emma = client_of(people.emma)
    shown = post(emma, asked, "press:mend_one")
    assert is_on(shown, "city")
    assert not is_on(shown, "days")
    assert not is_on(shown, "hotel")
    view = view_in(shown)
    refused = post(emma, asked, "save", city="Cork", days="5", view=view)
    assert refused.status_code == 422
    assert "Send it back first" in text_of(refused)
    post(emma, asked, "save", city="Cork", view=view)
    assert (values(asked)["city"], values(asked)["days"]) == ("Cork", "3")


def test_what_is_nearest_to_a_field_decides(people: Office, asked: ProcessInstance) -> None:
    shown = post(client_of(people.emma), asked, "press:mend_panel")
    assert [is_on(shown, name) for name in ("city", "hotel", "days")] == [True, False, False]


def test_it_gives_nobody_more_than_their_rights(people: Office, asked: ProcessInstance) -> None:
    emma, helen = client_of(people.emma), client_of(people.helen)
    shown = post(emma, asked, "press:mend_unseen")
    assert 'name="v-unseen"' not in shown.content.decode()
    assert not is_on(shown, "illness")
    view = view_in(shown)
    told = view_of(view, about=f"instance {asked.pk}", user=people.emma)
    assert set(told.modes) == {"asking", "illness"}
    for name in ("illness", "unseen"):
        post(emma, asked, "save", **{name: "x", "view": view})
        assert values(asked)[name] == ""
    # Helen sees the form; it is not hers, nor may she press its buttons.
    run = Run.objects.count()
    assert post(helen, asked, "press:mend").status_code in {403, 404, 422}
    assert Run.objects.count() == run
    # Mark's form is not Emma's, whatever a rule opens.
    both = post(emma, asked, "press:mend_all")
    assert is_closed(both, "decision")
    assert not is_closed(both, "asking")
    post(emma, asked, "save", answer="yes", view=view_in(both))
    assert values(asked)["answer"] == ""


def test_a_change_a_row_and_a_mistake_leave_the_view_as_it_is(
    people: Office, asked: ProcessInstance
) -> None:
    emma, view = client_of(people.emma), opened(people, asked)
    told = Change.objects.count()
    changed = post(emma, asked, "press:days", days="4", view=view)
    assert value_in(changed, "total") == "4 days"
    assert Change.objects.count() == told
    assert not is_on(changed, "total")
    more = post(emma, asked, "add:/lines", days="4", view=view_in(changed))
    assert 'name="v-lines-n0-what"' in more.content.decode()
    blank = post(emma, asked, "save", days="", view=view_in(more))
    assert blank.status_code == 422
    assert "Fill it in" in text_of(blank)
    assert not is_closed(blank, "asking")
    failed = post(emma, asked, "press:fail", days="6", view=view_in(blank))
    assert value_in(failed, "days") == "6"
    assert not is_closed(failed, "asking")
    assert values(asked)["days"] == "3"
    left = re.search(r'name="left" value="([^"]+)"', changed.content.decode())
    assert left
    post(emma, asked, "save", days="4", view=view_in(changed), left=left.group(1))
    assert (values(asked)["days"], values(asked)["total"]) == ("4", "4 days")


def test_a_button_of_another_form_takes_what_was_typed_along(
    people: Office, asked: ProcessInstance
) -> None:
    root = client_of(people.root)
    view = view_in(post(root, asked, "press:mend"))
    post(root, asked, "press:decide", days="5", answer="yes", view=view)
    assert (values(asked)["days"], values(asked)["answer"]) == ("5", "yes")
    assert statuses(asked)["decision"] == "completed"


def test_a_field_that_is_only_read_takes_nothing_and_is_not_asked_for(
    people: Office, asked: ProcessInstance
) -> None:
    mark = client_of(people.mark)
    shown = post(mark, asked, "press:look")
    assert not is_on(shown, "answer")
    view = view_in(shown)
    refused = post(mark, asked, "save", answer="yes", view=view)
    assert "switched off and cannot be used now" in text_of(refused)
    assert values(asked)["answer"] == ""
    done = post(mark, asked, "press:decide", answer="", view=view)
    assert done.status_code == 200
    assert statuses(asked)["decision"] == "completed"
    # What the view was about is over with that.
    assert view_in(done) == ""


def test_a_form_that_is_only_read_has_no_acts_but_those_that_stand_apart(
    people: Office, asked: ProcessInstance
) -> None:
    mark = client_of(people.mark)
    shown = post(mark, asked, "press:look_all")
    assert is_closed(shown, "decision")
    assert "Read-only on this page." in text_of(shown)
    assert 'value="press:told"' in shown.content.decode()
    assert post(mark, asked, "press:told", view=view_in(shown)).status_code == 200
    refused = post(mark, asked, "press:decide", answer="yes", view=view_in(shown))
    assert refused.status_code == 422
    assert statuses(asked)["decision"] == "current"
    # Opened anew, it is as ever.
    assert not is_closed(mark.get("/instances/leave-1/"), "decision")


def test_a_field_that_is_switched_off_is_opened_too(people: Office, asked: ProcessInstance) -> None:
    mark = client_of(people.mark)
    shown = post(mark, asked, "press:loosen")
    assert is_on(shown, "fixed")
    post(mark, asked, "save", fixed="x", answer="yes", view=view_in(shown))
    assert values(asked)["fixed"] == "x"
    refused = post(mark, asked, "save", fixed="y", answer="yes")
    assert "switched off and cannot be used now" in text_of(refused)


def test_rules_of_opening_show_it_so_each_time(people: Office) -> None:
    raw = leave()
    raw["forms"][0]["load_rules"] = [shown_as(days="read", total="edit")]
    published(raw, user=people.root)
    emma = client_of(people.emma)
    fresh = emma.get("/start/leave/")
    assert (is_on(fresh, "days"), is_on(fresh, "total")) == (False, True)
    made = create_instance(process="leave", mode="live", data={"days": "3"}, user=people.emma)
    plain = emma.get("/instances/leave-1/")
    assert (is_on(plain, "days"), is_on(plain, "total")) == (True, False)
    shown = post(emma, made, "load")
    assert (is_on(shown, "days"), is_on(shown, "total")) == (False, True)
    post(emma, made, "save", total="9", view=view_in(shown))
    assert values(made)["total"] == "9"
    assert made.display == {}


def test_a_new_form_takes_it_along_and_does_not_store_it(people: Office) -> None:
    raw = leave()
    raw["forms"][0]["fields"].append(button("shut", shown_as(days="read", total="edit")))
    raw["forms"][0]["fields"].append(button("shut_all", shown_as(asking="read")))
    published(raw, user=people.root)
    emma, path = client_of(people.emma), "/start/leave/"
    body = {"process": "leave", "v-days": "3"}
    headers = {"HX-Request": "true", "HX-Target": "instance"}
    whole = emma.post(path, {**body, "act": "press:shut_all"}, headers=headers)
    assert not is_on(whole, "days")
    shown = emma.post(path, {**body, "act": "press:shut"}, headers=headers)
    assert (is_on(shown, "days"), is_on(shown, "total")) == (False, True)
    found = re.search(r'name="left" value="([^"]+)"', shown.content.decode())
    assert found
    typed = {"process": "leave", "v-total": "9", "act": "create", "left": found.group(1)}
    emma.post(path, typed)
    made = ProcessInstance.objects.get()
    assert (made.values["days"], made.values["total"], made.display) == ("3", "9", {})


def test_a_preview_shows_it_too(people: Office) -> None:
    published(leave(), user=people.root)
    made = create_instance(process="leave", mode="preview", data={"days": "3"}, user=people.dora)
    send(made, people.dora)
    dora, path = client_of(people.dora), reverse("preview-frame", args=["leave", made.process_id])
    headers = {"HX-Request": "true", "HX-Target": "instance"}
    revision = ProcessInstance.objects.get().revision
    shown = dora.post(path, {"act": "press:mend", "revision": revision}, headers=headers)
    assert not is_closed(shown, "asking"), text_of(shown)
    typed = {"act": "save", "v-days": "5", "view": view_in(shown), "revision": revision}
    dora.post(path, typed, headers=headers)
    assert values(made)["days"] == "5"


def test_what_an_administrator_does_on_such_a_page_is_told_as_that(
    people: Office, asked: ProcessInstance
) -> None:
    root = client_of(people.root)
    view = view_in(post(root, asked, "press:mend"))
    post(root, asked, "save", days="5", view=view)
    rows = Change.objects.filter(instance=asked).latest("pk").fields
    told = {"field": "form:asking", "before": "completed", "after": "changed in a view"}
    assert told in rows
