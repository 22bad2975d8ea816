"""A pasted cURL line is read as a shell would read it, and never run."""

from typing import Any

import pytest

from datasources.importing import source_of
from datasources.importing.shell_words import commands_of
from datasources.rest.document import RestDatasource, RestMethod
from kianda.lib.errors import Invalid
from tests.datasources.importing.reading import draft, the_method, told

URL = "https://api.example.org/v1/orders"


def method(line: str) -> RestMethod:
    return the_method(draft(line))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("curl a 'b c' \"d e\"", ["curl", "a", "b c", "d e"]),
        ("curl a\\\n  b", ["curl", "a", "b"]),
        ("curl a \\\r\n  b", ["curl", "a", "b"]),
        ("curl 'it'\\''s' \"say \\\"hi\\\"\"", ["curl", "it's", 'say "hi"']),
        ("curl $'a\\n\\u00e9\\'b'", ["curl", "a\né'b"]),
        ("curl '' \"\"", ["curl", "", ""]),
        ("curl $ID \"${NAME}x\" '$NO'", ["curl", "{{ID}}", "{{NAME}}x", "$NO"]),
        ("curl 5$ a$", ["curl", "5$", "a$"]),
        ("curl a # rest", ["curl", "a"]),
        ("curl a#b", ["curl", "a#b"]),
        ('curl ^"https://a.example^"^\n -X POST', ["curl", "https://a.example", "-X", "POST"]),
        ('curl "a\\d"', ["curl", "a\\d"]),
    ],
)
def test_words_are_those_that_a_shell_would_make(text: str, words: list[str]) -> None:
    ((found, _end),) = commands_of(text)
    assert found == words


@pytest.mark.parametrize(
    ("options", "verb", "kind"),
    [
        ("", "GET", "json"),
        ("-X DELETE", "DELETE", "json"),
        ("-XPUT -d a=1", "PUT", "form"),
        ("--request=PATCH --json '{\"a\": 1}'", "PATCH", "json"),
        ("-d a=1", "POST", "form"),
        ("-F a=1", "POST", "multipart"),
        ("-G -d a=1", "GET", "json"),
        ("-I", "HEAD", "json"),
        ("-d '<a/>' -H 'Content-Type: application/xml'", "POST", "raw"),
        ("-sSL -X POST", "POST", "json"),
    ],
)
def test_the_verb_and_the_body_are_what_curl_would_send(options: str, verb: str, kind: str) -> None:
    made = method(f"curl {options} {URL}")
    assert (made.http_method, made.content_type, made.url_path) == (verb, kind, "/v1/orders")


def test_values_are_kept_and_variables_are_left_to_be_mapped() -> None:
    made = method(
        f"""curl '{URL}/'$ID"?a=b%20c&d=$D" -H 'X-One: 1' -H "X-Two: $TWO" \\
          --data-urlencode 'q=a&b' --data-raw 'x=@y' -A agent -e https://from.example"""
    )
    assert made.url_path == "/v1/orders/{ID}"
    assert [(one.name, one.value) for one in made.query] == [("a", "b c"), ("d", None)]
    assert [(one.name, one.value) for one in made.request_headers] == [
        ("X-One", "1"), ("X-Two", None), ("User-Agent", "agent"),
        ("Referer", "https://from.example"),
    ]  # fmt: skip
    assert [(one.name, one.value) for one in made.request_body] == [("q", "a&b"), ("x", "@y")]


def test_a_body_of_json_keeps_its_types() -> None:
    made = method(
        f"""curl {URL} -d '{{"a": "x", "n": 1.5, "on": false, "l": [1], "o": {{"p": "q"}}}}'"""
    )
    assert [(one.name, one.type, one.value) for one in made.request_body] == [
        ("a", "text", "x"),
        ("n", "number", "1.5"),
        ("on", "boolean", "false"),
        ("l", "json", "[1]"),
        ("o.p", "text", "q"),
    ]


