"""The dialog of a rule and its parts, without a browser: kept, refused, added to, sampled."""

import html
import re
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from pytest_httpserver import HTTPServer

from processes.services import runs, working_copies
from processes.services.designs import create_design
from processes.services.instances import create_instance
from tests.factories import make_user
from tests.processes.conftest import answers, definition
from tests.processes.definitions import button, process, text_field
from tests.processes.sending import sent_by
from tests.processes.stories import Make

pytestmark = pytest.mark.django_db
RULE = "/designs/token-refresh/designer/rule/get-token/"
PARTS = "/designs/token-refresh/designer/parts/"
HTMX = {"HX-Request": "true", "HX-Target": "dialog"}


@pytest.fixture
def client(ada: Any) -> Client:
    made = Client()
    made.force_login(ada, backend="django.contrib.auth.backends.ModelBackend")
    return made


@pytest.fixture
def design(ada: Any, token_service: Any) -> None:
    create_design(raw=definition(), user=ada)


def rule_of(user: Any, rule_id: str = "get-token") -> dict[str, Any]:
    document = working_copies.open_copy("token-refresh", user=user).document
    fields = document["forms"][0]["fields"]
    found: dict[str, Any] = next(
        rule for field in fields for rule in field.get("rules", []) if rule["id"] == rule_id
    )
    return found


def page(client: Client, url: str = RULE) -> str:
    response = client.get(url)
    assert response.status_code == 200, response.content[:500]
    return response.content.decode()


def said(text: str) -> str:
    plain = re.sub(r"<(script|style|template)[\s\S]*?</\1>|<[^>]+>", " ", text)
    return re.sub(r"\s+", " ", html.unescape(plain))


def filled(client: Client, url: str = RULE, **changes: str) -> dict[str, Any]:
    query = sent_by(page(client, url), **{f"rule{key}": value for key, value in changes.items()})
    query["next"] = ""
    return {key: query.getlist(key) for key in query}


@pytest.mark.usefixtures("design")
def test_ok_without_a_change_changes_nothing(client: Client, ada: Any) -> None:
    before = working_copies.open_copy("token-refresh", user=ada)
    response = client.post(RULE, filled(client))
    assert response.status_code == 303
    assert response["Location"] == "/designs/token-refresh/designer/?at=rule%3Aget-token"
    after = working_copies.open_copy("token-refresh", user=ada)
    assert after.revision == before.revision


@pytest.mark.usefixtures("design")
def test_ok_keeps_what_was_changed_and_closes_the_dialog(client: Client, ada: Any) -> None:
    before = rule_of(ada)["on_success"]
    sent = filled(client, **{"/title": "Fetch", "/on_failure": "continue"})
    response = client.post(RULE, sent, headers=HTMX)
    assert (response.status_code, response.content) == (200, b"")
    assert response["HX-Trigger"] == "designer-changed"
    kept = rule_of(ada)
    assert (kept["title"], kept["on_failure"]) == ("Fetch", "continue")
    assert kept["on_success"] == before


@pytest.mark.usefixtures("design")
def test_what_is_wrong_is_kept_and_said_beside_its_control(client: Client, ada: Any) -> None:
    sent = filled(client, **{"/on_success/0/field": "lost", "/title": "x" * 201})
    response = client.post(RULE, sent, headers=HTMX)
    text = response.content.decode()
    assert response.status_code == 422
    assert "Kept. 2 places need a look" in said(text)
    assert 'value="lost"' in text
    assert "lost is no longer there: choose again." in said(text)
    assert rule_of(ada)["on_success"][0]["field"] == "lost"
    later = client.post(RULE, {**sent_again(text), "then": ["close"]}, headers=HTMX)
    assert (later.status_code, later.content) == (200, b"")


def sent_again(text: str, **changes: str) -> dict[str, Any]:
    query = sent_by(text, **changes)
    return {key: query.getlist(key) for key in query}


@pytest.mark.usefixtures("design")
def test_typed_text_survives_when_somebody_else_was_quicker(client: Client, ada: Any) -> None:
    sent = filled(client, **{"/title": "Mine"})
    other = make_user("eve", "Designer")
    copy = working_copies.open_copy("token-refresh", user=other)
    working_copies.edit(
        "token-refresh", user=other, revision=copy.revision,
        edit={"do": "change", "target": "rule:get-token", "settings": {"title": "Theirs"}},
    )  # fmt: skip
    response = client.post(RULE, sent, headers=HTMX)
    text = response.content.decode()
    assert response.status_code == 422
    assert "eve was quicker" in said(text)
    assert 'value="Mine"' in text
    assert rule_of(ada)["title"] == "Theirs"
    assert client.post(RULE, sent_again(text), headers=HTMX).status_code == 200
    assert rule_of(ada)["title"] == "Mine"


