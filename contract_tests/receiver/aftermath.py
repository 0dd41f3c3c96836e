"""Words about what a receiver does with what it was told: what it asks of the mock, what it stores, whom it contacts.

What the plug does not show is unseen, with a hint, and never met.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from contract_tests.outcome import Finding, Seen, broken, met, unseen
from contract_tests.receiver.scene import OUTCOME_SECONDS, Scene
from contract_tests.receiver.tasks import Task
from contract_tests.receiver.vocabulary import word

NO_STATE = "what it stores cannot be seen: give a state probe (--minimax-receiver-state)"
NO_EFFECTS = (
    "it asked the mock for no file when it was told of a success, so what it does cannot be counted: lead it to the mock "
    "with MINIMAX_BASE_URL, or --minimax-url for one that runs already"
)
NEITHER = f"{NO_EFFECTS}; or give a state probe (--minimax-receiver-state)"
MEGABYTE = 1_000_000


def _each(scene: Scene, argument: Any, find: Callable[[Task], Finding]) -> Finding:
    """The finding of the first task for which it is not met, else of the last."""
    finding = met()
    for task in scene.tasks.group(argument.get("task", "video")):
        finding = find(task)
        if finding.seen is not Seen.MET:
            return finding
    return finding


@word
def ends(scene: Scene, argument: Any) -> Finding:
    """For the receiver every task ends as it did at the mock, or as `as` says."""
    seconds = argument.get("seconds", OUTCOME_SECONDS)
    return _each(scene, argument, lambda task: _ends(scene, task, argument.get("as", task.end), seconds))


def _ends(scene: Scene, task: Task, end: str, seconds: float = OUTCOME_SECONDS) -> Finding:
    expected = f"the task counts as {end}"
    if scene.plug.state is not None:
        scene.until(lambda: scene.state(task).status == end, seconds)
        status = scene.state(task).status
        return met(expected) if status == end else broken(expected, f"its state is {status}")
    if end == "success" and scene.habits.fetches:
        fetched = scene.until(lambda: scene.fetched(task) > 0, seconds)
        return met(f"{expected}, so its file is fetched") if fetched else broken(expected, "its file is not fetched")
    return unseen(expected, NEITHER if end == "success" else NO_STATE)


@word
def stays(scene: Scene, argument: Any) -> Finding:
    """After everything every task still counts as what it ended in."""

    def find(task: Task) -> Finding:
        end = argument.get("as", task.end)
        expected = f"the task still counts as {end}"
        if scene.plug.state is None:
            return unseen(expected, NO_STATE)
        scene.settle()
        status = scene.state(task).status
        return met(expected) if status == end else broken(expected, f"its state is {status}")

    return _each(scene, argument, find)


@word
def not_ended(scene: Scene, argument: Any) -> Finding:
    """No task is taken as ended: no file is fetched, its own or that of `file_of`, and it is neither success nor failed."""

    def find(task: Task) -> Finding:
        expected = "the task does not count as ended"
        scene.settle()
        owner = scene.tasks.one(argument["file_of"]) if "file_of" in argument else task
        if owner.file_id and scene.fetched(owner):
            return broken(expected, "the file was fetched")
        if scene.plug.state is not None:
            status = scene.state(task).status
            return met(expected, status) if status in ("open", "unknown") else broken(expected, f"its state is {status}")
        return met(expected) if scene.habits.fetches and owner.file_id else unseen(expected, NEITHER)

    return _each(scene, argument, find)


@word
def not_success(scene: Scene, argument: Any) -> Finding:
    """No task counts as plainly successful."""

    def find(task: Task) -> Finding:
        expected = "the task does not count as success"
        scene.settle()
        if scene.plug.state is not None:
            status = scene.state(task).status
            return met(expected, status) if status != "success" else broken(expected, "its state is success")
        return unseen(expected, NO_STATE)

    return _each(scene, argument, find)


@word
def acts_once(scene: Scene, argument: Any) -> Finding:
    """The file of every successful task is fetched exactly once, and that of no other."""

    def find(task: Task) -> Finding:
        times = 1 if task.end == "success" else 0
        expected = f"its file is fetched {'exactly once' if times else 'never'}"
        if not scene.habits.fetches:
            return unseen(expected, NO_EFFECTS)
        if times:
            scene.until(lambda: scene.fetched(task) > 0)
        scene.settle()
        links, files = scene.effects.retrieves(task.file_id), scene.effects.downloads(task.file_id)
        wanted = (times if scene.habits.retrieves else 0, times if scene.habits.downloads else 0)
        said = f"{links} retrievals, {files} downloads"
        return met(expected, said) if (links, files) == wanted else broken(expected, said)

    return _each(scene, argument, find)


@word
def confirms(scene: Scene, argument: Any) -> Finding:
    """The query API is asked about every task, where the receiver asks the mock at all."""

    def find(task: Task) -> Finding:
        expected = "the query API is asked how the task stands"
        asked = scene.until(lambda: scene.effects.look() > 0 and scene.effects.queries(task.task_id) > 0, 2.0)
        if asked:
            return met(expected)
        return broken(expected, "it was not asked") if scene.habits.fetches else unseen(expected, NEITHER)

    return _each(scene, argument, find)


@word
def keeps(scene: Scene, argument: Any) -> Finding:
    """Members of the update are kept: `file_id`, `reason` (the text of the failure), `code`, or `video` (its bytes)."""
    finders = {"file_id": _keeps_file_id, "reason": _keeps_reason, "code": _keeps_code, "video": _keeps_video}
    return _each(scene, argument, lambda task: finders[argument["member"]](scene, task))


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
        return met(expected) if scene.fetched(task) else broken(expected, f"it asked for {scene.effects.asked('retrieve')}")
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
    return met(expected, f"SHA-256 {kept[:12]}…") if kept == right else broken(expected, f"SHA-256 {kept[:12]}… is another")


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

    return _each(scene, argument, find)


@word
def asks_exactly(scene: Scene, argument: Any) -> Finding:
    """The mock is asked for this very id, not for a rounded one, or the state has it so."""
    wanted = argument["id"]
    expected = f"{argument['operation']} for {wanted}, digit for digit"

    def asked() -> bool:
        scene.effects.look()
        return wanted in scene.effects.asked(argument["operation"])

    habit = scene.habits.queries if argument["operation"] == "query" else scene.habits.retrieves
    if habit:
        return met(expected) if scene.until(asked, 2.0) else broken(expected, f"asked: {_others(scene, argument)}")
    state = scene.plug.state
    if state is None:
        return unseen(expected, NEITHER)
    known = state.ask(argument["task_id"], scene.plug.places)
    exact = known.status != "unknown" and str(known.file_id) == argument["file_id"]
    return met(expected) if exact else broken(expected, f"its state is {known.status}, its file id {known.file_id!r}")


def _others(scene: Scene, argument: Any) -> str:
    return ", ".join(scene.effects.asked(argument["operation"])[:4]) or "nothing"


@word
def leaves_alone(scene: Scene, _: Any) -> Finding:
    """An address that stood in a message is not contacted, though the message itself was acted upon."""
    expected = "nobody contacts the address in the message"
    acted = _ends(scene, scene.tasks.one("video"), "success")
    scene.settle()
    if scene.canary.contacts:
        return broken(expected, f"it was contacted {scene.canary.contacts} times")
    return met(expected) if acted.seen is Seen.MET else unseen(expected, acted.actual)


@word
def writes_nothing_outside(scene: Scene, _: Any) -> Finding:
    """No file appears in a folder to which an id with ../ leads."""
    expected = "no file outside its own folder"
    scene.settle()
    found = sorted(each.name for each in scene.outside.rglob("*") if each.is_file())
    if found:
        return broken(expected, f"it wrote {', '.join(found[:3])} there")
    if not scene.plug.restarts:
        return unseen(expected, "where it writes cannot be seen: let the kit start it (wsgi:, asgi: or cmd:)")
    return met(expected)


@word
def create_is(scene: Scene, argument: Any) -> Finding:
    """The create that challenged the receiver was answered with this code, and made a task only with code 0."""
    answer = scene.creates[argument.get("of", "video")]
    code, task_id = answer["base_resp"]["status_code"], answer.get("task_id")
    wanted = argument["code"]
    expected = f"create answers {wanted}" + ("" if wanted == 0 else " and makes no task")
    said = f"it answered {code} ({answer['base_resp']['status_msg']})"
    return met(expected, said) if (code, bool(task_id)) == (wanted, wanted == 0) else broken(expected, said)


@word
def memory_grows(scene: Scene, argument: Any) -> Finding:
    """The peak of its memory grows by at most so many megabytes."""
    limit = argument["at_most_mb"]
    expected = f"its memory grows by at most {limit} MB"
    before, after = scene.memory_before, scene.plug.peak_memory()
    if before is None or after is None:
        return unseen(expected, "its memory cannot be seen: let the kit start it (wsgi:, asgi: or cmd:), on Linux")
    grown = (after - before) / MEGABYTE
    return met(expected, f"{grown:.0f} MB") if grown <= limit else broken(expected, f"it grew by {grown:.0f} MB")


@word
def record_lines(scene: Scene, _: Any) -> Finding:
    """For the record alone: in how many lines of its output the nonce of the case stands."""
    scene.settle()
    output = scene.plug.output()
    if not scene.plug.restarts:
        return unseen("for the record", "its output cannot be seen: let the kit start it (wsgi:, asgi: or cmd:)")
    lines = [line for line in output.splitlines() if scene.nonce in line]
    raw = sum("\x1b" in line for line in lines)
    return met("for the record", f"{len(lines)} lines of its output have the text, {raw} of them raw escape codes")
