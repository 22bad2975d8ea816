"""A record is printed as a page and as a PDF: what its reader sees of it, and no more."""

import re
import zlib
from dataclasses import replace
from typing import Any

import pytest

from processes.comments import add_comment
from processes.document_cache import document_of
from processes.files.uploads import store_bytes
from processes.instances.lifecycle import create_instance, patch_instance
from processes.models import ProcessInstance
from processes.printing.pdf import pdf_of
from processes.printing.printed_record import MOST_ROWS, PrintedField, printed_record
from tests.pages import client_of, markup_of, text_of
from tests.processes.files.samples import png
from tests.processes.rights.office import Office, leave_request, office, send
from tests.processes.stories import published

pytestmark = pytest.mark.django_db
PAGE, PDF = "/instances/leave-1/print/", "/instances/leave-1/pdf/"


@pytest.fixture
def people() -> Office:
    """An office in which Emma has asked for leave and Mark decides."""
    found = office()
    raw = leave_request(administrators=["group:hr"])
    asking = raw["forms"][0]
    asking["title"] = "Request"
    asking["fields"] += [
        {"type": "table", "name": "lines", "title": "Lines", "columns": [
            {"type": "text", "name": "article", "title": "Article"},
            {"type": "number", "name": "pay", "title": "Pay", "see": ["group:hr"]},
        ]},
        {"type": "file_upload", "name": "proof", "title": "Proof"},
        {"type": "secret", "name": "code", "title": "Code"},
    ]  # fmt: skip
    published(raw, user=found.root)
    create_instance(
        process="leave", mode="live", user=found.emma,
        data={"days": "Five <b>days</b>"},
    )  # fmt: skip
    patch_instance(
        process_id="leave-1", data={"lines": [{"article": "Łódź", "pay": "1234"}]}, user=found.root
    )  # fmt: skip
    patch_instance(
        process_id="leave-1", data={"illness": "flu", "code": "s3cret"}, user=found.emma
    )  # fmt: skip
    assert send(ProcessInstance.objects.get(), found.emma).status == "succeeded"
    return found


def text_in(pdf: bytes) -> str:
    """Return the text of a PDF that we have drawn: its glyphs through the maps of its fonts."""
    raw = re.findall(rb"stream\n(.*?)\nendstream", pdf, re.DOTALL)
    streams = [zlib.decompress(one) if one[:1] == b"x" else one for one in raw]
    maps = [s.decode("latin-1") for s in streams if b"begincmap" in s]
    known = [
        {int(a, 16): bytes.fromhex(b).decode("utf-16-be")
         for a, b in re.findall(r"<([0-9A-Fa-f]{4})> <([0-9A-Fa-f]{4,8})>", one)}
        for one in maps
    ]  # fmt: skip
    found = []
    for page in streams:
        for shown in re.findall(rb"\((.*?)(?<!\\)\) Tj", page, re.DOTALL):
            plain = re.sub(rb"\\(.)", rb"\1", shown.replace(b"\\r", b"\r"), flags=re.DOTALL)
            numbers = [plain[at] * 256 + plain[at + 1] for at in range(0, len(plain) - 1, 2)]
            found += ["".join(signs.get(one, "") for one in numbers) for signs in known]
    return "\n".join(found)


def pdf_for(user: Any, there: str = PDF) -> bytes:
    answer: Any = client_of(user).get(there)
    assert answer.status_code == 200
    assert answer["Content-Type"] == "application/pdf"
    name = f"{there.split('/')[2]}.pdf"
    assert answer["Content-Disposition"] == f'attachment; filename="{name}"'
    content: bytes = b"".join(answer.streaming_content)
    assert int(answer["Content-Length"]) == len(content)
    return content


