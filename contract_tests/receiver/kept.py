"""Words about what a receiver keeps of what it was told: ids digit for digit, reasons, codes, the video itself."""

from __future__ import annotations

from typing import Any

from contract_tests.outcome import Finding, broken, met, unseen
from contract_tests.receiver.aftermath import NEITHER, NO_STATE, each_task
from contract_tests.receiver.scene import Scene
from contract_tests.receiver.tasks import Task
from contract_tests.receiver.vocabulary import word


@word
def keeps(scene: Scene, argument: Any) -> Finding:
    """Members of the update are kept: `file_id`, `reason` (the text of the failure), `code`, or `video` (its bytes)."""
    finders = {"file_id": _keeps_file_id, "reason": _keeps_reason, "code": _keeps_code, "video": _keeps_video}
    return each_task(scene, argument, lambda task: finders[argument["member"]](scene, task))


def _keeps_file_id(scene: Scene, task: Task) -> Finding:
    expected = f"the file id {task.file_id}, digit for digit"
    if scene.plug.state is not None:
        scene.until(lambda: scene.state(task).status == "success")
        kept = scene.state(task).file_id
        if kept is not None:
            same = isinstance(kept, str | int) and str(kept) == task.file_id
            return met(expected) if same else broken(expected, f"it keeps {kept!r}")
    if scene.habits.retrieves:
        scene.until(lambda: scene.fetched(task) > 0)
        return (
            met(expected)
            if scene.fetched(task)
            else broken(expected, f"it asked for {scene.effects.asked('retrieve')}")
        )
    return unseen(expected, NEITHER if scene.plug.state is None else "the state probe gives no file_id")


def _keeps_reason(scene: Scene, task: Task) -> Finding:
    expected = f"the reason {task.text!r}"
    if scene.plug.state is None:
        return unseen(expected, NO_STATE)
    scene.until(lambda: scene.state(task).status == "failed")
    reason = scene.state(task).reason
    if reason is None:
        return unseen(expected, "the state probe gives no reason")
    return met(expected) if task.text in reason else broken(expected, f"it keeps {reason!r}")


def _keeps_code(scene: Scene, task: Task) -> Finding:
    expected = f"the code {task.code}"
    if scene.plug.state is None:
        return unseen(expected, NO_STATE)
    scene.until(lambda: scene.state(task).status == "failed")
    state = scene.state(task)
    if state.code is None:
        return unseen(expected, "the state probe gives no code")
    return met(expected) if state.code == task.code else broken(expected, f"it keeps {state.code}")


def _keeps_video(scene: Scene, task: Task) -> Finding:
    expected = "one stored video with the bytes of the mock's"
    if scene.plug.state is None:
        return unseen(expected, NO_STATE)
    scene.until(lambda: scene.state(task).status == "success")
    kept = scene.state(task).video
    if kept is None:
        return unseen(expected, "the state probe gives neither sha256 nor file")
    right = scene.mock.video(task.file_id)
    return (
        met(expected, f"SHA-256 {kept[:12]}…")
        if kept == right
        else broken(expected, f"SHA-256 {kept[:12]}… is another")
    )


@word
def waits_or_finds_file(scene: Scene, argument: Any) -> Finding:
    """A success without a file id is completed by asking, or the task stays open; it is no success without a file."""

    def find(task: Task) -> Finding:
        expected = "the query API is asked for the file, or the task stays open"
        scene.settle()
        if scene.plug.state is not None:
            state = scene.state(task)
            right = state.status in ("open", "unknown") or str(state.file_id) == task.file_id
            said = f"its state is {state.status}, its file id {state.file_id!r}"
            return met(expected, said) if right else broken(expected, said)
        if scene.habits.fetches:
            scene.until(lambda: scene.fetched(task) > 0, 2.0)
        return met(expected) if scene.fetched(task) else unseen(expected, NEITHER)

    return each_task(scene, argument, find)


@word
def asks_exactly(scene: Scene, argument: Any) -> Finding:
    """The mock is asked about these very ids (`query` a task, or `retrieve` a file), not about rounded ones.

    Of a receiver that asks nothing the state of `task_id` has to have `file_id`.
    """
    ways = [(operation, argument[operation]) for operation in ("query", "retrieve") if operation in argument]
    expected = f"{' or '.join(f'{operation} of {wanted}' for operation, wanted in ways)}, digit for digit"

    def asked() -> bool:
        scene.effects.look()
        return any(wanted in scene.effects.asked(operation) for operation, wanted in ways)

    if any({"query": scene.habits.queries, "retrieve": scene.habits.retrieves}[operation] for operation, _ in ways):
        others = [f"{operation} of {each}" for operation, _ in ways for each in scene.effects.asked(operation)]
        return (
            met(expected)
            if scene.until(asked, 2.0)
            else broken(expected, f"asked: {', '.join(others[:4]) or 'nothing'}")
        )
    if scene.plug.state is None:
        return unseen(expected, NEITHER)
    kept = scene.plug.state.ask(argument["task_id"], scene.plug.places)
    exact = kept.status != "unknown" and str(kept.file_id) == argument["file_id"]
    return met(expected) if exact else broken(expected, f"its state is {kept.status}, its file id {kept.file_id!r}")
