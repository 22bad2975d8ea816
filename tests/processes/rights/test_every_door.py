"""Every page and every operation of the API, asked by five people, answered as one table says.

The people: Tom has nothing to do with the leave request, Emma has started it, Mark owns its open
form, Helen manages the process, Root is an Administrator. A door that is not in the table fails.
"""

from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest
from django.db import transaction
from django.urls import URLPattern, URLResolver, get_resolver

from kianda.accounts.services.attributes import add_attribute
from kianda.accounts.services.identity_providers import ProviderSettings, add_provider
from kianda.accounts.services.password_links import renew_link
from kianda.accounts.services.substitutes import Stay, name_substitute
from kianda.accounts.services.tokens import create_token
from kianda.mail.letters import Letter
from kianda.mail.models import MailMessage
from kianda.mail.planning import plan_letters
from kianda.messages.models import Notification
from processes.bulk.presses import create_press
from processes.comments import add_comment
from processes.files.uploads import store_bytes
from processes.instances.lifecycle import create_instance, delete_instance
from processes.lists.saved_views import SavedViewSettings, create_view
from processes.models import Change, FormLink, ProcessDesign, ProcessInstance, Run
from processes.start_pages.services import create_start_page
from scheduler.services.tasks import create_task
from tests.factories import api_client, make_user
from tests.pages import client_of
from tests.processes.files.samples import png
from tests.processes.rights.doors import DOORS
from tests.processes.rights.office import office, publish, send

pytestmark = pytest.mark.django_db
HOOKS = {"hooks/<str:token>/"}
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
# Django's admin and the health of processes are no doors to what rights are about.
ELSEWHERE = ("django-admin/", "healthz/", "metrics", "static/")


def patterns(found: list[Any], before: str = "") -> Iterator[tuple[str, URLPattern]]:
    """Yield every address with its view."""
    for one in found:
        if isinstance(one, URLResolver):
            yield from patterns(one.url_patterns, before + str(one.pattern))
        elif not (before + str(one.pattern)).startswith(ELSEWHERE):
            yield before + str(one.pattern), one


@pytest.fixture
def place(db: None, settings: Any) -> dict[str, Any]:
    """Return the people, and one thing of each kind for the addresses to name."""
    people = office()
    design = publish(people, administrators=["group:hr"])
    made = create_instance(
        process="leave", mode="live", data={"days": "3", "illness": "flu"}, user=people.emma
    )
    assert send(made, people.emma, days="4").status == Run.Status.SUCCEEDED
    gone = create_instance(process="leave", mode="live", data={}, user=people.emma)
    delete_instance(process_id=gone.process_id, user=people.root)
    preview = create_instance(process="leave", mode="preview", data={}, user=people.root)
    task, _hook = create_task(
        raw={
            "name": "Remind", "process": "leave", "process_id": made.process_id,
            "target": "decide", "schedule": {"kind": "on_demand"}, "run_as": "mark",
        },
        user=people.root,
    )  # fmt: skip
    link = FormLink.objects.create(
        instance=made, form="decision", digest="0" * 64, created=made.created
    )
    # The history says that it stood in a field which not all see who see the request.
    file = store_bytes([png()], name="p.png", by=people.emma, instance=made, field="illness")
    press = create_press(
        process="leave", target="cancel", process_ids=[made.process_id], user=people.emma
    )
    comment = add_comment(process_id=made.process_id, text="Which week?", user=people.mark).comment
    view = create_view(
        process="leave", user=people.emma,
        settings=SavedViewSettings(name="mine", title="Mine", see=("group:hr",)),
    )  # fmt: skip
    letter = Letter(key="k", to=("emma@example.org",), subject="Leave", text="Four days")
    plan_letters([letter], run=Run.objects.latest("pk").pk, process_id=made.process_id)
    other = make_user("other", "User")
    renew_link(other, by=people.root)
    vouching = ProviderSettings(name="Token refresh", issuer="http://127.0.0.1:9", client_id="k")
    slug = add_provider(vouching, by=people.root).slug
    name_substitute(other, Stay("root", date(2026, 12, 21)), by=people.root)
    # The number that stands for all sorts of things must be nobody's notification.
    Notification.objects.all().delete()
    return {
        "people": people, "name": "leave", "process": "leave", "suffix": "csv",
        "process_id": made.process_id,
        "preview_id": preview.process_id, "run_id": Run.objects.latest("pk").pk,
        "change": Change.objects.get(instance=made).pk, "field": "days",
        "form": "asking", "number": str(design.published), "rule_id": "submit", "rule": "submit",
        "part": "tree", "pk": gone.pk, "task_id": task.pk, "username": "other",
        "user_id": other.pk, "attribute_id": add_attribute(title="Shoe", by=people.root).pk,
        "group_id": people.helen.groups.get(name="hr").pk,
        "token_id": create_token(other, name="t")[0].pk, "slug": slug,
        "provider_id": slug, "account_id": 1,
        "method": "none", "token": "unknown", "key": "unknown", "uidb64": "MQ", "kind": "instances",
        "file_id": file.pk, "link": link.pk, "button": "cancel", "press_id": press.pk,
        "comment": comment.pk, "view_id": view.pk,
        "message_id": MailMessage.objects.get(key="k").pk, "at": 0,
        "page_id": create_start_page(
            {"title": "HR", "people": ["group:hr"], "tiles": [{"process": "leave", "view": "all"}]},
            by=people.root,
        ).pk,
    }  # fmt: skip


