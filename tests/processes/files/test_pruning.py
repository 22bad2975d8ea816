"""What nothing needs any more goes: loose uploads, what no value and no history names, remains."""

import os
import time
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as configured
from django.utils import timezone
from rest_framework.test import APIClient

from processes.files import pruning, storage
from processes.files.pruning import missing_contents, prune_files
from processes.files.uploads import Uploader, append, begin_upload, store_bytes
from processes.models import Change, File, ProcessInstance
from processes.retention import prune
from tests.factories import api_client, make_user
from tests.processes.files.samples import PDF
from tests.processes.files.test_values import claim, patched, uploaded
from tests.processes.stories import made, published

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("own_folders")]


@pytest.fixture
def ada() -> Any:
    make_user("boss", "User")
    published(claim(), user=make_user("root", "Administrator"))
    return make_user("ada", "User")


@pytest.fixture
def api(ada: Any) -> APIClient:
    return api_client(ada)


def in_hours(count: int) -> datetime:
    return timezone.now() + timedelta(hours=count)


def is_kept(number: str, key: str) -> bool:
    """Tell whether a file is there; its row and its content go together."""
    row = File.objects.filter(pk=number).exists()
    assert storage.whole_files().exists(storage.place_of(key)) is row
    return row


def key_of(number: str) -> str:
    return File.objects.get(pk=number).key


def test_an_upload_that_is_not_saved_within_a_day_goes(ada: Any) -> None:
    number = uploaded(ada)
    half = append(begin_upload(Uploader(ada), name="a", size=9), offset=0, chunk=b"half")
    key = key_of(number)
    prune_files(in_hours(23))
    assert is_kept(number, key)
    assert prune_files(in_hours(25)) == 2
    assert not is_kept(number, key)
    assert not (Path(configured.KIANDA_UPLOAD_DIR) / f"{half.key}.part").exists()


def test_what_a_value_names_stays(ada: Any, api: APIClient) -> None:
    one, two = uploaded(ada), uploaded(ada)
    made(api, "claim", receipt={"id": one}, more=[{"id": two}])
    assert prune_files(in_hours(25)) == 0
    assert File.objects.count() == 2
    # It is looked at again the day after, and not before.
    assert prune_files(in_hours(26)) == 0


def test_what_is_named_again_while_it_is_about_to_go_stays(ada: Any, api: APIClient) -> None:
    number = uploaded(ada)
    process_id = made(api, "claim", receipt={"id": number})
    patched(api, process_id, receipt=None)
    Change.objects.all().delete()
    key, later = key_of(number), in_hours(25)
    found = pruning._unnamed(later)
    assert [str(one.pk) for one in found] == [number]
    assert patched(api, process_id, receipt={"id": number}).status_code == 200
    pruning._remove(found, later)
    assert is_kept(number, key)


def test_what_left_the_values_stays_as_long_as_the_history(ada: Any, api: APIClient) -> None:
    number = uploaded(ada)
    key = key_of(number)
    process_id = made(api, "claim", receipt={"id": number})
    assert patched(api, process_id, receipt=None).status_code == 200
    assert prune_files(in_hours(25)) == 0
    Change.objects.all().delete()
    assert is_kept(number, key)
    # So long after it was looked at.
    assert prune_files(in_hours(50)) == 1
    assert not is_kept(number, key)


def test_what_is_in_the_recycle_bin_keeps_its_files_until_it_is_removed(
    ada: Any, api: APIClient
) -> None:
    number = uploaded(ada)
    key = key_of(number)
    process_id = made(api, "claim", receipt={"id": number})
    assert api.delete(f"/api/v1/instances/{process_id}/").status_code == 204
    assert prune_files(in_hours(25)) == 0
    assert is_kept(number, key)
    ProcessInstance.everything.get().delete()
    assert File.objects.get().instance is None
    # Nobody has it now, not who uploaded it either.
    assert api.get(f"/api/v1/files/{number}/").status_code == 404
    assert prune_files(timezone.now()) == 1
    assert not is_kept(number, key)


def test_the_clean_up_of_the_product_prunes_files_too(ada: Any, api: APIClient) -> None:
    number = uploaded(ada)
    process_id = made(api, "claim", receipt={"id": number})
    assert api.delete(f"/api/v1/instances/{process_id}/").status_code == 204
    later = in_hours(24 * 40)
    prune(later)
    prune(later)
    assert not File.objects.exists()


def test_a_removal_that_was_interrupted_is_finished(ada: Any) -> None:
    number = uploaded(ada)
    key = key_of(number)
    File.objects.update(state=File.State.REMOVING)
    assert prune_files(timezone.now()) == 1
    assert not is_kept(number, key)


def test_a_content_without_a_row_goes_after_a_day(ada: Any) -> None:
    file = store_bytes([PDF], name="a.pdf", by=ada)
    half = append(begin_upload(Uploader(ada), name="a", size=9), offset=0, chunk=b"half")
    part = Path(configured.KIANDA_UPLOAD_DIR) / f"{half.key}.part"
    kept = Path(storage.whole_files().path(storage.place_of(file.key)))
    File.objects.all().delete()
    prune_files(timezone.now())
    assert kept.exists()
    assert part.exists()
    old = time.time() - 90_000
    os.utime(kept, (old, old))
    os.utime(part, (old, old))
    prune_files(timezone.now())
    assert not kept.exists()
    assert not part.exists()


def test_a_row_without_its_content_is_told_of(ada: Any) -> None:
    file = store_bytes([PDF], name="a.pdf", by=ada)
    assert missing_contents() == []
    storage.discard(file.key)
    assert missing_contents() == [file]
