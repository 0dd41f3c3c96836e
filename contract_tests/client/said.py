"""Words about what the client said: its outcome, its error, its ids."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from contract_tests.client.observation import Observation
from contract_tests.client.vocabulary import word
from contract_tests.outcome import Finding, Seen, broken, met, unseen
from contract_tests.plugs.documents import Invocation
from contract_tests.plugs.host import is_local

# Below level 1 an error is an exit code; a result document tells more.
_NEEDS_DOCUMENT = "the plug gives no result document (level 0)"
_MUCH = 300


def in_words(invocation: Invocation) -> str:
    """What came of a call, in one line."""
    astray = sorted(host for host in invocation.proxied if is_local(host))
    at_proxy = (
        f"; it asked the proxy of its environment for {', '.join(astray)}, which NO_PROXY excepts" if astray else ""
    )
    return _in_words(invocation) + at_proxy


def _in_words(invocation: Invocation) -> str:
    if invocation.outcome == "success":
        ids = invocation.result.get("task_id")
        return f"it reported success{f' of task {ids}' if ids else ''}"
    if invocation.outcome == "error":
        error = invocation.error
        if not error:
            return f"it ended with exit code {invocation.exit_code}"
        text = str(error.get("message", ""))[:_MUCH]
        return f"it reported an error of kind {error.get('kind')}, code {error.get('code')}: {text!r}"
    after = f" after {invocation.seconds:.1f} s"
    return {
        "unsupported": "it says that it does not offer the operation",
        "killed": f"it had not ended when it was killed{after}; --patience 3 gives three times as long",
        "stopped": f"it was stopped{after}",
    }.get(invocation.outcome, invocation.outcome)


@word
def succeeds(observation: Observation, argument: Any) -> Finding:
    """Success that is proven: the id that only the server knew, or the file with the right bytes.

    `argument` of `{task_id: TEXT}` names the id where a rule has changed it; `{file: false}` expects no file, and
    `{served: PATH}` the file that the other host serves there.
    """
    wanted = argument or {}
    if "served" in wanted:
        observation = replace(observation, video=observation.served[wanted["served"]])
    expected = "success with the id and the file of this task"
    if observation.last.outcome != "success":
        return broken(expected, in_words(observation.last))
    with_file = wanted.get("file", observation.video is not None and observation.last.call.get("op") != "create")
    if with_file and (wrong := _wrong_file(observation)):
        return wrong
    ids = [observation.filled(wanted["task_id"])] if "task_id" in wanted else observation.task_ids
    if wrong := _wrong_id(observation, ids):
        return wrong
    named = observation.last.result.get("task_id") is not None
    proofs = ["file"] if with_file else []
    proofs += ["task id"] if named or any(each and each in observation.output for each in ids) else []
    if not proofs:
        return unseen(expected, "neither a task id nor a file was handed back; print the id or use {out_file}")
    return met(expected, f"proven by {' and '.join(proofs)}")


def _wrong_file(observation: Observation) -> Finding | None:
    """What is wrong with the file that was saved, and with what the result says of it."""
    saved, result = observation.saved(), observation.last.result
    if saved is None:
        return broken("the video, saved under the name that was given", "no file was saved")
    if saved != observation.video:
        wanted = (observation.video or "unknown")[:16]
        return broken(f"the file with SHA-256 {wanted}…", f"the saved file has SHA-256 {saved[:16]}…")
    if result.get("sha256", saved) != saved:
        return broken(f"the SHA-256 {saved[:16]}… of the file", f"it says {str(result['sha256'])[:16]}…")
    told = observation.file_ids[-1:]
    if "file_id" in result and told and result["file_id"] != told[0]:
        return broken(f"the file id {told[0]}", f"it says {result['file_id']!r}")
    return None


def _wrong_id(observation: Observation, ids: Sequence[str]) -> Finding | None:
    """What is wrong with the id that the result names, if it names one."""
    told = observation.last.result.get("task_id")
    if told is None:
        if observation.last.level == 1 and observation.last.call.get("op") == "create":
            return broken("a result with the task id", "the result document has none")
        return None
    return None if told in ids else broken(f"the task id {' or '.join(ids) or '(none was given)'}", f"it says {told!r}")


@word
def fails(observation: Observation, argument: Any) -> Finding:
    """An error: `any`, or `typed`, which an exception that escaped is not."""
    invocation = observation.last
    expected = "an error" if argument == "any" else "an error with a kind of its own"
    if invocation.outcome != "error":
        return broken(expected, in_words(invocation))
    if argument == "typed" and invocation.error.get("kind") == "unclassified":
        return broken(expected, f"an exception escaped: {str(invocation.error.get('message', ''))[:_MUCH]!r}")
    if invocation.exit_code is not None and invocation.exit_code < 0:
        return broken(expected, f"the process was ended by signal {-invocation.exit_code}")
    return met(expected, in_words(invocation))


@word
def ends(observation: Observation, _: Any) -> Finding:
    """Success or error, whichever, but an end by itself and no crash of the process."""
    invocation = observation.last
    crashed = invocation.exit_code is not None and invocation.exit_code < 0
    if invocation.outcome in ("success", "error") and not crashed:
        return met("an end by itself", in_words(invocation))
    return broken("an end by itself", f"signal {-(invocation.exit_code or 0)}" if crashed else in_words(invocation))


@word
def handled(observation: Observation, _: Any) -> Finding:
    """Success or a typed error: no exception escapes."""
    return succeeds_somehow(observation) if observation.last.outcome == "success" else fails(observation, "typed")


def succeeds_somehow(observation: Observation) -> Finding:
    """Success, without a proof of it."""
    return met("success or an error with a kind of its own", in_words(observation.last))


@word
def not_success(observation: Observation, _: Any) -> Finding:
    """Anything but success."""
    if observation.last.outcome == "success":
        return broken("no success", in_words(observation.last))
    if observation.last.outcome == "killed":
        return broken("an end by itself", in_words(observation.last))
    return met("no success", in_words(observation.last))


@word
def kind(observation: Observation, argument: Any) -> Finding:
    """The error's kind is one of these."""
    kinds = [argument] if isinstance(argument, str) else list(argument)
    expected = f"an error of kind {' or '.join(kinds)}"
    invocation = observation.last
    if invocation.outcome != "error":
        return broken(expected, in_words(invocation))
    if not invocation.error:
        return unseen(expected, _NEEDS_DOCUMENT)
    if invocation.error.get("kind") in kinds:
        return met(expected)
    return broken(expected, in_words(invocation))