ACTS: list[tuple[str, Callable[[dict[str, Any]], Any], Any]] = [
    ("add:/on_error", lambda r: len(r["rows"]["on_error"]), 2),
    ("remove:/on_success/0", lambda r: r["rows"]["on_success"][0], "refresh_token"),
    ("up:/on_success/1", lambda r: r["rows"]["on_success"][:2], ["refresh_token", "access_token"]),
    ("up:/on_success/0", lambda r: r["rows"]["on_success"][:2], ["access_token", "refresh_token"]),
    ("down:/on_success/0", lambda r: r["rows"]["on_success"][0], "refresh_token"),
    ("add:/conditions/items", lambda r: r["conditions"], ["/conditions/items/0"]),
    ("add_group:/conditions/items", lambda r: r["conditions"], ["/conditions/items/0/items/0"]),
    ("remove:/nothing/7", lambda r: len(r["rows"]["on_success"]), 5),
    ("nonsense", lambda r: len(r["rows"]["on_success"]), 5),
    ("add:", lambda r: len(r["rows"]["on_success"]), 5),
]  # fmt: skip


@pytest.mark.parametrize(("act", "look", "wanted"), ACTS)
@pytest.mark.usefixtures("design")
def test_buttons_for_rows_work_without_script_and_keep_nothing_yet(
    client: Client, ada: Any, act: str, look: Callable[[Any], Any], wanted: Any
) -> None:
    sent = filled(client, **{"/title": "Typed"}) | {"rule!act": [act]}
    response = client.post(RULE, sent)
    assert response.status_code == 200
    text = response.content.decode()
    query = sent_by(text)
    fields = [name for name in query if name.endswith("/field")]
    rows = {
        key: [query[name] for name in fields if name.startswith(f"rule/{key}/")]
        for key in ("on_success", "on_error")
    }
    conditions = [
        name.removeprefix("rule").removesuffix("/left") for name in query if name.endswith("/left")
    ]
    assert look({"rows": rows, "conditions": conditions}) == wanted
    assert query["rule/title"] == "Typed"
    assert rule_of(ada)["title"] == "Get a new token"


@pytest.mark.usefixtures("design")
def test_focus_goes_to_the_row_that_was_added(client: Client) -> None:
    sent = filled(client) | {"rule!act": ["add:/input_mapping"]}
    text = client.post(RULE, sent).content.decode()
    assert re.search(r'name="rule/input_mapping/6/value"[^>]*autofocus', text)
    sent = filled(client) | {"rule!act": ["add:/conditions/items"]}
    text = client.post(RULE, sent).content.decode()
    assert re.search(r'name="rule/conditions/items/0/left"[^>]*autofocus', text)


@pytest.mark.usefixtures("design")
def test_another_data_source_gives_other_trees(client: Client, ada: Any) -> None:
    sent = filled(client, **{"/datasource": "token-service/get-orders"})
    text = client.post(RULE, sent | {"rule!act": ["refresh:"]}).content.decode()
    assert "GET /api/orders/{customer}" in said(text)
    assert "body.client_id is no longer there: choose again." in said(text)
    response = client.post(RULE, sent_again(text), headers=HTMX)
    assert response.status_code == 422
    assert rule_of(ada)["method"] == "get-orders"


@pytest.mark.usefixtures("design")
def test_the_dialog_says_what_a_call_lacks_and_what_was_probably_meant(client: Client) -> None:
    assert "Everything that the method takes is mapped." in said(page(client))
    sent = filled(client, **{"/input_mapping/1/target": "body.client_if",
                             "/on_success/0/field": "acces_token"})  # fmt: skip
    text = client.post(RULE, sent | {"rule!act": ["keep:"]}).content.decode()
    assert "Nothing goes to body.client_id." in said(text)
    assert "body.client_if is no longer there: choose again. Use body.client_id" in said(text)
    assert "Use access_token" in said(text)


