"""A client for `cmd:`, called with the operation, the behaviour, and the file for its result document if it writes one."""

# ruff: noqa: T201 - printing is how it speaks
from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

import behaviour  # type: ignore[import-not-found]  # found beside the script

UNSUPPORTED = 127


def main(op: str, do: str, file: str = "") -> int:
    """Does what the prompt says; gives the exit code."""
    if op not in ("create", "generate", "download"):
        return UNSUPPORTED
    if do.startswith("exit "):
        print("only an exit code")
        return int(do.removeprefix("exit "))
    call_id = json.loads(Path(os.environ["MM_CONTRACT_CALL_FILE"]).read_text(encoding="utf-8"))["id"]
    named: dict[str, Any] = {"protocol": 1, "id": call_id}
    if do == "broken file":
        Path(file).write_text('{"protocol": 1', encoding="utf-8")
        return 0
    if do == "other id":
        named["id"] = "c-x"
        do = "succeed"
    on_stdout = do == "print"
    text = json.dumps(named | behaviour.act("succeed" if on_stdout else do))
    if file and not on_stdout:
        Path(file).write_text(text, encoding="utf-8")
    else:
        print("creating …")
        print(text)
        print("done")
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
