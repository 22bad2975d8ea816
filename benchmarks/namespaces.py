"""Two hosts on one machine: network namespaces, each with a name and a cable to one switch.

Servers of this machine are reached at the address of the switch. A host has no loopback traffic
with this machine and sees no port of it but through its cable, which can be cut.
"""

import os
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from benchmarks.processes import BenchmarkError

TOOLS = ("ip", "unshare", "hostname", "sh")
# Of the network that is set aside for benchmarks; another part of it for each that runs at a time.
NETWORK = "198.18"


def missing() -> str:
    """Return what this machine lacks for hosts of its own, empty when it can have them."""
    if os.geteuid() != 0:
        return "the rights of root"
    if lacks := [tool for tool in TOOLS if not shutil.which(tool)]:
        return f"the program {lacks[0]}"
    probe = f"kb-probe-{os.getpid()}"
    try:
        _ip("netns", "add", probe)
    except BenchmarkError:
        return "the right to make network namespaces"
    _ip("netns", "del", probe)
    return ""


@dataclass(frozen=True)
class Host:
    """A network of its own with a host name of its own."""

    name: str
    space: str
    address: str
    cable: str

    def command(self, *words: str | Path) -> list[str | Path]:
        """Return a command as it is run on this host, by the process that is started with it."""
        named = 'hostname "$0" && exec "$@"'
        inside = ["ip", "netns", "exec", self.space, "unshare", "--uts"]
        return [*inside, "sh", "-c", named, self.name, *words]

    @contextmanager
    def cut_off(self) -> Iterator[None]:
        """Have its cable out for the length of a block: it is told nothing but that."""
        _ip("link", "set", self.cable, "down")
        try:
            yield
        finally:
            _ip("link", "set", self.cable, "up")


@contextmanager
def network(names: Sequence[str]) -> Iterator[tuple[str, list[Host]]]:
    """Have a switch and hosts for the length of a block; yields its address and them."""
    pid = os.getpid()
    switch, part = f"kb{pid}", f"{NETWORK}.{pid % 256}"
    with ExitStack() as stack:
        stack.callback(_gone, "link", "del", switch)
        _ip("link", "add", switch, "type", "bridge")
        _ip("address", "add", f"{part}.1/24", "dev", switch)
        _ip("link", "set", switch, "up")
        hosts = [
            Host(name, f"kb-{pid}-{name}", f"{part}.{number}", f"kb{pid}.{number}")
            for number, name in enumerate(names, 2)
        ]
        for host in hosts:
            stack.callback(_gone, "netns", "del", host.space)
            # Its processes hold it until they end; the cable goes at once.
            stack.callback(_gone, "link", "del", host.cable)
            _wire(host, switch)
        yield f"{part}.1", hosts


def _wire(host: Host, switch: str) -> None:
    _ip("netns", "add", host.space)
    _ip("link", "add", host.cable, "type", "veth", "peer", "name", "eth0", "netns", host.space)
    _ip("link", "set", host.cable, "master", switch, "up")
    for words in (
        ("link", "set", "lo", "up"),
        ("address", "add", f"{host.address}/24", "dev", "eth0"),
        ("link", "set", "eth0", "up"),
    ):
        _ip("-netns", host.space, *words)


def _ip(*words: str) -> None:
    done = subprocess.run(["ip", *words], capture_output=True, text=True, check=False)
    if done.returncode:
        raise BenchmarkError(f"ip {' '.join(words)}: {done.stderr.strip()}")


def _gone(*words: str) -> None:
    """Take something away that may not have been made."""
    with suppress(BenchmarkError):
        _ip(*words)
