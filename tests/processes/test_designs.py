"""Designs: drafts, versions, publishing, moving instances (contract 3)."""

from collections.abc import Callable
from typing import Any

import pytest

from kianda.lib.errors import Forbidden, InUse, Invalid, PreconditionFailed
from kianda.lib.secrets import MASK
from processes.designs.lifecycle import create_design, delete_design, publish_design, save_design
from processes.instances.lifecycle import create_instance
from processes.models import Change, DesignVersion, ProcessDesign, ProcessInstance, Run
from processes.selectors import get_design, get_version
from tests.processes.conftest import VALUES, definition, local
from tests.processes.stories import live, values_of

pytestmark = pytest.mark.django_db


def numbers(name: str = "token-refresh") -> list[str]:
    return [str(v) for v in get_design(name).versions.order_by("pk")]


def test_saves_count_on_after_0_9_and_publishing_gives_whole_numbers(ada: Any) -> None:
    create_design(raw=local(), user=ada)
    for n in range(10):
        save_design(name="token-refresh", raw=local(description=str(n)), user=ada)
    publish_design(name="token-refresh", user=ada)
    save_design(name="token-refresh", raw=local(description="after"), user=ada)
    publish_design(name="token-refresh", user=ada)
    assert numbers() == [f"0.{n}" for n in range(1, 12)] + ["1.0", "1.1", "2.0"]


def test_a_save_without_a_difference_makes_no_version(ada: Any) -> None:
    create_design(raw=local(), user=ada)
    save_design(name="token-refresh", raw=local(), user=ada)
    assert numbers() == ["0.1"]


def test_publishing_twice_changes_nothing(ada: Any) -> None:
    create_design(raw=local(), user=ada)
    first = publish_design(name="token-refresh", user=ada)
    again = publish_design(name="token-refresh", user=ada)
    assert (first.new, again.new) == (True, False)
    assert first.version == again.version


def test_a_draft_with_broken_references_is_stored_and_not_published(ada: Any) -> None:
    create_design(raw=definition(), user=ada)
    with pytest.raises(Invalid) as refused:
        publish_design(name="token-refresh", user=ada)
    assert refused.value.errors[0].pointer == "/forms/0/fields/9/rules/1/datasource"
    assert numbers() == ["0.1"]


def test_a_taken_name_and_a_changed_name_are_refused_at_the_name(ada: Any) -> None:
    create_design(raw=local(), user=ada)
    asked: list[Callable[[], Any]] = [
        lambda: create_design(raw=local(), user=ada),
        lambda: save_design(name="token-refresh", raw=local(name="other"), user=ada),
    ]
    for ask in asked:
        with pytest.raises(Invalid) as refused:
            ask()
        assert [flaw.pointer for flaw in refused.value.errors] == ["/name"]


def test_who_saves_over_a_draft_he_has_not_read_is_refused(ada: Any, admin: Any) -> None:
    design = create_design(raw=local(), user=ada)
    read = DesignVersion.objects.get(design=design)
    save_design(name="token-refresh", raw=local(description="ada"), user=ada)
    with pytest.raises(PreconditionFailed):
        save_design(name="token-refresh", raw=local(description="admin"), user=admin, expected=read)


def test_a_live_instance_stays_on_its_version(ada: Any) -> None:
    create_design(raw=local(), user=ada)
    publish_design(name="token-refresh", user=ada)
    instance = live(ada)
    save_design(name="token-refresh", raw=local(description="new"), user=ada)
    publish_design(name="token-refresh", user=ada)
    assert str(ProcessInstance.objects.get(pk=instance.pk).version) == "1.0"


def moved(ada: Any, change: Callable[[dict[str, Any]], None], **values: Any) -> ProcessInstance:
    """Make an instance, change the design, publish it and move; return the instance."""
    create_design(raw=local(), user=ada)
    publish_design(name="token-refresh", user=ada)
    instance = live(ada, **values)
    made = local()
    change(made)
    save_design(name="token-refresh", raw=made, user=ada)
    moved.stayed = publish_design(  # type: ignore[attr-defined]
        name="token-refresh", user=ada, move_instances=True
    ).stayed
    return ProcessInstance.objects.get(pk=instance.pk)


def test_a_renamed_field_carries_its_value(ada: Any) -> None:
    def rename(made: dict[str, Any]) -> None:
        made["forms"][0]["fields"][3]["name"] = "return_url"

    instance = moved(ada, rename)
    assert str(instance.version) == "2.0"
    assert values_of(instance)["return_url"] == VALUES["redirect_url"]
    [row] = Change.objects.get(instance=instance).fields
    assert (row["field"], row["before"], row["after"]) == ("process.version", "1.0", "2.0")


