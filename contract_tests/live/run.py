"""A live run from its plan to its facts. Everything that takes time, and everything that is sent, is passed in."""

from __future__ import annotations

import secrets
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import nullcontext
from dataclasses import dataclass
from datetime import UTC, datetime

from contract_tests.live.address import Refused, read_target
from contract_tests.live.asking import Asker, Stop
from contract_tests.live.facts_file import Facts, write_facts
from contract_tests.live.ledger import Ledger
from contract_tests.live.life import Life, refuse_over_budget
from contract_tests.live.options import KEY_VARIABLE, REVOKED_VARIABLE, Options
from contract_tests.live.pace import Pace
from contract_tests.live.plan import Plan, make_plan, told
from contract_tests.live.price_table import in_dollars
from contract_tests.live.shape import Keys
from contract_tests.live.wire import Send, send
from contract_tests.live.wording import printable

SHORTEST_KEY = 8
POLL_SECONDS = 15.0
# A mock on this machine makes nobody wait.
LOOPBACK_POLL_SECONDS = 0.5
DONE, TROUBLE, INTERRUPTED = 0, 3, 130
QUESTION = "Type yes to run this plan: "
QUESTION_WHEN_EMPTY = "Type yes if the account has balance 0 and this plan may run: "


@dataclass(frozen=True, slots=True)
class Outside:
    """The world around a run. `ask` puts a question to a person, and is None where nobody is there to answer."""

    environment: Mapping[str, str]
    say: Callable[[str], None]
    ask: Callable[[str], str] | None = None
    clock: Callable[[], float] = time.monotonic
    wait: Callable[[float], object] = threading.Event().wait
    send: Send = send


def run_live(url: str, options: Options, outside: Outside) -> int:
    """Asks a server what its plan says, and writes the facts.

    Gives 0 when the plan was carried out, 1 when an invalid create was perhaps accepted, 3 when the run ended before its
    plan, 4 when nobody answered at all, 130 when it was interrupted. Raises Refused, before anything is sent, for what may
    not be.
    """
    target = read_target(url)
    keys = read_keys(outside.environment)
    plan = make_plan(options, revoked=keys.revoked is not None)
    pace = Pace(outside.clock, outside.wait, limited=not target.loopback)

    def say(line: str) -> None:
        outside.say(printable(keys.hidden(line)))

    for line in told(plan, target, pace):
        say(line)
    if not plan.requests:
        raise Refused("nothing is left to send")
    with Ledger(options.ledger) if plan.life is not None else nullcontext() as ledger:
        if ledger is not None and options.budget is not None:
            refuse_over_budget(ledger.spent, plan.highest_cost, options.budget)
            outside.say(
                f"ledger {options.ledger}: {in_dollars(ledger.spent)} of {in_dollars(options.budget)} USD spent"
            )
        facts = Facts(target.host, datetime.now(UTC), plan.left_out)
        _check_place(options, facts, keys)
        confirm(plan, options, outside)
        return _carry_out(plan, options, outside, Asker(target, keys, outside.send, pace, facts, say), ledger)


def read_keys(environment: Mapping[str, str]) -> Keys:
    """The keys of the environment, never shown. Raises Refused for one that is missing or cannot be one."""
    key = environment.get(KEY_VARIABLE, "")
    if not key:
        raise Refused(f"{KEY_VARIABLE} is not set; the key is taken from the environment only")
    revoked = environment.get(REVOKED_VARIABLE) or None
    for name, value in ((KEY_VARIABLE, key), (REVOKED_VARIABLE, revoked or key)):
        if len(value) < SHORTEST_KEY or any(not 0x21 <= ord(letter) <= 0x7E for letter in value):
            raise Refused(
                f"{name}: not a key; expected at least {SHORTEST_KEY} visible ASCII characters without blanks"
            )
    return Keys(key, f"sk-api-{secrets.token_hex(24)}", revoked)


def confirm(plan: Plan, options: Options, outside: Outside) -> None:
    """Returns when the plan may be carried out. Raises Refused when nobody said so."""
    if options.yes:
        return
    if outside.ask is None:
        raise Refused("the plan was not confirmed, and there is no terminal to ask at; read it, then add --yes")
    empty = any(probe.cost == "dry" for probe in plan.probes)
    if outside.ask(QUESTION_WHEN_EMPTY if empty else QUESTION).strip() != "yes":
        raise Refused("the plan was not confirmed; nothing was sent")


def _carry_out(plan: Plan, options: Options, outside: Outside, asker: Asker, ledger: Ledger | None) -> int:
    """Sends what the plan says; the facts are written however it ends."""
    facts = asker.facts
    facts.stopped, code = "interrupted", INTERRUPTED
    try:
        _send_all(plan, options, outside, asker, ledger)
        facts.complete, facts.stopped, code = True, None, DONE
    except Stop as stop:
        facts.stopped, code = str(stop), stop.code
    except KeyboardInterrupt:
        pass
    except (OSError, Refused) as error:  # what is sent raises neither
        facts.stopped, code = f"the ledger failed: {error}", TROUBLE
    finally:
        if facts.stopped is not None:
            asker.say(f"\n{facts.stopped}")
        try:
            write_facts(options.facts, facts, asker.keys)
            asker.say(f"facts: {options.facts} ({len(facts.probes)} probes)")
        except OSError as error:
            asker.say(f"--facts {options.facts}: {error.strerror}; nothing was written")
            code = code or TROUBLE
    return code


def _send_all(plan: Plan, options: Options, outside: Outside, asker: Asker, ledger: Ledger | None) -> None:
    for probe in plan.probes:
        asker.probe(probe)
    if plan.life is not None and plan.price is not None and ledger is not None and options.budget is not None:
        seconds = LOOPBACK_POLL_SECONDS if asker.target.loopback else POLL_SECONDS
        Life(plan.life, asker, lambda: outside.wait(seconds)).run(ledger, plan.price, options.budget)


def _check_place(options: Options, facts: Facts, keys: Keys) -> None:
    """Raises Refused when the facts could not be written; better now than in ten minutes."""
    if options.facts.absolute() == options.ledger.absolute():
        raise Refused(f"--facts and --ledger are the same file, {options.facts}")
    trial = options.facts.with_name(f"{options.facts.name}.try")
    try:
        if options.facts.is_dir():
            raise IsADirectoryError(None, "Is a directory")
        write_facts(trial, facts, keys)
        trial.unlink()
    except OSError as error:
        raise Refused(f"--facts {options.facts}: {error.strerror}") from None