def test_a_reader_prints_what_they_see_and_no_more(people: Office) -> None:
    markup = markup_of(client_of(people.mark).get(PAGE))
    assert "Five &lt;b&gt;days&lt;/b&gt;" in markup
    assert "Łódź" in markup
    for hidden in ("flu", "Illness", "Pay", "1234", "s3cret", "Code"):
        assert f">{hidden}<" not in markup
    shown = text_of(client_of(people.helen).get(PAGE))
    assert "Illness flu" in shown
    assert "Pay" in shown
    assert "s3cret" not in shown


def test_the_pdf_holds_the_same_and_no_more(people: Office) -> None:
    text = text_in(pdf_for(people.mark))
    for shown in ("leave-1", "Request", "Five <b>days</b>", "Łódź", "1. Request"):
        assert shown in text
    for hidden in ("flu", "Illness", "Pay", "1234", "s3cret", "Code"):
        assert hidden not in text
    assert "flu" in text_in(pdf_for(people.helen))


@pytest.mark.parametrize("there", [PAGE, PDF])
def test_who_does_not_see_the_record_prints_nothing(people: Office, there: str) -> None:
    assert client_of(people.tom).get(there).status_code == 404


def test_comments_are_printed_when_they_are_asked_for(people: Office) -> None:
    add_comment(process_id="leave-1", text="Which week, @emma?", user=people.mark)
    client = client_of(people.emma)
    assert "Which week" not in text_of(client.get(PAGE))
    assert "Which week, @emma?" in text_of(client.get(f"{PAGE}?comments=1"))
    assert "Which week" not in text_in(pdf_for(people.emma))
    assert "Which week, @emma?" in text_in(pdf_for(people.emma, f"{PDF}?comments=1"))


def test_pictures_are_drawn_small_and_a_broken_one_is_named(people: Office) -> None:
    made = create_instance(process="leave", mode="live", data={}, user=people.emma)
    for name in ("one.png", "gone.png"):
        file = store_bytes([png()], name=name, by=people.emma, instance=made, field="proof")
        value = [*(made.values.get("proof") or []), {
            "id": str(file.pk), "name": name, "size": 1, "media_type": "image/png"}]  # fmt: skip
        made.values = {**made.values, "proof": value}
        made.save(update_fields=["values"])
    type(file).objects.filter(pk=file.pk).update(key="0" * 32)
    content = pdf_for(people.emma, f"/instances/{made.process_id}/pdf/")
    assert content.count(b"/Subtype /Image") >= 1
    assert "one.png, gone.png" in text_in(content)


def test_what_is_endless_is_cut_and_said_to_be(people: Office) -> None:
    instance = ProcessInstance.objects.get()
    rows = [{"article": f"Item {at}"} for at in range(MOST_ROWS + 70)]
    instance.values = {**instance.values, "lines": rows, "days": "W" * 900}
    record = printed_record(instance, document_of(instance.version), people.emma)
    table = next(one.table for one in record.forms[0].fields if one.table)
    assert (len(table.rows), table.left) == (MOST_ROWS, 70)
    few = replace(table, rows=table.rows[:60])
    form = replace(record.forms[0], fields=[PrintedField("Lines", table=few)])
    drawn = pdf_of(replace(record, forms=[form]), moment=str, picture=lambda _file: None)
    text = text_in(drawn)
    assert "Item 59" in text
    # On the second page its titles stand again.
    assert text.count("Article") >= 2
    assert "70 more rows are not printed." in text


def test_a_sign_that_the_font_lacks_is_told_and_not_lost(people: Office) -> None:
    patch_instance(process_id="leave-1", data={"answer": "漢 ok"}, user=people.mark)
    assert "? ok" in text_in(pdf_for(people.mark))


def test_moments_are_right_on_another_day_too(people: Office) -> None:
    shown = text_of(client_of(people.emma).get(PAGE))
    assert "Today" not in shown
    assert "Decision · Now with mark" in shown


def test_the_menu_of_a_record_offers_both(people: Office) -> None:
    markup = markup_of(client_of(people.emma).get("/instances/leave-1/"))
    assert f'href="{PAGE}"' in markup
    assert f'href="{PDF}"' in markup
