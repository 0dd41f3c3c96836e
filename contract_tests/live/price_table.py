"""What a video costs, from the dated list that comes with the kit."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import yaml

from contract_tests.live.address import Refused
from mock_server import resources


@dataclass(frozen=True, slots=True)
class Price:
    """A price in thousandths of a US dollar, and the day that the list is of."""

    milli: int
    as_of: str


def price_of(body: Mapping[str, Any]) -> Price:
    """The list price of a create. Raises Refused for a video that the list does not name: nobody guesses prices."""
    table = yaml.safe_load((resources.folder("openapi") / "prices.yaml").read_text(encoding="utf-8"))
    model, resolution, duration = (body.get(name) for name in ("model", "resolution", "duration"))
    try:
        dollars = table["prices"][model][resolution][duration]
    except KeyError:
        raise Refused(f"the price list names no price for {model} {resolution} {duration} s") from None
    return Price(round(dollars * 1000), str(table["as_of"]))


def in_dollars(milli: int) -> str:
    """A sum for people: 0.10, and 0.125 where it has thousandths."""
    text = f"{milli / 1000:.3f}"
    return text.removesuffix("0")
