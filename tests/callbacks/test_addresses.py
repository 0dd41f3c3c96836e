"""Which addresses are called. A test run must never notify production by accident."""

from __future__ import annotations

import ctypes
import os
import subprocess
import sys
import textwrap
from collections.abc import Sequence
from pathlib import Path

import pytest

from contract_tests.api import MINIMAL, Api
from mock_server import MockServer, Settings
from mock_server.callbacks.address import CallbackRefused, parse_receiver, refuse_forbidden
from tests.callbacks.receiver import Receiver

ALLOWED = ["127.0.0.1", "127.8.9.10", "::1", "10.1.2.3", "172.16.0.1", "172.31.255.254", "192.168.1.1", "fd12:3456::1",
           "::ffff:127.0.0.1", "::ffff:10.0.0.1"]  # fmt: skip
PUBLIC = ["8.8.8.8", "93.184.216.34", "172.32.0.1", "192.169.0.1", "11.0.0.1", "2001:4860:4860::8888", "::ffff:8.8.8.8",
          "100.64.0.1", "198.51.100.7", "64:ff9b::808:808", "2002:808:808::1", "fec0::1"]  # fmt: skip
NEVER = ["169.254.169.254", "169.254.0.1", "fe80::1", "fe80::1%eth0", "::ffff:169.254.169.254", "100.100.100.200",
         "fd00:ec2::254", "fd00:ec2::23", "fd00:42::42", "168.63.129.16", "192.0.0.192", "0.0.0.0", "::", "224.0.0.1", "255.255.255.255", "240.0.0.1", "ff02::1",
         "64:ff9b::a9fe:a9fe", "2002:a9fe:a9fe::1", "::ffff:0.0.0.0"]  # fmt: skip


@pytest.mark.parametrize("address", ALLOWED)
def test_loopback_and_private_networks_are_called(address: str) -> None:
    """No list is needed for them."""
    refuse_forbidden(address, "receiver", ())


@pytest.mark.parametrize("address", PUBLIC)
def test_public_addresses_need_their_name_listed(address: str) -> None:
    """Refused, with the flag that would allow it; the name of another host allows nothing."""
    with pytest.raises(CallbackRefused, match=r"--allow-callback-host example\.com"):
        refuse_forbidden(address, "example.com", ("other.com",))
    refuse_forbidden(address, "Example.COM.", ("example.com",))


@pytest.mark.parametrize("address", NEVER)
def test_some_addresses_are_never_called(address: str) -> None:
    """Not even for a listed name, and in no form."""
    with pytest.raises(CallbackRefused):
        refuse_forbidden(address, "example.com", ("example.com",))


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("http://user:secret@127.0.0.1/", "credentials"),
        ("http://user@127.0.0.1/", "credentials"),
        ("http://127.0.0.1:99999/", "cannot be read"),
        ("http://[::1/", "cannot be read"),
        ("http://127.0.0.1\t.evil.com/", "control character"),
        ("http://127.0.0.1\\@evil.com/", "backslash"),
        ("http:///path", "no host"),
        ("ftp://127.0.0.1/", "no host"),
        ("http://" + "a" * 70 + "ü.com/", "cannot be read"),
    ],
)
def test_urls_that_could_be_read_in_two_ways_are_refused(url: str, words: str) -> None:
    """What a person and a library might understand differently is not sent anywhere."""
    with pytest.raises(CallbackRefused, match=words):
        parse_receiver(url)


def test_a_url_is_kept_as_it_is() -> None:
    """Path and query go out byte for byte; only what cannot stand in a request line is encoded."""
    receiver = parse_receiver("http://Host:8080/a%2Fb/../c;d=1?x=%20&y=a+b&z[]='#frag")
    assert (receiver.host, receiver.port, receiver.host_header) == ("host", 8080, "host:8080")
    assert receiver.target == "/a%2Fb/../c;d=1?x=%20&y=a+b&z[]='"
    assert parse_receiver("https://host?").target == "/"
    assert parse_receiver("https://host/p#a?b").target == "/p"
    assert parse_receiver("https://host").port == 443
    assert parse_receiver("http://bücher.example/ü").host == "xn--bcher-kva.example"


