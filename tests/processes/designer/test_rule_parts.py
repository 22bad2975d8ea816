"""A box of a dialog is helped by trees, completion, operators, sentences and results."""

import html
import re
from typing import Any

import pytest
from django.test import Client

from processes.designs.lifecycle import create_design, save_design
from processes.instances.lifecycle import create_instance
from tests.pages import markup_of, text_of
from tests.processes.conftest import definition
from tests.processes.definitions import button, process, set_rule, text_field
from tests.processes.designer.dialogs import PARTS, SHOP, page, said
from tests.processes.stories import Make

pytestmark = pytest.mark.django_db

TREES = [
    ("field", "", ["Token", "Access token", "access_token"], ["urlPath", "body.client_id"]),
    ("target", "", ["URL path", "urlPath", "Headers", "Body", "client_secret"], ["response"]),
    ("target", "token-service/get-orders", ["URL path", "customer", "Query", "status"], ["Body"]),
    ("target", "lost/lost", ["Choose a data source"], ["Body"]),
    ("result", "", ["Status", "Body", "token_type", "Process and user"], ["error.message"]),
    ("result", "kianda/token-refresh", ["Item found", "item.access_token"], ["response"]),
    ("error", "", ["Error", "HTTP status", "Token"], ["response"]),
    ("early", "", ["Known at the start", "today"], ["Token", "process.id"]),
]  # fmt: skip


@pytest.mark.parametrize(("which", "source", "there", "not_there"), TREES)
@pytest.mark.usefixtures("design")
def test_a_box_picks_from_its_tree(
    client: Client, which: str, source: str, there: list[str], not_there: list[str]
) -> None:
    text = said(page(client, f"{PARTS}tree/?which={which}&target=rule:get-token&source={source}"))
    assert [word for word in there if word not in text] == []
    assert [word for word in not_there if word in text] == []


OFFERS = [
    ("value", "acc", ["[access_token]"]),
    ("value", "Client ID", ["[client_id]"]),
    ("result", "response.body.ref", ["[response.body.refresh_token]"]),
    ("result", "status", ["[response.status]", "[process.status]"]),
    ("target", "body.c", ["body.client_id", "body.client_secret"]),
    ("error", "mess", ["[error.message]"]),
    ("function", "su", ["Sum("]),
    ("function", "if", ["If("]),
    ("value", "zzz", []),
]  # fmt: skip


@pytest.mark.parametrize(("which", "words", "wanted"), OFFERS)
@pytest.mark.usefixtures("design")
def test_completion_offers_what_fits(
    client: Client, which: str, words: str, wanted: list[str]
) -> None:
    text = page(client, f"{PARTS}completion/?which={which}&q={words}&target=rule:get-token&id=x")
    found = [html.unescape(one) for one in re.findall(r'data-value="([^"]*)"', text)]
    assert found[: len(wanted)] == wanted
    assert found if wanted else not found


RESULTS = [
    ("=[expires_in] * 2", "value", "7200 Number"),
    ("Bearer [client_id]", "value", "Bearer kianda-demo Text"),
    ("=[client_id] == \"kianda-demo\"", "value", "true Yes or no"),
    ("[client_secret]", "value", "secret Secret"),
    ("=Length([client_secret])", "value", "secret Secret"),
    ("=Foo(1)", "value", "There is no function Foo."),
    ("=1 +", "value", "The formula cannot be read."),
    ("=1 / 0", "value", "0"),
    ("[lost]", "value", "There is no field or name lost."),
    ("[response.body.x]", "value", "Use [response.body.x] only"),
    ("[error.message]", "error", "Valid formula. error.message has no value yet."),
    ("=" + "(" * 1990, "value", "cannot be read"),
    ("=" + "1+" * 2000 + "1", "value", "at most 2,000 characters"),
    ("=9 ** 9 ** 9 ** 9", "value", ""),
    ("<script>alert(1)</script>", "value", "<script>alert(1)</script>"),
]  # fmt: skip


@pytest.mark.parametrize(("source", "which", "wanted"), RESULTS)
def test_an_expression_tells_its_result_or_what_is_wrong(
    client: Client, make_token: Make, source: str, which: str, wanted: str
) -> None:
    made = make_token(client_id="kianda-demo", expires_in=3600, client_secret="hush")
    sent = {"text": source, "which": which, "target": "rule:get-token"}
    response = client.post(f"{PARTS}result/", sent)
    text = response.content.decode()
    assert response.status_code == 200
    assert wanted in said(text)
    assert "hush" not in text
    assert "<script>" not in text
    dialog = client.post(f"{PARTS}builder/", sent).content.decode()
    assert f'<option value="{made.process_id}">' in dialog
    assert "hush" not in dialog


