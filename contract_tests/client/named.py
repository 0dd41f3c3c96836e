"""Words about ids: that none is lost, and that everybody gets the right one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from contract_tests.client.observation import Observation, digest_of
from contract_tests.client.said import in_words
from contract_tests.client.vocabulary import word
from contract_tests.outcome import Finding, broken, met


@word
def carries(observation: Observation, argument: Any) -> Finding:
    """The error names the `task_id` or the `file_id`, so that nothing that was paid for is lost."""
    ids = observation.task_ids if argument == "task_id" else observation.file_ids
    called = observation.last.call.get(argument)
    ids = [*ids, called] if called else ids
    expected = f"an error that carries the {argument} {' or '.join(ids) or '(none was given)'}"
    invocation = observation.last
    if invocation.outcome not in ("error", "stopped"):
        return broken(expected, in_words(invocation))
    if invocation.error:
        found = invocation.error.get(argument) or invocation.result.get(argument)
        inside = str(invocation.error.get("message", ""))
        right = found in ids or any(each in inside for each in ids)
        return met(expected) if right else broken(expected, f"{argument} is {found!r}; {in_words(invocation)}")
    printed = any(each in observation.output for each in ids)
    return met(expected) if printed else broken(expected, "nothing that it printed names it")


@word
def keeps(observation: Observation, argument: Any) -> Finding:
    """The id of the task is on stdout or stderr, or in a file of the working folder, whatever became of the client."""
    ids = observation.task_ids
    expected = f"the {argument} {' or '.join(ids) or '(none was given)'} on the output or in a file"
    files = [(observation.folder / each).read_bytes()[:1_000_000] for each in observation.left_behind()]
    texts = [observation.output, *(content.decode("utf-8", "replace") for content in files)]
    if ids and any(each in text for each in ids for text in texts):
        return met(expected)
    return broken(expected, "it is nowhere")


@word
def each_its_own(observation: Observation, argument: Any) -> Finding:
    """Of a `parallel` call: every one of so many results has the task and the file of its own order."""
    expected = f"{argument} results, each with the task and the file of its own order"
    results = observation.last.result.get("results")
    if not isinstance(results, list):
        return broken(expected, in_words(observation.last))
    ids = [str(each.get("task_id")) for each in results if isinstance(each, dict) and each.get("outcome") == "success"]
    if len(ids) != argument or len(set(ids)) != argument or not set(ids) <= set(observation.task_ids):
        return broken(expected, f"{len(ids)} successes with {len(set(ids))} different ids")
    prompts = {str(task["task_id"]): task["prompt"] for task in observation.tasks}
    for call, task_id in zip(observation.last.call["calls"], ids, strict=True):
        prompt, saved = call["input"]["prompt"], digest_of(Path(call["out_file"]))
        if prompts.get(task_id, prompt) != prompt:
            return broken(expected, f"the order {prompt!r} got the task of {prompts[task_id]!r}")
        if saved != observation.videos.get(task_id):
            return broken(expected, f"the order {prompt!r} got {'another' if saved else 'no'} file")
    return met(expected)
