"""POST /v1/video_generation: a video task is created, or the first step that objects says why not.

The order of the steps is assumed where nothing is known of it, and stands only here.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import unquote, urlsplit

from mock_server.callbacks.address import shown_url
from mock_server.callbacks.record import Delivery
from mock_server.contract.mode import Mode
from mock_server.contract.picture_rules import DecodedImage, Path, decoded
from mock_server.contract.validation import did_you_mean
from mock_server.contract.video_size import Shape, nearest_shape
from mock_server.errors import Refusal, Violation
from mock_server.operations.access import decide, identify
from mock_server.operations.body import ParsedBody, read_body
from mock_server.operations.call import Answer, Call
from mock_server.operations.refusals import base_resp, invalid_params
from mock_server.operations.service import Service
from mock_server.world import gallery
from mock_server.world.account import Account
from mock_server.world.order import Order
from mock_server.world.rule import Occasion, TaskWish
from mock_server.world.task import INPUT_SENSITIVE, Plan, Task

RATE_LIMIT = 1002
INSUFFICIENT_BALANCE = 1008


def create(call: Call, service: Service) -> Answer:
    """Creates a task. Raises Refusal with the code of the step that objects."""
    parsed = read_body(call, service.contract, service.settings.max_body)
    account = identify(call, service)
    decide(call, account, service, Occasion("create", model=call.model, prompt=call.prompt, patience=call.patience))
    check_rate(account, service)
    mode, body = check_contract(parsed, call, service)
    check_words(body, service)
    check_image(mode, body, call, service)
    order = price_order(mode, body, call, service)
    reserve_money(account, order, service)
    account = prove_receiver(account, order, call, service)
    task = account.open_task(order, plan_task(account, call, service))
    if task.callback_url is not None:
        tell_receiver(account, task, call, service)
    return Answer({"task_id": str(task.id), "base_resp": base_resp(service.contract, 0)})


def check_rate(account: Account, service: Service) -> None:
    """Refuses with 1002 when the account has made its creates of this minute."""
    if not account.admit():
        broken = service.contract.judge.broken("rpm", allowed=f"{account.rpm} creates in 60 seconds")
        raise Refusal(RATE_LIMIT, violations=(broken,))


def check_contract(parsed: ParsedBody, call: Call, service: Service) -> tuple[Mode, dict[str, Any]]:
    """Refuses with 2013 for every broken rule of the body's mode; notes what is merely odd. Gives mode and body."""
    contract, enabled = service.contract, service.settings.modes
    mode = contract.mode_of(parsed.document, enabled)
    if isinstance(parsed.document, dict):
        if len(enabled) > 1:
            call.note("mode", mode=mode.name)
        for field in contract.unknown_fields(mode, parsed.document, enabled):
            more = {"did_you_mean": field.meant, "hint": field.hint}
            call.note("unknown-field", field=field.name[:80], **{name: text for name, text in more.items() if text})
    if violations := parsed.faults or contract.check_as(mode, parsed.document, enabled):
        raise invalid_params(violations)
    body: dict[str, Any] = parsed.document
    for advice in mode.advise(body):
        call.note("advice", rule=advice.rule, hint=advice.hint)
    return mode, body


def check_words(body: dict[str, Any], service: Service) -> None:
    """Refuses with 1026 when the prompt contains a blocked word."""
    prompt = body.get("prompt", "").casefold()
    found = [word for word in service.settings.blocked_words or () if word.casefold() in prompt]
    if found:
        broken = service.contract.judge.broken("blocked-words", pointer="/prompt", given=", ".join(found))
        raise Refusal(INPUT_SENSITIVE, violations=(broken,))


def check_image(mode: Mode, body: dict[str, Any], call: Call, service: Service) -> None:
    """Refuses with 2013 for pictures that break a rule. A picture elsewhere is believed without being fetched."""
    form = service.settings.ratio_form
    violations: list[Violation] = []
    for path, url, rules in mode.pictures_in(body):
        image: DecodedImage | None = None
        if url[:5].lower() == "data:":
            image, broken = rules.judge_data_url(url, path, form)
            violations += broken
        elif (name := gallery_name(url)) is not None:
            if (picture := gallery.picture(name)) is None:
                violations.append(_not_in_gallery(name, path, service))
            else:
                data = picture.data()
                image = decoded(data)
                violations += rules.judge_bytes(data, path, form)
        if image is not None:
            call.images[path] = image
    if violations:
        raise invalid_params(sorted(violations, key=lambda each: service.contract.rules[each.rule].order))


def _not_in_gallery(name: str, path: Path, service: Service) -> Violation:
    return service.contract.judge.broken(
        "image-gallery", pointer="/" + "/".join(path), field=".".join(path), given=name[:80],
        allowed=gallery.names(), did_you_mean=did_you_mean(name, gallery.names()),
    )  # fmt: skip


