"""Words about what a receiver does with what it was told: how a task ends for it, how often it acts, whom it contacts.

What the plug does not show is unseen, with a hint, and never met.
"""

from __future__ import annotations

from collections import Counter
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
CONFIRM_SECONDS = 2.0


def each_task(scene: Scene, argument: Any, find: Callable[[Task], Finding]) -> Finding:
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
    return each_task(scene, argument, lambda task: _ends(scene, task, argument.get("as", task.end), seconds))


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

    return each_task(scene, argument, find)


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
            return (
                met(expected, status) if status in ("open", "unknown") else broken(expected, f"its state is {status}")
            )
        if not scene.habits.fetches:
            return unseen(expected, NEITHER)
        return met(expected) if owner.file_id else unseen(expected, NO_STATE)

    return each_task(scene, argument, find)


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

    return each_task(scene, argument, find)


@word
def acts_once(scene: Scene, argument: Any) -> Finding:
    """The file of every task is fetched as often as that of `like`, a task of which the receiver was told once.

    Without `like` it is the same for all successful tasks: once, or as often as for most of them.
    """
    tasks = scene.tasks.group(argument.get("task", "video"))
    control = scene.tasks.group(argument["like"]) if "like" in argument else tasks
    expected = "every file is fetched as often as for one message, which is once"
    if not scene.habits.fetches:
        return unseen(expected, NO_EFFECTS)
    made = [task for task in (*tasks, *control) if task.end == "success"]
    scene.until(lambda: all(scene.fetched_whole(task) for task in made))
    scene.settle()
    counts = Counter(_fetches(scene, task) for task in control if task.end == "success")
    (usual, _), *_ = counts.most_common(1)
    for task in tasks:
        found, wanted = _fetches(scene, task), usual if task.end == "success" else (0, 0)
        if found != wanted or (task.end == "success" and not any(found)):
            once = f", and {_in_words(usual)} for one message" if "like" in argument else ""
            return broken(expected, f"{_in_words(found)}{once}")
    return met(expected, _in_words(usual))


def _fetches(scene: Scene, task: Task) -> tuple[int, int]:
    return scene.effects.retrieves(task.file_id), scene.effects.downloads(task.file_id)


def _in_words(fetches: tuple[int, int]) -> str:
    return f"{fetches[0]} retrievals and {fetches[1]} downloads"


@word
def confirms(scene: Scene, argument: Any) -> Finding:
    """The query API is asked about every task, where the receiver asks the mock at all."""

    def find(task: Task) -> Finding:
        expected = "the query API is asked how the task stands"
        seconds = CONFIRM_SECONDS if scene.habits.queries or scene.habits.fetches else 0.0
        asked = scene.until(lambda: scene.effects.look() > 0 and scene.effects.queries(task.task_id) > 0, seconds)
        if asked:
            return met(expected)
        return broken(expected, "it was not asked") if scene.habits.fetches else unseen(expected, NEITHER)

    return each_task(scene, argument, find)


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
