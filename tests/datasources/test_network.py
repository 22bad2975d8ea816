"""Which addresses are reached and which are refused, however they are spelt."""

import socket
import threading
from pathlib import Path
from typing import Any

import pytest

from datasources.http.client import send
from datasources.http.egress import refusal_of_literal, resolve
from datasources.rest.document import RestDatasource
from datasources.rest.errors import CallFailed
from datasources.rest.request import build
from tests.datasources.servers import always, answer, serving

REFUSED = [
    "127.0.0.1",
    "127.1",
    "2130706433",
    "0x7f000001",
    "0177.0.0.1",
    "127.0.0.1.",
    "localhost",
    "[::1]",
    "[::ffff:127.0.0.1]",
    "[::127.0.0.1]",
    "0.0.0.0",
    "[::]",
    "10.0.0.1",
    "172.16.0.1",
    "192.168.1.1",
    "192.0.0.8",
    "100.64.0.1",
    "198.18.0.1",
    "224.0.0.1",
    "255.255.255.255",
    "169.254.169.254",
    "[::ffff:169.254.169.254]",
    "[64:ff9b::a9fe:a9fe]",
    "[64:ff9b::7f00:1]",
    "[2002:7f00:1::]",
    "[2001::1]",
    "[fd00::1]",
    "[fe80::1]",
    "[ff02::1]",
]
# Each carries 169.254.169.254, or is link-local itself.
NEVER = [
    "169.254.169.254",
    "[::ffff:169.254.169.254]",
    "[::169.254.169.254]",
    "[64:ff9b::a9fe:a9fe]",
    "[2002:a9fe:a9fe::]",
    "[fe80::1]",
    "[fd00:ec2::254]",
]


def datasource(host: str) -> RestDatasource:
    """Return a datasource that leads to a host."""
    return RestDatasource.model_validate(
        {"name": "x", "title": "X", "base_url": f"http://{host}", "methods": [{"name": "call"}]}
    )


def failure(host: str) -> CallFailed:
    """Return how a call to a host fails."""
    made = datasource(host)
    with pytest.raises(CallFailed) as caught:
        send(build(made, made.methods[0], {}), datasource=made, timeout_s=5)
    return caught.value


@pytest.mark.parametrize("host", REFUSED)
def test_an_address_that_is_not_public_is_refused(host: str) -> None:
    failed = failure(host)
    assert failed.kind == "refused_address"
    assert failed.message.startswith("X cannot be reached: ")


@pytest.mark.parametrize("host", REFUSED)
def test_an_address_that_is_not_public_is_seen_when_the_datasource_is_saved(host: str) -> None:
    refusal = refusal_of_literal(datasource(host).origin)
    # What a name stands for is only known when it is called.
    assert (refusal is None) == (host == "localhost")


@pytest.mark.parametrize("host", ["127.0.0.1", "10.1.2.3", "[fd00::1]"])
def test_the_refusal_names_the_setting_that_can_allow_it(host: str) -> None:
    assert "KIANDA_EGRESS_ALLOW" in failure(host).message


@pytest.mark.parametrize(
    ("host", "sort"),
    [
        ("127.0.0.1", "It points to the server that Kianda runs on."),
        ("[::1]", "It points to the server that Kianda runs on."),
        ("[::ffff:127.0.0.1]", "It points to the server that Kianda runs on."),
        ("10.1.2.3", "It is in a private network."),
        ("172.31.0.1", "It is in a private network."),
        ("[fd00::1]", "It is in a private network."),
        ("100.64.0.1", "It is in the internal network of an Internet provider."),
        ("0.0.0.0", "It is a wildcard address. Enter the address of the service."),
        ("[::]", "It is a wildcard address. Enter the address of the service."),
        ("224.0.0.1", "It is a multicast address. Enter the address of one server."),
        ("255.255.255.255", "It is a multicast address. Enter the address of one server."),
        ("[2002:7f00:1::]", "It contains the IPv4 address 127.0.0.1. Enter that one."),
        ("[64:ff9b::808:808]", "It contains the IPv4 address 8.8.8.8. Enter that one."),
        ("[::127.0.0.1]", "It contains the IPv4 address 127.0.0.1. Enter that one."),
        ("192.0.2.1", "It is a reserved address."),
        ("[2001:db8::1]", "It is a reserved address."),
    ],
)
def test_each_sort_of_address_is_refused_in_a_sentence_of_its_own(host: str, sort: str) -> None:
    assert f" is not a public address. {sort}" in failure(host).message