# What is sent, where nothing would be refused before anybody asks who sends it.
BODIES: dict[str, dict[str, Any]] = {
    "POST /api/v1/instances/": {"process": "leave"},
    "PATCH /api/v1/instances/<str:process_id>/": {"data": {"answer": "yes"}, "revision": 2},
    "PUT /api/v1/views/<str:view_id>/": {"process": "leave", "name": "mine"},
    "POST /records/<str:process>/views/<int:view_id>/save/": {"revision": "1"},
    "POST /api/v1/instances/<str:process_id>/send-back/": {"form": "asking", "note": "When?"},
    "POST /api/v1/instances/<str:process_id>/trigger/": {"target": "decide"},
    "PATCH /api/v1/instances/<str:process_id>/comments/<str:comment>/": {"text": "Which day?"},
    "POST /api/v1/processes/<str:name>/check-as/": {"person": "emma"},
    "POST /instances/<str:process_id>/": {"act": "press:/decide", "revision": "2"},
    "POST /instances/<str:process_id>/forms/<str:form>/send-back/": {"note": "When?"},
    "POST /instances/new/": {"process": "leave"},
}


def address(pattern: str, view: URLPattern, place: dict[str, Any]) -> str:
    """Return the address of a pattern, its names filled in."""
    url = pattern
    for name, converter in view.pattern.converters.items():
        said = place["preview_id" if "preview/" in pattern and name == "process_id" else name]
        for kind in ("str:", "int:", "path:", "slug:", "uuid:", ""):
            url = url.replace(f"<{kind}{name}>", str(said))
        assert converter
    return f"/{url}"


def mark(status: int) -> str:
    """Return `.` for not there, `x` for refused, `o` for let in, whatever came of it."""
    return {404: ".", 403: "x"}.get(status, "o")


# Each of five people asks at every door: 2,600 requests, on a machine that does other things too.
@pytest.mark.timeout(300)
def test_every_door_lets_in_whom_the_table_says(place: dict[str, Any]) -> None:
    found: dict[str, str] = {}
    people = place["people"]
    asking = (people.tom, people.emma, people.mark, people.helen, people.root)
    callers = {user: (client_of(user), api_client(user)) for user in asking}
    for page, _api in callers.values():
        # What is stored at the first request of a session is not rolled back with each door.
        assert page.get("/").status_code == 200
    for pattern, view in patterns(get_resolver().url_patterns):
        url = address(pattern, view, place)
        for method in METHODS:
            marks = ""
            for user in asking:
                client = callers[user][pattern.startswith("api/v1/")]
                # Who was signed out at the door before is here again.
                kept = dict(client.cookies)
                client.raise_request_exception = False
                body = BODIES.get(f"{method} /{pattern}", {})
                with transaction.atomic():
                    more = {"content_type": "application/json"} if pattern in HOOKS else {}
                    answer = getattr(client, method.lower())(url, body, **more)
                    status = answer.status_code
                    if answer.streaming:
                        assert [*answer.streaming_content]
                    transaction.set_rollback(True)
                client.cookies.clear()
                client.cookies.update(kept)
                assert status < 500, (method, url, user.username)
                if status == 405:
                    break
                marks += mark(status)
            if marks:
                found[f"{method} /{pattern}"] = marks
    assert found == DOORS


def test_the_table_names_no_door_that_is_gone() -> None:
    known = {f"/{pattern}" for pattern, _ in patterns(get_resolver().url_patterns)}
    assert {door.split(" ", 1)[1] for door in DOORS} <= known
    assert ProcessDesign.objects.count() == ProcessInstance.objects.count() == 0