def test_who_moves_an_instance_is_who_has_changed_it(ada: Any, admin: Any) -> None:
    create_design(raw=local(), user=ada)
    publish_design(name="token-refresh", user=ada)
    instance = live(ada)
    save_design(name="token-refresh", raw=local() | {"title": "Tokens"}, user=ada)
    publish_design(name="token-refresh", user=admin, move_instances=True)
    after = ProcessInstance.objects.get(pk=instance.pk)
    assert after.modified > instance.modified
    assert (str(after.version), after.modified_by) == ("2.0", admin)


def test_the_value_of_a_removed_field_stays_in_the_history(ada: Any) -> None:
    instance = moved(ada, lambda made: made["forms"][0]["fields"].pop(3))
    assert "redirect_url" not in values_of(instance)
    rows = Change.objects.get(instance=instance).fields
    gone = {"field": "redirect_url", "before": VALUES["redirect_url"], "after": None}
    version = {"field": "process.version", "before": "1.0", "after": "2.0", "renamed": []}
    assert rows == [version, gone | {"title": "Redirect URL"}]


def test_a_field_that_is_secret_no_more_is_emptied(ada: Any) -> None:
    def open_up(made: dict[str, Any]) -> None:
        made["forms"][0]["fields"][2]["type"] = "text"

    instance = moved(ada, open_up)
    assert values_of(instance)["client_secret"] == ""
    assert VALUES["client_secret"] not in repr(list(Change.objects.values_list("fields")))


def test_the_history_of_a_move_holds_no_value_of_a_field_that_has_become_secret(ada: Any) -> None:
    def close_up(made: dict[str, Any]) -> None:
        made["forms"][0]["fields"][5]["type"] = "secret"

    instance = moved(ada, close_up)
    assert values_of(instance)["access_token"] == VALUES["access_token"]
    assert VALUES["access_token"] not in repr(list(Change.objects.values_list("fields")))


def test_a_value_that_does_not_fit_stops_that_instance_with_its_reason(ada: Any) -> None:
    def to_number(made: dict[str, Any]) -> None:
        made["forms"][0]["fields"][1] = {"type": "number", "name": "client_id"}

    instance = moved(ada, to_number)
    assert str(instance.version) == "1.0"
    [stayed] = moved.stayed  # type: ignore[attr-defined]
    assert stayed["process_id"] == instance.process_id
    assert "client-1" in stayed["reason"]


def test_an_instance_with_a_running_run_is_not_moved(ada: Any) -> None:
    def busy(made: dict[str, Any]) -> None:
        made["description"] = "new"
        instance = ProcessInstance.objects.get()
        from django.utils import timezone

        Run.objects.create(
            instance=instance,
            process_id=instance.process_id,
            process="token-refresh",
            version="1.0",
            trigger="api",
            status="running",
            queued=timezone.now(),
        )

    instance = moved(ada, busy)
    assert str(instance.version) == "1.0"


def test_a_preview_instance_follows_the_newest_saved_draft(ada: Any) -> None:
    from processes.api.representations import instance_json
    from processes.running import runs

    create_design(raw=local(), user=ada)
    instance = create_instance(process="token-refresh", mode="preview", data=VALUES, user=ada)
    made = local()
    made["forms"][0]["fields"].insert(0, {"type": "text", "name": "note", "default": "x"})
    save_design(name="token-refresh", raw=made, user=ada)
    fresh = ProcessInstance.objects.get(pk=instance.pk)
    shown = instance_json(fresh, ada)
    assert shown["version"] == "0.2"
    assert shown["data"]["note"] == ""
    assert shown["data"]["refresh_token"] == MASK
    run = runs.trigger(process_id=instance.process_id, target="refresh", user=ada, trigger="button")
    assert (run.version, run.status) == ("0.2", "succeeded")
    assert str(ProcessInstance.objects.get(pk=instance.pk).version) == "0.2"


def test_an_old_version_can_be_read(ada: Any) -> None:
    create_design(raw=local(description="first"), user=ada)
    save_design(name="token-refresh", raw=local(description="second"), user=ada)
    old = get_version(get_design("token-refresh"), "0.1")
    assert old.document["description"] == "first"


def test_a_process_with_instances_is_deleted_only_by_force_of_an_administrator(
    ada: Any, admin: Any
) -> None:
    create_design(raw=local(), user=ada)
    publish_design(name="token-refresh", user=ada)
    instance = live(ada)
    with pytest.raises(InUse) as used:
        delete_design(name="token-refresh", user=ada)
    assert used.value.extra["used_by"] == [
        {
            "kind": "instance",
            "name": instance.process_id,
            "url": f"/api/v1/instances/{instance.process_id}/",
        }
    ]
    with pytest.raises(Forbidden):
        delete_design(name="token-refresh", user=ada, force=True)
    delete_design(name="token-refresh", user=admin, force=True)
    assert not ProcessDesign.objects.exists()
    assert not ProcessInstance.objects.exists()