def gallery_name(url: str) -> str | None:
    """The picture's name when the address leads to the mock's gallery, whatever the host is called where the client is."""
    try:
        path = urlsplit(url).path
    except ValueError:
        return None
    return unquote(path.removeprefix(gallery.PATH)) if path.startswith(gallery.PATH) else None


def price_order(mode: Mode, body: dict[str, Any], call: Call, service: Service) -> Order:
    """The order with what its model delivers, the shape of its pictures and the list price."""
    model, chosen = body["model"], mode.matrix.complete(body)
    price = service.contract.prices.price(model, chosen["resolution"], chosen["duration"])
    return Order(
        model, chosen["resolution"], chosen["duration"], body.get("prompt", ""), price, body.get("callback_url"),
        shape_of(mode, call),
    )  # fmt: skip


def shape_of(mode: Mode, call: Call) -> Shape:
    """The shape of the video: that of the first picture which gives it one and whose size is known, else landscape."""
    sized = (call.images.get((name,)) for name in mode.shape_of)
    return next((nearest_shape(image.width, image.height) for image in sized if image is not None), "landscape")


def reserve_money(account: Account, order: Order, service: Service) -> None:
    """Refuses with 1008 when the balance does not cover the price; else holds the price back."""
    short_of = account.reserve(order.price)
    if short_of is not None:
        broken = service.contract.judge.broken(
            "balance",
            given=f"{short_of / 1000:.2f} USD",
            allowed=f"at least {order.price / 1000:.2f} USD (list price of {service.contract.prices.as_of})",
        )
        raise Refusal(INSUFFICIENT_BALANCE, violations=(broken,))


def prove_receiver(account: Account, order: Order, call: Call, service: Service) -> Account:
    """Refuses with 2013 when the receiver does not send its challenge back; the money held back is given back then.

    Gives the account that the task belongs to: a new one of the same key, when a reset came during the challenge.
    """
    if order.callback_url is None:
        return account
    acting = service.callbacks.rule_for_challenge(account, order, call.patience)
    if acting is not None:
        call.note("challenge-ruled", **acting.as_dict())
        call.challenge_later = acting if acting.then.after_answer else None
        if acting.then.skip or acting.then.after_answer:
            return account
    try:
        deliveries = service.callbacks.challenge(account, order.callback_url, acting)
    except BaseException:
        account.release(order.price)
        raise
    for delivery in deliveries:
        call.note("challenge", **delivery.as_dict())
    if deliveries[-1].reason is not None:
        account.release(order.price)
        raise invalid_params([_broken_challenge(order.callback_url, deliveries[-1], service)])
    current = service.world.account(account.key)
    if current is not account:
        call.account = current
        reserve_money(current, order, service)
    return current


def _broken_challenge(url: str, delivery: Delivery, service: Service) -> Violation:
    return service.contract.judge.broken(
        "callback-challenge", pointer="/callback_url", given=shown_url(url)[:80],
        allowed=f"a 2xx JSON answer within {service.settings.callback_timeout:g} s that sends the challenge back",
        hint=f"{service.contract.judge.hint('callback-challenge')} What happened: {delivery.in_words()}",
    )  # fmt: skip


def plan_task(account: Account, call: Call, service: Service) -> Plan:
    """What will become of the task: what a rule wishes, else success after the time or the polls of the settings."""
    occasion = Occasion("create", "task", model=call.model, prompt=call.prompt, patience=call.patience)
    acting = account.choose(occasion, call.asked.rules, service.world.rules.current)
    if acting is not None:
        call.note("task-planned", **acting.as_dict())
    wish = (acting.then.task if acting is not None else None) or TaskWish()
    settings = service.settings
    timed = (wish.seconds, wish.queueing, wish.processing)
    polls = wish.polls
    if polls is None and settings.progress != "time" and wish.end != "never" and timed == (None, None, None):
        polls = int(settings.progress.partition(":")[2])
    seconds = settings.task_seconds if wish.seconds is None else wish.seconds
    return Plan(
        seconds=max(seconds, wish.queueing or 0.0, wish.processing or 0.0), polls=polls,
        fail_code=wish.code if wish.end == "Fail" else None, queueing=wish.queueing, processing=wish.processing,
        ends=wish.end != "never",
    )  # fmt: skip


def tell_receiver(account: Account, task: Task, call: Call, service: Service) -> None:
    """Updates begin once the create call is answered, or before, or after a late challenge, where a rule wants it so."""
    later = call.challenge_later
    service.callbacks.follow(account, task, later)
    if later is not None:
        call.after_answer.append(lambda: service.callbacks.release_if_proven(account, task, later))
    elif service.callbacks.begins_early(account, task, call.patience):
        service.callbacks.release(account, task)
        service.callbacks.settle(account, task)
    else:
        call.after_answer.append(lambda: service.callbacks.release(account, task))