@pytest.mark.usefixtures("workshop")
def test_an_expression_over_rows_tells_its_result(client: Client, ada: Any) -> None:
    def result(text: str, target: str = "rule:hide") -> str:
        sent = {"text": text, "which": "value", "target": target}
        return client.post(f"{SHOP}parts/result/", sent).content.decode()

    create_instance(process="shop", mode="preview", data={}, user=ada)
    assert "0 Number" in said(result("=Sum([lines.price])"))
    empty = result("[row.price]", target="rule:inner")
    assert "row.price has no value yet: the table has no row." in said(empty)
    assert "k-note--bad" not in empty
    rows = [{"price": 2}, {"price": 3}]
    create_instance(process="shop", mode="preview", data={"lines": rows}, user=ada)
    assert "5 Number" in said(result("=Sum([lines.price])"))
    assert "4 Number" in said(result("=[row.price] * 2", target="rule:inner"))
    wrong = result("=Sum([lines.cost])")
    assert "The table lines has no column cost." in said(wrong)
    assert 'data-start="12" data-end="16"' in markup_of(wrong)


CONDITIONS = [
    ({}, "Always runs."),
    ({"items/0/left": "[access_token]", "items/0/operator": "blank"},
     "Runs when Access token is blank. Otherwise the rule is skipped."),
    ({"match": "any", "items/0/left": "[expires_in]", "items/0/operator": "gt",
      "items/0/right": "10", "items/1/match": "all", "items/1/items/0/left": "[client_id]",
      "items/1/items/0/operator": "eq", "items/1/items/0/right": "a",
      "items/1/items/1/left": "[grant_type]", "items/1/items/1/operator": "neq"},
     "Runs when Expires in (s) is more than “10” or (Client ID is “a” and Grant type is not empty"
     " )."),
    ({"items/0/left": "=[expires_in] * 60 ** 2", "items/0/operator": "gt",
      "items/0/right": '=Length("a * [client_id]")'},
     'Runs when Expires in (s) \u00d7 60 ** 2 is more than Length("a * Client ID").'),
    ({"items/0/left": "[lost]", "items/0/operator": "eq", "items/1/left": "[client_secret]",
      "items/1/operator": "contains", "items/1/right": "x", "items/2/left": "[client_id]",
      "items/2/operator": "not_blank"},
     "Runs when Client ID is not blank ; 2 conditions to fix ."),
]  # fmt: skip


@pytest.mark.parametrize(("sent", "wanted"), CONDITIONS)
@pytest.mark.usefixtures("design")
def test_conditions_read_as_a_sentence(client: Client, sent: dict[str, str], wanted: str) -> None:
    posted = {f"rule/conditions/{key}": value for key, value in sent.items()}
    text = client.post(
        f"{PARTS}sentence/", {"setting": "conditions", "prefix": "rule", **posted}
    ).content.decode()
    assert squeezed(wanted) in squeezed(said(text))


def test_conditions_in_a_loop_speak_of_columns_by_their_titles(client: Client, ada: Any) -> None:
    columns = [{"type": "number", "name": "d", "title": "Due"}, text_field("pid")]
    inner = set_rule("row.d", "1", id="inner")
    loop = {"type": "loop_table", "id": "loop", "table": "lines", "rules": [inner]}
    others = {"type": "table", "name": "others", "columns": [text_field("d", title="Other")]}
    lines = {"type": "table", "name": "lines", "columns": columns}
    create_design(raw=process(lines, others, button("go", loop), name="shop"), user=ada)
    sent = {"setting": "conditions", "prefix": "rule", "target": "rule:inner",
            "rule/conditions/items/0/left": "[row.d]",
            "rule/conditions/items/0/operator": "blank",
            "rule/conditions/items/1/left": "[row.pid]",
            "rule/conditions/items/1/operator": "not_blank"}  # fmt: skip
    text = client.post(f"{SHOP}parts/sentence/", sent).content.decode()
    wanted = "Runs when Due of the row is blank and Pid of the row is not blank."
    assert squeezed(wanted) in squeezed(said(text))
    tree = client.get(f"{SHOP}parts/tree/", {"target": "rule:inner", "which": "value"})
    assert "Due" in text_of(tree)