@pytest.mark.parametrize(
    ("host", "entry"),
    [("10.1.2.3", "10.1.2.3"), ("127.1", "127.0.0.1"), ("[::ffff:10.0.0.1]", "10.0.0.1")],
)
def test_what_the_refusal_names_allows_the_address(host: str, entry: str, settings: Any) -> None:
    assert f"can add {entry} to the setting KIANDA_EGRESS_ALLOW." in failure(host).message
    settings.KIANDA_EGRESS_ALLOW = [entry]
    assert refusal_of_literal(datasource(host).origin) is None


@pytest.mark.parametrize("host", ["8.8.8.8", "[2606:4700::1]", "example.org", "1.1"])
def test_a_public_address_or_a_name_is_taken_when_it_is_saved(host: str) -> None:
    assert refusal_of_literal(datasource(host).origin) is None


@pytest.mark.parametrize("host", NEVER)
@pytest.mark.parametrize("everything", [["0.0.0.0/0", "::/0"], ["self"]])
def test_a_link_local_address_is_refused_whatever_is_allowed(
    host: str, everything: list[str], settings: Any
) -> None:
    settings.KIANDA_EGRESS_ALLOW = [host.strip("[]") if e == "self" else e for e in everything]
    assert failure(host).kind == "refused_address"
    assert "is a link-local address, which is never allowed" in failure(host).message


@pytest.mark.parametrize(
    ("entry", "host", "allowed"),
    [
        ("127.0.0.1", "127.0.0.1", True),
        ("127.0.0.0/8", "127.0.0.1", True),
        ("127.0.0.1/8", "127.0.0.1", True),
        ("127.0.0.1:{port}", "127.0.0.1", True),
        ("127.0.0.1:1", "127.0.0.1", False),
        ("127.0.0.2", "127.0.0.1", False),
        ("127.0.0.1", "127.1", True),
        ("127.0.0.1", "localhost", True),
        ("localhost", "localhost", True),
        ("LOCALHOST:{port}", "LocalHost", True),
        ("localhost:1", "localhost", False),
        ("localhost", "127.0.0.1", False),
        ("::1", "[::ffff:127.0.0.1]", False),
        ("10.0.0.0/8", "127.0.0.1", False),
    ],
)
def test_the_allow_list_takes_hosts_ports_and_networks(
    entry: str, host: str, allowed: bool, settings: Any
) -> None:
    with serving(always(answer())) as server:
        settings.KIANDA_EGRESS_ALLOW = [entry.format(port=server.port)]
        made = datasource(f"{host}:{server.port}")
        call = build(made, made.methods[0], {})
        if allowed:
            assert send(call, datasource=made).status == 200
        else:
            with pytest.raises(CallFailed) as caught:
                send(call, datasource=made)
            assert caught.value.kind == "refused_address"
            assert server.visits == []


@pytest.mark.parametrize(
    ("entry", "host", "refused"),
    [
        ("[fd00::1]:80", "[fd00::1]", False),
        ("[fd00::1]:81", "[fd00::1]", True),
        ("fd00::/8", "[fd00::1]", False),
        ("fd00::1", "[fd00::1]", False),
        ("127.0.0.1", "[::ffff:127.0.0.1]", False),
        ("127.0.0.2", "[::ffff:127.0.0.1]", True),
    ],
)
def test_the_allow_list_takes_ipv6_and_sees_ipv4_inside_it(
    entry: str, host: str, refused: bool, settings: Any
) -> None:
    settings.KIANDA_EGRESS_ALLOW = [entry]
    assert bool(refusal_of_literal(datasource(host).origin)) == refused