@pytest.mark.usefixtures("design")
def test_map_all_by_name_fills_the_obvious_rows(client: Client) -> None:
    sent = filled(client)
    bare = {
        key: value for key, value in sent.items()
        if not key.startswith(("rule/input_mapping/", "rule/on_success/"))
    }  # fmt: skip
    bare |= {"rule/input_mapping/0/value": ["x"], "rule/input_mapping/0/target": ["body.client_id"]}
    bare |= {"setting": ["input_mapping"], "target": ["rule:get-token"], "prefix": ["rule"]}
    bare["rule!act"] = ["by_name:/input_mapping"]
    text = client.post(f"{PARTS}control/", bare).content.decode()
    rows = sent_by(text)
    got = {rows[f"rule/input_mapping/{n}/target"]: rows[f"rule/input_mapping/{n}/value"]
           for n in range(5)}  # fmt: skip
    assert got == {
        "body.client_id": "x", "body.grant_type": "[grant_type]",
        "body.client_secret": "[client_secret]", "body.redirect_uri": "[redirect_url]",
        "body.refresh_token": "[refresh_token]",
    }  # fmt: skip
    bare |= {"setting": ["on_success"], "rule!act": ["by_name:/on_success"]}
    rows = sent_by(client.post(f"{PARTS}control/", bare).content.decode())
    got = {rows[f"rule/on_success/{n}/field"]: rows[f"rule/on_success/{n}/value"] for n in range(4)}
    assert got == {
        name: f"[response.body.{name}]"
        for name in ("access_token", "expires_in", "refresh_token", "created_at")
    }


def test_rows_show_what_they_would_carry_and_never_a_secret(
    client: Client, make_token: Make, provider: HTTPServer, ada: Any
) -> None:
    made = make_token(client_id="kianda-demo", refresh_token="hush-refresh", client_secret="hush-2")
    answers(provider, {"access_token": "shown-nowhere", "expires_in": 3600,
                       "refresh_token": "hush-new", "created_at": "2026-11-23"})  # fmt: skip
    runs.trigger(process_id=made.process_id, target="refresh", user=ada, trigger="button")
    text = page(client)
    assert f"Value in {made.process_id}" in said(text)
    assert "hush" not in text
    assert "shown-nowhere" not in text
    shown_rows = re.sub(r"<template>[\s\S]*?</template>", "", text)
    samples = re.findall(r"data-sample>([\s\S]*?)</div></td>", shown_rows)
    shown = [said(one).strip() for one in samples]
    sent = ["refresh_token", "kianda-demo", "secret", "https://app.example.org/back", "secret"]
    assert shown[:6] == [*sent, "/oauth/token"]
    assert shown[6:11] == ["secret", "secret", "3600", "2026-11-23", ""]


@pytest.mark.usefixtures("design")
def test_a_rule_that_is_gone_is_not_found(client: Client) -> None:
    assert client.get(RULE.replace("get-token", "lost")).status_code == 404
    assert client.get(RULE.replace("token-refresh", "lost")).status_code == 404


def test_only_designers_may(token_service: Any, ben: Any, ada: Any) -> None:
    create_design(raw=definition(), user=ada)
    client = Client()
    client.force_login(ben, backend="django.contrib.auth.backends.ModelBackend")
    assert client.get(RULE).status_code == 403
    assert client.get(f"{PARTS}tree/").status_code == 403


TREES = [
    ("field", "", ["Token", "Access token", "access_token"], ["urlPath", "body.client_id"]),
    ("target", "", ["URL path", "urlPath", "Headers", "Body", "client_secret"], ["response"]),
    ("target", "token-service/get-orders", ["Path", "customer", "Query", "status"], ["Body"]),
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
    ("=[expires_in] * 2", "value", "Number: 7200"),
    ("Bearer [client_id]", "value", "Text: Bearer kianda-demo"),
    ("=[client_id] == \"kianda-demo\"", "value", "Yes or no: true"),
    ("[client_secret]", "value", "Secret: secret"),
    ("=Length([client_secret])", "value", "Secret: secret"),
    ("=Foo(1)", "value", "There is no function Foo."),
    ("=1 +", "value", "The expression cannot be read."),
    ("=1 / 0", "value", "0"),
    ("[lost]", "value", "There is no field or name lost."),
    ("[response.body.x]", "value", "can stand only"),
    ("[error.message]", "error", "It can be read. error.message has no value yet."),
    ("=" + "(" * 1990, "value", "cannot be read"),
    ("=" + "1+" * 2000 + "1", "value", "2,000 characters at most"),
    ("=9 ** 9 ** 9 ** 9", "value", ""),
    ("<script>alert(1)</script>", "value", "<script>alert(1)</script>"),
]  # fmt: skip