@pytest.mark.usefixtures("workshop")
def test_conditions_of_a_rule_with_two_sides_speak_of_both(client: Client) -> None:
    sent = {
        "setting": "conditions",
        "prefix": "rule",
        "target": "rule:hide",
        "rule/conditions/items/0/left": "[a]",
        "rule/conditions/items/0/operator": "blank",
    }
    text = client.post(f"{SHOP}parts/sentence/", sent).content.decode()
    both = "Runs when A is blank. If not, Kianda does what is set under Otherwise."
    assert squeezed(both) in squeezed(said(text))


def squeezed(text: str) -> str:
    return text.replace(" ", "")


OPERATORS = [
    ("[expires_in]", {"gt", "between"}, {"contains", "today"}),
    ("[access_token]", {"contains", "matches"}, {"gt", "today"}),
    ("[client_secret]", {"blank", "eq"}, {"contains", "gt"}),
    ("[today]", {"before_today", "gt"}, {"contains"}),
    ("=[expires_in] * 2", {"gt", "contains", "today"}, set()),
    ("", {"gt", "contains"}, set()),
]  # fmt: skip


@pytest.mark.parametrize(("left", "there", "not_there"), OPERATORS)
@pytest.mark.usefixtures("design")
def test_the_operators_fit_the_type_at_the_left(
    client: Client, left: str, there: set[str], not_there: set[str]
) -> None:
    text = client.post(f"{PARTS}operators/", {"left": left, "chosen": "eq"}).content.decode()
    found = set(re.findall(r'value="(\w+)"', text))
    assert there <= found
    assert not not_there & found


@pytest.mark.usefixtures("design")
def test_the_expression_builder_lists_every_function(client: Client) -> None:
    sent = {"text": "=1", "which": "value", "target": "rule:get-token"}
    text = client.post(f"{PARTS}builder/", sent).content.decode()
    assert "Sum(a, b, ...)" in text
    assert "If(condition, then, otherwise)" in text
    assert "[access_token]" in text
    assert "[user.email]" in text
    assert "[user.manager]" in text
    assert "Manager of the user" in text


@pytest.mark.parametrize(
    ("which", "words", "wanted"),
    [
        ("value", "boss.em", ["[boss.email]"]),
        ("result", "Job title", ["[user.job_title]", "[boss.job_title]"]),
        ("value", "crew.em", []),
        ("target", "boss", []),
    ],
)
@pytest.mark.usefixtures("design")
def test_completion_offers_what_is_known_of_a_person(
    client: Client, ada: Any, which: str, words: str, wanted: list[str]
) -> None:
    raw = definition()
    people = [{"type": "user_picker", "name": "boss", "title": "Boss"},
              {"type": "user_picker", "name": "crew", "multiple": True}]  # fmt: skip
    raw["forms"][0]["fields"] += people
    save_design(name="token-refresh", raw=raw, user=ada)
    text = page(client, f"{PARTS}completion/?which={which}&q={words}&target=rule:get-token&id=x")
    assert [html.unescape(one) for one in re.findall(r'data-value="([^"]*)"', text)] == wanted


@pytest.mark.usefixtures("design")
def test_an_unknown_part_is_not_found(client: Client) -> None:
    assert client.get(f"{PARTS}nothing/").status_code == 404
    assert client.get(f"{PARTS}sentence/").status_code == 404
    assert client.post(f"{PARTS}control/", {"target": "rule:lost"}).status_code == 404


SHOP_TREES = [
    ("inner", "field", ["This row", "row.price"]),
    ("inner", "value", ["This row", "[row.price]", "[a]"]),
    ("hide", "field_or_form", ["Forms", "Go", "Main"]),
    ("start", "other_field", ["OAuth token refresh", "access_token"]),
    ("start", "result", ["Item found", "item.process.id"]),
    ("change", "target", ["OAuth token refresh", "body.access_token"]),
]  # fmt: skip


@pytest.mark.usefixtures("workshop")
@pytest.mark.parametrize(("rule_id", "which", "there"), SHOP_TREES)
def test_the_trees_follow_the_rule(
    client: Client, rule_id: str, which: str, there: list[str]
) -> None:
    text = page(client, f"{SHOP}parts/tree/?which={which}&target=rule:{rule_id}")
    assert [word for word in there if word not in text] == []


@pytest.mark.usefixtures("workshop")
def test_a_rule_that_takes_no_column_is_offered_none(client: Client) -> None:
    text = page(client, f"{SHOP}parts/tree/?which=own_field&target=rule:inner")
    assert "client_id" in text
    assert "row.price" not in text
