"""GET /__mock/contract: what a running mock promises."""

from __future__ import annotations

import pytest

from contract_tests.api import Api
from mock_server import MockServer, Settings
from mock_server.contract.contract import load_contract
from mock_server.contract.overview import overview
from mock_server.control.contract_pages import as_markdown, as_text


def test_contract_is_that_of_the_modes_that_are_served() -> None:
    """A mock of one kind tells of that one, a mock of two of both."""
    for modes in (("image-to-video",), ("image-to-video", "subject-reference")):
        with MockServer(Settings(port=0, modes=modes)) as mock:
            reply = Api(mock.url, None).send("GET", "/__mock/contract")
        assert (reply.status, reply.headers["Content-Type"]) == (200, "application/json")
        assert reply.json == overview(load_contract(), modes)
        assert reply.json["modes"] == list(modes)


@pytest.mark.parametrize(("form", "content_type"), [("text", "text/plain"), ("markdown", "text/markdown")])
def test_contract_in_words(mock: MockServer, form: str, content_type: str) -> None:
    """As the command prints it, in whole or of one evidence."""
    value = overview(load_contract(), ["image-to-video"], "assumed")
    reply = Api(mock.url, None).send("GET", "/__mock/contract", query={"format": form, "evidence": "assumed"})
    assert reply.headers["Content-Type"] == f"{content_type}; charset=utf-8"
    assert reply.content.decode() == (as_text if form == "text" else as_markdown)(value)


@pytest.mark.parametrize(("name", "allowed"), [("format", "markdown"), ("evidence", "observed")])
def test_wrong_parameter_names_what_is_allowed(mock: MockServer, name: str, allowed: str) -> None:
    """A form or an evidence that there is not is a problem with the field and its values."""
    reply = Api(mock.url, None).send("GET", "/__mock/contract", query={name: "nonsense"})
    assert (reply.status, reply.json["field"]) == (400, name)
    assert allowed in reply.json["allowed"]
