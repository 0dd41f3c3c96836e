"""A client for `jsonl:`. Its first argument, if any, names what is wrong with it from the start."""

# ruff: noqa: T201 - printing is how it speaks
from __future__ import annotations

import json
import sys
from typing import Any

import behaviour  # type: ignore[import-not-found]  # found beside the script


def say(document: dict[str, Any]) -> None:
    """One line."""
    print(json.dumps(document), flush=True)


def answer(call: dict[str, Any], before: list[str]) -> None:
    """Does what the prompt says, in words of the protocol or beside them."""
    do, named = call["input"]["prompt"], {"protocol": 1, "id": call["id"]}
    good = named | {"outcome": "success", "task_id": "42"}
    if do == "cut":
        print(json.dumps(good)[:30], flush=True)
    elif do == "repr":
        print(good, flush=True)
    elif do == "other id":
        say(good | {"id": "c-x"})
    elif do == "no protocol":
        say({"id": call["id"], "outcome": "success"})
    elif do == "twice":
        say(good)
        say(good | {"task_id": "43"})
    elif do == "late":
        say(good | {"id": before[-1], "task_id": "late"})
        say(good)
    elif do == "chatty":
        print("starting", flush=True)
        print('{"level": "info"}', flush=True)
        print("{not json}", flush=True)
        say(good)
    elif do == "wordy":
        sys.stdout.write("z" * 50_000_000 + "\n")
        say(good)
    elif do == "last words":
        say(good)
        sys.exit(0)
    else:
        say(named | behaviour.act(do))


def main(manner: str) -> None:
    """Answers line by line."""
    before: list[str] = []
    for line in sys.stdin:
        call = json.loads(line)
        known = call["op"] == "create"
        if manner == "silent":
            print("listening", flush=True)
        elif manner == "boastful":
            say({"protocol": 1, "id": call["id"], "outcome": "success"})
        elif known:
            answer(call, before)
        elif manner == "crude":
            say({"protocol": 1, "id": call["id"], "outcome": "error", "error": {"kind": "usage"}})
        else:
            say({"protocol": 1, "id": call["id"], "outcome": "unsupported"})
        before.append(call["id"])


if __name__ == "__main__":
    manner = sys.argv[1] if len(sys.argv) > 1 else ""
    if manner == "broken":
        sys.exit("cannot find my configuration")
    if manner == "nosy":
        behaviour.act("by_proxy")
    main(manner)
