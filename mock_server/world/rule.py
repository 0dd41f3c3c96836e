"""A rule: what a call has to be, and what happens then. Immutable; the counts of an account stand in `standing_rules`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from mock_server.world.fault import Fault
from mock_server.world.pattern import Patience, Pattern, TooSlow

Scope = Literal["request", "task", "account", "server"]
# The nearest wins.
RANK: Mapping[Scope, int] = {"request": 0, "task": 1, "account": 2, "server": 3}
# A rule speaks of the answer (or of the message, for challenge and push), or of what becomes of the task.
Moment = Literal["answer", "task"]
# A longer rule is told in the journal by the names of its members alone.
SHOWN_IN_JOURNAL = 2000


@dataclass(frozen=True, slots=True)
class Occasion:
    """What is about to be answered or sent, as far as rules can ask for it."""

    operation: str
    moment: Moment = "answer"
    model: str | None = None
    prompt: str | None = None
    task_id: int | None = None
    status: str | None = None
    patience: Patience = field(default_factory=Patience, compare=False)


@dataclass(frozen=True, slots=True)
class Match:
    """What a call has to be. `call` and the counts of the rule are looked at by whoever counts."""

    operations: frozenset[str]
    account: str | None = None
    model: str | None = None
    prompt: Pattern | None = None
    call: int | None = None
    task_id: int | None = None
    status: str | None = None

    def fits(self, occasion: Occasion, account: str) -> bool:
        """Whether the occasion is one of these, whatever its number."""
        return (
            occasion.operation in self.operations
            and self.account in (None, account)
            and self.model in (None, occasion.model)
            and self.task_id in (None, occasion.task_id)
            and self.status in (None, occasion.status)
            and (self.prompt is None or self._in_prompt(self.prompt, occasion))
        )

    @staticmethod
    def _in_prompt(pattern: Pattern, occasion: Occasion) -> bool:
        """Whether the prompt has it; what cannot be told in time is not so, and `occasion.patience` says so."""
        try:
            return pattern.found_in(occasion.prompt, occasion.patience)
        except TooSlow:
            return False


@dataclass(frozen=True, slots=True)
class HttpAnswer:
    """Another HTTP answer. `body` of None leaves what the call would have got, if it was processed."""

    status: int
    headers: Mapping[str, str]
    body: bytes | None
    content_type: str | None


@dataclass(frozen=True, slots=True)
class TaskWish:
    """What becomes of a task; what is None is left to the settings."""

    end: Literal["Success", "Fail", "never"] = "Success"
    code: int = 0
    seconds: float | None = None
    polls: int | None = None
    queueing: float | None = None
    processing: float | None = None


@dataclass(frozen=True, slots=True)
class VideoWish:
    """Another video: a file of the user's, or the mock's own with another length."""

    file: str | None = None
    bytes: int | None = None


@dataclass(frozen=True, slots=True)
class Edit:
    """Members of a JSON answer or message that are changed, added, left out or sent as another type."""

    change: tuple[tuple[str, Any], ...] = ()
    remove: tuple[str, ...] = ()
    as_number: tuple[str, ...] = ()
    as_text: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Then:
    """What happens. The fields are those of the schema; `processed` says whether the call takes effect."""

    code: int | None = None
    text: str | None = None
    http: HttpAnswer | None = None
    edit: Edit = Edit()
    delay: tuple[float, float] | None = None
    fault: Fault | None = None
    processed: bool = True
    task: TaskWish | None = None
    video: VideoWish | None = None
    skip: bool = False
    repeat: int = 1
    after_answer: bool = False
    before_answer: bool = False
    reorder: bool = False
    retries: int | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Rule:
    """One rule. `source` says for a person where it comes from, `data` is what the user wrote."""

    id: str
    scope: Scope
    match: Match
    then: Then
    source: str
    times: int | None = None
    probability: float = 1.0
    after: int = 0
    data: Mapping[str, Any] = field(default_factory=dict)
    # How long `data` is as JSON, which is what the rule takes in memory, more or less.
    size: int = 0

    @property
    def moment(self) -> Moment:
        """When it is looked at."""
        return "task" if self.then.task is not None else "answer"

    @property
    def on_wire(self) -> bool:
        """Whether it needs the connection itself."""
        return self.then.fault is not None and self.then.fault.kind.on_wire


@dataclass(frozen=True, slots=True)
class Acting:
    """A rule that acts now, with what was drawn for this time: seconds of delay, and noise for garbage."""

    rule: Rule
    delay: float = 0.0
    noise: bytes = b""

    @property
    def then(self) -> Then:
        """What happens."""
        return self.rule.then

    def as_dict(self) -> dict[str, Any]:
        """What the journal says of it."""
        shown: dict[str, Any] = {"id": self.rule.id, "scope": self.rule.scope, "source": self.rule.source}
        if self.rule.data:
            then = self.rule.data["then"]
            shown["then"] = then if self.rule.size <= SHOWN_IN_JOURNAL else dict.fromkeys(then, "…")
        if self.delay:
            shown["delay_seconds"] = round(self.delay, 3)
        return shown
