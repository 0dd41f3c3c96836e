"""Which function of `mock_server.control` answers which call of the control API."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from flask import Response

from mock_server import __version__
from mock_server.contract.overview import overview
from mock_server.control import accounts, callbacks, requests, rules, tasks, time
from mock_server.control.contract_pages import as_markdown, as_text
from mock_server.control.verifying import Expectation, verify
from mock_server.errors import Problem
from mock_server.operations.service import Service
from mock_server.web.control import Given, Handler
from mock_server.web.waits import Waits
from mock_server.world import gallery


def handlers(service: Service) -> dict[str, Handler]:
    """A function for each operationId of the document."""
    waits = Waits(service.settings.threads // 2)
    return {
        "health": lambda _: {"status": "ok", "version": __version__, "seed": service.world.seed},
        "getOpenApi": lambda _: service.contract.control.data,
        "getContract": lambda given: _contract(service, given),
        "reset": lambda given: {"accounts": accounts.reset(service, given.account)},
        **_world(service),
        **_rules(service),
        **_asking(service, waits),
        **_callbacks(service),
        "listGallery": lambda given: _gallery(service, given),
        "getPicture": lambda given: _picture(given.path["name"]),
    }


def _world(service: Service) -> dict[str, Handler]:
    def account(given: Given) -> Any:
        return accounts.shown(service, service.world.shown(given.path["key"]))

    def task(given: Given) -> Any:
        return tasks.shown(*tasks.find(service, given.path["task_id"], given.account))

    def advance(given: Given) -> Any:
        return time.advance(service, given.account, given.body["seconds"], given.body.get("deadline", time.DEADLINE))

    def set_seed(given: Given) -> Any:
        accounts.reset(service, None, seed=given.body["seed"])
        return {"seed": service.world.seed}

    return {
        "listAccounts": lambda _: accounts.listed(service),
        "getAccount": account,
        "changeAccount": lambda given: accounts.change(service, given.path["key"], given.body),
        "listTasks": lambda given: tasks.listed(service, given.account),
        "getTask": task,
        "finishTask": lambda given: tasks.end(service, given.path["task_id"], given.account, fail_code=None),
        "failTask": lambda given: tasks.end(
            service, given.path["task_id"], given.account, fail_code=given.body.get("code", 0)
        ),
        "getClock": lambda given: time.told(service, given.account),
        "advanceClock": advance,
        "getSeed": lambda _: {"seed": service.world.seed},
        "setSeed": set_seed,
    }


def _rules(service: Service) -> dict[str, Handler]:
    return {
        "listRules": lambda given: rules.listed(service, given.account),
        "addRule": lambda given: rules.add(
            service, given.account, given.body, on_wire=given.on_wire, within=_readable(service)
        ),
        "clearRules": lambda given: {"rules": rules.clear(service, given.account)},
        "getRule": lambda given: rules.one(service, given.path["id"]),
        "removeRule": lambda given: rules.remove(service, given.path["id"]),
        "listScenarios": lambda _: rules.catalogue(service),
        "getScenario": lambda given: rules.in_force(service, given.account),
        "useScenario": lambda given: rules.use_scenario(
            service, given.account, given.body["name"], on_wire=given.on_wire
        ),
        "dropScenario": lambda given: rules.use_scenario(service, given.account, None),
    }


def _readable(service: Service) -> Path | None:
    """Where files may be read that a rule names. Without a token everybody on this machine may add one."""
    return Path.cwd() if service.settings.control_token is None else None


def _asking(service: Service, waits: Waits) -> dict[str, Handler]:
    journal, record = service.journal.signal, service.callbacks.record.signal

    def listed(given: Given) -> Any:
        wanted = {name: value for name, value in given.query.items() if name != "account"}
        return requests.listed(service, given.account, **wanted)

    return {
        "listRequests": listed,
        "getRequest": lambda given: requests.one(service, given.path["id"]),
        "verifyRequests": lambda given: verify(
            requests.expectation(service, given.body), requests.evidence(service, given.account)
        ),
        "waitForRequests": lambda given: waits.wait(
            requests.expectation(service, given.body),
            lambda: requests.evidence(service, given.account),
            journal,
            given.body.get("timeout"),
        ),
        "verifyCallbacks": lambda given: verify(Expectation(given.body), callbacks.evidence(service, given.account)),
        "waitForCallbacks": lambda given: waits.wait(
            Expectation(given.body),
            lambda: callbacks.evidence(service, given.account),
            record,
            given.body.get("timeout"),
        ),
    }


def _callbacks(service: Service) -> dict[str, Handler]:
    def send(given: Given) -> Any:
        wanted = {name: given.body.get(name) for name in ("task_id", "url", "message")}
        return callbacks.send(service, given.account, **wanted)

    return {
        "listCallbacks": lambda given: callbacks.listed(service, given.account, task_id=given.query.get("task_id")),
        "getCallback": lambda given: callbacks.one(service, given.path["id"]).as_dict(),
        "replayCallback": lambda given: callbacks.replay(service, given.path["id"]),
        "sendCallback": send,
    }


def _contract(service: Service, given: Given) -> Any:
    value = overview(service.contract, service.settings.modes, given.query.get("evidence"))
    if given.query.get("format") == "text":
        return Response(as_text(value), content_type="text/plain; charset=utf-8")
    if given.query.get("format") == "markdown":
        return Response(as_markdown(value), content_type="text/markdown; charset=utf-8")
    return value


def _gallery(service: Service, given: Given) -> Any:
    own = service.settings.public_url or given.origin
    return {
        "pictures": [
            picture.as_dict() | {"url": f"{own}{gallery.PATH}{picture.name}"} for picture in gallery.pictures()
        ]
    }


def _picture(name: str) -> Response:
    picture = gallery.picture(name)
    if picture is None:
        raise Problem(
            404, "No such picture", detail=f"the gallery has no {name[:80]!r}", field="name", allowed=gallery.names()
        )
    return Response(picture.data(), content_type=picture.media_type)
