"""What an operation gets and gives: a call without any web framework in it, and its answer."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from mock_server.contract.decoded_image import DecodedImage
from mock_server.contract.picture_rules import Path
from mock_server.errors import Violation
from mock_server.operations.form import BadForm, Form
from mock_server.world.account import Account
from mock_server.world.forcing import Asked
from mock_server.world.pattern import Patience
from mock_server.world.rule import Acting

MAX_NOTES = 30

Operation = Literal[
    "create", "query", "retrieve", "download", "retrieve_content", "list", "upload", "delete", "unknown"
]


class BodyTooLarge(Exception):
    """The body is larger than the limit that its reader was given; it was not read on."""


class Diverted(Exception):
    """A rule answers instead of the operation, which takes no effect."""


class BodyCutOff(Exception):
    """The client stopped sending before the end that it had declared; the message says where."""


def _no_form(_raw: bytes) -> Form:
    raise BadForm("nobody can parse it")


@dataclass(slots=True)
class Call:
    """One request to the imitated API, and what is learnt about it on its way down.

    `read_body` reads at most so many bytes and raises BodyTooLarge; `parse_form` makes a form of them, or raises
    BadForm. `origin` is scheme and host as the client sees them. The other fields after `origin` are filled by the
    steps, for the journal and for the answer; what stands in `after_answer` is done once the answer has been sent.
    """

    operation: Operation
    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    read_body: Callable[[int], bytes]
    origin: str
    key: str | None = None
    account: Account | None = None
    document: Any = None
    form: Form | None = None
    unparsed: bytes | None = None
    # The pictures that came with the body, by where they stand in it.
    images: dict[Path, DecodedImage] = field(default_factory=dict)
    asked: Asked = field(default_factory=Asked)
    acting: Acting | None = None
    challenge_later: Acting | None = None
    # What searching prompts for the patterns of rules may still cost this call.
    patience: Patience = field(default_factory=Patience)
    notes: list[dict[str, Any]] = field(default_factory=list)
    after_answer: list[Callable[[], None]] = field(default_factory=list)
    parse_form: Callable[[bytes], Form] = _no_form

    def note(self, kind: str, /, **facts: Any) -> None:
        """Writes down something that is no reason to refuse the call but worth finding in the journal."""
        if len(self.notes) < MAX_NOTES:
            self.notes.append({"note": kind, **facts})
        elif len(self.notes) == MAX_NOTES:
            self.notes.append({"note": "more-not-shown"})

    @property
    def prompt(self) -> str | None:
        """The prompt of a create call, if it has one."""
        prompt = self.document.get("prompt") if isinstance(self.document, dict) else None
        return prompt if isinstance(prompt, str) else None

    @property
    def model(self) -> str | None:
        """The model that a create call names, if it names one."""
        model = self.document.get("model") if isinstance(self.document, dict) else None
        return model if isinstance(model, str) else None


@dataclass(slots=True)
class Answer:
    """What goes back: the body as JSON data, the code in it, and every rule that was broken."""

    body: dict[str, Any]
    code: int = 0
    http_status: int = 200
    violations: tuple[Violation, ...] = ()