def _resolving(monkeypatch: pytest.MonkeyPatch, *addresses: str) -> list[str]:
    """Let every name stand for the given addresses; return the names that were looked up."""
    asked: list[str] = []
    real: Any = socket.getaddrinfo

    def fake(host: str, port: Any, *args: Any, flags: int = 0, **kwargs: Any) -> Any:
        if flags & socket.AI_NUMERICHOST:
            return real(host, port, *args, flags=flags, **kwargs)
        asked.append(host)
        return [
            (socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in addresses
        ]

    monkeypatch.setattr(socket, "getaddrinfo", fake)
    return asked


def test_a_name_that_stands_for_a_private_address_is_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    _resolving(monkeypatch, "10.0.0.7")
    failed = failure("intern.example.org")
    assert failed.kind == "refused_address"
    assert "intern.example.org (10.0.0.7)" in failed.message


def test_a_name_is_looked_up_once_and_only_its_allowed_addresses_are_dialled(
    monkeypatch: pytest.MonkeyPatch, settings: Any
) -> None:
    settings.KIANDA_EGRESS_ALLOW = ["127.0.0.1"]
    asked = _resolving(monkeypatch, "10.0.0.7", "127.0.0.1")
    with serving(always(answer())) as server:
        made = datasource(f"intern.example.org:{server.port}")
        assert send(build(made, made.methods[0], {}), datasource=made).status == 200
    assert asked == ["intern.example.org"]
    assert b"Host: intern.example.org:" in server.requests[0]


def test_the_next_address_is_tried_when_one_takes_no_connection(
    monkeypatch: pytest.MonkeyPatch, settings: Any
) -> None:
    settings.KIANDA_EGRESS_ALLOW = ["127.0.0.0/8"]
    _resolving(monkeypatch, "127.9.9.9", "127.0.0.1")
    with serving(always(answer())) as server:
        made = datasource(f"twice.example.org:{server.port}")
        assert send(build(made, made.methods[0], {}), datasource=made).status == 200


def test_a_name_that_does_not_exist_fails_in_plain_words(monkeypatch: pytest.MonkeyPatch) -> None:
    def nobody(*args: Any, flags: int = 0, **kwargs: Any) -> Any:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", nobody)
    failed = failure("nobody.example.org")
    assert failed.kind == "connection"
    assert failed.message == "X cannot be reached: There is no host named nobody.example.org."


def test_a_resolver_that_hangs_does_not_hold_the_call(monkeypatch: pytest.MonkeyPatch) -> None:
    real: Any = socket.getaddrinfo
    given_up = threading.Event()
    waited_out: list[bool] = []

    def slow(*args: Any, flags: int = 0, **kwargs: Any) -> Any:
        if not flags & socket.AI_NUMERICHOST:
            waited_out.append(not given_up.wait(20))
        return real(*args, flags=flags | socket.AI_NUMERICHOST, **kwargs)

    monkeypatch.setattr(socket, "getaddrinfo", slow)
    with pytest.raises(CallFailed) as caught:
        resolve("slow.example.org", 80, wait_s=0.2)
    assert caught.value.kind == "timeout"
    assert waited_out == [], "the resolver was waited for"
    given_up.set()


@pytest.fixture
def sandbox_file(settings: Any, tmp_path: Path) -> Path:
    """The place where the sandbox writes its address."""
    settings.KIANDA_DATA_DIR = tmp_path
    return tmp_path / "sandbox.address"


def test_the_sandbox_is_found_by_name_while_the_demo_is_on(
    settings: Any, sandbox_file: Path
) -> None:
    settings.KIANDA_DEMO = True
    made = datasource("sandbox.internal")
    call = build(made, made.methods[0], {})
    with serving(always(answer())) as server:
        sandbox_file.write_text(f"127.0.0.1:{server.port}")
        assert send(call, datasource=made).status == 200
    with serving(always(answer(b'"moved"'))) as moved:
        sandbox_file.write_text(f"127.0.0.1:{moved.port}\n")
        assert send(call, datasource=made).body == "moved"
        # Exactly that address is allowed, and no other port of it.
        assert refusal_of_literal(datasource(f"127.0.0.1:{moved.port}").origin) is None
        assert refusal_of_literal(datasource("127.0.0.1:1").origin)


@pytest.mark.parametrize(("demo", "written"), [(False, True), (True, False)])
def test_without_the_demo_there_is_no_sandbox(
    settings: Any, sandbox_file: Path, demo: bool, written: bool
) -> None:
    settings.KIANDA_DEMO = demo
    if written:
        sandbox_file.write_text("127.0.0.1:9")
    failed = failure("sandbox.internal")
    assert failed.kind == "connection"
    assert "only exists while the demo runs" in failed.message