@pytest.mark.parametrize(("source", "which", "wanted"), RESULTS)
def test_an_expression_tells_its_result_or_what_is_wrong(
    client: Client, make_token: Make, source: str, which: str, wanted: str
) -> None:
    made = make_token(client_id="kianda-demo", expires_in=3600, client_secret="hush")
    response = client.post(
        f"{PARTS}result/", {"text": source, "which": which, "target": "rule:get-token"}
    )
    text = response.content.decode()
    assert response.status_code == 200
    assert wanted in said(text)
    assert "hush" not in text
    assert "<script>" not in text
    assert made.process_id in text or "k-note--bad" in text


@pytest.mark.usefixtures("workshop")
def test_an_expression_over_rows_tells_its_result(client: Client, ada: Any) -> None:
    def result(text: str, target: str = "rule:hide") -> str:
        sent = {"text": text, "which": "value", "target": target}
        return client.post(f"{SHOP}parts/result/", sent).content.decode()

    create_instance(process="shop", mode="preview", data={}, user=ada)
    assert "Number: 0" in said(result("=Sum([lines.price])"))
    empty = result("[row.price]", target="rule:inner")
    assert "row.price has no value yet: the table has no row." in said(empty)
    assert "k-note--bad" not in empty
    rows = [{"price": 2}, {"price": 3}]
    create_instance(process="shop", mode="preview", data={"lines": rows}, user=ada)
    assert "Number: 5" in said(result("=Sum([lines.price])"))
    assert "Number: 4" in said(result("=[row.price] * 2", target="rule:inner"))
    wrong = result("=Sum([lines.cost])")
    assert "The table lines has no column cost." in said(wrong)
    assert 'data-start="12" data-end="16"' in wrong


CONDITIONS = [
    ({}, "Runs always."),
    ({"items/0/left": "[access_token]", "items/0/operator": "blank"},
     "Runs when Access token is blank. Otherwise the rule is skipped."),
    ({"match": "any", "items/0/left": "[expires_in]", "items/0/operator": "gt",
      "items/0/right": "10", "items/1/match": "all", "items/1/items/0/left": "[client_id]",
      "items/1/items/0/operator": "eq", "items/1/items/0/right": "a",
      "items/1/items/1/left": "[grant_type]", "items/1/items/1/operator": "neq"},
     "Runs when Expires in (s) is more than “10” or (Client ID is “a” and Grant type is not empty"
     " )."),
    ({"items/0/left": "[lost]", "items/0/operator": "eq", "items/1/left": "[client_secret]",
      "items/1/operator": "contains", "items/1/right": "x", "items/2/left": "[client_id]",
      "items/2/operator": "not_blank"},
     "Runs when Client ID is not blank ; 2 conditions to mend ."),
]  # fmt: skip


@pytest.mark.parametrize(("sent", "wanted"), CONDITIONS)
@pytest.mark.usefixtures("design")
def test_conditions_read_as_a_sentence(client: Client, sent: dict[str, str], wanted: str) -> None:
    posted = {f"rule/conditions/{key}": value for key, value in sent.items()}
    text = client.post(
        f"{PARTS}sentence/", {"setting": "conditions", "prefix": "rule", **posted}
    ).content.decode()
    assert squeezed(wanted) in squeezed(said(text))


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
    both = "Runs when A is blank. Otherwise what stands below under Otherwise is done."
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


@pytest.mark.usefixtures("design")
def test_an_unknown_part_is_not_found(client: Client) -> None:
    assert client.get(f"{PARTS}nothing/").status_code == 404
    assert client.get(f"{PARTS}sentence/").status_code == 404
    assert client.post(f"{PARTS}control/", {"target": "rule:lost"}).status_code == 404


LINES = {"type": "table", "name": "lines", "columns": [{"type": "number", "name": "price"}]}


@pytest.fixture
def workshop(ada: Any, design: None) -> None:
    """A process with a loop, and rules that show, hide and start."""
    rules = [
        {"type": "loop_table", "id": "loop", "table": "lines", "rules": [
            {"type": "set_form_field", "id": "inner", "title": "Each price",
             "assignments": [{"field": "row.price", "value": "=[row.price] * 2"}]}]},
        {"type": "hide_or_disable", "id": "hide",
         "changes": [{"field": "go", "action": "disable"}, {"field": "main", "action": "show"}],
         "opposite": [{"field": "a", "action": "hide_and_clear"}]},
        {"type": "start_a_process", "id": "start", "process": "token-refresh"},
        {"type": "update_item", "id": "change", "datasource": "kianda", "method": "token-refresh",
         "filter": {"items": [{"left": "[item.client_id]", "operator": "eq", "right": "[a]"}]},
         "input_mapping": [{"target": "body.client_id", "value": "[a]"}]},
    ]  # fmt: skip
    fields = [text_field("a"), LINES, text_field("client_id"), button("go", *rules)]
    create_design(raw=process(*fields, name="shop"), user=ada)


