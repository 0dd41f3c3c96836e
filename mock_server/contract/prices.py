"""The dated list prices, read from `openapi/prices.yaml`."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from mock_server.contract.yaml_file import read_yaml
from mock_server.errors import ContractError


@dataclass(frozen=True, slots=True)
class Prices:
    """What a video costs, in thousandths of a US dollar, so that sums are exact."""

    as_of: str
    table: dict[tuple[str, str, int], int]
    otherwise: int

    def price(self, model: str, resolution: str, duration: int) -> int:
        """The list price in thousandths of a US dollar; `otherwise` where the list names none."""
        return self.table.get((model, resolution, duration), self.otherwise)


def milli_dollars(dollars: float) -> int:
    """Dollars as a whole number of thousandths."""
    return round(dollars * 1000)


def read_prices(path: Path) -> Prices:
    """Reads the price list. Raises ContractError when it is not complete."""
    data = read_yaml(path)
    try:
        table = {
            (model, resolution, duration): milli_dollars(dollars)
            for model, resolutions in data["prices"].items()
            for resolution, durations in resolutions.items()
            for duration, dollars in durations.items()
        }
        return Prices(str(data["as_of"]), table, milli_dollars(data["otherwise"]["price"]))
    except (KeyError, TypeError, AttributeError) as error:
        raise ContractError(f"{path}: the price list is not complete: {type(error).__name__}: {error}") from None
