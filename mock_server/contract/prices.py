"""The dated list prices, read from `openapi/prices.yaml`."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mock_server.contract.yaml_file import read_yaml


@dataclass(frozen=True, slots=True)
class Prices:
    """What a video costs, in thousandths of a US dollar, so that sums are exact."""

    as_of: str
    table: dict[str, Any]
    otherwise: int

    def price(self, model: str, resolution: str, duration: int) -> int:
        """The list price in thousandths of a US dollar; `otherwise` where the list names none."""
        listed = self.table.get(model, {}).get(resolution, {}).get(duration)
        return self.otherwise if listed is None else milli_dollars(listed)


def milli_dollars(dollars: float) -> int:
    """Dollars as a whole number of thousandths."""
    return round(dollars * 1000)


def read_prices(path: Path) -> Prices:
    """Reads the price list."""
    data = read_yaml(path)
    return Prices(data["as_of"], data["prices"], milli_dollars(data["otherwise"]["price"]))
