"""Nothing leaves this machine: the whole suite runs cut off, and so do the processes that it starts."""

import re
import socket
import subprocess
import sys

import pytest

TEST_NET = "192.0.2.1"  # RFC 5737: an address that belongs to nobody


@pytest.mark.parametrize("kind", [socket.SOCK_STREAM, socket.SOCK_DGRAM])
def test_another_machine_cannot_be_reached(kind):
    with socket.socket(socket.AF_INET, kind) as s, pytest.raises(OSError, match="only this machine"):
        s.connect((TEST_NET, 80))
    with pytest.raises(OSError, match="only this machine"):
        socket.create_connection(("example.org", 80), timeout=1)


def test_this_machine_can_be_reached():
    with socket.create_server(("127.0.0.1", 0)) as server:
        with socket.create_connection(server.getsockname(), timeout=5) as client:
            client.sendall(b"here")
            assert server.accept()[0].recv(4) == b"here"


def test_child_processes_are_cut_off_too():
    code = f"import socket; socket.create_connection(({TEST_NET!r}, 80), timeout=1)"
    child = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert child.returncode == 1 and "only this machine" in child.stderr


def test_the_package_names_no_address_to_fetch(root):
    """Addresses of sources belong into the tables; code that could fetch one doesn't exist."""
    fetchers = re.compile(r"\b(urllib\.request|urlopen|requests\.get|httpx|http\.client|wget|curl)\b")
    found = [
        f"{path.relative_to(root)}:{n}"
        for path in (root / "src").rglob("*.py")
        for n, line in enumerate(path.read_text("utf-8").splitlines(), 1)
        if fetchers.search(line)
    ]
    assert not found