@pytest.mark.parametrize(
    ("options", "auth"),
    [
        ("-u me:pa:ss", {"scheme": "basic", "username": "me", "password": "pa:ss"}),
        ("-H 'Authorization: Bearer abc'", {"scheme": "bearer", "token": "abc"}),
        ("-H 'authorization: Basic bWU6cHc='", {
            "scheme": "basic", "username": "me", "password": "pw",
        }),
        ("--oauth2-bearer abc", {"scheme": "bearer", "token": "abc"}),
        ('-H "Authorization: Bearer $TOKEN"', {"scheme": "bearer", "token": ""}),
        ("-H 'X-API-Key: k'", {
            "scheme": "api_key", "name": "X-API-Key", "place": "header", "key": "k",
        }),
        ("-H 'X-API-Key: k' -H 'X-Auth-Token: t'", {
            "scheme": "headers",
            "headers": [
                {"name": "X-API-Key", "value": "k"}, {"name": "X-Auth-Token", "value": "t"},
            ],
        }),
        ("-H 'Authorization: token abc'", {
            "scheme": "headers", "headers": [{"name": "Authorization", "value": "token abc"}],
        }),
        ("", {"scheme": "none"}),
    ],
)  # fmt: skip
def test_credentials_become_the_sign_in_and_stand_in_no_method(
    options: str, auth: dict[str, Any]
) -> None:
    made = draft(f"curl {options} {URL}")
    assert made.datasource["auth"] == auth
    assert "request_headers" not in made.datasource["methods"][0]


def test_credentials_in_the_address_are_taken_out_of_it() -> None:
    made = draft("curl https://me:pw@api.example.org:8443/x")
    assert made.datasource["base_url"] == "https://api.example.org:8443"
    assert made.datasource["auth"]["password"] == "pw"


@pytest.mark.parametrize(
    "options",
    [
        "-d @/etc/passwd",
        "--data-binary @/etc/passwd",
        "--data-urlencode text@/etc/passwd",
        "-F file=@/etc/passwd",
        "-F text=</etc/passwd",
        "-H @/etc/passwd",
        "-T /etc/passwd",
        "-b /etc/passwd",
        "-K /etc/passwd",
        "--cert /etc/passwd",
        "< /etc/passwd",
        "| sh",
        "-x http://proxy.example",
    ],
)
def test_a_file_is_not_read_and_that_is_told(options: str) -> None:
    made = draft(f"curl {URL} {options}")
    assert made.notes.left_out != []
    assert "root:" not in repr(made)


@pytest.mark.parametrize("text", ["$(id)", "`id`", '"$(id)"', '"`id`"', "a$(id)b"])
def test_what_a_shell_would_run_is_refused_in_a_sentence(text: str) -> None:
    with pytest.raises(Invalid) as refused:
        draft(f"curl {URL} -d {text}")
    assert "Nothing is run here" in refused.value.detail


def test_what_only_looks_like_a_command_in_single_quotes_is_a_text() -> None:
    assert method(f"curl {URL} -d 'a=$(id)'").request_body[0].value == "$(id)"


def test_checking_certificates_cannot_be_switched_off() -> None:
    made = draft(f"curl -k {URL}")
    assert "always checked" in told(made.notes.left_out)["curl 1 --insecure"]


def test_redirects_are_followed_when_the_command_says_so() -> None:
    assert method(f"curl -L {URL}").follow_redirects is True
    assert method(f"curl {URL}").follow_redirects is None


def test_several_commands_become_several_methods_of_one_service() -> None:
    made = draft(f"curl {URL}\n$ curl -d a=1 {URL} && curl https://else.example; echo done")
    document = RestDatasource.model_validate(made.datasource)
    assert [one.name for one in document.methods] == ["get-v1-orders", "post-v1-orders"]
    left = told(made.notes.left_out)
    assert "https://else.example" in left["curl 3"]
    assert left["echo done"] == "This is not a cURL command. It was not run."


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("curl 'https://a.example", "is not closed"),
        ("curl -X POST", "The command has no URL"),
        (
            "wget https://a.example",
            "No cURL command found",
        ),
    ],
)
def test_half_a_command_is_told_in_a_sentence(text: str, sentence: str) -> None:
    with pytest.raises(Invalid) as refused:
        draft_as_curl(text)
    assert sentence in refused.value.detail


def draft_as_curl(text: str) -> Any:
    return source_of([("line", text.encode())], format="curl").api()