def challenged(resolved: dict[str, Sequence[str]], host: str, *, allow: str | None = None) -> tuple[int, list[str]]:
    """The code of a create whose receiver has that name, and what the resolver was asked."""
    asked: list[str] = []

    def resolver(name: str, _port: int) -> Sequence[str]:
        asked.append(name)
        return resolved[name]

    allowed = (allow,) if allow else None
    settings = Settings(port=0, allow_callback_host=allowed, callback_timeout=2)
    with MockServer(settings, resolver=resolver) as mock, Receiver() as receiver:
        url = f"http://{host}:{receiver.port}/callback"
        return Api(mock.url, "k-1").create(MINIMAL | {"callback_url": url}).code, asked


def test_the_address_that_was_judged_is_dialled() -> None:
    """A name is resolved once: a second answer of the resolver could be another address (DNS rebinding)."""
    code, asked = challenged({"receiver.test": ["127.0.0.1"]}, "receiver.test")
    assert (code, asked) == (0, ["receiver.test"])


@pytest.mark.parametrize(
    ("addresses", "allow", "code"),
    [
        (["8.8.8.8"], None, 2013),
        (["127.0.0.1", "8.8.8.8"], None, 2013),
        (["8.8.8.8", "127.0.0.1"], None, 2013),
        (["169.254.169.254"], "receiver.test", 2013),
        (["127.0.0.1", "169.254.169.254"], "receiver.test", 2013),
        (["127.0.0.9", "127.0.0.1"], None, 0),
        (["::1", "127.0.0.1"], None, 0),
        (["127.0.0.1"], "receiver.test", 0),
        ([], None, 2013),
    ],
)
def test_names_with_several_addresses(addresses: list[str], allow: str | None, code: int) -> None:
    """Every address of a name must be allowed; of allowed ones the first that listens is used."""
    assert challenged({"receiver.test": addresses}, "receiver.test", allow=allow)[0] == code


@pytest.mark.parametrize("host", ["2130706433", "0177.0.0.1", "0x7f.0.0.1", "127.1", "localhost"])
def test_odd_forms_of_loopback_are_called_where_the_system_reads_them(host: str) -> None:
    """The system turns the form into an address, and that address is judged and dialled."""
    with MockServer(Settings(port=0)) as mock, Receiver() as receiver:
        reply = Api(mock.url, "k-1").create(MINIMAL | {"callback_url": f"http://{host}:{receiver.port}/"})
        assert reply.code == 0
        (delivery,) = reply_deliveries(mock)
        assert delivery["address"] == "127.0.0.1"


def reply_deliveries(mock: MockServer) -> list[dict[str, object]]:
    """What the mock recorded."""
    found: list[dict[str, object]] = Api(mock.url, None).send("GET", "/__mock/callbacks").json["callbacks"]
    return found


@pytest.mark.parametrize(
    "host", ["2852039166", "0251.0376.0251.0376", "0xa9.254.169.254", "[::ffff:a9fe:a9fe]", "134744072"]
)
def test_odd_forms_of_forbidden_addresses_are_not_called(host: str) -> None:
    """Decimal, octal, hexadecimal and mapped forms of a metadata and of a public address."""
    with MockServer(Settings(port=0, callback_timeout=2)) as mock:
        reply = Api(mock.url, "k-1").create(MINIMAL | {"callback_url": f"http://{host}/"})
        assert reply.code == 2013
        assert (
            "never called" in reply.headers["X-Mock-Violations"]
            or "private network" in reply.headers["X-Mock-Violations"]
        )
        (delivery,) = reply_deliveries(mock)
        assert (delivery["address"], delivery["answer"]) == (None, None)