@word
def not_kind(observation: Observation, argument: Any) -> Finding:
    """The error's kind is none of these."""
    kinds = [argument] if isinstance(argument, str) else list(argument)
    expected = f"no error of kind {' or '.join(kinds)}"
    invocation = observation.last
    if invocation.outcome == "error" and not invocation.error:
        return unseen(expected, _NEEDS_DOCUMENT)
    if invocation.error.get("kind") in kinds:
        return broken(expected, in_words(invocation))
    return met(expected)


@word
def code(observation: Observation, argument: Any) -> Finding:
    """The error carries this status code."""
    expected = f"an error with code {argument}"
    invocation = observation.last
    if invocation.outcome != "error":
        return broken(expected, in_words(invocation))
    if invocation.error:
        right = str(invocation.error.get("code")) == str(argument)
        return met(expected) if right else broken(expected, in_words(invocation))
    return met(expected) if str(argument) in observation.output else unseen(expected, _NEEDS_DOCUMENT)


@word
def hands_on(observation: Observation, argument: Any) -> Finding:
    """The refusal of the service reaches the caller: its `code`, or the `kind` that stands for it."""
    wanted, kind_of_it = argument["code"], argument["kind"]
    expected = f"an error with code {wanted}, or of kind {kind_of_it}"
    by_code = code(observation, wanted)
    if by_code.seen is Seen.BROKEN and observation.last.error.get("kind") != kind_of_it:
        return broken(expected, by_code.actual)
    return unseen(expected, by_code.actual) if by_code.seen is Seen.UNSEEN else met(expected)


@word
def says(observation: Observation, argument: Any) -> Finding:
    """The error's message has one of these texts, whatever their case."""
    texts = [argument] if isinstance(argument, str) else list(argument)
    texts = [observation.filled(text) for text in texts]
    expected = f"an error that says {' or '.join(repr(text) for text in texts)}"
    invocation = observation.last
    if invocation.outcome != "error":
        return broken(expected, in_words(invocation))
    said = str(invocation.error.get("message", "")) if invocation.error else observation.output
    if any(text.lower() in said.lower() for text in texts):
        return met(expected)
    return broken(expected, in_words(invocation)) if invocation.error else unseen(expected, _NEEDS_DOCUMENT)


@word
def short(observation: Observation, argument: Any) -> Finding:
    """The error's message, or without a result document all that was printed, has at most so many characters."""
    expected = f"an error told in at most {argument} characters"
    invocation = observation.last
    if invocation.outcome != "error":
        return broken(expected, in_words(invocation))
    length = len(str(invocation.error.get("message", "")) if invocation.error else observation.output)
    return met(expected, str(length)) if length <= argument else broken(expected, f"it has {length}")


@word
def retryable(observation: Observation, argument: Any) -> Finding:
    """Whether the error says that a later try can help."""
    return _flag(observation, "retryable", argument)


@word
def ambiguous(observation: Observation, argument: Any) -> Finding:
    """Whether the error says that the call may have taken effect."""
    return _flag(observation, "ambiguous", argument)


def _flag(observation: Observation, name: str, wanted: bool) -> Finding:
    expected = f"an error with {name} {str(wanted).lower()}"
    invocation = observation.last
    if invocation.outcome != "error":
        return broken(expected, in_words(invocation))
    if not invocation.error:
        return unseen(expected, _NEEDS_DOCUMENT)
    said = invocation.error.get(name, False)
    return met(expected) if said is wanted else broken(expected, f"{name} is {said!r}; {in_words(invocation)}")


@word
def within(observation: Observation, argument: Any) -> Finding:
    """The call is over after at most so many seconds.

    With `{seconds: n, resolving: true}` unseen where this machine itself is slow to say that a name does not exist.
    """
    wanted = argument if isinstance(argument, dict) else {"seconds": argument}
    seconds = wanted["seconds"] * observation.patience
    expected = f"an end within {seconds:g} s"
    taken = observation.last.seconds
    if observation.last.outcome != "killed" and taken <= seconds:
        return met(expected, f"{taken:.1f} s")
    if wanted.get("resolving") and "${slow-resolver}" in observation.places:
        return unseen(expected, "this machine itself takes long to say that a name does not exist")
    if observation.last.outcome == "killed":
        return broken(expected, in_words(observation.last))
    return broken(expected, f"it took {taken:.1f} s")
