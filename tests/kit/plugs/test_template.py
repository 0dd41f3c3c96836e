"""Command lines with placeholders."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from contract_tests.plugs.template import PLACEHOLDERS, Template, values_of, variables_of
from tests.kit.plugs.calls import call

FILES = Path("/call.json"), Path("/result.json")


def _arguments(text: str, **more: Any) -> list[str]:
    return Template(text).arguments(values_of(call("a cat", **more), *FILES))


@pytest.mark.parametrize(
    ("text", "arguments"),
    [
        ("gen {op} -p {prompt}", ["gen", "create", "-p", "a cat"]),
        ("gen 'say: {prompt}!'", ["gen", "say: a cat!"]),
        ("gen {call_file} {result_file}", ["gen", "/call.json", "/result.json"]),
        ("gen --t {deadline_s} {deadline_ms} {poll_s}", ["gen", "--t", "20", "20000"]),
        ("gen --image {image_url} --p {prompt}", ["gen", "--p", "a cat"]),
        ("gen --image={image_url} --p={prompt}", ["gen", "--p=a cat"]),
        ("gen {image_url} {image_file} x", ["gen", "x"]),
        ("gen -f {image_url} {image_file} x", ["gen", "x"]),
        ("gen -- {image_url} x", ["gen", "--", "x"]),
        ("gen --a=b {image_url} x", ["gen", "--a=b", "x"]),
        ("gen 'url={image_url}'", ["gen", "url="]),
        ('gen \'{"p": {"t": "{prompt}"}}\'', ["gen", '{"p": {"t": "a cat"}}']),
        ("gen '{{prompt}} {{nothing}} {}'", ["gen", "{prompt} {nothing} {}"]),
    ],
)
def test_values_take_their_places(text: str, arguments: list[str]) -> None:
    """What is absent goes, with the flag that waits for it; braces that hold no name stay."""
    assert _arguments(text) == arguments


@pytest.mark.parametrize(
    ("milliseconds", "seconds"), [(20, "0.02"), (8000, "8"), (1, "0.001"), (1_234_567, "1234.567"), (0, "0"), (12.5, "0.013")]
)  # fmt: skip
def test_seconds_are_plain_numbers(milliseconds: float, seconds: str) -> None:
    """Without an exponent, which many programs cannot read."""
    assert _arguments("gen {poll_s}", poll_ms=milliseconds) == ["gen", seconds]


def test_every_placeholder_has_its_value() -> None:
    """None is known that nothing stands for, and what is given is not changed."""
    names = [name for name in PLACEHOLDERS if not name.endswith(("_s", "_file", "_ms"))]
    inputs = {name: f"<{name}>" for name in names} | {"image_file": "/i.png", "prompt_optimizer": False, "duration": 6}
    times = {f"{name}_ms": 1500 for name in ("poll", "deadline", "connect", "read")}
    document = call() | {"input": inputs, "out_file": "/o.mp4"} | times
    document |= {name: inputs[name] for name in ("base_url", "api_key", "task_id", "file_id", "workdir", "retries")}
    values = values_of(document, *FILES)
    assert set(values) == set(PLACEHOLDERS)
    assert (values["prompt_optimizer"], values["duration"], values["read_s"]) == ("false", "6", "1.5")


def test_variables_say_the_same() -> None:
    """Under our names, and under those that clients of this service read; very long values are left to the call file."""
    document = call("x" * 200_000, base_url="http://127.0.0.1:1/")
    variables = variables_of(values_of(document, *FILES))
    assert variables["MM_CONTRACT_OP"] == "create"
    assert variables["MM_CONTRACT_CALL_FILE"] == "/call.json"
    assert variables["MINIMAX_BASE_URL"] == variables["MINIMAX_API_HOST"] == "http://127.0.0.1:1/"
    assert variables["MINIMAX_API_KEY"] == variables["MM_CONTRACT_API_KEY"] == "a-key"
    assert "MM_CONTRACT_PROMPT" not in variables
    del document["api_key"]
    assert "MINIMAX_API_KEY" not in variables_of(values_of(document, *FILES))


@pytest.mark.parametrize(
    ("text", "untold"),
    [
        ("gen {prompt}", ("duration", "extra")),
        ("gen {prompt} {duration}", ("extra",)),
        ("gen {prompt} {call_file}", ()),
        ("gen {base_url}", ()),
    ],
)
def test_untold_is_what_has_no_place(text: str, untold: tuple[str, ...]) -> None:
    """A command line without any place for the input reads its variables, it is thought."""
    document = call() | {"input": json.loads('{"prompt": "p", "duration": 6, "model": null, "extra": {"a": 1}}')}
    assert Template(text).untold(document) == untold


@pytest.mark.parametrize(
    ("text", "offered"),
    [
        ("gen {prompt}", ["generate"]),
        ("gen {op}", ["generate", "create", "frobnicate"]),
        ("gen {call_file}", ["generate", "create", "parallel", "frobnicate"]),
    ],
)
def test_offers_what_it_can_be_told(text: str, offered: list[str]) -> None:
    """Without the operation in it, it can only be the usual one."""
    template = Template(text)
    asked = ("generate", "create", "parallel", "frobnicate")
    assert [operation for operation in asked if template.offers(operation)] == offered