SHOP = "/designs/shop/designer/"


@pytest.mark.usefixtures("workshop")
@pytest.mark.parametrize("rule_id", ["loop", "inner", "hide", "start", "change"])
def test_every_box_of_the_workshop_is_in_order(client: Client, rule_id: str) -> None:
    text = page(client, f"{SHOP}rule/{rule_id}/")
    assert "aria-invalid" not in text
    assert "no longer there" not in text


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
def test_a_started_process_is_mapped_by_name_and_offers_what_can_be_triggered(
    client: Client,
) -> None:
    text = page(client, f"{SHOP}rule/start/")
    assert '<option value="refresh#clear">Refresh: Clear the access token</option>' in text
    sent = sent_again(text) | {"rule!act": ["by_name:/input_mapping"], "prefix": ["rule"],
                               "setting": ["input_mapping"], "target": ["rule:start"]}  # fmt: skip
    rows = sent_by(client.post(f"{SHOP}parts/control/", sent).content.decode())
    assert rows["rule/input_mapping/0/target"] == "client_id"
    assert rows["rule/input_mapping/0/value"] == "[client_id]"


@pytest.mark.usefixtures("workshop")
def test_columns_are_added_and_take_the_settings_of_their_type(client: Client, ada: Any) -> None:
    about = {"target": "field:lines", "prefix": "s", "setting": "columns"}
    sent = {**about, "s/columns/0/type": "text", "s/columns/0/name": "price",
            "s/columns/0/max_length": "7", "s!act": "add:/columns"}  # fmt: skip
    text = client.post(f"{SHOP}parts/control/", sent).content.decode()
    query = sent_by(text)
    assert query["s/columns/0/max_length"] == "7"
    assert query["s/columns/1/type"] == "text"
    assert re.search(r'name="s/columns/1/type"[^>]*autofocus', text)
    sent = sent_again(text, **{"s/columns/1/type": "number", "s!act": "keep:", **about})
    text = client.post(f"{SHOP}parts/control/", sent).content.decode()
    assert "s/columns/1/decimals" in sent_by(text)


def test_a_rule_of_any_kind_opens(client: Client, ada: Any) -> None:
    """Half made ones too: a rule that was just added has nothing set."""
    rules = [{"type": "save", "id": "s"}, {"type": "set_form_field", "id": "f", "assignments": []},
             {"type": "nobody-knows", "id": "n"}, {"type": "create_item", "id": "c"}]  # fmt: skip
    create_design(raw=process(text_field("a"), button("go", rules[0]), name="any"), user=ada)
    copy = working_copies.open_copy("any", user=ada)
    for rule in rules[1:]:
        document = copy.document
        document["forms"][0]["fields"][1]["rules"].append(rule)
    from processes.models import WorkingCopy

    WorkingCopy.objects.filter(design__name="any").update(document=copy.document)
    for rule in rules:
        page(client, f"/designs/any/designer/rule/{rule['id']}/")


@pytest.mark.usefixtures("design")
def test_a_text_that_is_too_large_is_refused_and_kept_in_the_form(client: Client, ada: Any) -> None:
    url = RULE.replace("get-token", "clear")
    large = "a" * 2_000_000
    sent = filled(client, url, **{"/assignments/0/value": large})
    response = client.post(url, sent, headers=HTMX)
    text = response.content.decode()
    assert response.status_code == 422
    assert "This was not kept" in said(text)
    assert large in text
    assert rule_of(ada, "clear")["assignments"][0]["value"] == ""


@pytest.mark.parametrize("text", ["<script>alert(1)</script>", "'; DROP TABLE x; --", "\u202e[[x]"])
@pytest.mark.usefixtures("design")
def test_script_and_sql_in_every_box_are_only_text(client: Client, ada: Any, text: str) -> None:
    sent = filled(client)
    for key in sent:
        if key.startswith("rule/") and key.endswith(("/value", "/title", "/target", "/field")):
            sent[key] = [text]
    response = client.post(RULE, sent, headers=HTMX)
    assert response.status_code == 422
    assert "<script>" not in response.content.decode()
    assert rule_of(ada)["title"] == text
