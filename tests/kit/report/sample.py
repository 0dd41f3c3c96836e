"""Results as a run leaves them: some forty cases and two clients, one of which gets much wrong."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

KEY = "sk-sample-4f1c9e77d2ab-9876"
WORKDIR = "/var/run/contract/c-17"
TASK = "306792606023824"
FILE = "306793208418432"
Case = dict[str, Any]

# id, title, level, basis, what the server does, what a correct client does, why it matters
_CATALOGUE = (
    ("CL-REQ-001", "One call, one create", "must", ["S:paths"], "Accepts the create and plays a whole life.",
     "Sends exactly one POST /v1/video_generation for one call of the user.", "Every create is billed."),
    ("CL-REQ-004", "Model names are sent as they are spelt", "must", ["S:Req.model.enum"], "Accepts each of the six models.",
     "Sends the name in exactly the spelling of the document.", "A model in another spelling is refused with 2013."),
    ("CL-REQ-007", "An image URL arrives byte for byte", "must", ["S:Req.first_frame_image"], "Compares the URL with the one that the caller gave.",
     "Leaves signed queries, percent signs and other letters of the URL alone.", "A signed URL with one changed byte cannot be fetched any more."),
    ("CL-REQ-008", "A local picture becomes a data URL", "must", ["S:Req.first_frame_image", "R:2397"], "Decodes the data URL and compares the bytes.",
     "Sends data:image/jpeg;base64,… whose bytes equal those of the file.", "A picture that was changed on the way gives another video."),
    ("CL-REQ-009", "A PNG is labelled as one", "should", ["S:Req.first_frame_image", "F6"], "Reads the media type of the data URL.",
     "Labels a PNG image/png.", "A strict service may refuse a picture whose label lies."),
    ("CL-REQ-014", "Options that nobody gave are left out", "must", ["S:Req"], "Refuses null with 2013.",
     "Sends no member for an option that the caller did not give.", "null is of the wrong type and gets the whole call refused."),
    ("CL-REQ-015", "prompt_optimizer=False is sent", "must", ["S:Req.prompt_optimizer"], "Looks for the member.",
     "Sends false, and does not take it for nothing.", "The default is true: a False that gets lost changes what the user asked for."),
    ("CL-REQ-025", "Options that the client does not know", "info", ["S:Req"], "Accepts everything.",
     "Passes them on, if it offers that at all.", "New options of the service can be used before the client knows them."),
    ("CL-AUTH-001", "The key in one Authorization header", "must", ["S:bearerAuth", "R:6750§2.1"], "Looks at the headers of every request.",
     "Sends Authorization: Bearer and the key exactly once.", "Anything else is answered with 1004."),
    ("CL-AUTH-005", "The key stays secret", "must", ["R:6750§5.3"], "Answers with 1004, 2049 and HTTP 500 in turn.",
     "Never writes the key into a URL, a body, its output or an error.", "Output ends up in logs that others read."),
    ("CL-AUTH-006", "1004 is an error of the key", "must", ["S:BaseResp.1004"], "Answers every create with 1004.",
     "Reports an error of kind auth and does not repeat the call with the same key.", "Repeats cannot help and can lock an account."),
    ("CL-AUTH-009", "A redirect to another host gets no key", "must", ["R:9110§15.4", "F5"], "Answers the create with 307 to another host.",
     "Does not send the key there.", "Whoever controls the redirect would own the account."),
    ("CL-ERR-000", "Success is told with its task", "must", ["S:BaseResp.0"], "Accepts the create.",
     "Reports success with exactly that task_id.", "Without the id a paid video cannot be found."),
    ("CL-ERR-001", "HTTP 200 alone is no success", "must", ["S:BaseResp"], "Answers 200 with a code other than 0.",
     "Reports an error.", "The service refuses with HTTP 200; who looks only at that believes in tasks that do not exist."),
    ("CL-ERR-002", "1002 is a rate limit", "must", ["S:BaseResp.1002", "F1"], "Answers every create with HTTP 200 and code 1002, rate limit.",
     "Reports an error of kind rate_limited that can be repeated later, and nothing about the content of the prompt.",
     "Users who are told that their prompt is sensitive rewrite it, and hit the same limit again."),
    ("CL-ERR-003", "A rate limit for ever", "should", ["S:BaseResp.1002"], "Answers every create with 1002.",
     "Gives up after a few repeats with growing gaps.", "A tight loop keeps the limit closed for everybody with this key."),
    ("CL-ERR-007", "2013 shows what is wrong", "must", ["S:BaseResp.2013"], "Answers 2013 with a text that names the field.",
     "Reports kind invalid_params with the text of the server, and does not repeat.", "The text is the only hint at what to change."),
    ("CL-ERR-015", "A code that nobody knows", "must", ["S:BaseResp"], "Answers 9999, −1 and 2147483648 in turn.",
     "Reports kind unknown with code and text.", "The list of codes grows; a client that crashes on a new one hides it."),
    ("CL-ERR-018", "Success without a task", "must", ["S:Resp.task_id"], "Answers code 0 without a task_id.",
     "Reports a protocol error, and never asks for a task called None or undefined.", "Such a query can only fail, much later and without a reason."),
    ("CL-ERR-110", "The Trace-Id is kept", "info", ["F5"], "Sends a Trace-Id with every answer.",
     "Keeps it in the error.", "The service's support asks for it."),
    ("CL-NET-001", "Nobody listens", "must", ["S:servers"], "Is not there: the port is closed.",
     "Reports a network error within its connect time-out.", "A hanging client blocks everything behind it."),
    ("CL-NET-005", "The connection breaks after the create was read", "must", ["R:9110§9.2.2"], "Reads the create, makes the task, and resets the connection.",
     "Sends no second create by itself and marks the error as ambiguous.", "The first create may have been billed already."),
    ("CL-NET-008", "A body that is cut off", "must", ["R:9112§8"], "Ends the answer in the middle.",
     "Reports an error and uses nothing of it.", "Half a document can look like a whole one."),
    ("CL-NET-014", "One member twice", "info", ["R:8259§4"], "Sends status_code 1026 and then status_code 0 in one object.",
     "Takes one of them; which one is written down.", "Parsers differ here."),
    ("CL-NET-023", "Members that nobody knows", "must", ["S:Resp"], "Adds members of all types at all levels.",
     "Ignores them.", "The service adds members without notice."),
    ("CL-NET-029", "Twenty calls at once", "must", ["S:paths"], "Answers twenty creates in another order.",
     "Gives every caller its own task_id.", "Mixed up ids deliver videos to strangers."),
    ("CL-POLL-001", "The query is a GET with the task", "must", ["D:query"], "Serves only the documented path.",
     "Sends GET /v1/query/video_generation?task_id=….", "Nothing else is answered."),
    ("CL-POLL-004", "The whole life", "must", ["D:query"], "Tells Preparing, Queueing, Processing and Success.",
     "Goes on until Success and takes the file_id of that answer.", "Answers before it carry an empty file_id."),
    ("CL-POLL-006", "Fail ends the wait", "must", ["D:query", "F2", "F13"], "Tells Processing, and then Fail for ever.",
     "Stops at the first Fail with an error of kind task_failed.", "Who waits for another word polls until the deadline."),
    ("CL-POLL-009", "A status that nobody knows", "must", ["D:query"], "Tells Reviewing for ever.",
     "Is neither done nor endless: stops at its deadline and names the status.", "New words come without notice."),
    ("CL-POLL-013", "A rate limit while waiting", "must", ["D:query", "F6"], "Answers two queries with 1002, then goes on.",
     "Slows down and goes on waiting.", "Who gives up here loses a video that was paid for."),
    ("CL-POLL-022", "Why a task failed", "should", ["D:query"], "Ends with Fail and a text.",
     "Passes the text on to the caller.", "Otherwise nobody knows what to change."),
    ("CL-DL-001", "The file is asked for with the key", "must", ["D:retrieve"], "Answers only with a key.",
     "Sends GET /v1/files/retrieve?file_id=… with Authorization.", "Without it the answer is 1004."),
    ("CL-DL-004", "The file arrives whole", "must", ["D:retrieve"], "Serves random bytes.",
     "Saves a file with the same SHA-256.", "A changed video does not play."),
    ("CL-DL-005", "A download that breaks off", "must", ["R:9112§8"], "Ends the body before its Content-Length.",
     "Reports an error and leaves no half file under the final name.", "Half a file looks like a result."),
    ("CL-DL-009", "A name that leads elsewhere", "must", ["R:6266§4.3"], "Sends Content-Disposition: ../../x.",
     "Stays inside its folder.", "A server could overwrite any file of the user."),
    ("CL-COST-001", "A clean run costs once", "must", ["D:pricing"], "Plays a whole life without any fault.",
     "Sends one create.", "Every create is billed."),
    ("CL-COST-003", "A failed task is not bought again", "must", ["D:pricing"], "Ends the task with Fail.",
     "Creates no other task by itself.", "The user decides whether to pay again."),
    ("CL-CB-001", "The receiver listens before the create", "must", ["F12"], "Sends the challenge while the create is under way.",
     "Starts its receiver first.", "A create whose callback does not echo is refused."),
    ("CL-CB-004", "Success is told three times", "must", ["R:SW"], "Sends the same update three times.",
     "Completes once and downloads once.", "Updates can come again."),
)  # fmt: skip

# What the second client gets wrong: outcome, check, expected, actual.
_BROKEN = {
    "CL-REQ-009": ("NON-STRICT", "label", "data:image/png;base64,…", "data:image/jpeg;base64,… for a PNG"),
    "CL-REQ-015": ("FAIL", "false-is-sent", "prompt_optimizer false in the body", "no member prompt_optimizer"),
    "CL-AUTH-009": (
        "FAIL",
        "no-key-elsewhere",
        "no Authorization at the other host",
        "1 request with Authorization at other-host",
    ),
    "CL-ERR-002": ("FAIL", "kind", "an error of kind rate_limited", "an error of kind sensitive"),
    "CL-ERR-003": ("NON-STRICT", "gaps", "growing gaps between repeats", "5 repeats within 31 ms"),
    "CL-NET-005": ("FAIL", "one-create", "exactly 1 create", "2 creates"),
    "CL-POLL-006": ("FAIL", "stops", "no query after the first Fail", "37 queries after the first Fail"),
    "CL-POLL-013": ("XFAIL", "goes-on", "goes on after 1002", "gave up at the first 1002 and lost the task"),
    "CL-POLL-022": (
        "NOT-OBSERVABLE",
        "text",
        "the text of the failure in the error",
        "needs a result document (level 1)",
    ),
    "CL-DL-005": ("ERROR", "adapter", "one result document", "the adapter wrote a line that is not JSON"),
    "CL-NET-008": ("STALE", "typed", "an error", "an error of kind protocol"),
    "CL-CB-001": ("N/A", "", "", ""),
    "CL-CB-004": ("N/A", "", "", ""),
}


def reference() -> dict[str, Any]:
    """A client that gets all of it right."""
    cases = [_case(row, _outcome_when_right(row)) for row in _CATALOGUE]
    return results("reference client", "py:examples.reference_client:make", cases)


def vendor() -> dict[str, Any]:
    """A client with faults from real life."""
    cases = [_case(row, _BROKEN.get(row[0], (_outcome_when_right(row)[0], "", "", ""))) for row in _CATALOGUE]
    return results("vendor-cli 1.0.6", "cmd:vendor video generate --model {model} --out {out_file}", cases)


def results(
    name: str, plug: str, cases: Iterable[Case], *, required: str = "must", suite: str = "client"
) -> dict[str, Any]:
    """A whole results.json around some cases."""
    listed = list(cases)
    counts = Counter(case["outcome"] for case in listed)
    conformant = not counts["FAIL"] and not (required != "must" and counts["NON-STRICT"])
    return {
        "format": 1, "kit": {"name": "minimax-mock", "version": "0.1.0"}, "suite": suite,
        "subject": {"plug": plug, "name": name, "level": 1}, "started": "2026-11-22T16:00:00Z", "seconds": 12.3,
        "required": required, "conformant": conformant, "exit": 3 if counts["ERROR"] else 0 if conformant else 1,
        "counts": dict(counts), "cases": listed,
    }  # fmt: skip


def case(case_id: str = "CL-ERR-002", outcome: str = "FAIL", **members: Any) -> Case:
    """One case, with some members other than usual."""
    row = next(row for row in _CATALOGUE if row[0] == case_id)
    made = _case(row, (outcome, "kind", "an error of kind rate_limited", "an error of kind sensitive"))
    return made | members


def _outcome_when_right(row: tuple[Any, ...]) -> tuple[str, str, str, str]:
    return ("INFO" if row[2] == "info" else "PASS", "", "", "")


def _case(row: tuple[Any, ...], found: tuple[str, str, str, str]) -> Case:
    case_id, title, level, basis, server, obligation, why = row
    outcome, check, expected, actual = found
    checks = [_check("wire-request-valid", "must", "met", "requests as the document has them", "all of them")]
    if outcome not in ("N/A", "ERROR"):
        checks.insert(0, _check("one-create", "must", "met", "exactly 1 create", "1 create"))
    if check:
        seen = {"NOT-OBSERVABLE": "unseen", "STALE": "met"}.get(outcome, "broken")
        checks.insert(0, _check(check, level, seen, expected, actual))
    reasons = {
        "N/A": "the client does not offer generate_with_callback",
        "INFO": "the last one wins",
        "STALE": "the baseline expects a failure, and the case passes",
    }
    reason = f"{check}: expected {expected}; {actual}" if check and outcome != "STALE" else reasons.get(outcome, "")
    ran = outcome != "N/A"
    return {
        "id": case_id, "title": title, "level": level, "basis": basis, "why": why, "server": server, "obligation": obligation,
        "outcome": outcome, "reason": reason, "seconds": 0.21 if ran else 0.0,
        "baseline": {"reason": "known, issue 17", "expires": "2027-01-01"} if outcome in ("XFAIL", "STALE") else None,
        "checks": checks if ran else [], "calls": [_call(case_id, outcome)] if ran else [],
        "wire": _wire(case_id, outcome) if ran else [],
    }  # fmt: skip


def _check(check_id: str, level: str, outcome: str, expected: str, actual: str) -> dict[str, str]:
    return {"id": check_id, "level": level, "outcome": outcome, "expected": expected, "actual": actual}


def _call(case_id: str, outcome: str) -> dict[str, Any]:
    call = {
        "protocol": 1, "id": f"c-{case_id[-3:]}", "op": "generate", "base_url": "http://127.0.0.1:41234", "api_key": KEY,
        "input": {"model": "MiniMax-Hailuo-2.3", "prompt": "a cat on a roof", "image_url": "https://example.com/cat.jpg"},
        "poll_ms": 20, "deadline_ms": 8000, "connect_ms": 1000, "read_ms": 2000, "workdir": WORKDIR, "out_file": f"{WORKDIR}/video.mp4",
    }  # fmt: skip
    wrong = outcome in ("FAIL", "XFAIL") or case_id.startswith(("CL-ERR", "CL-AUTH-00", "CL-NET-00"))
    result: dict[str, Any] = {"protocol": 1, "id": call["id"], "outcome": "error" if wrong else "success"}
    if wrong:
        kind = "sensitive" if outcome == "FAIL" else "rate_limited"
        result["error"] = {
            "kind": kind,
            "code": 1002,
            "message": "Content was flagged as sensitive",
            "retryable": False,
        }
    else:
        result |= {"task_id": TASK, "file_id": FILE, "out_file": call["out_file"], "sha256": "9f86d081884c7d65" * 4}
    stderr = (
        f"Error: content flagged\n  config: {WORKDIR}/config.yaml\n  Authorization: Bearer {KEY}\n" if wrong else ""
    )
    return {"call": call, "outcome": result["outcome"], "level": 1, "result": result, "exit_code": 1 if wrong else 0,
            "stdout": "", "stderr": stderr, "seconds": 0.1}  # fmt: skip


def _wire(case_id: str, outcome: str) -> list[dict[str, Any]]:
    if case_id == "CL-NET-001":
        return []
    if case_id.startswith(("CL-ERR-00", "CL-AUTH-006")) and case_id != "CL-ERR-000":
        refusal = {"base_resp": {"status_code": 1002, "status_msg": "rate limit exceeded(RPM)"}}
        return [create(12.1 + 7.7 * number, refusal) for number in range(6 if outcome == "NON-STRICT" else 1)]
    if case_id == "CL-NET-005":
        lost = create(3.2, {}) | {"answer": None, "end": "reset"}
        return [lost, create(9.4, _ok({"task_id": TASK}), connection=2)]
    states = ["Preparing", "Queueing", "Processing", *(["Fail"] * 38 if case_id == "CL-POLL-006" else ["Success"])]
    queries = [_query(25.0 + 21.3 * number, state) for number, state in enumerate(states)]
    link = f"http://127.0.0.1:41234/files/{FILE}?Expires=1763510682&OSSAccessKeyId=LTAI5tSampleSample&Signature=c2lnbmF0dXJl%3D"
    file = {"file": {"file_id": int(FILE), "bytes": 0, "filename": "output_aigc.mp4", "download_url": link}}
    rest = [] if case_id == "CL-POLL-006" else [
        exchange(140.2, "GET", f"/v1/files/retrieve?file_id={FILE}", "", _ok(file)),
        exchange(152.9, "GET", link.partition("41234")[2], "", None, text="\0\0\0 ftypisom\0\0\2\0", connection=2),
    ]  # fmt: skip
    return [create(11.8, _ok({"task_id": TASK})), *queries, *rest]


def _ok(members: Mapping[str, Any]) -> dict[str, Any]:
    return {**members, "base_resp": {"status_code": 0, "status_msg": "success"}}


def _query(at: float, status: str) -> dict[str, Any]:
    done = status == "Success"
    answer = _ok(
        {"task_id": TASK, "status": status, "file_id": FILE if done else "", "video_width": 1366 if done else 0}
    )
    return exchange(at, "GET", f"/v1/query/video_generation?task_id={TASK}", "", answer)


def create(at: float, answer: Mapping[str, Any], *, connection: int = 1) -> dict[str, Any]:
    """The exchange of a create."""
    body = json.dumps(
        {"model": "MiniMax-Hailuo-2.3", "prompt": "a cat on a roof", "first_frame_image": "https://example.com/cat.jpg"}
    )
    return exchange(at, "POST", "/v1/video_generation", body, answer, connection=connection)


def exchange(
    at: float,
    method: str,
    target: str,
    body: str,
    answer: Mapping[str, Any] | None,
    *,
    text: str = "",
    connection: int = 1,
) -> dict[str, Any]:
    """One request at a moment in milliseconds, and its answer 1.9 ms later: JSON data, or a text."""
    came = text if answer is None else json.dumps(answer, separators=(",", ":"))
    headers = [["Host", "127.0.0.1:41234"], ["Authorization", f"Bearer {KEY}"], ["User-Agent", "vendor-cli/1.0.6"]]
    return {
        "host": "api", "connection": connection, "at_ms": at,
        "request": {"method": method, "target": target, "headers": headers, "body": body, "size": len(body.encode())},
        "answer": {
            "at_ms": at + 1.9, "ended_ms": at + 2.1, "status": 200, "size": len(came.encode()), "complete": True, "body": came,
            "headers": [["Content-Type", "application/json; charset=utf-8"], ["Trace-Id", "0640ba83a3280cd782f714aefb8c6318"]],
        },
        "end": "",
    }  # fmt: skip
