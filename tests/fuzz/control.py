"""Calls of the control API: what its document allows, and what is nearly that."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from random import Random
from typing import Any
from urllib.parse import quote

from mock_server import resources
from mock_server.contract.contract import load_contract
from tests.fuzz.case import Case
from tests.fuzz.headers import some_headers
from tests.fuzz.material import KEYS, Known, gallery_names
from tests.fuzz.mutation import as_body, mutated_json, mutated_text, odd_number, odd_text
from tests.fuzz.sampling import Sampler

_PATTERNS = (
    "cat", ".*", "(a+)+$", "(a|aa)+$", "^(([a-z])+.)+[A-Z]([a-z])+$", "(?i)视", "[", "(?P<a>x)(?P=a)", "(?R)?", "\\p{Han}+", "a{1000000}", "(?:a{1000}){1000}",
    "(((((((((((a*)*)*)*)*)*)*)*)*)*)*b", "(?<=a+)b", "\\", "(?#", "(.*){1,32000}[bc]", "x*+y", "(?e)(?:cat){e<=100}", "\\N{BULLET}", "\0", "[[a-z]--[b]]",
)  # fmt: skip
_POINTERS = (
    "/task_id",
    "/base_resp/status_code",
    "/base_resp",
    "/status",
    "/file/download_url",
    "/file",
    "/files",
    "/files/0",
    "/a~1b/~0",
    "/",
    "//",
    "/prompt",
    "/x/0/y",
)
_WITHOUT_SENDING = ("sendCallback", "replayCallback")


class ControlCases:
    """Makes calls of the control API for one round."""

    def __init__(self, known: Known) -> None:
        document = load_contract().control.data
        self._known = known
        self._operations = [
            (path, method.upper(), [*item.get("parameters", []), *operation.get("parameters", [])], operation)
            for path, item in document["paths"].items()
            for method, operation in item.items()
            if method != "parameters"
        ]
        self._parameters = document["components"]["parameters"]
        self._special: dict[str, Callable[[Random], Any]] = {
            "Key": lambda rng: rng.choice(KEYS), "account": lambda rng: rng.choice(KEYS), "key": lambda rng: rng.choice(KEYS),
            "task": known.task, "task_id": known.task, "name": _scenario_or_fault, "prompt": lambda rng: rng.choice(_PATTERNS),
            "Pointer": lambda rng: rng.choice(_POINTERS), "file": lambda rng: rng.choice(("/etc/hostname", "/dev/zero", ".", "a\0b", "../pyproject.toml", "x" * 5000)),
            "url": lambda rng: rng.choice(("http://127.0.0.1:1/", "http://169.254.169.254/", "x", "http://[")),
            "Seconds": lambda rng: rng.choice((0, 0.001, 1, 5.5, 86_400)), "retry_after": lambda rng: rng.choice((0, 5, "date+5", "date+99999", "soon")),
            "code": lambda rng: rng.choice((0, 1000, 1002, 1026, 1027, 2013, 7, -1)), "id": lambda rng: known.some(rng.choice(("rules", "requests", "callbacks")), rng),
            "timeout": lambda rng: rng.choice((0, 0.01)), "deadline": lambda rng: rng.choice((0.01, 0.05)), "location": lambda rng: rng.choice(("/", "http://127.0.0.1:1/", "%0d%0a")),
        }  # fmt: skip
        self._sampler = Sampler(document, self._special)

    def call(self, rng: Random, _known: Known) -> Case:
        """One call."""
        path, method, parameters, operation = rng.choice(self._operations)
        if rng.random() < 0.35:  # rules are what has the most to go wrong
            path, method, parameters, operation = next(
                each for each in self._operations if each[3]["operationId"] == "addRule"
            )
        query = []
        for each in parameters:
            parameter = self._parameters[each["$ref"].rpartition("/")[2]] if "$ref" in each else each
            value = self._value(parameter, rng)
            if parameter["in"] == "path":
                path = path.replace(f"{{{parameter['name']}}}", quote(value, safe="", errors="replace") or "%20")
            elif rng.random() < 0.4:
                query.append(f"{parameter['name']}={quote(value, safe='', errors='replace')}")
        if rng.random() < 0.04:
            query.append(
                rng.choice(
                    ("a=b", "account=", "limit=1", "limit=1", "&&", "%00=%ff", quote(odd_text(rng), errors="replace"))
                )
            )
        headers, key = some_headers(rng)
        # A browser's headers are refused before anything is looked at, so most calls come without.
        if rng.random() < 0.9:
            headers = [each for each in headers if each[0] not in ("Host", "Origin", "Sec-Fetch-Site")]
        return Case(
            "control",
            method,
            path,
            "&".join(query),
            headers,
            self._body(operation, rng),
            chunked=rng.random() < 0.02,
            key=key,
        )

    def _value(self, parameter: dict[str, Any], rng: Random) -> str:
        chance = rng.random()
        if parameter["name"] == "name":
            value = rng.choice((*gallery_names(), "..", "../gallery.yaml", "gallery.yaml", odd_text(rng)))
        elif chance < 0.1:
            value = (
                str(rng.choice((odd_number(rng), odd_text(rng), "NaN", "1e5", "inf", "-0", "0x1", "1_0", "٣")))
                if chance < 0.08
                else "9" * 5000
            )
        else:
            value = str(self._sampler.sample(parameter["schema"], rng, parameter["name"]))
        return (
            mutated_text(value, rng) if rng.random() < 0.06 and parameter["name"] not in ("account", "key") else value
        )

    def _body(self, operation: dict[str, Any], rng: Random) -> bytes:
        if "requestBody" not in operation:
            return b"" if rng.random() < 0.9 else rng.choice((b"{}", b" {} ", b'{"a":1}', b"null", b"x" * 100))
        body = self._sampler.sample(operation["requestBody"]["content"]["application/json"]["schema"], rng)
        if operation["operationId"] == "advanceClock" and rng.random() < 0.8:
            body = {"seconds": rng.choice((0, 0.5, 1, 3, 70))}
        for _ in range(rng.choice((0, 0, 0, 1, 1, 2))):
            body = mutated_json(body, rng)
        if operation["operationId"] in _WITHOUT_SENDING:
            return as_body(_nowhere(body), Random(0))
        return as_body(body, rng)


def _nowhere(body: Any) -> Any:
    """The message with no address in it that anybody may be called at."""
    if (
        isinstance(body, dict)
        and isinstance(body.get("url"), str)
        and not body["url"].startswith(("http://127.0.0.1:1/", "http://169.254."))
    ):
        return {**body, "url": f"http://169.254.169.254/{body['url']}"}
    return body


_FAULTS: list[str] = load_contract().control.data["components"]["schemas"]["FaultName"]["enum"]


@cache
def _scenario_names() -> list[str]:
    return [path.stem for path in sorted((resources.folder("fixtures") / "scenarios").glob("*.yaml"))]


def _scenario_or_fault(rng: Random) -> str:
    """Both are called `name` where they are asked for; what is wrong for the one is right for the other."""
    return rng.choice(_scenario_names() if rng.random() < 0.5 else _FAULTS)