def test_a_resolver_that_hangs_is_not_waited_for() -> None:
    """The deadline begins before the name is looked up."""
    import threading
    import time

    release = threading.Event()

    def hang(_name: str, _port: int) -> Sequence[str]:
        release.wait(30)
        return ["127.0.0.1"]

    with MockServer(Settings(port=0, callback_timeout=0.3), resolver=hang) as mock:
        begin = time.monotonic()
        reply = Api(mock.url, "k-1").create(MINIMAL | {"callback_url": "http://slow.test/"})
        assert time.monotonic() - begin < 1.5
        release.set()
    assert reply.code == 2013
    assert "(resolving the name)" in reply.headers["X-Mock-Violations"]


def test_a_name_that_does_not_exist() -> None:
    """The reason names the name."""
    with MockServer(Settings(port=0)) as mock:
        reply = Api(mock.url, "k-1").create(MINIMAL | {"callback_url": "http://nobody.invalid/"})
    assert reply.code == 2013
    assert "nobody.invalid cannot be resolved" in reply.headers["X-Mock-Violations"]


NAMESPACE = """
import ctypes, fcntl, os, socket, struct, sys
libc = ctypes.CDLL(None, use_errno=True)
uid, gid = os.getuid(), os.getgid()
if libc.unshare(0x10000000 | 0x40000000):  # CLONE_NEWUSER | CLONE_NEWNET
    sys.exit(77)
def write(name, text):
    with open(f"/proc/self/{name}", "w") as file:
        file.write(text)
write("setgroups", "deny"); write("uid_map", f"0 {uid} 1"); write("gid_map", f"0 {gid} 1")
with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as control:
    def request(number, name, payload):
        fcntl.ioctl(control, number, struct.pack("16s", name.encode()) + payload)
    def address(ip):
        return struct.pack("=HH4s8x", socket.AF_INET, 0, socket.inet_aton(ip))
    request(0x8914, "lo", struct.pack("=H14x", 0x1 | 0x40))  # up
    for number, ip in enumerate(ADDRESSES):
        request(0x8916, f"lo:{number}", address(ip))
        request(0x8914, f"lo:{number}", struct.pack("=H14x", 0x1 | 0x40))
from contract_tests.api import MINIMAL, Api
from mock_server import MockServer, Settings
from tests.callbacks.receiver import Receiver
with MockServer(Settings(port=0, callback_timeout=2, allow_callback_host=("93.184.216.35", "169.254.169.254"))) as mock:
    for ip in ADDRESSES:
        with Receiver(host=ip) as receiver:
            code = Api(mock.url, "k-1").create(MINIMAL | {"callback_url": receiver.url}).code
            print(ip, code, len(receiver.received))
"""


def test_receivers_that_really_stand_on_such_addresses() -> None:
    """In a network of its own, receivers listen on private, public and metadata addresses; only the right ones hear."""
    expected = {
        "10.1.2.3": (0, 1), "172.20.0.1": (0, 1), "192.168.7.7": (0, 1), "93.184.216.34": (2013, 0),
        "93.184.216.35": (0, 1), "169.254.169.254": (2013, 0), "100.100.100.200": (2013, 0), "172.32.0.1": (2013, 0),
    }  # fmt: skip
    script = NAMESPACE.replace("ADDRESSES", repr(list(expected)))
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(script)], capture_output=True, text=True, timeout=60, check=False,
        cwd=Path(__file__).resolve().parents[2], env={**os.environ, "PYTHONPATH": ""},
    )  # fmt: skip
    if done.returncode == 77 or not hasattr(ctypes.CDLL(None), "unshare"):
        pytest.skip("this machine lets nobody make a network namespace; the resolver tests above stand for it")
    assert done.returncode == 0, done.stderr
    heard = {line.split()[0]: (int(line.split()[1]), int(line.split()[2])) for line in done.stdout.splitlines()}
    assert heard == expected
